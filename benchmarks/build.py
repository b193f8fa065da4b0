"""Building a store: a second build, memory, XLSX, and kill −9 at random moments.

python -m benchmarks.build second|memory|xlsx|kill [--posts N] [--format json]
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.common import DATA, report

WORDS = Path(__file__).read_text().split()


def _made_up(posts: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Posts with the length of tweets, nearly all of them distinct."""
    draw = random.Random(seed)
    for number in range(posts):
        words = draw.choices(WORDS, k=draw.randint(5, 40))
        yield {
            "id": number,
            "date": f"20{18 + number % 5}-{1 + number % 12:02d}-{1 + number % 28:02d} 10:00:00",
            "likes": int(draw.lognormvariate(4, 2)),
            "content": f"{number} " + " ".join(words),
            "username": f"account{number % 1223}",
            "inferred company": f"company{number % 191}",
        }


def _command(store: Path, *arguments: str | Path) -> list[str]:
    program = str(Path(sys.executable).with_name("embedstore"))
    return [
        program,
        "build",
        str(store),
        *map(str, arguments),
        "--images",
        "none",
        "--format",
        "json",
    ]


def _run(command: list[str]) -> tuple[dict[str, Any], float, float]:
    """Report of a build, its seconds as a process, and its peak memory in GB."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command], capture_output=True, text=True, check=True
    )
    *out, peak = done.stdout.strip().splitlines()
    return json.loads("\n".join(out)), time.perf_counter() - started, int(peak) / 2**20


_MEASURED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


@click.group()
def main() -> None:
    """Measure building a store."""


form_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table"
)


@main.command()
@form_option
def second(form: str) -> None:
    """A first and a second build over the real tweets, with the bundled model."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "s"
        rows = []
        for name in ("first build", "second build"):
            result, seconds, peak = _run(
                _command(store, DATA / "adobe" / "train.csv", "--models", "bundled")
            )
            rows.append(
                {
                    "what": name,
                    "seconds": seconds,
                    "encoded": sum(result["encoded"].values()),
                    "peak GB": peak,
                }
            )
    report("second build over the same 14,275 posts (under 5 s, nothing encoded)", rows, form)


@main.command()
@click.option("--posts", default=1_000_000, show_default=True)
@click.option("--dim", default=384, show_default=True)
@form_option
def memory(posts: int, dim: int, form: str) -> None:
    """Peak memory of building made-up posts with the weightless encoder."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.jsonl"
        with file.open("w") as out:
            for post in _made_up(posts):
                out.write(json.dumps(post) + "\n")
        result, seconds, peak = _run(
            _command(Path(folder) / "s", file, "--space", f"words=hash:{dim}")
        )
        size = sum(f.stat().st_size for f in (Path(folder) / "s").rglob("*") if f.is_file())
    rows = [
        {
            "posts": posts,
            "encoded": sum(result["encoded"].values()),
            "seconds": seconds,
            "peak GB": peak,
            "store GB": size / 2**30,
        }
        | {f"{stage} s": value for stage, value in result["seconds"].items()}
    ]
    report(f"peak memory of {posts:,} posts at {dim} dimensions (under 3 GB)", rows, form)


@main.command()
@click.option("--rows", "count", default=300_000, show_default=True)
@form_option
def xlsx(count: int, form: str) -> None:
    """An XLSX of the challenge's schema, read and stored."""
    from openpyxl import Workbook

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.xlsx"
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for number, post in enumerate(_made_up(count)):
            if number == 0:
                sheet.append(list(post))
            sheet.append(list(post.values()))
        book.save(file)
        result, seconds, peak = _run(_command(Path(folder) / "s", file, "--space", "words=hash"))
    rows = [
        {
            "rows": count,
            "stored": result["posts"]["new"],
            "read s": result["seconds"]["read"],
            "store s": result["seconds"]["store"],
            "whole build s": seconds,
            "peak GB": peak,
        }
    ]
    report(f"XLSX with {count:,} rows, read and stored (under 2 minutes)", rows, form)


@main.command()
@click.option("--kills", default=20, show_default=True)
@click.option("--posts", default=30_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@form_option
def kill(kills: int, posts: int, seed: int, form: str) -> None:
    """Builds killed at random moments, each then continued and compared."""
    draw = random.Random(seed)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.jsonl"
        with file.open("w") as out:
            for post in _made_up(posts):
                out.write(json.dumps(post) + "\n")
        whole = Path(folder) / "whole"
        _, seconds, _ = _run(_command(whole, file, "--space", "words=hash:64"))
        expected = _snapshot(whole)
        while len(rows) < kills:
            store = Path(folder) / f"killed{len(rows)}"
            moment = draw.uniform(0.2, seconds)
            process = subprocess.Popen(
                _command(store, file, "--space", "words=hash:64"), stdout=subprocess.DEVNULL
            )
            try:
                process.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                there = (store / "store.duckdb").exists()
                posts_then, vectors_then = _snapshot(store)[0:3:2] if there else (0, 0)
                _run(_command(store, file, "--space", "words=hash:64"))
                rows.append(
                    {
                        "kill": len(rows) + 1,
                        "after s": moment,
                        "posts then": posts_then,
                        "vectors then": vectors_then,
                        "equal after": _snapshot(store) == expected,
                    }
                )
            else:
                # It had ended: the machine is quicker than it was at first.
                seconds = moment
            shutil.rmtree(store, ignore_errors=True)
    report(f"{kills} builds of {posts:,} posts killed and continued", rows, form)
    if not all(row["equal after"] for row in rows):
        raise SystemExit(1)


def _snapshot(store: Path) -> tuple[Any, ...]:
    """Posts and vectors of a store, as counts and order-free hashes."""
    import embedstore

    table = embedstore.open(store).sql(
        "SELECT (SELECT count(*) FROM posts) AS posts,"
        " (SELECT bit_xor(hash(post_id, id, text, likes, created_at, text_content_id))"
        "  FROM posts) AS posts_hash,"
        " (SELECT count(*) FROM vectors) AS vectors,"
        " (SELECT bit_xor(hash(space, content_id, vector)) FROM vectors) AS vectors_hash"
    )
    return tuple(table.to_pylist()[0].values())


if __name__ == "__main__":
    main()
