"""The README's six worked queries, on a store of the real tweets.

    python -m benchmarks.queries [STORE] [--format json]

The store holds `train.csv` and the challenge's test file by company; without STORE it is
built first. Names of the made-up corpus are replaced by real ones; the queries are the
README's otherwise.
"""

import statistics
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import embedstore
from benchmarks.common import DATA, report

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

REAL_NAMES = {
    "'Kettlewick'": "'CNN'",
    "'kettlewick'": "'cnn'",
    "q.source = 'posts' AND q.id = '1'": "q.source = 'train' AND q.id = '9'",
}


@click.command()
@click.argument("store", required=False)
@click.option("--repeats", default=5, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(store: str | None, repeats: int, form: str) -> None:
    """Time the README's queries in a warm process (each under 1 s)."""
    with tempfile.TemporaryDirectory() as folder:
        if store is None:
            store = f"{folder}/store"
            files = ("train.csv", "behaviour_simulation_test_company.xlsx")
            posts = [DATA / "adobe" / name for name in files]
            embedstore.build(store, posts, models="bundled", images="none")
        rows = [_measure(store, query, repeats) for query in _queries()]
    report("the README's six queries, warm (each under 1 s)", rows, form)


def _queries() -> list[str]:
    readme = import_module("readme")
    queries = [
        example.arguments[-1]
        for example in readme.examples(readme.README.read_text(encoding="utf-8"))
        if example.arguments[0] == "sql"
    ]
    for made_up, real in REAL_NAMES.items():
        queries = [query.replace(made_up, real) for query in queries]
    return queries


def _measure(store: str, query: str, repeats: int) -> dict[str, Any]:
    with embedstore.open(store) as opened:
        found = opened.sql(query).num_rows
        seconds = []
        for _ in range(repeats):
            started = time.perf_counter()
            opened.sql(query)
            seconds.append(time.perf_counter() - started)
    return {
        "query": " ".join(query.split())[:70],
        "rows": found,
        "median s": statistics.median(seconds),
        "slowest s": max(seconds),
    }


if __name__ == "__main__":
    main()
