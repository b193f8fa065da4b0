"""Whether a report says what is there, and nothing where nothing is.

python -m benchmarks.report                     20 samples: planted effects within their intervals
python -m benchmarks.report --seeds 0:5         some of them
python -m benchmarks.report --topics            the same with the planted topics as a table

The effects of a sample are planted, so that each that a report asks about is known: an hour's, a
weekday's, that of a video. Counted is how often the interval holds it, among all that were asked
and among those that were told. On the same samples with the likes of each account shuffled
there is nothing to tell: counted is how much is told all the same.
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np

import embedstore
from benchmarks.common import report
from embedstore.sample import effects, write_sample
from heads.arrays import Floats, Mask
from heads.reports.answers import answers
from heads.reports.data import Answer, Cell
from heads.reports.factors import DAYS
from heads.reports.gather import Gathered, gather_posts

POSTS = 3000
ACCOUNTS = 6
"""Accounts of each sample that are reported on, from the busiest to a quiet one."""

PLANTED = ("hour", "weekday", "media", "hashtags", "link", "question", "topic")
"""Questions whose effects are planted; of the others nothing is."""

WEEK, AVERAGE = "hour of the week", "mean over accounts"

Count = dict[str, list[tuple[bool, bool]]]
"""By question, of each effect asked: whether its interval holds the truth, and if it is told."""


def main() -> int:
    """Make samples, ask, and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0:20", help="first and last, as 0:20")
    parser.add_argument("--posts", type=int, default=POSTS)
    parser.add_argument("--topics", action="store_true", help="with the planted topics")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    given = parser.parse_args()
    first, last = map(int, given.seeds.split(":"))
    planted: Count = defaultdict(list)
    shuffled: Count = defaultdict(list)
    for seed in range(first, last):
        with tempfile.TemporaryDirectory() as folder:
            gathered, truth = _sample(Path(folder), seed, given.posts, topics=given.topics)
        _count(planted, gathered, truth)
        random = np.random.default_rng(seed)
        kpi = gathered.posts.kpi.copy()
        for account in np.unique(gathered.posts.account):
            rows = np.flatnonzero((gathered.posts.account == account) & gathered.counted)
            kpi[rows] = kpi[random.permutation(rows)]
        _count(shuffled, replace(gathered, posts=gathered.posts.with_kpi(kpi)), None)
        print(f"seed {seed} done", file=sys.stderr)
    what = f"{last - first} samples of {given.posts:,} posts, {ACCOUNTS} accounts each"
    report(f"Planted effects, {what}", _rows(planted, "within interval"), given.format)
    report(f"Likes shuffled within accounts, {what}", _rows(shuffled, "1 within"), given.format)
    return 0


def _sample(
    folder: Path, seed: int, posts: int, *, topics: bool
) -> tuple[Gathered, dict[str, Any]]:
    """Make a sample with its store; returns its posts and what was planted."""
    sample = write_sample(folder / "sample", posts=posts, seed=seed)
    path = folder / "sample.store"
    embedstore.build(path, [sample.posts], space=["words=hash"], images="none")
    gathered = gather_posts(embedstore.open(path))
    truth = json.loads(sample.truth.read_text())
    place = {str(name): number for number, name in enumerate(truth["per_post"]["id"])}
    at = [place.get(name, -1) for name in gathered.posts.table["id"].to_pylist()]
    truth["row"] = np.array(at)
    if topics:
        names = [truth["topics"][truth["per_post"]["topic"][k]] if k >= 0 else "" for k in at]
        by_post = zip(gathered.posts.post_id.tolist(), names, strict=True)
        gathered = replace(gathered, topics={post: name for post, name in by_post if name})
    return gathered, truth


def _count(found: Count, gathered: Gathered, truth: dict[str, Any] | None) -> None:
    """Ask about some accounts, and compare each effect with the truth; None for no effects."""
    regression = gathered.regression(gathered.posts.account)
    sizes = np.bincount(regression.group)
    chosen = np.argsort(-sizes, kind="stable")[
        np.geomspace(1, len(sizes) / 2, ACCOUNTS).astype(int)
    ]
    for target in chosen.tolist():
        mine = regression.group == target
        parts, week, _ = answers(regression, gathered.design, mine, target, "it")
        _compare(found, parts, week, _truth(gathered, mine, truth))


def _compare(
    found: Count, parts: Sequence[Answer], week: Sequence[Cell], truth: dict[tuple[str, str], float]
) -> None:
    for part in parts:
        for one in part.effects:
            if one.multiple is not None and one.low is not None and one.high is not None:
                known = truth.get((part.question, one.kind), 0.0)
                found[part.question].append((log(one.low) <= known <= log(one.high), one.told))
            if one.everyone is not None:
                _, low, high = one.everyone
                known = truth.get((part.question, one.kind), 0.0)
                found[AVERAGE].append((log(low) <= known <= log(high), one.everyone_told))
    for cell in week:
        if cell.low is not None and cell.high is not None:
            known = truth.get(("cell", f"{cell.weekday} {cell.hour}"), 0.0)
            found[WEEK].append((log(cell.low) <= known <= log(cell.high), cell.told))


def _truth(
    gathered: Gathered, mine: Mask, truth: dict[str, Any] | None
) -> dict[tuple[str, str], float]:
    """Compute what each kind of posts does against the account's own mix, log1p."""
    if truth is None:
        return {}
    design = gathered.design
    hours = np.asarray(effects.hour_effect(np.arange(24)))
    days = np.asarray(effects.WEEKDAY)
    usual_hour = float(hours[design.hour[mine].astype(int)].mean())
    usual_day = float(days[design.weekday[mine]].mean())
    found = {
        ("hour", f"{first:02d}:00 to {first + 3:02d}:00"): float(hours[first : first + 3].mean())
        - usual_hour
        for first in range(0, 24, 3)
    }
    found |= {("weekday", DAYS[day]): float(days[day]) - usual_day for day in range(7)}
    found |= {
        ("cell", f"{day} {hour}"): float(hours[hour] + days[day]) - usual_hour - usual_day
        for day in range(7)
        for hour in range(24)
    }
    of_kind = {
        "media": np.array(list(effects.MEDIA.values())),
        "hashtags": np.array(list(effects.HASHTAGS.values())),
        "link": np.array([0.0, effects.LINK]),
        "question": np.array([0.0, effects.QUESTION]),
    }
    for question in design.questions:
        if question.name in of_kind:
            values = of_kind[question.name]
            usual = float(values[question.kind[mine]].mean())
            for kind, value in zip(question.kinds, values.tolist(), strict=True):
                found[question.name, kind] = value - usual
        elif question.name == "topic":
            moved = _topic_effects(gathered, truth)
            usual = float(moved[mine].mean())
            for place, kind in enumerate(question.kinds):
                some = question.kind == place
                if some.any():
                    found["topic", kind] = float(moved[some].mean()) - usual
    return found


def _topic_effects(gathered: Gathered, truth: dict[str, Any]) -> Floats:
    """Compute each post's topic effect on its day."""
    rows = gathered.rows
    place = truth["row"][rows]
    topic = np.where(place >= 0, np.array(truth["per_post"]["topic"])[place], 0)
    days = (gathered.posts.time[rows] - np.datetime64(truth["first_day"])) / np.timedelta64(1, "D")
    return effects.topic_effect(topic, tuple(truth["topics"]), np.asarray(days))


def _rows(found: Count, within: str) -> list[dict[str, Any]]:
    every = [pair for name, pairs in found.items() if name not in (WEEK, AVERAGE) for pair in pairs]
    planted = [pair for name in PLANTED for pair in found.get(name, [])]
    groups = {**found, "all of an account": every, "planted": planted}
    return [
        {
            "question": name,
            "asked": len(pairs),
            within: f"{np.mean([held for held, _ in pairs]):.3f}",
            "told": sum(told for _, told in pairs),
            "share told": f"{np.mean([told for _, told in pairs]):.4f}",
            "told and within": _share([held for held, told in pairs if told]),
        }
        for name, pairs in groups.items()
        if pairs
    ]


def _share(held: list[bool]) -> str:
    return f"{np.mean(held):.3f}" if held else ""


if __name__ == "__main__":
    sys.exit(main())
