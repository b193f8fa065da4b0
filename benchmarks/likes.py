"""Figures of the likes head on the real tweets, beside the baselines it is held against.

python -m benchmarks.likes [--figure time|text|company|profile|fewshot1|fewshot5|delay1|delay7]...
                           [--seeds N] [--format json]

Builds a store of the tweets with the bundled model first; one that is there already is used
with --store. Every figure is that of posts held out by its split, histories online.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click

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
@click.option("--figure", "figures", multiple=True, type=click.Choice(list(FIGURES)))
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
        for figure in figures or tuple(FIGURES):
            rows += _measure(embedstore.open(path), figure, seeds)
    report("the likes head on held-out tweets: value (95% interval by account)", rows, form)


def _measure(store: Any, figure: str, seeds: int) -> list[dict[str, Any]]:
    from heads.likes.ladder import evaluate_likes

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
            bands = [row for row in found[0].intervals.to_pylist() if row["history"] == "online"]
            line["coverage (all, then fifths)"] = " ".join(
                f"{row['coverage']:.3f}" for row in bands
            )
        rows.append(line)
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in columns} for row in rows]


if __name__ == "__main__":
    main()
