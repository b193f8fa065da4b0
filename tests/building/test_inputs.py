"""What a build takes as posts: paths, lists of them, and tables of other libraries."""

import inspect
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.building.inputs import opened
from embedstore.building.options import BuildOptions
from embedstore.errors import InputError

COLUMNS: dict[str, list[Any]] = {
    "id": [9007199254740993, 2],
    "text": ["first", "second"],
    "likes": [3, None],
}
OPTIONS: dict[str, Any] = {"space": ["words=hash"], "images": "none"}


def _pandas() -> Any:
    frame = pytest.importorskip("pandas").DataFrame(COLUMNS | {"likes": [3, 0]})
    # An index of its own, as a filtered frame has.
    return frame.set_index(frame.index + 40)


def _polars() -> Any:
    return pytest.importorskip("polars").DataFrame(COLUMNS)


def _arrow() -> Any:
    return pa.table(COLUMNS)


def _arrow_stream() -> Any:
    return pa.table(COLUMNS).to_reader(max_chunksize=1)


def _duckdb() -> Any:
    return duckdb.sql("SELECT * FROM (VALUES (9007199254740993, 'first', 3), (2, 'second', NULL))"
                      " t(id, text, likes)")  # fmt: skip


@pytest.mark.parametrize("make", [_pandas, _polars, _arrow, _arrow_stream, _duckdb])
def test_a_table_in_memory_is_built_from_like_a_file(tmp_path: Path, make: Any) -> None:
    report = embedstore.build(tmp_path / "s", make(), **OPTIONS)
    assert report.posts.new == 2
    assert rows(tmp_path / "s", "SELECT source, id, text FROM posts ORDER BY post_id") == [
        ("table", "9007199254740993", "first"),
        ("table", "2", "second"),
    ]
    assert rows(tmp_path / "s", "SELECT extra FROM posts WHERE extra IS NOT NULL") == []
    assert rows(tmp_path / "s", "SELECT inputs::VARCHAR FROM builds") == [('["table"]',)]


def test_tables_and_files_can_be_mixed_and_given_a_source(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    report = embedstore.build(
        tmp_path / "s", [_arrow(), write_csv([post(7)])], source="all", **OPTIONS
    )
    assert report.posts.new == 3
    assert rows(tmp_path / "s", "SELECT DISTINCT source FROM posts") == [("all",)]


def test_a_row_of_a_table_that_is_rejected_is_mended_by_the_next_build(tmp_path: Path) -> None:
    wrong = pa.table({"id": ["1", None], "text": ["a", "b"]})
    assert embedstore.build(tmp_path / "s", wrong, **OPTIONS).failures == {"read": 1}
    assert rows(tmp_path / "s", "SELECT file, line FROM failures") == [("table", 2)]
    right = pa.table({"id": ["1", "2"], "text": ["a", "b"]})
    assert embedstore.build(tmp_path / "s", right, **OPTIONS).failures == {}


def test_one_path_need_not_be_a_list(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1)])
    assert embedstore.build(tmp_path / "s", file, **OPTIONS).posts.new == 1
    assert embedstore.build(tmp_path / "s", str(file), **OPTIONS).posts.unchanged == 1


def test_a_file_named_twice_is_read_once(write_csv: WriteCsv) -> None:
    file = write_csv([post(1)])
    with opened([file, str(file), f"{file.parent}/*.csv"], BuildOptions()) as inputs:
        assert [each.path for each in inputs] == [file]


@pytest.mark.parametrize(
    ("posts", "named"),
    [
        (5, "int"),
        (b"posts.csv", "bytes"),
        ({"id": [1]}, "dict"),
        (["posts.csv", None], "NoneType"),
        ([pa.Table], "type"),
        (inspect, "module"),
    ],
)
def test_what_is_neither_path_nor_table_is_one_clear_error(
    tmp_path: Path, posts: Any, named: str
) -> None:
    with pytest.raises(InputError, match=f"paths, or tables of pandas.*this is {named}"):
        embedstore.build(tmp_path / "s", posts, **OPTIONS)
    assert not (tmp_path / "s").exists()


def test_a_lazy_table_says_to_collect_it(tmp_path: Path) -> None:
    lazy = pytest.importorskip("polars").LazyFrame(COLUMNS)
    with pytest.raises(InputError, match=r"LazyFrame; call \.collect\(\) first"):
        embedstore.build(tmp_path / "s", lazy, **OPTIONS)
    assert embedstore.build(tmp_path / "s", lazy.collect(), **OPTIONS).posts.new == 2


def test_a_column_of_mixed_types_is_read_as_text(tmp_path: Path) -> None:
    frame = pytest.importorskip("pandas").DataFrame({"id": [1, "b"], "text": ["x", "y"]})
    assert embedstore.build(tmp_path / "s", frame, **OPTIONS).posts.new == 2
    assert rows(tmp_path / "s", "SELECT id FROM posts ORDER BY 1") == [("1",), ("b",)]
    frame["id"] = frame["id"].astype(str)
    assert embedstore.build(tmp_path / "s", frame, **OPTIONS).posts.unchanged == 2


def test_the_helper_of_tests_and_the_public_function_agree(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    options = BuildOptions(space=["words=hash"], images="none")
    file = write_csv([post(1)])
    assert (
        embedstore.build(tmp_path / "a", file, options).posts == build(tmp_path / "b", file).posts
    )
