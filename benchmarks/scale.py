"""Millions of made-up posts on a small machine: build, index, filtered query, history features.

    python -m benchmarks.scale [--posts N] [--dim D] [--folder DIR] [--format json]

Each step is a process of its own with two threads at most; its seconds and its peak memory
are those of the whole process. The posts have the lengths of tweets; accounts post at random
moments of five years, some of them a hundred times as often as others.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.common import report, run_measured

WORDS = 20_000
PER_ACCOUNT = 80
PER_COMPANY = 20
"""Accounts of a company, on average."""

CHUNK = 100_000
QUERIES = 50
FILTERS = (None, "company = 'company 7'", "likes > 5000", "created_at < '2019-01-01'")
THREADS = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}


def made_up(posts: int, seed: int = 0) -> Iterator[pa.Table]:
    """Tables of posts; texts are distinct, words follow Zipf's law."""
    rng = np.random.default_rng(seed)
    vocabulary = pa.array([f"w{number:x}" for number in range(WORDS)])
    accounts = max(1, posts // PER_ACCOUNT)
    for start in range(0, posts, CHUNK):
        count = min(CHUNK, posts - start)
        number = np.arange(start, start + count)
        lengths = rng.integers(5, 40, count)
        ranks = (WORDS ** rng.random(lengths.sum())).astype(np.int64) - 1
        offsets = pa.array(np.concatenate([[0], lengths.cumsum()]), pa.int32())
        words = pa.ListArray.from_arrays(offsets, vocabulary.take(pa.array(ranks)))
        ids = pa.array(number).cast(pa.string())
        account = (accounts * rng.random(count) ** 2).astype(np.int64)
        level = 3 + 2 * np.sin(account)
        seconds = rng.integers(0, 5 * 365 * 86400, count)
        yield pa.table(
            {
                "id": ids,
                "date": (np.datetime64("2018-01-01", "s") + seconds).astype("datetime64[us]"),
                "likes": rng.lognormal(level, 1).astype(np.int64),
                "content": pc.binary_join_element_wise(ids, pc.binary_join(words, " "), " "),
                "username": _named("account", account),
                "inferred company": _named("company", account % max(1, accounts // PER_COMPANY)),
            }
        )


def _named(what: str, numbers: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Array:
    return pc.binary_join_element_wise(what, pa.array(numbers).cast(pa.string()), " ")


def write(file: Path, posts: int) -> None:
    """Write made-up posts as Parquet."""
    writer = None
    for table in made_up(posts):
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


@click.group(invoke_without_command=True)
@click.option("--posts", default=10_000_000, show_default=True)
@click.option("--dim", default=64, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work, and to keep it.")
@click.option("--only", type=click.Choice(["build", "queries", "history"]), help="One step.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def main(
    context: click.Context,
    posts: int,
    dim: int,
    folder: Path | None,
    only: str | None,
    form: str,
) -> None:
    """Measure every step at a number of posts."""
    if context.invoked_subcommand:
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        file, store = folder / "posts.parquet", folder / "s.store"
        if not file.exists():
            write(file, posts)
        rows: list[dict[str, Any]] = []
        steps = {"build": _build, "queries": _queries, "history": _history}
        for name in [only] if only else steps:
            for row in steps[name](store, file, dim):
                rows.append({"seconds per million": row["seconds"] / posts * 1e6} | row)
                print(row, file=sys.stderr, flush=True)
        size = sum(f.stat().st_size for f in store.rglob("*") if f.is_file()) / 2**30
    rows = [{key: row.get(key) for key in ("step", "seconds", "seconds per million", "peak GB",
                                           "note")} for row in rows]  # fmt: skip
    title = f"{posts:,} made-up posts, hash encoder at {dim} dimensions, two threads"
    report(f"{title}; the store has {size:.1f} GB", rows, form)
    worst = max(row["peak GB"] or 0.0 for row in rows)
    if worst >= 8:
        raise SystemExit(f"{worst:.1f} GB of memory; 8 GB are the limit")


def _build(store: Path, file: Path, dim: int) -> Iterator[dict[str, Any]]:
    program = str(Path(sys.executable).with_name("embedstore"))
    options = ["--space", f"words=hash:{dim}", "--images", "none", "--format", "json"]
    ran = run_measured([program, "build", str(store), str(file), *options], THREADS)
    result = json.loads(ran.output)
    for stage, seconds in result["seconds"].items():
        yield {"step": f"  {stage}", "seconds": seconds}
    yield {
        "step": "build",
        "seconds": ran.seconds,
        "peak GB": ran.peak,
        "note": f"{result['posts']['new']:,} posts, {sum(result['encoded'].values()):,} encoded",
    }


def _queries(store: Path, _file: Path, _dim: int) -> Iterator[dict[str, Any]]:
    yield _step("queries", store, "filtered queries, first to last")


def _history(store: Path, _file: Path, _dim: int) -> Iterator[dict[str, Any]]:
    yield _step("history", store, "history features")


def _step(command: str, store: Path, name: str) -> dict[str, Any]:
    program = [sys.executable, "-m", "benchmarks.scale", command, str(store)]
    ran = run_measured(program, THREADS)
    return {"step": name, "seconds": ran.seconds, "peak GB": ran.peak, "note": ran.output}


@main.command()
@click.argument("store")
def queries(store: str) -> None:
    """Queries by post, unfiltered and under filters."""
    import embedstore

    notes = []
    with embedstore.open(store) as opened:
        for where in FILTERS:
            took = []
            for number in range(QUERIES):
                started = time.perf_counter()
                found = opened.similar(post=f"posts:{number}", k=10, where=where)
                took.append(1000 * (time.perf_counter() - started))
                assert found.num_rows
            notes.append(
                f"{where or 'no filter'}: first {took[0]:.0f} ms, then"
                f" {statistics.median(took[1:]):.0f}"
            )
    print("; ".join(notes))


@main.command()
@click.argument("store")
def history(store: str) -> None:
    """Columns of history and time for every post."""
    import embedstore
    from heads.data.features import Inputs, columns, gather
    from heads.data.history import view
    from heads.data.posts import load_posts

    with embedstore.open(store) as opened:
        posts = load_posts(opened)
        material = gather(opened, posts, Inputs(groups=("history", "time")))
    seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)
    made = columns(material, seen)
    print(f"{made.values.shape[1]} columns of {made.values.shape[0]:,} posts")


if __name__ == "__main__":
    main()
