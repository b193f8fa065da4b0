"""Tables in memory and in a DuckDB database to rows."""

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tables import cells, problems, read, write

from embedstore.errors import InputError
from embedstore.reading.formats import open_table
from embedstore.reading.formats.text import RECORD_LIMIT
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import Row

NOW = datetime(2024, 1, 2, 3, 4, 5)
POSTS: list[dict[str, Any]] = [
    {"id": 2**60 + 1, "text": "a", "created_at": NOW, "media": [{"url": "u"}]},
    {"id": 2, "text": "é🚨", "created_at": NOW, "media": []},
]
TABLE = pa.Table.from_pylist(POSTS)
FORMS = {
    "Arrow table": lambda: TABLE,
    "Arrow batch": lambda: TABLE.to_batches()[0],
    "Arrow reader": TABLE.to_reader,
    "pandas": TABLE.to_pandas,
    "polars": lambda: pl.from_arrow(TABLE),
    "lazy polars": lambda: pl.from_arrow(TABLE).lazy(),  # type: ignore[union-attr]
    "DuckDB": lambda: duckdb.from_arrow(TABLE),
    "DuckDB query": lambda: duckdb.from_arrow(TABLE).filter("true"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_in_memory_is_read_exactly(form: str) -> None:
    rows = read(FORMS[form]())
    found = [row.cells for row in rows if isinstance(row, Row)]
    assert [post | {"media": list(post["media"])} for post in found] == POSTS  # type: ignore[call-overload]
    assert [row.line for row in rows] == [1, 2]


def test_a_data_frame_may_mix_types_and_have_an_index() -> None:
    frame = pd.DataFrame(
        {
            "id": ["1", 2**70, None],
            "text": ["a", "b", float("nan")],
            "likes": [1, np.nan, 3],
            "kind": pd.Categorical(["own", "own", "reply"]),
        },
        index=[5, 7, 9],
    )
    assert [row.cells for row in read(frame) if isinstance(row, Row)] == [
        {"id": "1", "text": "a", "likes": 1.0, "kind": "own"},
        {"id": str(2**70), "text": "b", "kind": "own"},
        {"likes": 3.0, "kind": "reply"},
    ]
    assert list(read(frame.set_index("id"))[0].cells) == ["id", "text", "likes", "kind"]  # type: ignore[union-attr]


def test_cells_of_a_table_may_be_too_long() -> None:
    table = pa.table({"id": ["1", "2"], "text": ["x" * (RECORD_LIMIT + 1), "b"]})
    assert cells(read(table)) == [["2", "b"]]
    assert problems(read(table)) == [(1, f"longer than {RECORD_LIMIT:,} characters")]


@pytest.mark.parametrize("thing", [5, None, {"id": [1]}, object()])
def test_what_is_no_table_is_an_error(thing: object) -> None:
    with pytest.raises(InputError, match="expected a table of pandas, polars or Arrow"):
        read(thing)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT 1 AS a, 2 AS b")
        connection.execute("CREATE SCHEMA x")
        connection.execute("""CREATE TABLE x."my posts" AS SELECT '7' AS id, 'seven' AS text""")
        connection.execute("""CREATE VIEW recent AS SELECT '8' AS id""")
        connection.execute(
            "CREATE TABLE posts AS SELECT 1::HUGEINT << 60 AS id, 'a' AS text, [1, 2] AS media"
        )
    return path


def test_the_table_of_a_database_that_has_posts_is_found(database: Path) -> None:
    with open_table(database) as table:
        assert (table.name, table.format) == (f"{database}, table posts", "DuckDB table")
        assert cells(list(table.rows)) == [[2**60, "a", [1, 2]]]


@pytest.mark.parametrize(
    ("wanted", "expected"), [("numbers", [1, 2]), ("x.my posts", ["7", "seven"]), ("recent", ["8"])]
)
def test_a_table_of_a_database_is_named(database: Path, wanted: str, expected: list[Any]) -> None:
    assert cells(read(f"{database}::{wanted}")) == [expected]
    assert cells(read(database, sheet=wanted)) == [expected]


def test_a_table_that_is_not_there_is_an_error_that_lists_them(database: Path) -> None:
    with pytest.raises(InputError, match=r'no table "p; DROP". It has: numbers, posts, recent, x'):
        read(f"{database}::p; DROP")
    with pytest.raises(InputError, match=r"gone\.duckdb doesn't exist"):
        read(f"{database.parent / 'gone.duckdb'}::posts")


def test_a_view_of_a_database_reads_no_other_file(database: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.csv", "id,text\n1,secret\n")
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"CREATE VIEW v AS FROM read_csv('{secret}')")
    with pytest.raises(InputError, match="can't be read"):
        read(f"{database}::v")


def test_a_damaged_database_is_an_error(database: Path) -> None:
    whole = database.read_bytes()
    for content in (whole[:5_000], whole[:4096] + b"\xff" * 9000 + whole[13_096:]):
        with pytest.raises(InputError, match="can't be opened as a DuckDB database"):
            read(write(database.with_name("b"), content))
    with open_table(write(database.with_name("c"), gzip.compress(whole)), ReadOptions()) as table:
        assert table.columns == ["id", "text", "media"]
