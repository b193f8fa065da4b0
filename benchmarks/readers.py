"""A build beside readers that never pause, and the readers beside the build.

``python -m benchmarks.readers [--readers 8] [--posts 2000]``

A build that has a few new posts runs alone, then beside processes that ask for similar posts of
the same store without a pause, then beside as many processes that ask another store: they take as
much of the processor, and hold nothing that the build needs. The readers' median question is
likewise measured alone and beside builds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.common import machine

READER = """
import json, os, sys, time
import numpy as np
import embedstore
store, out, stop = embedstore.open(sys.argv[1]), sys.argv[2], sys.argv[3]
vector = np.random.default_rng(os.getpid()).normal(size=64).astype(np.float32)
store.similar(vector=vector, k=5)
print("ready", flush=True)
times = []
while not os.path.exists(stop):
    started = time.perf_counter()
    assert store.similar(vector=vector, k=5).num_rows == 5
    times.append((time.time(), time.perf_counter() - started))
with open(out, "w") as file:
    json.dump(times, file)
"""


def main() -> None:
    """Measure, and print a line for each state."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--posts", type=int, default=2000, help="in the store at first")
    parser.add_argument("--builds", type=int, default=5, help="in each state")
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        for line in measure(Path(folder), given.readers, given.posts, given.builds):
            print(line, flush=True)


def measure(folder: Path, readers: int, posts: int, builds: int) -> Iterator[str]:
    """Yield lines of the result."""
    store, other = folder / "asked.store", folder / "other.store"
    first = _posts(folder / "first.csv", range(posts))
    for each in (store, other):
        _build(each, first)
    numbers = iter(range(posts, 10**9))

    def timed() -> list[tuple[float, float]]:
        spans = []
        for _ in range(builds):
            number = next(numbers)
            file = _posts(folder / f"{number}.csv", [number])
            started = time.time()
            _build(store, file)
            spans.append((started, time.time()))
        return spans

    alone = timed()
    quiet, _ = _beside(folder, store, readers, _rest)
    beside, spans = _beside(folder, store, readers, timed)
    _, elsewhere = _beside(folder, other, readers, timed)
    seconds = {
        name: median(end - start for start, end in each)
        for name, each in (("alone", alone), ("beside", spans), ("elsewhere", elsewhere))
    }
    yield f"{readers} readers without a pause, {posts:,} posts, {builds} builds of one post each"
    yield f"build alone                     {seconds['alone']:7.2f} s"
    for name, what in (
        ("elsewhere", "readers of another store"),
        ("beside", "readers of this one"),
    ):
        ratio = seconds[name] / seconds["alone"]
        yield f"build beside {what:<18} {seconds[name]:7.2f} s   {ratio:.2f} times"
    slow = seconds["beside"] / seconds["elsewhere"]
    yield f"of that by waiting for readers  {slow:7.2f} times"
    during = [t for at, t in beside if any(start <= at <= end for start, end in spans)]
    rest = median(t for _, t in quiet)
    yield f"question without a build        {1000 * rest:7.1f} ms (median)"
    slower = median(during) / rest
    yield f"question during builds          {1000 * median(during):7.1f} ms   {slower:.2f} times"
    yield f"slowest question                {1000 * max(during):7.1f} ms"


def _beside(
    folder: Path, store: Path, readers: int, work: Any
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Run readers beside some work: times of the readers' questions, and what the work gives."""
    stop = folder / "stop"
    stop.unlink(missing_ok=True)
    outs = [folder / f"reader-{number}.json" for number in range(readers)]
    with _running([[str(store), str(out), str(stop)] for out in outs]) as processes:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        done = work()
        stop.touch()
        for process in processes:
            process.wait(60)
    return [tuple(each) for out in outs for each in json.loads(out.read_text())], done


@contextmanager
def _running(arguments: list[list[str]]) -> Iterator[list[subprocess.Popen[str]]]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", READER, *each],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for each in arguments
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _rest() -> list[tuple[float, float]]:
    time.sleep(3)
    return []


def _build(store: Path, file: Path) -> None:
    import embedstore

    embedstore.build(store, [file], space=["words=hash"], images="none", source="ours")


def _posts(file: Path, numbers: Any) -> Path:
    lines = ["id,date,likes,content,username,inferred company"]
    lines += [
        f"{n},2019-03-{n % 28 + 1:02d} 12:00:00,{n % 97},post {n} about coffee,cafe,beans"
        for n in numbers
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    main()
