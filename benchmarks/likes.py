"""Figures of the likes head on the real tweets, beside the baselines it is held against.

python -m benchmarks.likes [--figure time|text|company|profile|fewshot1|fewshot5|delay1|delay7
                           |planted|fit|ceiling]...
                           [--seeds N] [--format json]

Builds a store of the tweets with the bundled model first; one that is there already is used
with --store. Every figure is that of posts held out by its split, histories online.
`planted` is of made-up posts instead, whose likes have known causes: what the head explains
beside what the causes themselves do. `fit` is the time and the memory of one fit. `ceiling`
shows what a mean that is right by construction totals once each account's largest post has
been left out: as what is left out is chosen by its outcome, more than what is left.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.common import DATA, report

FIGURES: dict[str, dict[str, Any]] = {
    "time": {"split": "time:2020-01-01"},
    "text": {"split": "time:2020-01-01", "inputs": "text"},
    "company": {"split": "company:1/5"},
    "profile": {"split": "company:1/5", "profile": DATA / "adobe" / "accounts.csv"},
    "fewshot1": {"split": "fewshot:1"},
    "fewshot5": {"split": "fewshot:5"},
    "delay1": {"split": "time:2020-01-01", "label_delay": 1.0},
    "delay7": {"split": "time:2020-01-01", "label_delay": 7.0},
}

PLANTED_POSTS = 4000

SHOWN = (
    "log_rmse",
    "log_r2",
    "gain",
    "gain over trees",
    "gain over global median",
    "mean's total ratio",
    "without each account's largest",
)


@click.command()
@click.option(
    "--figure", "figures", multiple=True, type=click.Choice([*FIGURES, "planted", "fit", "ceiling"])
)
@click.option("--seeds", default=3, show_default=True, help="Fits whose mean is shown.")
@click.option("--store", type=click.Path(exists=True, file_okay=False), help="A store to use.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(figures: tuple[str, ...], seeds: int, store: str | None, form: str) -> None:
    """Measure the likes head on the real tweets."""
    import embedstore

    with tempfile.TemporaryDirectory() as folder:
        path = Path(store or Path(folder) / "s")
        if store is None:
            tweets = DATA / "adobe" / "train.csv"
            embedstore.build(path, [tweets], models="bundled", images="none")
        rows: list[dict[str, Any]] = []
        wanted = figures or (*FIGURES, "planted", "fit", "ceiling")
        for figure in (name for name in wanted if name in FIGURES):
            rows += _measure(embedstore.open(path), figure, seeds)
        if rows:
            report("the likes head on held-out tweets: value (95% interval by account)", rows, form)
        if "planted" in wanted:
            report("made-up posts, explained variance", _planted(Path(folder)), form)
        if "fit" in wanted:
            report("fitting the stack, as a process", _fit(path), form)
        if "ceiling" in wanted:
            rows = _ceiling(embedstore.open(path))
            report("total of the true mean over drawn totals: median (95% of draws)", rows, form)


def _planted(folder: Path) -> list[dict[str, Any]]:
    """What a head explains of made-up posts, beside what their true causes do."""
    import embedstore
    from embedstore.sample import write_sample
    from heads.likes.fit import fit_likes
    from heads.likes.predict import predict_likes
    from heads.metrics import r2

    write_sample(folder / "made", posts=PLANTED_POSTS, seed=1)
    truth = json.loads((folder / "made" / "truth.json").read_text())["per_post"]
    expected = dict(zip(map(str, truth["id"]), truth["expected_log1p"], strict=True))
    posts = folder / "made" / "posts.csv"
    embedstore.build(folder / "made.store", [posts], models="bundled", images="local")
    store = embedstore.open(folder / "made.store")
    run = fit_likes(store.path)
    split = store.sql("SELECT split FROM runs WHERE run_id = ?", [run.run_id])["split"][0].as_py()
    since = split.removeprefix("time:")
    predicted = predict_likes(store, run=run.run_id, where=f"created_at >= '{since}'")
    labels = store.sql("SELECT post_id, likes FROM posts WHERE likes IS NOT NULL")
    likes = dict(zip(labels["post_id"].to_pylist(), labels["likes"].to_pylist(), strict=True))
    rows = [row for row in predicted.to_pylist() if row["post_id"] in likes]
    y = np.log1p([likes[row["post_id"]] for row in rows])
    best = r2(y, np.array([expected[row["id"]] for row in rows]))
    ours = r2(y, np.log1p([row["likes"] for row in rows]))
    return [
        {
            "posts": PLANTED_POSTS,
            "scored": len(rows),
            "true causes": f"{best:.3f}",
            "stack": f"{ours:.3f}",
            "share": f"{ours / best:.3f}",
        }
    ]


def _fit(store: Path) -> list[dict[str, Any]]:
    """Time and peak memory of `heads fit likes`, vectors cached."""
    command = [str(Path(sys.executable).with_name("heads")), "fit", "likes", str(store)]
    started = time.perf_counter()
    subprocess.run([*command, "--split", "time:2020-01-01"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    # Of the largest child; nothing larger was started before.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return [{"seconds": f"{seconds:.0f}", "peak GB": f"{peak:.2f}"}]


def _measure(store: Any, figure: str, seeds: int) -> list[dict[str, Any]]:
    from heads.likes.evaluate import evaluate_likes

    started = time.perf_counter()
    found = [evaluate_likes(store, seed=seed, **FIGURES[figure]) for seed in range(seeds)]
    seconds = (time.perf_counter() - started) / seeds
    tables = [
        {
            (row["rung"], row["metric"]): row
            for row in each.rungs.to_pylist()
            if row["history"] == "online"
        }
        for each in found
    ]
    rows = []
    for rung in dict.fromkeys(rung for rung, _ in tables[0]):
        line: dict[str, Any] = {"figure": figure, "rung": rung, "seconds": seconds}
        for metric in SHOWN:
            same = [table[rung, metric] for table in tables if (rung, metric) in table]
            if same:
                value, low, high = (
                    statistics.mean(row[key] for row in same) for key in ("value", "low", "high")
                )
                line[metric] = f"{value:.3f} ({low:.3f} to {high:.3f})"
        if rung == "stack":
            bands = [
                row
                for row in found[0].intervals.to_pylist()
                if (row["rung"], row["history"]) == ("stack", "online")
            ]
            line["coverage (all, then fifths)"] = " ".join(
                f"{row['coverage']:.3f}" for row in bands
            )
        rows.append(line)
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in columns} for row in rows]


def _ceiling(store: Any) -> list[dict[str, Any]]:
    """Totals of the true conditional mean over those of labels drawn from the same world.

    The world: the account's causal level plus an error drawn from the real ones of posts in
    the same fifth of levels. Its conditional mean is known, so no model can be nearer.
    """
    from heads import metrics
    from heads.data.history import history, view
    from heads.data.posts import load_posts
    from heads.data.splits import parse_split, the_fold

    posts = load_posts(store)
    fold = the_fold(posts, parse_split("time:2020-01-01"))
    seen = view(posts, mode="online", until=fold.until, delay_days=0, known=fold.known)
    rows = np.flatnonzero(fold.test)
    level, account = history(posts, seen).expected[rows], posts.account[rows]
    error = posts.y[rows] - level
    fifths = np.array_split(np.argsort(level), 5)

    def counts(logs: Any) -> Any:
        return np.expm1(np.maximum(0, logs))

    mean = np.empty(len(rows))
    for fifth in fifths:
        mean[fifth] = counts(level[fifth][:, None] + error[fifth][None]).mean(axis=1)
    random = np.random.default_rng(0)
    every, without = [], []
    for _ in range(300):
        drawn = np.empty(len(rows))
        for fifth in fifths:
            drawn[fifth] = counts(level[fifth] + random.choice(error[fifth], len(fifth)))
        kept = metrics.without_largest(drawn, account)
        every.append(metrics.total_ratio(drawn, mean))
        without.append(metrics.total_ratio(drawn[kept], mean[kept]))

    def shown(values: list[float]) -> str:
        low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
        return f"{middle:.2f} ({low:.2f} to {high:.2f})"

    return [{"all posts": shown(every), "without each account's largest": shown(without)}]


if __name__ == "__main__":
    main()
