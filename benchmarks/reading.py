"""Files of posts to values, beside DuckDB and pandas.

    python -m benchmarks.reading [--posts 300000] [--repeats 3] [--format json]
    python -m benchmarks.reading --archive 2         an account's archive of 2 GB (under 500 MB)

Made-up tweets are written once as CSV and once as JSON lines; each reader then reads the file
from its beginning to its end in a process of its own. *Rows* are cells by name, nothing more.
*Posts* are what a build needs: exact ids as text, times in UTC, whole counts, clean texts
(HTML entities and mojibake undone), and every other column kept as JSON, in Arrow. Peak memory is
that of the whole process, its imports included.
"""

import csv
import html
import itertools
import json
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from benchmarks.common import report, run_measured, spread

COLUMNS = ("id", "date", "username", "inferred company", "content", "likes", "retweets", "lang")
_TEXT = (
    "coffee the weather match night is was a very good morning read our new story about &amp; "
    "🚨 now watch: it’s happening — join us today for more https://t.co/abc123 #launch @someone"
)


def made_posts(count: int) -> Iterator[dict[str, Any]]:
    """Make posts, the same each time."""
    dice, words = random.Random(7), _TEXT.split()
    start = datetime(2019, 1, 1)
    for number in range(count):
        yield {
            "id": str(1_080_000_000_000_000_000 + number * 977),
            "date": f"{start + timedelta(seconds=61 * number):%Y-%m-%d %H:%M:%S}",
            "username": f"account{dice.randrange(500)}",
            "inferred company": f"company {dice.randrange(90)}",
            "content": " ".join(dice.choices(words, k=dice.randrange(8, 34))),
            "likes": dice.randrange(10_000),
            "retweets": dice.randrange(1_000),
            "lang": "en",
        }


def write_files(folder: Path, count: int) -> dict[str, Path]:
    """Write the posts in both formats."""
    files = {"CSV": folder / "posts.csv", "JSON lines": folder / "posts.jsonl"}
    with (
        files["CSV"].open("w", encoding="utf-8", newline="") as table,
        files["JSON lines"].open("w", encoding="utf-8") as lines,
    ):
        writer = csv.DictWriter(table, COLUMNS)
        writer.writeheader()
        for post in made_posts(count):
            writer.writerow(post)
            lines.write(json.dumps(post, ensure_ascii=False) + "\n")
    return files


def rows_of_ours(path: Path) -> int:
    """Read rows with embedstore."""
    from embedstore.reading.formats import open_table

    with open_table(path) as table:
        return sum(1 for row in table.rows if row.raw)


def rows_of_duckdb(path: Path) -> int:
    """Read rows with DuckDB, as Arrow batches of 20,000."""
    import duckdb

    read = "read_csv_auto" if path.suffix == ".csv" else "read_json_auto"
    with duckdb.connect() as connection:
        relation = connection.sql(f"FROM {read}('{path}')")
        assert relation is not None
        return sum(batch.num_rows for batch in relation.to_arrow_reader(20_000))


def rows_of_pandas(path: Path) -> int:
    """Read rows with pandas, in the way its documentation begins with."""
    import pandas as pd

    if path.suffix == ".csv":
        return len(pd.read_csv(path))
    return len(pd.read_json(path, lines=True, dtype={"id": str}))


def posts_of_ours(path: Path) -> int:
    """Read posts with embedstore."""
    from embedstore.reading import read_posts

    return sum(batch.posts.num_rows for batch in read_posts(path))


def posts_of_pandas(path: Path) -> int:
    """Read posts with pandas and do to them by column what embedstore does by row."""
    import ftfy
    import pandas as pd
    import pyarrow as pa

    if path.suffix == ".csv":
        frame = pd.read_csv(path, dtype={"id": str, "content": str}, keep_default_na=False)
    else:
        frame = pd.read_json(path, lines=True, dtype={"id": str}, convert_dates=False)
    frame["date"] = pd.to_datetime(frame["date"], utc=True, errors="coerce")
    for name in ("likes", "retweets"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("Int64")
    frame["raw text"] = frame["content"]
    frame["content"] = [ftfy.fix_text(html.unescape(text)) for text in frame["content"]]
    frame["username"] = frame["username"].str.strip()
    frame["extra"] = [json.dumps({"lang": lang}) for lang in frame.pop("lang")]
    return int(pa.Table.from_pandas(frame).num_rows)


READERS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "embedstore rows": ("rows", rows_of_ours),
    "DuckDB rows": ("rows", rows_of_duckdb),
    "pandas rows": ("rows", rows_of_pandas),
    "embedstore posts": ("posts", posts_of_ours),
    "pandas posts": ("posts", posts_of_pandas),
}


def measure_one(reader: str, path: Path) -> None:
    """Read a file in this process and print rows and seconds, imports left out."""
    _, read = READERS[reader]
    if (warm := path.with_name(f"first{path.suffix}")).exists():
        read(warm)  # imports, and what is set up once
    started = time.perf_counter()
    count = read(path)
    print(json.dumps([count, time.perf_counter() - started]))


def measure(reader: str, path: Path, repeats: int) -> dict[str, Any]:
    """Read a file with one reader, each time in a new process."""
    runs, peaks = [], []
    for _ in range(repeats):
        ran = run_measured([sys.executable, "-m", "benchmarks.reading", "--one", reader, str(path)])
        count, seconds = json.loads(ran.output)
        runs.append(count / seconds)
        peaks.append(ran.peak)
    return {
        "MB": path.stat().st_size / 1e6,
        "reader": reader,
        "rows": count,
        "rows/s": spread(runs),
        "peak MB": round(max(peaks) * 1024),
    }


def write_archive(folder: Path, gigabytes: float) -> Path:
    """Write an account's own archive, as a file of JavaScript."""
    path = folder / "tweets.js"
    with path.open("w", encoding="utf-8") as file:
        file.write("window.YTD.tweets.part0 = [\n")
        size = 0
        for post in itertools.cycle(made_posts(20_000)):
            tweet = {"id_str": post["id"], "full_text": post["content"], "entities": {"urls": []}}
            size += file.write(json.dumps({"tweet": tweet}, indent=2, ensure_ascii=False) + ",\n")
            if size > gigabytes * 1e9:
                break
        file.write("{}\n]")
    return path


def zipped(path: Path) -> Path:
    """Pack a file as the archive is downloaded."""
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(path, f"data/{path.name}")
    return packed


@click.command()
@click.option("--posts", default=300_000, show_default=True)
@click.option("--repeats", default=3, show_default=True)
@click.option("--archive", default=0.0, help="Read an account's archive of so many GB instead.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(posts: int, repeats: int, archive: float, form: str) -> None:
    """Measure every reader on both files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if archive:
            path = write_archive(folder, archive)
            rows = [measure("embedstore rows", path, 1) for path in (path, zipped(path))]
            report(f"reading an account's archive of {archive:g} GB", rows, form)
            return
        write_files(folder, 100)
        for suffix in (".csv", ".jsonl"):
            (folder / f"posts{suffix}").rename(folder / f"first{suffix}")
        files = write_files(folder, posts)
        rows = []
        for kind, path in files.items():
            rows += [{"file": kind} | measure(reader, path, repeats) for reader in READERS]
            assert all(row["rows"] == posts for row in rows)
        report(f"reading {posts:,} posts, each reader in its own process", rows, form)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure_one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
