"""Flip bytes of a store's files and ask it things: is every fault said, and no answer wrong.

    python -m benchmarks.attacks.damage [--stores 500] [--seed 0]

Each store is a copy of one that is sound, with 1 to 200 bytes flipped in its database, its
indexes or its trained head. Each is then asked by every kind of command. An answer may be right,
or refused in one sentence; a traceback, a crash, a command that takes over `LIMIT_S`, and an
answer that differs from the sound store's without a word are counted.
"""

import argparse
import multiprocessing as mp
import random
import tempfile
from collections import Counter
from pathlib import Path
from queue import Empty

from click.testing import CliRunner
from embedstore.cli.heads import heads as heads_command
from embedstore.cli.main import embedstore as embedstore_command

import heads
from benchmarks.attacks import victim
from benchmarks.common import report

LIMIT_S = 60.0
"""Seconds that a command may take."""

QUERY = "SELECT source, id, text, likes FROM posts ORDER BY post_id"

COMMANDS: dict[str, list[str]] = {
    "info": ["embedstore", "info", "STORE", "--format", "json"],
    "sql": ["embedstore", "sql", "STORE", QUERY, "--format", "json"],
    "similar": ["embedstore", "similar", "STORE", "--text", "coffee", "--format", "json"],
    "predict": ["heads", "predict", "likes", "STORE", "--format", "json"],
    "check": ["embedstore", "check", "STORE", "--format", "json"],
}
PLACES = ("store.duckdb", "index", "runs")


def main() -> None:
    """Damage stores, ask them, and print one row a command and place."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stores", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    counts: dict[tuple[str, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = folder / "sound.store"
        victim.build(sound, victim.write_posts(folder))
        heads.fit_likes(sound, model_name="lgbm", inputs="history,time,text")
        right = {name: _ask(sound, name)[1] for name in COMMANDS}
        for number in range(options.stores):
            place = PLACES[number % len(PLACES)]
            for name in COMMANDS:
                store = victim.copy(sound, folder / "damaged.store")
                _damage(store, place, dice)
                kind = _judge(store, name, right[name])
                counts.setdefault((place, name), Counter())[kind] += 1
    kinds = ("right", "refused", "other answer", "traceback", "crash", "too long")
    rows = [
        {"damaged": place, "command": name} | {kind: found[kind] for kind in kinds}
        for (place, name), found in counts.items()
    ]
    report("damaged stores", rows, options.format)


def _damage(store: Path, place: str, dice: random.Random) -> None:
    """Flip 1 to 200 bytes of one of a place's files."""
    target = store / place
    files = [target] if target.is_file() else sorted(f for f in target.rglob("*") if f.is_file())
    file = dice.choice([file for file in files if file.stat().st_size])
    data = bytearray(file.read_bytes())
    for _ in range(dice.choice([1, 2, 10, 200])):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    file.write_bytes(data)


def _judge(store: Path, name: str, right: str) -> str:
    """Ask in a process of its own, since the answer may be its end."""
    answers: mp.Queue[tuple[str, str]] = mp.get_context("fork").Queue()
    child = mp.get_context("fork").Process(target=lambda: answers.put(_ask(store, name)))
    child.start()
    try:
        kind, said = answers.get(timeout=LIMIT_S)
    except Empty:
        kind, said = ("too long" if child.is_alive() else "crash"), ""
    child.kill()
    child.join()
    if kind == "answer":
        # `check` is asked what is wrong: saying so is its right answer.
        return "right" if said == right else "refused" if name == "check" else "other answer"
    return kind


def _ask(store: Path, name: str) -> tuple[str, str]:
    """What kind of end a command came to, and what it printed."""
    program, *arguments = COMMANDS[name]
    command = embedstore_command if program == "embedstore" else heads_command
    result = CliRunner().invoke(
        command, [str(store) if word == "STORE" else word for word in arguments]
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return "traceback", repr(result.exception)
    if name == "check":
        return "answer", str(result.exit_code)
    return ("answer" if result.exit_code == 0 else "refused"), result.stdout


if __name__ == "__main__":
    main()
