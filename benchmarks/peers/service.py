"""`embedstore serve` beside txtai's API and the back end of clip-retrieval, on the same searches.

python -m benchmarks.peers.service STORE [texts|vectors|clip ...] [--searches 200]
[--flat-out 1000] [--clients 16] [--turns 3] [--clip-posts 2000] [--python P] [--format json]

Every service runs on loopback and answers with the ten nearest posts and their texts, found by
exact search over the same vectors:

- ``texts``: ours and txtai's API, asked by texts that were not asked before. Both have the same
  MiniLM. The space `text` of STORE has to be MiniLM's.
- ``vectors``: ours and clip-retrieval, asked by vectors over the same posts. Its back end knows
  CLIP alone, so that a text for MiniLM can't be asked of it.
- ``clip``: ours and clip-retrieval, asked by texts. The weights of CLIP are random, the same for
  both: speed does not depend on them. The posts are few, since encoding them takes long.

In each turn every service gets the same questions: first one after the other over one kept
connection, then by many clients as fast as it answers. What a peer runs with is tried before: the
settings that answer soonest, and those that answer most, which may be the same. The processor
time is a service's own, of a search among many; other work on the machine lengthens it less than
it lengthens the wait. Memory is the sum of the peaks of a service's processes. Overlap is the
share of the posts found that ours finds too, told apart by their texts. The clients take their
part of the machine's cores.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow.parquet as pq

from benchmarks.common import report, spread
from benchmarks.peers import servers
from benchmarks.peers.environment import peers_python
from benchmarks.peers.servers import NEIGHBOURS, Question, Service
from benchmarks.peers.turns import SkippedError
from benchmarks.service import Connection, Posts

TRIED = (16, 64)
"""Questions one after the other and flat out that settings are tried with."""

TXTAI = ((1, 1), (1, 2), (2, 1))
"""Processes, and threads of each."""

CLIP_THREADS = (1, 2)

Start = Callable[[], AbstractContextManager[Service]]


@dataclass
class Measured:
    """What was measured of one service, a figure a turn."""

    middle: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    overlap: list[float] = field(default_factory=list)

    def cells(self, search: str, service: Service) -> dict[str, Any]:
        """Make the row that `benchmarks.common.report` takes."""
        return {
            "search": search,
            "service": service.name,
            "p50 ms": spread(self.middle),
            "p95 ms": spread(self.slow),
            "searches/s": spread(self.rate),
            "processor ms": spread(self.cost),
            "peak GB": f"{service.peak_gb():.2f}",
            f"overlap@{NEIGHBOURS}": f"{statistics.mean(self.overlap):.3f}",
        }


@dataclass(frozen=True)
class Amounts:
    """How much is asked.

    Attributes
    ----------
    searches, flat_out : int
        Questions one after the other, and by all clients, of a turn.
    clients, turns : int
    """

    searches: int
    flat_out: int
    clients: int
    turns: int


@click.command()
@click.argument("store", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("groups", nargs=-1, type=click.Choice(["texts", "vectors", "clip"]))
@click.option("--searches", default=200, show_default=True, type=click.IntRange(20))
@click.option("--flat-out", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--clients", default=16, show_default=True, type=click.IntRange(1))
@click.option("--turns", default=3, show_default=True, type=click.IntRange(1))
@click.option("--clip-posts", default=2000, show_default=True, type=click.IntRange(10))
@click.option("--python", type=click.Path(exists=True), help="An interpreter that has the peers.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(
    store: Path,
    groups: tuple[str, ...],
    searches: int,
    flat_out: int,
    clients: int,
    turns: int,
    clip_posts: int,
    python: str | None,
    form: str,
) -> None:
    """Measure the named GROUPs of searches in STORE, or all of them."""
    peers, failed = (Path(python), []) if python else peers_python()
    amounts = Amounts(searches, flat_out, clients, turns)
    measures: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
        "texts": lambda folder: _texts(peers, store, folder, amounts),
        "vectors": lambda folder: _vectors(peers, store, folder, amounts),
        "clip": lambda folder: _clip(peers, store, folder, amounts, clip_posts),
    }
    rows: list[dict[str, Any]] = []
    for group in dict.fromkeys(groups or measures):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = measures[group](Path(folder))
            except SkippedError as reason:
                found = [{"search": group, "service": f"skipped: {reason}"}]
        for row in found:
            print(" | ".join(map(str, row.values())), file=sys.stderr, flush=True)
        rows += found
    title = (
        f"{searches} searches one after the other, {flat_out:,} by {clients} clients,"
        f" {turns} turns: median (smallest–largest)"
    )
    report(title, rows, form)
    for line in failed:
        print(f"not installed: {line}", file=sys.stderr)


def _texts(python: Path, store: Path, folder: Path, amounts: Amounts) -> list[dict[str, Any]]:
    posts = folder / "posts.parquet"
    servers.write_posts(store, "text", posts)
    starts: list[Start] = [
        lambda each=each: servers.txtai(python, posts, folder, *each)  # type: ignore[misc]
        for each in TXTAI
    ]
    search = f"text by MiniLM, {pq.read_metadata(posts).num_rows:,} posts"
    mine = lambda: servers.ours(store, folder)  # noqa: E731
    return _beside(search, mine, starts, fresh_texts(Posts.of(store)), amounts)


def _vectors(python: Path, store: Path, folder: Path, amounts: Amounts) -> list[dict[str, Any]]:
    posts = folder / "posts.parquet"
    servers.write_posts(store, "text", posts)
    vectors = np.array(pq.read_table(posts, columns=["vector"])["vector"].to_pylist(), np.float32)
    weights = servers.clip_weights(folder)
    starts = _clip_starts(python, posts, folder, weights)
    search = f"vector of {vectors.shape[1]}, {len(vectors):,} posts"
    mine = lambda: servers.ours(store, folder)  # noqa: E731
    return _beside(search, mine, starts, between(vectors), amounts)


def _clip(
    python: Path, store: Path, folder: Path, amounts: Amounts, count: int
) -> list[dict[str, Any]]:
    weights, own, posts = servers.clip_weights(folder), folder / "clip.store", folder / "p.parquet"
    asked = Posts.of(store)
    servers.clip_store(own, weights, asked.texts[:count])
    servers.write_posts(own, "text", posts)
    starts = _clip_starts(python, posts, folder, weights)
    search = f"text by CLIP, {pq.read_metadata(posts).num_rows:,} posts"
    mine = lambda: servers.ours(own, folder)  # noqa: E731
    return _beside(search, mine, starts, fresh_texts(asked), amounts)


def _clip_starts(python: Path, posts: Path, folder: Path, weights: Path) -> list[Start]:
    """Tell how clip-retrieval starts with each of its settings."""
    return [
        lambda threads=threads: servers.clip_retrieval(  # type: ignore[misc]
            python, posts, folder, weights, threads
        )
        for threads in CLIP_THREADS
    ]


def fresh_texts(posts: Posts) -> Iterator[str]:
    """Make texts of a few words of a post, none twice."""
    asked: set[str] = set()
    while True:
        text = str(posts.ask("search")[1]["text"])
        if text not in asked:
            asked.add(text)
            yield text


def between(vectors: np.ndarray[Any, np.dtype[np.float32]]) -> Iterator[list[float]]:
    """Make vectors half-way between those of two posts, of length 1."""
    draw = np.random.default_rng(0)
    while True:
        one, other = vectors[draw.choice(len(vectors), 2, replace=False)]
        found = one + other
        yield (found / np.linalg.norm(found)).tolist()


def overlap(found: Sequence[str], expected: Sequence[str]) -> float:
    """Tell which share of the expected texts was found, each as often as it is expected."""
    return (Counter(found) & Counter(expected)).total() / len(expected)


def _beside(
    search: str,
    own: Start,
    starts: Sequence[Start],
    questions: Iterator[Question],
    amounts: Amounts,
) -> list[dict[str, Any]]:
    """Measure ours and the best settings of a peer in turns."""
    with ExitStack() as running:
        mine = running.enter_context(own())
        _measure(mine, list(islice(questions, sum(TRIED))), TRIED[0], amounts.clients)
        peers = _best(running, starts, list(islice(questions, sum(TRIED))), amounts.clients)
        figures = {service.name: Measured() for service in (mine, *peers)}
        for _ in range(amounts.turns):
            asked = list(islice(questions, amounts.searches + amounts.flat_out))
            expected: list[list[str]] = []
            for service in (mine, *peers):
                told = _measure(service, asked, amounts.searches, amounts.clients)
                waits, rate, cost, found = told
                expected = expected or found
                cut = statistics.quantiles(waits, n=100)
                figure = figures[service.name]
                figure.middle.append(cut[49])
                figure.slow.append(cut[94])
                figure.rate.append(rate)
                figure.cost.append(cost)
                figure.overlap.append(statistics.mean(map(overlap, found, expected)))
                _say(service, cut[49], rate)
        return [figures[service.name].cells(search, service) for service in (mine, *peers)]


def _best(
    running: ExitStack, starts: Sequence[Start], asked: list[Question], clients: int
) -> list[Service]:
    """Start a peer with each of its settings, and keep what answers soonest and what most."""
    tried: list[tuple[Service, ExitStack, float, float]] = []
    for start in starts:
        own = running.enter_context(ExitStack())
        service = own.enter_context(start())
        _measure(service, asked[:8], 4, clients)  # the first call pays for what is loaded then
        waits, rate, _, _ = _measure(service, asked, TRIED[0], clients)
        tried.append((service, own, statistics.median(waits), rate))
        _say(service, *tried[-1][2:])
    soonest = min(tried, key=lambda each: each[2])
    most = max(tried, key=lambda each: each[3])
    for each in tried:
        if each is not soonest and each is not most:
            each[1].close()
    return [soonest[0]] if soonest is most else [soonest[0], most[0]]


def _measure(
    service: Service, asked: Sequence[Question], alone: int, clients: int
) -> tuple[list[float], float, float, list[list[str]]]:
    """Ask the first `alone` one after the other and the others flat out.

    Returns
    -------
    waits : list of float
        Milliseconds of those asked alone.
    rate : float
        Answers a second of the others.
    cost : float
        Milliseconds of processor time of each of those.
    found : list of list of str
        Texts of the posts found by those asked alone.
    """
    return asyncio.run(_ask(service, asked[:alone], asked[alone:], clients))


def _say(service: Service, wait: float, rate: float) -> None:
    load = os.getloadavg()[0]
    print(f"{service.name}: {wait:.1f} ms, {rate:.0f}/s, load {load:.1f}", file=sys.stderr)


async def _ask(
    service: Service, alone: Sequence[Question], many: Sequence[Question], clients: int
) -> tuple[list[float], float, float, list[list[str]]]:
    waits, found = [], []
    connection = Connection(service.port)
    for question in alone:
        begun = time.perf_counter()
        answer = await _answer(service, connection, question)
        waits.append(1000 * (time.perf_counter() - begun))
        found.append(service.texts(answer))
    connection.close()
    left = iter(many)

    async def client() -> None:
        connection = Connection(service.port)
        for question in left:
            await _answer(service, connection, question)
        connection.close()

    begun, before = time.perf_counter(), servers.processor_s(service.process)
    await asyncio.gather(*(client() for _ in range(clients)))
    took, worked = time.perf_counter() - begun, servers.processor_s(service.process) - before
    return waits, len(many) / took, 1000 * worked / len(many), found


async def _answer(service: Service, connection: Connection, question: Question) -> bytes:
    status, answer = await connection.ask(*service.request(question))
    if status != 200:
        raise SkippedError(f"{service.name} answered {status}: {answer[:200].decode()}")
    return answer


if __name__ == "__main__":
    main()
