"""Building a store: again, in little memory, with few new posts, from XLSX, and killed.

python -m benchmarks.build second|memory|few|xlsx|kill [--posts N] [--format json]
"""

import json
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.common import DATA, report, run_measured, spread

WORDS = Path(__file__).read_text().split()


def _made_up(posts: int, seed: int = 0, first: int = 0) -> Iterator[dict[str, Any]]:
    """Posts with the length of tweets, all of them distinct, with ids from `first`."""
    draw = random.Random(seed)
    for number in range(first, first + posts):
        words = draw.choices(WORDS, k=draw.randint(5, 40))
        yield {
            "id": number,
            "date": f"20{18 + number % 5}-{1 + number % 12:02d}-{1 + number % 28:02d} 10:00:00",
            "likes": int(draw.lognormvariate(4, 2)),
            "content": f"{number} " + " ".join(words),
            "username": f"account{number % 1223}",
            "inferred company": f"company{number % 191}",
        }


def _write(file: Path, posts: Iterable[dict[str, Any]]) -> Path:
    with file.open("w") as out:
        out.writelines(json.dumps(post) + "\n" for post in posts)
    return file


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
    ran = run_measured(command)
    return json.loads(ran.output), ran.seconds, ran.peak


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
        file = _write(Path(folder) / "posts.jsonl", _made_up(posts))
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
@click.option("--stored", type=int, multiple=True, default=(100_000, 1_000_000), show_default=True)
@click.option("--new", default=1000, show_default=True)
@click.option("--dim", default=64, show_default=True)
@click.option("--repeats", default=5, show_default=True)
@form_option
def few(stored: tuple[int, ...], new: int, dim: int, repeats: int, form: str) -> None:
    """The same few new posts into stores of several sizes, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {count: Path(folder) / f"s{count}" for count in stored}
        for count, store in stores.items():
            file = _write(Path(folder) / "stored.jsonl", _made_up(count))
            _run(_command(store, file, "--space", f"words=hash:{dim}", "--source", "made"))
        seconds: dict[int, list[float]] = {count: [] for count in stored}
        inside: dict[int, list[float]] = {count: [] for count in stored}
        stages: dict[int, dict[str, list[float]]] = {count: defaultdict(list) for count in stored}
        # The first build of each pays for a cold disk.
        for repeat in range(repeats + 1):
            posts = _made_up(new, repeat + 1, max(stored) + repeat * new)
            file = _write(Path(folder) / "new.jsonl", posts)
            for count, store in stores.items():
                result, took, _ = _run(_command(store, file, "--source", "made"))
                if result["posts"]["new"] != new:
                    raise SystemExit(f"{result['posts']} of {new} posts that should be new")
                if repeat:
                    seconds[count].append(took)
                    inside[count].append(result["total_seconds"])
                    for stage, value in result["seconds"].items():
                        stages[count][stage].append(value)
    rows = [
        {
            "stored": count,
            "new": new,
            "process s": spread(seconds[count]),
            "build s": spread(inside[count]),
            "times the smallest": spread(
                [own / base for own, base in zip(inside[count], inside[stored[0]], strict=True)]
            ),
        }
        | {f"{stage} s": statistics.median(values) for stage, values in stages[count].items()}
        for count in stored
    ]
    report(f"{new:,} new posts into what is there (under 1.5 times)", rows, form)


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
        file = _write(Path(folder) / "posts.jsonl", _made_up(posts))
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
