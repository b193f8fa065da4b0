"""Our code beside another version of itself, turn by turn in processes of their own.

    git worktree add scratch/before COMMIT
    pip install --no-deps --target scratch/other scratch/before
    python -m benchmarks.versions scratch/other [POSTS.csv] [--turns 5]

Both build a store of the same posts, search it, embed the same texts and start their commands.
A ratio is the other version's median by ours: above 1, ours is faster.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.common import DATA, report, spread

ROOT = Path(__file__).parents[1]

_WORK = """
import csv, json, sys, time
from pathlib import Path

import embedstore
from embedstore.encoders import load_encoder

posts, folder = Path(sys.argv[1]), Path(sys.argv[2])
seconds = {}


def timed(name, work, times=1):
    started = time.perf_counter()
    for _ in range(times):
        work()
    seconds[name] = (time.perf_counter() - started) / times


timed("build, vectors by MiniLM", lambda: embedstore.build(
    folder / "m", [posts], space=["words=minilm"], images="none"))
timed("build, vectors by hash", lambda: embedstore.build(
    folder / "s", [posts], space=["words=hash"], images="none"))
with embedstore.open(folder / "s") as store:
    vectors = store.sql("SELECT vector FROM vectors LIMIT 300")["vector"].to_pylist()
    store.similar(vector=vectors[0], k=10)
    asked = iter(vectors * 2)
    timed("similar, held", lambda: store.similar(vector=next(asked), k=10), 300)
    timed("similar, filtered", lambda: store.similar(
        vector=next(asked), k=10, where="likes > 500"), 100)
store = embedstore.open(folder / "s")
timed("similar, not held", lambda: store.similar(vector=vectors[0], k=10), 20)
encoder = load_encoder("minilm")
with posts.open(encoding="utf-8", newline="") as file:
    texts = [row["content"] for row in csv.DictReader(file)][:2500]
encoder.encode(texts[:100])
timed("2,500 texts by MiniLM", lambda: encoder.encode(texts))
print(json.dumps(seconds))
"""

_COMMANDS = {
    "cold `embedstore --help`": ["--help"],
    "cold `embedstore sql`": ["sql", "STORE", "SELECT count(*) FROM posts"],
    "cold `embedstore info`": ["info", "STORE"],
}


def _run(python_path: Path, code: str, arguments: list[str], cwd: str) -> str:
    """Run code with the package of one version in front of every other; returns its output."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(python_path)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{python_path}: {done.stderr[-2000:]}")
    return done.stdout


def _turn(python_path: Path, posts: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        seconds: dict[str, float] = json.loads(
            _run(python_path, _WORK, [str(posts), folder], folder).splitlines()[-1]
        )
        for name, arguments in _COMMANDS.items():
            given = [argument.replace("STORE", f"{folder}/s") for argument in arguments]
            code = (
                "import sys, time; started = time.perf_counter();"
                "from embedstore.cli.main import embedstore as command;"
                "sys.stdout.flush();"
                f"status = command({given!r}, standalone_mode=False);"
                "print(); print(time.perf_counter() - started)"
            )
            seconds[name] = float(_run(python_path, code, [], folder).splitlines()[-1])
    return seconds


@click.command()
@click.argument("other", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("posts", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--turns", default=5, show_default=True, help="How often each version runs.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(other: Path, posts: Path | None, turns: int, form: str) -> None:
    """Time this checkout beside the version that is installed in the folder OTHER.

    POSTS is a CSV file of the challenge; the real tweets where it is not given.
    """
    posts = (posts or DATA / "adobe" / "train.csv").resolve()
    seconds: dict[str, list[dict[str, float]]] = {"other": [], "ours": []}
    for turn in range(turns):
        versions = [("other", other.resolve()), ("ours", ROOT)]
        for name, path in versions if turn % 2 else reversed(versions):
            seconds[name].append(_turn(path, posts))
    rows = []
    for what in seconds["ours"][0]:
        ours, others = ([turn[what] for turn in seconds[name]] for name in ("ours", "other"))
        ratio = statistics.median(others) / statistics.median(ours)
        rows.append({"what, seconds": what, "other": spread(others), "ours": spread(ours),
                     "ratio": ratio})  # fmt: skip
    report(f"this checkout beside {other}, {turns} turns each", rows, form)


if __name__ == "__main__":
    main()
