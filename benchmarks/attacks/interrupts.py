"""Interrupt every command at ten moments, and see how it ends.

    python -m benchmarks.attacks.interrupts [--moments 10] [--only 'rank;when']

Each command runs once undisturbed, and then once for each of `--moments` moments, evenly spread
over its time, at which it gets the signal of Ctrl-C. Python's own start is left out: what ends
it there never reaches our code. It should say "interrupted" and end with
status 130 within a second; one that had just finished ends with 0.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.attacks import victim
from benchmarks.common import report

INTERRUPTED = 130

COMMANDS: dict[str, list[str]] = {
    "sample": ["embedstore", "sample", "OUT"],
    "build": ["embedstore", "build", "NEW", "POSTS", "--space", "words=hash"],
    "build, plan": ["embedstore", "build", "NEW", "POSTS", "--space", "words=hash", "--plan"],
    "similar": ["embedstore", "similar", "STORE", "--text", "coffee", "--where", "likes > 5"],
    "sql": ["embedstore", "sql", "STORE", "SELECT count(*) FROM posts a, posts b, posts c"],
    "info": ["embedstore", "info", "STORE"],
    "check": ["embedstore", "check", "STORE"],
    "check, repair": ["embedstore", "check", "STORE", "--repair"],
    "export": ["embedstore", "export", "STORE", "OUT"],
    "remove": ["embedstore", "remove", "STORE", "--where", "post_id < 100", "--yes"],
    "models list": ["embedstore", "models", "list"],
    "fit": ["heads", "fit", "likes", "STORE"],
    "eval": ["heads", "eval", "likes", "STORE"],
    "predict": ["heads", "predict", "likes", "STORE"],
    "rank": ["heads", "rank", "STORE", "DRAFTS", "--username", "account1", "--date", "2021-01-01"],
    "explain": ["heads", "explain", "likes", "STORE", "--post", "7"],
    "list": ["heads", "list", "STORE"],
    "tokens": ["embedstore", "tokens", "STORE", "--space", "words"],
    "duplicates": ["embedstore", "duplicates", "STORE"],
    "topics": ["embedstore", "topics", "STORE"],
    "label": ["embedstore", "label", "STORE", "kind", "--examples", "LABELS"],
    "compact": ["embedstore", "compact", "STORE"],
    "backup": ["embedstore", "backup", "STORE", "OUT"],
    "restore": ["embedstore", "restore", "BACKUP", "NEW"],
    "rescue": ["embedstore", "rescue", "STORE", "into", "NEW"],
    "check, deep": ["embedstore", "check", "STORE", "--deep"],
    "watch": ["embedstore", "watch", "STORE", "INBOX", "--once", "--images", "none"],
    "atlas": ["embedstore", "atlas", "STORE", "OUT"],
    "settings": ["embedstore", "settings"],
    "import": ["embedstore", "import", "STORE", "VECTORS", "--space", "mine"],
    "fit column": ["heads", "fit", "column", "STORE", "username"],
    "fit tweets": ["heads", "fit", "tweets", "STORE", "--decoder", "small", "--minutes", "0.05"],
    "report": ["heads", "report", "STORE", "--username", "account1", "--out", "OUT"],
    "when": ["heads", "when", "STORE", "--username", "account1"],
    "what-if": ["heads", "what-if", "STORE", "--username", "account1", "--text", "coffee #now"],
    "export features": ["heads", "export", "features", "STORE", "FEATURES"],
    "models install": ["embedstore", "models", "install", "minilm"],
    "fit label": ["heads", "fit", "label", "STORE", "kind", "--examples", "LABELS"],
    "predict column": ["heads", "predict", "column", "STORE", "username"],
    "generate": ["heads", "generate", "STORE", "--company", "beans"],
    "eval tweets": ["heads", "eval", "tweets", "STORE", "--limit", "5"],
    "pin": ["heads", "pin", "STORE", "RUN"],
    "show": ["heads", "show", "STORE", "RUN"],
    "remove head": ["heads", "remove", "STORE", "RUN", "--yes"],
}  # fmt: skip

WITH_DECODER = {"generate", "eval tweets"}
"""Commands that need a trained decoder, which takes a minute."""


def main() -> None:
    """Attack, and print one row a command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--only", help="commands by the names below, separated by semicolons")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    chosen = options.only.split(";") if options.only else list(COMMANDS)
    if unknown := set(chosen) - set(COMMANDS):
        parser.error(
            f"no such command: {', '.join(sorted(unknown))}; there are {'; '.join(COMMANDS)}"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        posts = victim.write_posts(folder)
        victim.build(folder / "made.store", posts)
        _prepare(folder, chosen)
        rows = [_attack(folder, posts, command, options.moments) for command in chosen]
    report("Ctrl-C", rows, options.format)


def _prepare(folder: Path, chosen: list[str]) -> None:
    """Make what commands ask for beside a store: drafts, labels, a backup, vectors, heads."""
    store = str(folder / "made.store")
    (folder / "drafts.txt").write_text("coffee is here\nno coffee today\n", encoding="utf-8")
    labels = [f"posts:{number},{'odd' if number % 2 else 'even'}" for number in range(40)]
    (folder / "labels.csv").write_text("\n".join(["post,label", *labels, ""]), encoding="utf-8")
    (folder / "inbox").mkdir()
    decoder = ["heads", "fit", "tweets", store, "--decoder", "small", "--minutes", "0.05"]
    for words in (
        ["heads", "fit", "likes", store],
        ["heads", "fit", "column", store, "username"],
        *([decoder] if WITH_DECODER & set(chosen) else []),
        ["embedstore", "backup", store, str(folder / "backup")],
        ["embedstore", "export", store, str(folder / "vectors")],
    ):
        if (done := _run(words)).returncode != 0:
            raise SystemExit(f"{words} failed by itself:\n{done.stderr}")


def _attack(folder: Path, posts: Path, command: str, moments: int) -> dict[str, object]:
    whole = _run(_arguments(folder, posts, command))
    if whole.returncode != 0:
        print(f"{command} failed by itself:\n{whole.stderr}", file=sys.stderr)
        return {"command": command, "seconds": "failed by itself"}
    ends: list[float] = []
    interrupted = finished = tracebacks = 0
    first = _start_s()
    for number in range(moments):
        arguments = _arguments(folder, posts, command)
        after = first + (whole.seconds - first) * (number + 0.5) / moments
        done = _run(arguments, after_s=after)
        while "KeyboardInterrupt" in done.stderr and "_hear" not in done.stderr:
            # Python itself was still starting; a busy machine makes that long.
            after += first
            done = _run(_arguments(folder, posts, command), after_s=after)
        interrupted += done.returncode == INTERRUPTED
        finished += done.returncode == 0
        tracebacks += "Traceback" in done.stderr
        ends.append(done.ended_s)
        if done.returncode not in (0, INTERRUPTED) or "Traceback" in done.stderr:
            print(f"{command}: status {done.returncode}\n{done.stderr[-600:]}", file=sys.stderr)
    return {
        "command": command, "seconds": whole.seconds, "moments": moments, "status 130": interrupted,
        "had finished": finished, "tracebacks": tracebacks, "slowest end s": max(ends),
    }  # fmt: skip


def _start_s() -> float:
    """Seconds within which Python has started, with some to spare."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import embedstore.cli.program"], check=True)
    return 1.5 * (time.monotonic() - started)


def _arguments(folder: Path, posts: Path, command: str) -> list[str]:
    """Name what a command works on: a fresh copy of the store, and nothing yet to write to."""
    store = victim.copy(folder / "made.store", folder / "a.store")
    for name in ("new.store", "out"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "out").unlink(missing_ok=True)
    shutil.copy(posts, folder / "inbox")
    named = {
        "STORE": store, "NEW": folder / "new.store", "OUT": folder / "out", "POSTS": posts,
        "FEATURES": folder / "features.parquet",
        "DRAFTS": folder / "drafts.txt", "LABELS": folder / "labels.csv", "INBOX": folder / "inbox",
        "BACKUP": folder / "backup", "VECTORS": folder / "vectors",
        "RUN": next((store / "runs").glob("likes-*")).name,
    }  # fmt: skip
    return [str(named.get(argument, argument)) for argument in COMMANDS[command]]


class _Ended:
    def __init__(self, returncode: int, stderr: str, seconds: float, ended_s: float) -> None:
        self.returncode, self.stderr = returncode, stderr
        self.seconds, self.ended_s = seconds, ended_s


def _run(arguments: list[str], after_s: float | None = None) -> _Ended:
    """Run a command, interrupted after some seconds; `ended_s` is how long it lived after that."""
    program, *rest = arguments
    code = f"import sys; from embedstore.cli.program import {program}; {program}()"
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *rest],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    sent = started
    if after_s is not None:
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    ended = time.monotonic()
    late = ended - sent if after_s is not None and sent != started else 0.0
    return _Ended(process.returncode, said, ended - started, late)


if __name__ == "__main__":
    main()
