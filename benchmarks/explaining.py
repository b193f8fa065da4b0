"""What `explain` says of made-up posts, beside their planted causes and from seed to seed.

python -m benchmarks.explaining [--posts 3000] [--seeds 3] [--asked 80] [--format json]

Heads of several seeds explain the same held-out posts. Seeds: the rank correlation of what they
say of each word. Causes: by topic, what content (text, form and neighbours) contributes to the
predictions, against the effect that was planted; both less their mean over topics.
"""

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.common import report

CONTENT = ("text", "form", "neighbours")
LARGE = 0.2
"""Planted effects of at least this size have a sign to be found."""


@click.command()
@click.option("--posts", default=3000, show_default=True)
@click.option("--seeds", default=3, show_default=True)
@click.option("--asked", default=80, show_default=True, help="Held-out posts that are explained.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(posts: int, seeds: int, asked: int, form: str) -> None:
    """Measure how stable explanations are, and whether they find what was planted."""
    import embedstore
    from embedstore.sample import write_sample
    from heads.likes.explain import Explanation, explain_likes
    from heads.likes.fit import fit_likes

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder / "made", posts=posts, seed=1)
        truth = json.loads((folder / "made" / "truth.json").read_text())
        path = folder / "store"
        embedstore.build(path, [folder / "made" / "posts.csv"], models="bundled", images="none")
        runs = [fit_likes(path, seed=seed) for seed in range(seeds)]
        with embedstore.open(path) as store:
            split = store.sql("SELECT split FROM runs LIMIT 1")["split"][0].as_py()
            since = split.removeprefix("time:")
            keys = store.sql(
                f"SELECT id, created_at FROM posts WHERE created_at >= '{since}' AND text <> ''"
                f" ORDER BY hash(id) LIMIT {asked}"
            ).to_pylist()
            found: list[list[Explanation]] = [
                [explain_likes(store, key["id"], run=run.run_id, most=40) for key in keys]
                for run in runs
            ]
        rows = _by_seed(found) + _planted(found, keys, truth)
    report(f"{len(keys)} held-out posts of {posts:,}, heads of {seeds} seeds", rows, form)


def _by_seed(found: list[list[Any]]) -> list[dict[str, Any]]:
    """Correlate the ranks of words' changes between every two seeds."""
    from heads.metrics import spearman

    changes = [
        [
            dict(zip(*(each.words[n].to_pylist() for n in ("word", "change")), strict=True))
            for each in one
        ]
        for one in found
    ]
    whole, single = [], []
    for a, b in itertools.combinations(changes, 2):
        both = [
            (np.array([x[word] for word in x]), np.array([y[word] for word in x]))
            for x, y in zip(a, b, strict=True)
        ]
        whole.append(spearman(*(np.concatenate(part) for part in zip(*both, strict=True))))
        single += [spearman(x, y) for x, y in both if len(x) >= 5]
    return [
        {
            "what": "words of all posts, rank correlation of two seeds",
            "value": float(np.mean(whole)),
        },
        {"what": "words of one post, median", "value": float(np.nanmedian(single))},
    ]


def _planted(
    found: list[list[Any]], keys: list[dict[str, Any]], truth: dict[str, Any]
) -> list[dict[str, Any]]:
    """Hold the contribution of content against the planted effect, by topic."""
    from embedstore.sample import effects

    names = tuple(truth["topics"])
    topic_of = dict(zip(map(str, truth["per_post"]["id"]), truth["per_post"]["topic"], strict=True))
    topics = np.array([topic_of[key["id"]] for key in keys])
    first = np.datetime64(truth["first_day"])
    days = np.array(
        [(np.datetime64(key["created_at"]) - first) / np.timedelta64(1, "D") for key in keys]
    )
    planted = effects.topic_effect(topics, names, days)
    said = np.mean(
        [
            [
                sum(
                    row["contribution"]
                    for row in each.groups.to_pylist()
                    if row["group"] in CONTENT
                )
                for each in one
            ]
            for one in found
        ],
        axis=0,
    )
    several = [topic for topic in np.unique(topics) if np.sum(topics == topic) >= 3]
    x = np.array([planted[topics == topic].mean() for topic in several])
    y = np.array([said[topics == topic].mean() for topic in several])
    x, y = x - x.mean(), y - y.mean()
    large = np.abs(x) >= LARGE
    return [
        {"what": f"{len(several)} topics: slope of what is said on what was planted",
         "value": float(x @ y / (x @ x))},
        {"what": f"sign is right, of {large.sum()} large ones",
         "value": float(np.mean(np.sign(x[large]) == np.sign(y[large])))},
    ]  # fmt: skip


if __name__ == "__main__":
    main()
