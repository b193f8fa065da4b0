"""A store in use: builds, readers, backups, and processes that are killed at any moment.

``python -m benchmarks.soak [--minutes 30]``

One process after another builds a file with new posts and new counts of old ones; readers ask
without a pause; a backup is brought up to date now and then; and every so often one of all these
processes is killed, and started again. Each file sets all counts so that the state of the posts
after it is known: a reader's recount has to be one of these states, the same for all readers of a
generation, and never an older one than before. Beside it each reader compares the index with an
exact search in SQL. In the end the store must pass `embedstore check --deep`, and the backup,
restored, must hold the same rows.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.common import machine

POSTS, NEW, CHANGED = 2000, 20, 200
"""Posts at first, new ones in each file, and old ones with new counts in each file."""

_CALL = "import sys; from embedstore.cli.program import embedstore; embedstore()"

READER = """
import json, random, sys, time
import embedstore
path, out, follow = sys.argv[1], sys.argv[2], sys.argv[3] == "follow"
RECOUNT = '''SELECT (SELECT value::BIGINT FROM meta WHERE key = 'generation') AS generation,
    count(*) AS posts, sum(likes)::BIGINT AS likes, bit_xor(hash(id, likes)) AS mark FROM posts'''
ids = random.Random(out)
store = embedstore.open(path, follow=follow)
with open(out, "a", buffering=1) as log:
    while True:
        try:
            found = store.sql(RECOUNT).to_pylist()[0]
            found["mark"] = str(found["mark"])
            # In a block of a connection: all answers are of one generation.
            with embedstore.open(path) as held, held.connection():
                post = ids.randrange(1, 500)
                exact = held.sql("FROM similar_to(?, 5)", [post]).to_pylist()
                key = held.sql("SELECT id FROM posts WHERE post_id = ?", [post])["id"][0].as_py()
                near = held.similar(post=f"ours:{key}", k=6).to_pylist()
            near = [row for row in near if row["post_id"] != post][:5]
            gap = max((abs(a["score"] - b["score"]) for a, b in zip(exact, near)), default=0.0)
            found["near"] = len(near) == len(exact) == 5 and gap < 2e-3
            if not found["near"]:
                found["other"] = [[row["post_id"], row["score"]] for row in exact + near]
            log.write(json.dumps(found) + "\\n")
        except Exception as error:
            log.write(json.dumps({"error": f"{type(error).__name__}: {error}"}) + "\\n")
        time.sleep(0.01)
"""


def main() -> None:
    """Run, print what happened, and end with status 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), readers=given.readers, seed=given.seed)
        soak.run(60 * given.minutes)
        for line in soak.lines():
            print(line)
    sys.exit(1 if soak.faults else 0)


@dataclass
class Soak:
    """One run.

    Parameters
    ----------
    folder : Path
        Where store, files and backup are.
    readers : int
        Processes that ask.
    posts : int
        Posts at first.
    build_s, kill_s, backup_s : float
        Seconds between two builds, kills and backups.
    seed : int
        Decides who is killed when.
    """

    folder: Path
    readers: int = 8
    posts: int = POSTS
    build_s: float = 30.0
    kill_s: float = 20.0
    backup_s: float = 120.0
    seed: int = 0
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "soaked.store"

    def run(self, seconds: float) -> None:
        """Build, ask, back up and kill for so many seconds, then look whether all is well."""
        chance = random.Random(self.seed)
        self._write(0)
        self._wait("build", *self._build(0))
        number, ends = 0, time.monotonic() + seconds
        due = dict.fromkeys(("build", "backup"), time.monotonic())
        kill = time.monotonic() + self.kill_s
        try:
            # On a busy machine it goes on until something was answered.
            while (now := time.monotonic()) < ends or not self._answered():
                for reader in range(self.readers):
                    self._keep(f"reader {reader}", self._reader(reader))
                for name, pause in (("build", self.build_s), ("backup", self.backup_s)):
                    if now >= due[name] and self._ended(name):
                        due[name] = now + pause
                        if name == "build":
                            number += 1
                            self._write(number)
                        self._start(name, self._build(number) if name == "build" else self._backup)
                if now >= kill and self._running:
                    kill = now + self.kill_s
                    self._kill(chance.choice(sorted(self._running)))
                time.sleep(0.02)
        finally:
            for name in list(self._running):
                self._kill(name, meant=False)
        self._wait("build", *self._build(number))
        self._judge(number)

    def lines(self) -> list[str]:
        """What happened, for people."""
        counts = [f"{name:<28}{count:>8,}" for name, count in sorted(self.done.items())]
        return [
            *counts,
            *(f"FAULT {fault}" for fault in self.faults),
            f"faults: {len(self.faults)}",
        ]

    def _answered(self) -> bool:
        return any(log.stat().st_size for log in self.folder.glob("answers-*"))

    def _judge(self, last: int) -> None:
        states = {self._state(number)[:2]: number for number in range(last + 1)}
        of_generation: dict[int, tuple[int, int, str]] = {}
        for log in sorted(self.folder.glob("answers-*")):
            newest = -1
            for line in log.read_text().splitlines():
                try:
                    answer = json.loads(line)
                except json.JSONDecodeError:
                    continue  # the reader was killed while it wrote
                self.done["answers"] += 1
                if "error" in answer:
                    self.faults.append(f"{log.name}: {answer['error']}")
                    continue
                told = (answer["posts"], answer["likes"], answer["mark"])
                state = states.get(told[:2])
                if state is None or state < newest:
                    self.faults.append(f"{log.name}: {answer} after state {newest}")
                if of_generation.setdefault(answer["generation"], told) != told:
                    self.faults.append(f"{log.name}: {answer} is not what others saw")
                if not answer["near"]:
                    self.faults.append(
                        f"{log.name}: other neighbours than an exact search: {answer['other']}"
                    )
                newest = newest if state is None else state
        self._wait("check --deep", "check", self.store, "--deep")
        self._wait("backup", *self._backup)
        restored = self.folder / "restored.store"
        self._wait("restore", "restore", self.folder / "backup", restored)
        self._wait("check --deep of the restored", "check", restored, "--deep")
        if self._rows(restored) != self._rows(self.store):
            self.faults.append("the restored store has other rows")
        if self._rows(self.store)[0][:2] != self._state(last)[:2]:
            self.faults.append(f"the store has {self._rows(self.store)[0]} in the end")

    def _rows(self, store: Path) -> list[tuple[int, ...]]:
        import embedstore

        found = embedstore.open(store).sql(
            "SELECT count(*) AS n, sum(likes)::BIGINT AS likes, bit_xor(hash(posts))::HUGEINT AS h,"
            " (SELECT bit_xor(hash(vectors))::HUGEINT FROM vectors) AS v FROM posts"
        )
        return [tuple(int(value) for value in row.values()) for row in found.to_pylist()]

    def _state(self, number: int) -> tuple[int, int, int]:
        """Posts, and sum of likes, after file `number`; and its number."""
        total = self.posts + NEW * number
        return total, sum(self._likes(post, number) for post in range(total)), number

    def _likes(self, post: int, number: int) -> int:
        """Likes of a post after file `number`: the last file that has it says so."""
        first = max(0, -(-(post - self.posts + 1) // NEW))
        told = [each for each in range(first, number + 1) if self._has(post, each, first)]
        return 1000 * told[-1] + post % 997

    def _has(self, post: int, number: int, first: int) -> bool:
        return number == first or (post + number) % max(1, self.posts // CHANGED) == 0

    def _write(self, number: int) -> None:
        lines = ["id,date,likes,content,username,inferred company"]
        for post in range(self.posts + NEW * number):
            first = max(0, -(-(post - self.posts + 1) // NEW))
            if self._has(post, number, first):
                likes = 1000 * number + post % 997
                said = f"post {post} about {post % 7} coffees and {post % 31} more"
                day = f"2019-03-{post % 28 + 1:02d} 12:00:00"
                lines.append(f"{post},{day},{likes},{said},cafe{post % 9},beans")
        (self.folder / f"{number}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _build(self, number: int) -> Sequence[str | Path]:
        # A build that was killed may have stored its posts or not; an older file would take the
        # counts back.
        states = {self._state(each)[:2]: each for each in range(number + 1)}
        stored = -1
        if self.store.exists():
            posts, likes, *_ = self._rows(self.store)[0]
            stored = states.get((posts, likes), -1)
        files = [self.folder / f"{each}.csv" for each in range(stored + 1, number + 1)]
        options = ["--source", "ours", "--space", "words=hash", "--images", "none", "-q"]
        return ["build", self.store, *files, *options]

    @property
    def _backup(self) -> Sequence[str | Path]:
        return ["backup", self.store, self.folder / "backup"]

    def _reader(self, number: int) -> list[str]:
        log = self.folder / f"answers-{number}"
        # Every other reader keeps its store between questions.
        how = "follow" if number % 2 else "open"
        return [sys.executable, "-c", READER, str(self.store), str(log), how]

    def _keep(self, name: str, command: list[str]) -> None:
        process = self._running.get(name)
        if process is not None and process.poll() is None:
            return
        if process is not None:
            self.faults.append(f"{name} ended with status {process.returncode}")
        self._running[name] = subprocess.Popen(command)

    def _start(self, name: str, arguments: Sequence[str | Path]) -> None:
        command = [sys.executable, "-c", _CALL, *map(str, arguments)]
        with (self.folder / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def _ended(self, name: str) -> bool:
        process = self._running.get(name)
        if process is None:
            return True
        if process.poll() is None:
            return False
        del self._running[name]
        if process.returncode:
            said = (self.folder / f"{name}.log").read_text(errors="replace").strip()[-400:]
            self.faults.append(f"{name}: status {process.returncode}: {said}")
        self.done[f"{name}s that ended"] += 1
        return True

    def _kill(self, name: str, *, meant: bool = True) -> None:
        process = self._running.pop(name)
        if process.poll() is None:
            process.kill()
            if meant:
                self.done[f"kills of a {name.partition(' ')[0]}"] += 1
        process.wait()

    def _wait(self, name: str, *arguments: str | Path) -> None:
        command = [sys.executable, "-c", _CALL, *map(str, arguments)]
        with suppress(subprocess.TimeoutExpired):
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                said = (done.stdout + done.stderr).strip()[-600:]
                self.faults.append(f"{name}: status {done.returncode}: {said}")
            return
        self.faults.append(f"{name}: no end after 300 s")


if __name__ == "__main__":
    main()
