"""Any posts written in any format read back equal, ids exact."""

import csv
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from tables import read

from embedstore.reading.rows import Row

Post = dict[str, str]

# What every format can hold: XML of workbooks and CSV know no control characters.
characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff")
texts = st.text(characters | st.sampled_from("\",;\t|'\\=\n🚨éא"), min_size=1, max_size=40).filter(
    lambda text: text.strip() == text and not text.startswith("sep=")
)
ids = st.integers(1, 2**63 - 1).map(str)
posts = st.lists(
    st.fixed_dictionaries({"id": ids, "text": texts, "username": texts}), min_size=1, max_size=8
)


def delimited(delimiter: str) -> Callable[[list[Post], Path], object]:
    def written(posts: list[Post], path: Path) -> object:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(posts[0]), delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(posts)
        path.write_bytes(text.getvalue().encode())
        return path

    return written


def as_json(form: Callable[[list[Post]], str]) -> Callable[[list[Post], Path], object]:
    def written(posts: list[Post], path: Path) -> object:
        path.write_bytes(form(posts).encode())
        return path

    return written


def as_book(posts: list[Post], path: Path) -> object:
    book = Workbook()
    book.active.append(list(posts[0]))
    for number, post in enumerate(posts, 2):
        for column, name in enumerate(posts[0], 1):
            cell = book.active.cell(number, column)
            cell.value = post[name]
            cell.data_type = "s"  # also where it begins with "="
    with path.open("wb") as file:
        book.save(file)
    return path


def as_zip(posts: list[Post], path: Path) -> object:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("posts.jsonl", "\n".join(map(json.dumps, posts)))
    return path


def as_parquet(posts: list[Post], path: Path) -> object:
    pq.write_table(pa.Table.from_pylist(posts), path)
    return path


def as_database(posts: list[Post], path: Path) -> object:
    with duckdb.connect(str(path)) as connection:
        connection.from_arrow(pa.Table.from_pylist(posts)).create("posts")
    return path


def packed(
    form: Callable[[list[Post], Path], object], compress: Callable[[bytes], bytes]
) -> Callable[[list[Post], Path], object]:
    def written(posts: list[Post], path: Path) -> object:
        form(posts, path)
        path.write_bytes(compress(path.read_bytes()))
        return path

    return written


FORMS: dict[str, Callable[[list[Post], Path], object]] = {
    "CSV": delimited(","),
    "CSV with semicolons": delimited(";"),
    "TSV": delimited("\t"),
    "CSV with pipes": delimited("|"),
    "JSON": as_json(json.dumps),
    "pretty JSON": as_json(lambda posts: json.dumps(posts, indent=1, ensure_ascii=False)),
    "JSON lines": as_json(lambda posts: "\n".join(map(json.dumps, posts))),
    "script": as_json(lambda posts: f"window.YTD.tweets.part0 = {json.dumps(posts)}"),
    "gzipped JSON lines": packed(
        as_json(lambda posts: "\n".join(map(json.dumps, posts))), gzip.compress
    ),
    "XLSX": as_book,
    "Parquet": as_parquet,
    "xz Parquet": packed(as_parquet, lzma.compress),
    "DuckDB": as_database,
    "ZIP": as_zip,
    "pandas": lambda posts, _: pd.DataFrame(posts),
    "polars": lambda posts, _: pl.DataFrame(posts),
}


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts)
def test_posts_in_any_format_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, form: str, posts: list[Post]
) -> None:
    path = tmp_path_factory.mktemp("posts") / "posts"
    rows = read(FORMS[form](posts, path))
    assert [row.cells for row in rows if isinstance(row, Row)] == posts
    assert len(rows) == len(posts)
