"""Flip bytes of a store's files and ask it things: is every fault said, and no answer wrong.

    python -m benchmarks.attacks.damage [--stores 500] [--seed 0] [--jobs 2] [--resume FILE]

Each store is a copy of one that is sound, with 1 to 200 bits flipped in a file of its database,
its indexes or its trained head. Every command is then asked of a fresh copy of it. An answer may be
right, or refused in one sentence; a traceback, a crash, a command that takes over `LIMIT_S`, and an
answer that differs from the sound store's without a word are counted.

With `--resume`, results are kept in a file, one line a store, and the stores in it are not attacked
again: `--stores 100`, then 200, does the second hundred only. What is flipped depends on the seed
and the store's number alone.
"""

import argparse
import importlib
import json
import multiprocessing as mp
import os
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from embedstore.cli.heads import heads as heads_command
from embedstore.cli.main import embedstore as embedstore_command

from benchmarks.attacks import victim
from benchmarks.common import report

LIMIT_S = 60.0
"""Seconds that a command may take."""

FLIPS = (1, 2, 10, 50, 200)
"""Numbers of bits that are flipped in a file."""

QUERY = "SELECT source, id, text, likes FROM posts ORDER BY post_id"

COMMANDS: dict[str, list[str]] = {
    "info": ["embedstore", "info", "STORE", "--format", "json"],
    "sql": ["embedstore", "sql", "STORE", QUERY, "--format", "json"],
    "similar": ["embedstore", "similar", "STORE", "--text", "coffee", "--format", "json"],
    "predict": ["heads", "predict", "likes", "STORE", "--format", "json"],
    "check": ["embedstore", "check", "STORE", "--format", "json"],
}
PLACES = ("store.duckdb", "index", "runs")

KINDS = ("right", "refused", "said", "other answer", "traceback", "crash", "too long")
"""How a command may end; ``said``: another answer, with a sentence on stderr."""

_LIBRARIES = (
    "duckdb", "faiss", "lightgbm", "pyarrow.parquet", "safetensors.numpy", "sklearn.isotonic",
    "embedstore.maintenance.check", "embedstore.maintenance.info", "embedstore.search.similar",
    "heads.likes.predict",
)  # fmt: skip
"""What the commands import: imported once, before the processes that answer are forked."""


def main() -> None:
    """Damage stores, ask them, and print one row a command and place."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stores", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", type=Path, help="keep results here, and go on from them")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    done = _kept(options.resume, options.seed)
    left = [number for number in range(options.stores) if number not in done]
    for name in _LIBRARIES:
        importlib.import_module(name)
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if Path(memory).is_dir() else None) as name:
        folder = Path(name)
        sound = folder / "sound.store"
        # Threads that a library has started don't come along into a forked process, which then
        # waits for them for ever: this process computes nothing itself.
        _in_a_process(_make, folder, sound, limit_s=600)
        right = {name: _in_a_process(_ask, sound, name)[1] for name in COMMANDS}
        with _workers(options.jobs, left, _attack, sound, right, options.seed) as results:
            for number, kinds in results:
                done[number] = kinds
                if options.resume:
                    with options.resume.open("a") as out:
                        out.write(json.dumps({"seed": options.seed, "store": number} | kinds))
                        out.write("\n")
                print(f"\r{len(done)} of {options.stores} stores", end="", file=sys.stderr)
        print(file=sys.stderr)
    report("damaged stores", _rows(done, options.stores), options.format)


def _kept(file: Path | None, seed: int) -> dict[int, dict[str, str]]:
    """Read the results of an earlier call with the same seed: how commands ended, by store."""
    if file is None or not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {
        line["store"]: {name: line[name] for name in COMMANDS}
        for line in lines
        if line["seed"] == seed
    }


def _rows(done: dict[int, dict[str, str]], stores: int) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for number in sorted(done)[:stores]:
        for name, kind in done[number].items():
            place = PLACES[number % len(PLACES)]
            counts.setdefault((place, name), Counter())[kind.partition(":")[0]] += 1
    return [
        {"damaged": place, "command": name} | {kind: found[kind] for kind in KINDS}
        for (place, name), found in sorted(counts.items())
    ]


def _make(folder: Path, sound: Path) -> tuple[str, str]:
    """Make the sound store, with a trained head and without blocks that nothing uses."""
    import heads
    from embedstore.storage.rewrite import rewrite

    victim.build(sound, victim.write_posts(folder))
    heads.fit_likes(sound, model_name="lgbm", inputs="history,time,text")
    rewrite(sound)
    return "made", ""


def _attack(number: int, sound: Path, right: dict[str, str], seed: int) -> dict[str, str]:
    """Damage one store and ask it everything: how each command ended."""
    own = sound.with_name(f"{os.getpid()}.store")
    found = {}
    for name in COMMANDS:
        # The same damage for each command: one may have mended what it met.
        store = victim.copy(sound, own)
        _damage(store, PLACES[number % len(PLACES)], random.Random(f"{seed} {number}"))
        kind, said = _in_a_process(_ask, store, name)
        if kind in ("answer", "said"):
            if said == right[name]:
                kind = "right"
            elif name == "check":
                kind = "refused"  # it is asked what is wrong: saying so is its right answer
            elif kind == "answer":
                kind = "other answer"
        elif said and kind != "refused":
            kind = f"{kind}: {said}"
        found[name] = kind
    return found


def _damage(store: Path, place: str, dice: random.Random) -> None:
    """Flip bits of one of a place's files."""
    target = store / place
    files = [target] if target.is_file() else sorted(f for f in target.rglob("*") if f.is_file())
    file = dice.choice([file for file in files if file.stat().st_size])
    data = bytearray(file.read_bytes())
    for _ in range(dice.choice(FLIPS)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    file.write_bytes(data)


def _ask(store: Path, name: str) -> tuple[str, str]:
    """What kind of end a command came to, and what it printed."""
    program, *arguments = COMMANDS[name]
    command = embedstore_command if program == "embedstore" else heads_command
    result = CliRunner().invoke(
        command, [str(store) if word == "STORE" else word for word in arguments]
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return "traceback", "".join(traceback.format_exception(result.exception))[-2000:]
    if name == "check":
        return "answer", str(result.exit_code)
    if result.exit_code:
        return "refused", result.stderr
    return ("said" if "damaged" in result.stderr else "answer"), result.stdout


def _in_a_process(
    function: Callable[..., tuple[str, str]], *arguments: Any, limit_s: float = LIMIT_S
) -> tuple[str, str]:
    """Call a function in a process of its own, since the call may be its end."""
    here, there = mp.Pipe(duplex=False)
    child = mp.get_context("fork").Process(target=_answer, args=(there, function, *arguments))
    child.start()
    there.close()
    try:
        # A process that ends without a word closes its end.
        return here.recv() if here.poll(limit_s) else ("too long", "")
    except EOFError:
        return "crash", ""
    finally:
        child.kill()
        child.join()
        here.close()


def _answer(to: Connection, function: Callable[..., Any], *arguments: Any) -> None:
    to.send(function(*arguments))


@contextmanager
def _workers(
    jobs: int, numbers: list[int], function: Callable[..., Any], *arguments: Any
) -> Iterator[Iterator[tuple[int, Any]]]:
    """Call a function for each number in a few processes: the numbers with what it returned.

    They are plain processes, since those of a pool may not start others.
    """
    context = mp.get_context("fork")
    ends = []
    processes = []
    for job in range(jobs):
        here, there = mp.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(there, numbers[job::jobs], function, *arguments)
        )
        process.start()
        there.close()
        ends.append(here)
        processes.append(process)
    try:
        yield _received(ends)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _received(ends: list[Connection]) -> Iterator[tuple[int, Any]]:
    while ends:
        for end in wait(ends):
            assert isinstance(end, Connection)
            try:
                yield end.recv()
            except EOFError:
                ends.remove(end)


def _work(
    to: Connection, numbers: list[int], function: Callable[..., Any], *arguments: Any
) -> None:
    for number in numbers:
        to.send((number, function(number, *arguments)))


if __name__ == "__main__":
    main()
