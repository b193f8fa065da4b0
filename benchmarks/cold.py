"""Commands from a cold shell, and questions to an opened store: what each takes.

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
from contextlib import nullcontext
from typing import Any

import click
import numpy as np

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
        report("similar, ms (held within 3, unheld within 20)", _similar(store), form)


def _similar(path: str, times: int = 50) -> list[dict[str, Any]]:
    """Time `similar` by a post and by a vector, held and unheld; the first calls load the index."""
    store = embedstore.open(path)
    space = store.space(texts=True)
    vectors = np.random.default_rng(0).standard_normal((times + 2, space.dim or 0))
    keys = store.sql(
        "SELECT source || ':' || id AS key FROM posts JOIN text_vectors USING (post_id)"
        " WHERE space = ? ORDER BY hash(post_id) LIMIT ?",
        [space.space, times + 2],
    )["key"].to_pylist()
    rows = []
    for held in (False, True):
        with store if held else nullcontext():
            for by, asked in (("post", keys), ("vector", list(vectors))):
                took = []
                for one in asked:
                    started = time.perf_counter()
                    store.similar(**{by: one})
                    took.append(1000 * (time.perf_counter() - started))
                rows.append(
                    {
                        "store": "held" if held else "unheld",
                        "by": by,
                        "median ms": statistics.median(took[2:]),
                        "fastest ms": min(took[2:]),
                    }
                )
    return rows


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
