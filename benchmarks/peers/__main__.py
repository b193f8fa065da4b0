"""The one table: ours beside a peer in every row.

    python -m benchmarks.peers [text|clip|build|search|history ...] [--repeats R] [--format json]

The first run makes the peers' environment, which takes a minute or two.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.common import DATA, report
from benchmarks.peers import builds, clip, history, search, text
from benchmarks.peers.environment import peers_python
from benchmarks.peers.table import Row

TWEETS = DATA / "adobe" / "train.csv"


@click.command()
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--texts", default=2000, show_default=True, help="Tweets that MiniLM encodes.")
@click.option("--rows", "vectors", default=300_000, show_default=True, help="Vectors to search.")
@click.option("--posts", default=300_000, show_default=True, help="Posts with a history.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(
    groups: tuple[str, ...], repeats: int, texts: int, vectors: int, posts: int, form: str
) -> None:
    """Measure the named GROUPs of rows, or all of them."""
    python, failed = peers_python()
    made: dict[str, Callable[[], Iterator[Row]]] = {
        "text": lambda: text.rows(python, _sample(texts), repeats),
        "clip": lambda: clip.rows(python, _sample(256), repeats),
        "build": lambda: builds.rows(python, TWEETS, repeats),
        "search": lambda: search.rows(python, vectors, 384, repeats),
        "history": lambda: history.rows(python, posts, 20_000, repeats),
    }
    if unknown := sorted(set(groups) - made.keys()):
        raise click.BadParameter(f"no rows are called {unknown[0]!r}: choose {', '.join(made)}")
    rows: list[Row] = []
    for group in groups or made:
        for row in made[group]():
            rows.append(row)
            print(" | ".join(map(str, row.cells().values())), file=sys.stderr, flush=True)
    title = f"ours and peers in turns, {repeats} repeats: median (smallest–largest)"
    report(title, [row.cells() for row in rows], form)
    for line in failed:
        print(f"not installed: {line}", file=sys.stderr)


def _sample(count: int, file: Path = TWEETS) -> list[str]:
    """Tweets, evenly over the file."""
    if not file.exists():
        raise SystemExit(f"the real tweets are not here: {file}")
    with file.open(encoding="utf-8", newline="") as lines:
        texts = [row["content"] for row in csv.DictReader(lines)]
    return [texts[i] for i in np.linspace(0, len(texts) - 1, min(count, len(texts))).astype(int)]


if __name__ == "__main__":
    main()
