"""Peak memory and time of a command; without one, of each command at several numbers of posts.

    python -m benchmarks.memory -- heads fit tweets my.store --decoder small
    python -m benchmarks.memory [--posts 14000 --posts 300000] [--format json]

Each command runs in a process of its own. Memory is the largest resident set that the kernel has
seen of it, libraries included. The posts of the table are made up, with the lengths of tweets, and
have hash vectors at the 384 dimensions of MiniLM: encoding is left out. A command that takes
longer than `--limit` is ended, and the row says so.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.common import report, run_measured
from benchmarks.scale import write
from embedstore.files import size_of

DIM = 384

_PROGRAM = "from embedstore.cli.program import {0}; {0}()"


def steps(folder: Path) -> list[tuple[str, list[str]]]:
    """Commands of the table in their order: what each is called, and its words."""
    store = str(folder / "s.store")
    space = ["--space", f"words=hash:{DIM}", "--images", "none"]
    return [
        ("build", ["embedstore", "build", store, str(folder / "posts.parquet"), *space]),
        (
            "sql, an average by company",
            ["embedstore", "sql", store, "SELECT company, avg(likes) FROM posts GROUP BY 1"],
        ),
        ("similar --post", ["embedstore", "similar", store, "--post", "posts:1"]),
        (
            "similar --post --where",
            ["embedstore", "similar", store, "--post", "posts:1", "--where", "likes > 50"],
        ),
        ("similar --words", ["embedstore", "similar", store, "--words", "w1 w20 w300"]),
        ("check --deep", ["embedstore", "check", store, "--deep"]),
        ("backup", ["embedstore", "backup", store, str(folder / "backup")]),
        ("compact", ["embedstore", "compact", store]),
        ("heads fit likes", ["heads", "fit", "likes", store]),
        ("heads predict likes", ["heads", "predict", "likes", store, "--format", "csv"]),
        ("topics", ["embedstore", "topics", store]),
    ]


def measure(words: list[str], limit: float | None = None) -> dict[str, Any]:
    """Run a command, and tell what it took; a program of ours is that of this checkout."""
    if words[0] in ("embedstore", "heads"):
        words = [sys.executable, "-c", _PROGRAM.format(words[0]), *words[1:]]
    try:
        ran = run_measured(words, limit=limit)
    except RuntimeError as error:
        return {"note": str(error).splitlines()[-1]}
    return {
        "peak GB": ran.peak,
        "seconds": ran.seconds,
        "CPU seconds": ran.cpu_seconds,
        "note": "ended at the limit" if ran.ended else "",
    }


def _table(posts: int, limit: float, only: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder / "posts.parquet", posts)
        rows = []
        for name, words in steps(folder):
            if only and name not in ("build", *only):
                continue
            took = measure(words, limit)
            row = {"command": name, "peak GB": None, "seconds": None, "CPU seconds": None} | took
            row["store GB"] = size_of(folder / "s.store") / 2**30
            rows.append(row)
            click.echo(f"{posts:,} {row}", err=True)
    return rows


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--posts", multiple=True, type=int, default=(14_000, 300_000), show_default=True)
@click.option("--only", multiple=True, help="Only commands of this name, after a build.")
@click.option("--limit", default=1800.0, show_default=True, help="Most seconds of a command.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(
    command: tuple[str, ...], posts: tuple[int, ...], limit: float, only: tuple[str, ...], form: str
) -> None:
    """Measure COMMAND, or without one the table of all commands."""
    if command:
        report(subprocess.list2cmdline(command), [measure(list(command))], form)
        return
    for count in posts:
        rows = _table(count, limit, only)
        report(f"{count:,} made-up posts, hash vectors at {DIM} dimensions", rows, form)


if __name__ == "__main__":
    main()
