"""The one table: ours beside a peer in every row.

    python -m benchmarks.peers [text|clip|build|search|history ...] [--repeats R] [--format json]

The first run makes the peers' environment, which takes a minute or two. The sizes that are
chosen without options let two cores finish within half an hour, also beside other work;
``--full`` takes those of the issue: all tweets, 300,000 vectors.
"""

import csv
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
import numpy as np

from benchmarks.common import DATA, report
from benchmarks.peers import builds, clip, history, search, text
from benchmarks.peers.environment import peers_python
from benchmarks.peers.table import Row, skipped

TWEETS = DATA / "adobe" / "train.csv"


@dataclass(frozen=True)
class Sizes:
    """How much of each thing is done.

    Attributes
    ----------
    texts, clip_texts, images : int
        Tweets for MiniLM and for CLIP, and JPEGs.
    tweets : int
        Those of a build.
    vectors : int
        Those that are searched.
    posts : int
        Those with a history.
    """

    texts: int
    clip_texts: int
    images: int
    tweets: int
    vectors: int
    posts: int


USUAL = Sizes(500, 64, 16, 2000, 100_000, 300_000)
FULL = Sizes(2000, 256, 64, 1_000_000, 300_000, 300_000)


@click.command()
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--full", is_flag=True, help="Everything at its full size: hours.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(groups: tuple[str, ...], repeats: int, full: bool, form: str) -> None:
    """Measure the named GROUPs of rows, or all of them; a build is done once."""
    sizes = FULL if full else USUAL
    python, failed = peers_python()
    made: dict[str, Callable[[], Iterator[Row]]] = {
        "text": lambda: text.rows(python, _tweets(sizes.texts), repeats),
        "clip": lambda: clip.rows(python, _tweets(sizes.clip_texts), sizes.images, repeats),
        "build": lambda: builds.rows(python, _posts(sizes.tweets), 1),
        "search": lambda: search.rows(python, sizes.vectors, 384, repeats),
        "history": lambda: history.rows(python, sizes.posts, 20_000, repeats),
    }
    if unknown := sorted(set(groups) - made.keys()):
        raise click.BadParameter(f"no rows are called {unknown[0]!r}: choose {', '.join(made)}")
    rows: list[Row] = []
    started = time.perf_counter()
    for group in groups or made:
        for row in _all_of(group, made[group]):
            rows.append(row)
            print(" | ".join(map(str, row.cells().values())), file=sys.stderr, flush=True)
    minutes = (time.perf_counter() - started) / 60
    title = (
        f"ours and peers in turns, {repeats} repeats (a build once): median (smallest–largest);"
        f" {minutes:.0f} minutes"
    )
    report(title, [row.cells() for row in rows], form)
    for line in failed:
        print(f"not installed: {line}", file=sys.stderr)


def _all_of(group: str, rows: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    """The rows of a group; one that says why, in place of those that could not be measured."""
    try:
        yield from rows()
    except Exception as error:  # whatever it is, the other groups go on
        said = str(error).strip().rpartition("\n")[2]
        yield skipped(group, "any", f"{type(error).__name__}: {said}")


def _posts(count: int) -> list[dict[str, str]]:
    """Real tweets with their columns, evenly over the file, or all that there are."""
    if not TWEETS.exists():
        raise FileNotFoundError("the real tweets, shared/data/adobe/train.csv, are not here")
    with TWEETS.open(encoding="utf-8", newline="") as lines:
        posts = list(csv.DictReader(lines))
    return [posts[i] for i in np.linspace(0, len(posts) - 1, min(count, len(posts))).astype(int)]


def _tweets(count: int) -> list[str]:
    return [post["content"] for post in _posts(count)]


if __name__ == "__main__":
    main()
