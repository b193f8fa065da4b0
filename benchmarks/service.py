"""The service under load: many clients, mixed questions, while a build runs.

``python -m benchmarks.service STORE [--seconds 60] [--clients 50] [--rate 110] [--build 400]
[--requests 20000] [--costs 100]``

A copy of STORE, which needs a likes head, is served by `embedstore serve` on loopback. Clients ask
at fixed times, whether or not earlier answers have come, so that a slow server can't slow its
clients down: 60% search by a text that was not asked before, 15% search by a post, 15% SQL, 10%
predictions of a draft. With `--build`, a build of new posts begins after five seconds. With
`--requests`, so many of all kinds are asked as fast as the server answers, and the memory of its
processes is read after a quarter, a half and all of them. With `--costs`, so many of each kind are
asked one after the other, and the processor time of each is told, which other work on the machine
lengthens less than it lengthens the wait. Everything runs on one machine: the clients take their
part of its cores.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

import embedstore
from benchmarks.common import machine

SHARES = {"search": 0.60, "like": 0.15, "sql": 0.15, "predict": 0.10}
"""Share of each kind of question."""

QUERIES = (
    "SELECT company, count(*) AS n, median(likes) AS m FROM posts GROUP BY 1 ORDER BY n DESC",
    "SELECT date_trunc('month', created_at) AS month, avg(likes) AS likes FROM posts GROUP BY 1",
    "SELECT id, text, likes FROM posts WHERE username = 'CNN' ORDER BY likes DESC LIMIT 10",
)


IDLE_S = 5.0
"""Seconds for which nobody asks, to see what the server takes then."""


@dataclass
class Posts:
    """What the questions are made of."""

    texts: list[str]
    keys: list[str]
    accounts: list[str]
    draw: random.Random = field(default_factory=lambda: random.Random(0))

    @classmethod
    def of(cls, store: Path) -> "Posts":
        """Read texts, keys and accounts of a store."""
        rows = embedstore.open(store).sql(
            "SELECT text, source || ':' || id AS key, username FROM posts"
            " WHERE length(text) > 40 AND text_content_id IS NOT NULL AND username IS NOT NULL"
        )
        return cls(*(rows[name].to_pylist() for name in ("text", "key", "username")))

    def ask(self, kind: str) -> tuple[str, dict[str, Any]]:
        """Make a question of a kind: its address and its body."""
        if kind == "search":
            words = self.draw.choice(self.texts).split()
            self.draw.shuffle(words)
            return "similar", {"text": " ".join(words[: self.draw.randint(3, 8)]), "k": 10}
        if kind == "like":
            return "similar", {"post": self.draw.choice(self.keys), "k": 10}
        if kind == "sql":
            return "sql", {"query": self.draw.choice(QUERIES)}
        draft = {
            "username": self.draw.choice(self.accounts),
            "created_at": "2020-07-01T12:00:00",
            "text": self.draw.choice(self.texts),
        }
        return "predict", {"posts": [draft]}


class Connection:
    """One client's connection, kept between questions."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, address: str, body: dict[str, Any]) -> int:
        """Ask; returns the status."""
        return (await self.ask("POST", address, body))[0]

    async def ask(
        self, method: str, address: str, body: dict[str, Any] | None = None
    ) -> tuple[int, bytes]:
        """Ask; returns the status and the answer, 0 and nothing if the connection broke."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body).encode()
        kind = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n" if data else ""
        writer.write(
            f"{method} {address} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{kind}\r\n".encode()
            + data
        )
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert length is not None, head
            answer = await reader.readexactly(int(length[1]))
        except (OSError, asyncio.IncompleteReadError):
            self._streams = None
            return 0, b""
        if re.search(rb"connection: close", head, re.IGNORECASE):
            self.close()
        return int(head.split(b" ", 2)[1]), answer

    def close(self) -> None:
        """End it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


Times = dict[str, list[float]]


async def at_fixed_times(
    port: int, name: str, posts: Posts, clients: int, rate: float, seconds: float
) -> tuple[Times, Counter[int]]:
    """Ask at fixed times; returns milliseconds from then by kind, and statuses."""
    times: Times = defaultdict(list)
    statuses: Counter[int] = Counter()
    kinds, weights = list(SHARES), list(SHARES.values())
    begun = time.perf_counter()

    async def client(number: int) -> None:
        connection = Connection(port)
        due = begun + number / rate
        while due < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            kind = posts.draw.choices(kinds, weights)[0]
            address, body = posts.ask(kind)
            statuses[await connection.post(f"/api/v1/stores/{name}/{address}", body)] += 1
            times[kind].append(1000 * (time.perf_counter() - due))
            due += clients / rate
        connection.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return times, statuses


async def flat_out(
    port: int, name: str, posts: Posts, clients: int, count: int
) -> tuple[float, Counter[int]]:
    """Ask `count` questions as fast as they are answered; returns how many a second."""
    left = count
    kinds, weights = list(SHARES), list(SHARES.values())
    statuses: Counter[int] = Counter()
    begun = time.perf_counter()

    async def client() -> None:
        nonlocal left
        connection = Connection(port)
        while left > 0:
            left -= 1
            address, body = posts.ask(posts.draw.choices(kinds, weights)[0])
            statuses[await connection.post(f"/api/v1/stores/{name}/{address}", body)] += 1
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return count / (time.perf_counter() - begun), statuses


async def one_by_one(
    server: psutil.Process, port: int, name: str, posts: Posts, count: int
) -> None:
    """Ask `count` questions of each kind in turn, and print the processor time of each."""
    connection = Connection(port)
    at_rest = sum(processor_ms(server))
    await asyncio.sleep(IDLE_S)
    idle = (sum(processor_ms(server)) - at_rest) / IDLE_S
    print(f"idle: {idle:.1f} ms of processor time a second")
    print(f"{'kind':10}{'server ms':>10}{'heads ms':>10}{'wait ms':>10}")
    for kind in SHARES:
        begun, before = time.perf_counter(), processor_ms(server)
        for _ in range(count):
            address, body = posts.ask(kind)
            await connection.post(f"/api/v1/stores/{name}/{address}", body)
        took = time.perf_counter() - begun
        own, others = (
            (now - then) / count for now, then in zip(processor_ms(server), before, strict=True)
        )
        print(f"{kind:10}{own:10.1f}{others:10.1f}{1000 * took / count:10.1f}")
    connection.close()


def processor_ms(server: psutil.Process) -> tuple[float, float]:
    """Read the processor time that the server has taken, and that of its processes, in ms."""

    def of(process: psutil.Process) -> float:
        times = process.cpu_times()
        return 1000 * float(times.user + times.system)

    return of(server), sum(map(of, server.children(recursive=True)))


async def send_build(port: int, name: str, posts: Posts, count: int) -> None:
    """Begin a build of new posts, through the service."""
    await asyncio.sleep(5)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "new.csv"
        with file.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["id", "username", "date", "content", "likes"])
            for number in range(count):
                words = posts.draw.choice(posts.texts).split()
                posts.draw.shuffle(words)
                writer.writerow([number, "new", "2020-07-01 12:00:00", " ".join(words), number])
        base = f"http://127.0.0.1:{port}/api/v1"
        sent = await _curl("-F", f"file=@{file}", f"{base}/uploads")
    order = json.dumps({"upload": sent["upload"], "images": "none"})
    begun = await _curl(
        "-H", "Content-Type: application/json", "-d", order, f"{base}/stores/{name}/builds"
    )
    while True:
        job = await _curl(f"{base}/stores/{name}/builds/{begun['job']}")
        if job["state"] != "running":
            took = job["ended_at"], job["started_at"]
            print(f"build: {job['state']}, {job['error'] or job['report']['posts']}, {took}")
            return
        await asyncio.sleep(1)


async def _curl(*arguments: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        "curl", "-s", *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return json.loads(output)


@contextmanager
def served(store: Path, audit: Path) -> Iterator[tuple[psutil.Process, int]]:
    """Serve a store; yields the process and its port."""
    command = "import sys, embedstore; from embedstore.cli.program import embedstore as run; run()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "serve", str(store), "--port", "0", "--audit", str(audit)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    begun = time.perf_counter()
    found = re.search(r":(\d+)/", process.stdout.readline())
    assert found is not None
    print(f"answers after {time.perf_counter() - begun:.2f} s")
    try:
        yield psutil.Process(process.pid), int(found[1])
    finally:
        process.terminate()
        process.wait(20)


def memory(server: psutil.Process) -> str:
    """Read the resident memory of the server and of its processes."""
    own = server.memory_info().rss / 1e6
    others = sum(child.memory_info().rss for child in server.children(recursive=True)) / 1e6
    return f"{own:.0f} MB + {others:.0f} MB"


def tell(times: Times, statuses: Counter[int], seconds: float) -> None:
    """Print the times of each kind."""
    total = sum(map(len, times.values()))
    print(f"{total / seconds:.0f} requests/s, statuses {dict(statuses)}")
    print(f"{'kind':10}{'requests':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'most':>9}")
    for kind, values in times.items():
        cut = statistics.quantiles(values, n=100)
        print(
            f"{kind:10}{len(values):9}{cut[49]:9.1f}{cut[94]:9.1f}{cut[98]:9.1f}{max(values):9.1f}"
        )


def main() -> int:
    """Serve, ask and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=110)
    parser.add_argument("--build", type=int, default=0, metavar="POSTS")
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--costs", type=int, default=0, metavar="QUESTIONS")
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        name = given.store.name.removesuffix(".store")
        store = Path(folder) / given.store.name
        shutil.copytree(given.store, store)
        posts = Posts.of(store)
        with served(store, Path(folder) / "audit.jsonl") as (server, port):
            asyncio.run(at_fixed_times(port, name, posts, 4, 4, 8))  # loads encoder and head
            if given.costs:
                asyncio.run(one_by_one(server, port, name, posts, given.costs))
            if given.seconds:
                asyncio.run(_run(port, name, posts, given))
            if given.requests:
                print(f"memory of server + heads: {memory(server)} before")
                for done, part in ((4, 4), (2, 4), (1, 2)):
                    rate, statuses = asyncio.run(
                        flat_out(port, name, posts, given.clients, given.requests // part)
                    )
                    print(
                        f"{memory(server)} after {given.requests // done:,} requests,"
                        f" {rate:.0f} a second, statuses {dict(statuses)}"
                    )
    print(f"load {os.getloadavg()[0]:.1f}")
    return 0


async def _run(port: int, name: str, posts: Posts, given: argparse.Namespace) -> None:
    building = (
        asyncio.create_task(send_build(port, name, posts, given.build)) if given.build else None
    )
    times, statuses = await at_fixed_times(
        port, name, posts, given.clients, given.rate, given.seconds
    )
    tell(times, statuses, given.seconds)
    if building is not None:
        await building


if __name__ == "__main__":
    sys.exit(main())
