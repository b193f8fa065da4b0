"""Kill commands at their system calls and at random moments, and see what is lost or left.

    python -m benchmarks.attacks.kills [--kills 40] [--seed 0]

Each command (first build, build of new posts, update, remove, repair, fit) runs once under
strace, which counts the calls that change the disk; then it is killed at `--kills` of these,
evenly chosen, and at half as many random moments. After each kill the same command is given
again, as a user would. Lost: a post or vector that an unbroken run has is missing or different.
Left: `check`, or a look at the store's files, finds something. Needs strace (Linux).
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.attacks import victim
from benchmarks.common import report

CALLS = (
    "write,pwrite64,writev,rename,renameat,renameat2,unlink,unlinkat,ftruncate,fsync,fdatasync,"
    "mkdir,mkdirat,rmdir"
)


UNTRACED = 0.5
"""Share of a traced run's time that one takes without strace."""


@dataclass(frozen=True)
class Command:
    """A command that is attacked.

    Attributes
    ----------
    name : str
        For the table.
    program : str
        Python that does it to the store at `sys.argv[1]`.
    prepare : callable
        Makes the store as it is before, in the folder given.
    """

    name: str
    program: str
    prepare: Callable[[Path], None]


_BUILD = (
    "import sys, embedstore;"
    "embedstore.build(sys.argv[1], sys.argv[2:], space=['words=hash'], images='local')"
)
_REMOVE = (
    "import sys, embedstore; from embedstore.maintenance.remove import remove;"
    "remove(embedstore.open(sys.argv[1], 'rw'), 'post_id % 3 = 0')"
)
_REPAIR = (
    "import sys, embedstore; from embedstore.maintenance.check import repair;"
    "repair(embedstore.open(sys.argv[1], 'rw'))"
)
_FIT = "import sys, heads;heads.fit_likes(sys.argv[1], model_name='lgbm', inputs='history,time')"


def _nothing(_: Path) -> None:
    pass


def _built(store: Path) -> None:
    victim.build(store, store.parent / "posts.csv")


def _damaged(store: Path) -> None:
    _built(store)
    for number, file in enumerate(sorted((store / "media").rglob("*"))):
        if file.is_file() and number % 4 == 0:
            file.write_bytes(b"damaged")


def commands(folder: Path) -> list[tuple[Command, list[str]]]:
    """The commands, each with its further arguments."""
    posts = victim.write_posts(folder)
    edited = victim.write_posts(folder, edition=" again")
    new = victim.write_posts(folder, first=victim.POSTS, count=120, edition=" more")
    for file in (edited, new):
        shutil.move(file, folder / file.name.replace(" ", "_"))
    edited, new = (folder / file.name.replace(" ", "_") for file in (edited, new))
    edited_as_posts = folder / "edited"
    edited_as_posts.mkdir(exist_ok=True)
    shutil.move(edited, edited_as_posts / "posts.csv")
    if not (edited_as_posts / "images").exists():
        (edited_as_posts / "images").symlink_to(folder / "images")
    return [
        (Command("first build", _BUILD, _nothing), [str(posts)]),
        (Command("build, new posts", _BUILD, _built), [str(new)]),
        (Command("build, edited posts", _BUILD, _built), [str(edited_as_posts / "posts.csv")]),
        (Command("remove", _REMOVE, _built), []),
        (Command("repair", _REPAIR, _damaged), []),
        (Command("fit", _FIT, _built), []),
    ]


def main() -> None:
    """Attack, and print one row a command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=40, help="kills at system calls, a command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one command by its name")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    if shutil.which("strace") is None:
        raise SystemExit("strace is not installed: it is what stops a command at a system call")
    chosen = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            _attack(folder, command, arguments, options.kills, chosen)
            for command, arguments in commands(folder)
            if options.only in (None, command.name)
        ]
    report("kills", rows, options.format)


def _attack(
    folder: Path, command: Command, arguments: list[str], kills: int, chosen: random.Random
) -> dict[str, object]:
    before = folder / "before.store"
    shutil.rmtree(before, ignore_errors=True)
    command.prepare(before)
    whole = (
        victim.copy(before, folder / "whole.store") if before.exists() else folder / "whole.store"
    )
    started = time.monotonic()
    counts = folder / "counts"
    _run(
        command,
        whole,
        arguments,
        ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(counts)],
    )
    seconds = time.monotonic() - started
    victim.mend(whole)
    expected = victim.digest(whole)
    # strace counts each thread's calls by themselves: those of the busiest are where it can kill.
    threads = re.findall(r"^(\d+) +\w+\(", counts.read_text(errors="replace"), re.MULTILINE)
    [(_, calls)] = Counter(threads).most_common(1)
    shutil.rmtree(whole)
    lost = left = died = tracebacks = 0
    reasons: list[str] = []
    places = np.unique(np.linspace(1, calls, kills).astype(int)).tolist()
    moments = [chosen.uniform(0.2, UNTRACED * seconds) for _ in range(kills // 2)]
    for place in [*places, *moments]:
        store = folder / "attacked.store"
        shutil.rmtree(store, ignore_errors=True)
        if before.exists():
            victim.copy(before, store)
        if isinstance(place, int):
            inject = f"inject={CALLS}:signal=KILL:when={place}"
            done = _run(
                command,
                store,
                arguments,
                ["strace", "-f", "-qq", "-e", inject, "-e", f"trace={CALLS}", "-o", os.devnull],
            )
        else:
            done = _run(command, store, arguments, [], after_s=place)
        died += done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
        again = _run(command, store, arguments, [])
        tracebacks += b"Traceback" in again.stderr
        victim.mend(store)
        if victim.digest(store) != expected:
            lost += 1
            reasons.append(f"{place}: posts or vectors differ")
        found = victim.faults(store)
        if found:
            left += 1
            reasons.append(f"{place}: {'; '.join(found[:3])}")
    for reason in reasons[:5]:
        print(f"{command.name}, killed at {reason}", file=sys.stderr)
    return {
        "command": command.name, "calls": calls, "kills": len(places) + len(moments),
        "died": died, "lost": lost, "left behind": left, "tracebacks after": tracebacks,
    }  # fmt: skip


def _run(
    command: Command,
    store: Path,
    arguments: list[str],
    under: list[str],
    *,
    after_s: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command, under strace or killed after some seconds."""
    line = [*under, sys.executable, "-c", command.program, str(store), *arguments]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        out, error = process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, error = process.communicate()
    return subprocess.CompletedProcess(line, process.returncode, out, error)


if __name__ == "__main__":
    main()
