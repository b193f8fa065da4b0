"""Predictions inside SQL beside `heads predict`, each in a process of its own.

    python -m benchmarks.sql_heads STORE [--posts 10000] [--repeats 3] [--format json]

STORE has a head of likes; its posts are the real tweets, or any others. Processor seconds are
those of all threads.
"""

import resource
import statistics
import subprocess
import sys
import time
from typing import Any

import click

import embedstore
from benchmarks.common import report


@click.command()
@click.argument("store")
@click.option("--posts", default=10_000, show_default=True)
@click.option("--repeats", default=3, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(store: str, posts: int, repeats: int, form: str) -> None:
    """Measure seconds (in SQL at most 1.3 times those of `heads predict`)."""
    [[last]] = (
        embedstore.open(store)
        .sql("SELECT post_id FROM posts ORDER BY post_id LIMIT 1 OFFSET ?", [posts - 1])
        .columns
    )
    which = f"post_id <= {last}"
    ways = {
        "heads predict": ["heads", "predict", "likes", store, "--where", which],
        "SELECT predict_likes(post_id)": [
            "embedstore", "sql", store,
            f"SELECT post_id, predict_likes(post_id) AS likes FROM posts WHERE {which}",
        ],
        "FROM predict_likes()": [
            "embedstore", "sql", store, f"FROM predict_likes(where := '{which}')",
        ],
    }  # fmt: skip
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, (program, *arguments) in ways.items():
            module = "main" if program == "embedstore" else "heads"
            code = f"from embedstore.cli.{module} import {program}; {program}()"
            seconds[name].append(_run([sys.executable, "-c", code, *arguments, "--format", "csv"]))
    rows: list[dict[str, Any]] = []
    for name, measured in seconds.items():
        wall, cpu = (statistics.median(each) for each in zip(*measured, strict=True))
        first = rows[0] if rows else None
        rows.append(
            {
                "way": name,
                "median s": wall,
                "processor s": cpu,
                "times": 1.0 if first is None else cpu / first["processor s"],
            }
        )
    report(f"{posts:,} predictions", rows, form)


def _run(command: list[str]) -> tuple[float, float]:
    """Run a process; returns its seconds and those of its processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


if __name__ == "__main__":
    main()
