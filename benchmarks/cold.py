"""Commands from a cold shell: what each takes from its start to its end.

    python -m benchmarks.cold [STORE] [--repeats 5] [--format json]

Without STORE, one is built of the real tweets of `train.csv`. A text query is measured twice: as
it is, where NumPy encodes the text, and with torch imported first, which then encodes it. The
commands take turns, so that whatever else the machine does meets all of them.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import click

import embedstore
from benchmarks.common import DATA, report

_PROGRAM = "from embedstore.cli.program import embedstore; embedstore()"
_WITH_TORCH = f"import torch; {_PROGRAM}"
_TEXT = "a good cup of coffee"


@click.command()
@click.argument("store", required=False)
@click.option("--repeats", default=5, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(store: str | None, repeats: int, form: str) -> None:
    """Time commands in processes of their own (a text query under 1 s)."""
    with tempfile.TemporaryDirectory() as folder:
        if store is None:
            store = f"{folder}/store"
            posts = [DATA / "adobe" / "train.csv"]
            embedstore.build(store, posts, space=["minilm=minilm"], images="none")
        rows = _measure(_commands(store), repeats)
    report("commands from a cold shell, seconds (a text query under 1 s)", rows, form)


def _commands(store: str) -> dict[str, list[str]]:
    """Arguments of Python, by what the row is called."""
    similar = ["similar", store, "--text", _TEXT]
    commands = {
        "--help": ["-c", _PROGRAM, "--help"],
        "info": ["-c", _PROGRAM, "info", store],
        "sql": ["-c", _PROGRAM, "sql", store, "SELECT count(*) FROM posts"],
    }
    for space in embedstore.open(store).spaces():
        if space.texts and space.dim is not None:
            query = [*similar, "--space", space.space]
            commands[f"similar --text, {space.encoder} in NumPy"] = ["-c", _PROGRAM, *query]
            commands[f"similar --text, {space.encoder} in torch"] = ["-c", _WITH_TORCH, *query]
    return commands


def _measure(commands: dict[str, list[str]], repeats: int) -> list[dict[str, Any]]:
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(repeats + 1):
        for name, arguments in commands.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            if number:  # the first turn reads the files from the disk
                seconds[name].append(time.perf_counter() - started)
    return [
        {"command": name, "median s": statistics.median(took), "fastest s": min(took)}
        for name, took in seconds.items()
    ]


if __name__ == "__main__":
    main()
