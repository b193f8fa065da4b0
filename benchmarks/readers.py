"""Readers that never pause, beside builds: what either costs the other.

    python -m benchmarks.readers [--readers 8] [--builds 5] [--posts 14000] [--format json]

A store of made-up posts is built with the hash encoder, which leaves the database as all that a
build waits for. Each build adds and changes posts while reader processes ask for similar posts
and counts without pause. Readers need processors too, and so the same builds run three times:
alone, beside readers of a copy of the store (who take the same processors and no lock), and
beside readers of the store itself. The lock's own cost is the last over the second.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

import embedstore
from benchmarks.common import report, spread

NEW = 400
"""Posts that each build adds; it changes the likes of as many."""


@click.group()
def main() -> None:
    """Measure readers and builds beside each other."""


@main.command()
@click.option("--readers", default=8, show_default=True)
@click.option("--builds", default=5, show_default=True)
@click.option("--posts", default=14_000, show_default=True)
@click.option("--kept", is_flag=True, help="Readers keep the store open with follow=True.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def measure(readers: int, builds: int, posts: int, form: str, *, kept: bool) -> None:
    """Print a row for each condition (build ≤ 1.3 times, median query ≤ 2 times)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _build(folder / "made", _posts(0, posts))
        shutil.copytree(folder / "made", folder / "other")
        alone = _measure(folder, "alone", 0, builds, posts)
        copied = _measure(folder, "other", readers, builds, posts, kept=kept)
        beside = _measure(folder, "store", readers, builds, posts, kept=kept)
    rows = [
        {
            "beside": each.beside,
            "build s": spread(each.builds),
            "build ×": statistics.median(each.builds) / statistics.median(alone.builds),
            "query ms, no build": _milliseconds(each.calm),
            "query ms, build": _milliseconds(each.busy),
            "slowest ms": 1000 * max(each.busy, default=0.0),
            "queries": len(each.busy),
        }
        for each in (alone, copied, beside)
    ]
    report(f"{builds} builds beside {readers} readers", rows, form)
    lock = statistics.median(beside.builds) / statistics.median(copied.builds)
    query = statistics.median(beside.busy) / statistics.median(copied.busy)
    click.echo(
        f"beside readers of the store, not of a copy: build × {lock:.2f}, query × {query:.2f}"
    )


@dataclass
class _Measured:
    """Seconds of builds, and of queries without and beside builds."""

    beside: str
    builds: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


def _measure(
    folder: Path, read: str, readers: int, builds: int, posts: int, *, kept: bool = False
) -> _Measured:
    """Build `builds` times on a fresh copy of the store, beside readers of one or the other."""
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(folder / "made", store)
    found = _Measured({"alone": "nobody", "other": "readers of a copy", "store": "readers"}[read])
    with _reading(folder / read if readers else store, readers, kept=kept) as asked:
        if readers:
            time.sleep(3)
        for number in range(builds):
            started = time.time()
            _build(store, _posts(posts + number * NEW - NEW, 2 * NEW, likes=number + 1))
            found.builds.append(time.time() - started)
            asked.append((started, time.time()))
            time.sleep(0.3)
        spans = list(asked)
        asked.clear()
    for ended, seconds in asked:
        inside = any(start < ended and ended - seconds < end for start, end in spans)
        (found.busy if inside else found.calm).append(seconds)
    if read == "alone":
        found.busy = found.calm = []
    return found


@contextmanager
def _reading(store: Path, readers: int, *, kept: bool) -> Iterator[list[tuple[float, float]]]:
    """Let readers ask until the block ends; their queries are in the list then."""
    asked: list[tuple[float, float]] = []
    command = [sys.executable, "-m", "benchmarks.readers", "read", str(store)]
    processes = [
        subprocess.Popen(
            [*command, *(["--kept"] if kept else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(readers)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()  # it has opened the store
        yield asked
        for process in processes:
            output, _ = process.communicate("")
            asked += [(end, seconds) for end, seconds in json.loads(output)]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@main.command()
@click.argument("store")
@click.option("--kept", is_flag=True)
def read(store: str, *, kept: bool) -> None:
    """Ask without pause until stdin ends; print when each query ended and its seconds."""
    import threading

    enough = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        enough.set()

    threading.Thread(target=wait, daemon=True).start()
    # Versions before 0.3 have nothing to follow, and can be measured too.
    opened = embedstore.open(store, follow=True) if kept else embedstore.open(store)
    vectors = np.random.default_rng().standard_normal((64, 64)).astype(np.float32)
    asked: list[tuple[float, float]] = []
    opened.similar(vector=vectors[0])
    print("open", flush=True)
    while not enough.is_set():
        started = time.perf_counter()
        if len(asked) % 2:
            opened.sql("SELECT company, count(*), avg(likes) FROM posts GROUP BY 1")
        else:
            opened.similar(vector=vectors[len(asked) % 64])
        asked.append((time.time(), time.perf_counter() - started))
    print(json.dumps(asked))


def _posts(first: int, count: int, likes: int = 0) -> pa.Table:
    numbers = range(max(first, 0), max(first, 0) + count)
    return pa.table(
        {
            "id": [str(number) for number in numbers],
            "date": [f"2020-{n % 12 + 1:02d}-{n % 28 + 1:02d} 10:00:00" for n in numbers],
            "likes": [number % 97 + likes for number in numbers],
            "content": [
                f"post {number} of coffee, rain and {number % 311} songs" for number in numbers
            ],
            "username": [f"user{number % 40}" for number in numbers],
            "company": [f"company{number % 40}" for number in numbers],
        }
    )


def _build(store: Path, posts: pa.Table) -> None:
    options: dict[str, Any] = {"space": ["words=hash"], "images": "none", "source": "made"}
    embedstore.build(store, [posts], **options)


def _milliseconds(seconds: list[float]) -> str:
    return spread([1000 * each for each in seconds]) if seconds else ""


if __name__ == "__main__":
    main()
