"""Parquet to rows."""

import contextlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import cells, problems, read, write

from embedstore.errors import InputError
from embedstore.reading.formats.text import RECORD_LIMIT


def test_parquet_rows_are_read_whatever_their_types(tmp_path: Path) -> None:
    moment = datetime(2018, 6, 30, 10, 4, 20)
    table = pa.table(
        {
            "id": pa.array([2**60, 2], pa.int64()),
            "when": pa.array([moment.replace(tzinfo=UTC), None], pa.timestamp("ns", "Asia/Tokyo")),
            "day": pa.array([date(2018, 6, 30), None]),
            "likes": pa.array([12.0, float("nan")]),
            "text": pa.array(["é", None]).dictionary_encode(),
            "media": pa.array([[{"url": "u"}], None]),
            "price": pa.array([Decimal("1.50"), None]),
            "blob": pa.array([b"\xff", None]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    rows = read(tmp_path / "a.parquet")
    assert cells(rows) == [
        [2**60, moment, date(2018, 6, 30), 12.0, "é", [{"url": "u"}], Decimal("1.50"), b"\xff"],
        [2],
    ]
    assert [row.line for row in rows] == [1, 2]
    assert json.loads(rows[0].raw)["media"] == [{"url": "u"}]


def test_parquet_values_that_python_cannot_hold_are_kept_apart(tmp_path: Path) -> None:
    far = pa.array([2**61], pa.int64()).cast(pa.timestamp("us"))
    bad = pa.array([b"\xff"]).view(pa.string())
    pq.write_table(pa.table({"id": ["1"], "when": far, "text": bad}), tmp_path / "a.parquet")
    ((identity, when, text),) = cells(read(tmp_path / "a.parquet"))
    assert (identity, text) == ("1", b"\xff")
    assert isinstance(when, str)


def test_a_damaged_parquet_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a Parquet file that can be read"):
        read(write(tmp_path / "a.parquet", "PAR1id,text\n"))
    path = tmp_path / "b.parquet"
    pq.write_table(pa.table({"id": [str(n**9) for n in range(50_000)]}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) // 2) + whole[100 + len(whole) // 2 :])
    with pytest.raises(InputError, match="can't be read past row"):
        read(path)


def test_nested_columns_are_nested_cells_whatever_their_depth(tmp_path: Path) -> None:
    post = {"id": "1", "metrics": {"likes": 2**60}, "media": [{"url": "u", "sizes": [1, 2]}]}
    pq.write_table(pa.Table.from_pylist([post] * 3), tmp_path / "a.parquet")
    assert [row.cells for row in read(tmp_path / "a.parquet")] == [post] * 3  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name", ["a[1].parquet", "a*?.parquet", "{a,b}.parquet", 'a\'s "1"', "b%20"]
)
def test_a_files_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.table({"id": ["1"], "text": ["a"]}), tmp_path / name)
    pq.write_table(pa.table({"id": ["2"], "text": ["b"]}), tmp_path / "a1.parquet")
    assert cells(read(tmp_path / name)) == [["1", "a"]]


def peak(path: Path) -> tuple[int, float, list[tuple[str, int, str]]]:
    """Read a file in a process of its own; return its peak memory in MB, seconds and rows."""
    script = (
        "import json, resource, sys, time, tracemalloc\n"
        "from embedstore.reading.formats import open_table\n"
        "from embedstore.reading.rows import Row\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "started = time.perf_counter()\n"
        "with open_table(sys.argv[1]) as table:\n"
        "    rows = [(type(row).__name__, row.line, row[1] if type(row) is not Row else '')"
        " for row in table.rows]\n"
        "seconds = time.perf_counter() - started\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(json.dumps([peak // 1024, seconds, rows]))\n"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": root},
    )
    megabytes, seconds, rows = json.loads(done.stdout)
    return megabytes, seconds, [tuple(row) for row in rows]


def test_a_text_of_200_mb_in_a_small_file_is_rejected_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    schema = pa.schema([("id", pa.string()), ("text", pa.large_string())])
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        writer.write_table(pa.table({"id": ["1"], "text": ["a"]}, schema))
        writer.write_table(pa.table({"id": ["2"], "text": ["x" * 200_000_000]}, schema))
        writer.write_table(pa.table({"id": ["3"], "text": ["b"]}, schema))
    assert path.stat().st_size < 100_000
    megabytes, seconds, rows = peak(path)
    assert [(kind, line) for kind, line, _ in rows] == [("Row", 1), ("Unreadable", 2), ("Row", 3)]
    assert 'a page of the column "text" has 190 MiB' in rows[1][2]
    assert megabytes < 100
    assert seconds < 5


def test_a_dictionary_that_thousands_of_rows_share_does_not_multiply(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    count = 1_200
    text = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * 900_000])
    table = pa.table({"id": [str(number) for number in range(count)], "text": text})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=1 << 24)
    assert path.stat().st_size < 60_000
    megabytes, _, rows = peak(path)
    assert len(rows) == count
    assert megabytes < 300


def test_cells_longer_than_a_record_may_be_cost_their_rows(tmp_path: Path) -> None:
    texts = ["a", "x" * (RECORD_LIMIT + 1), "b", "é" * RECORD_LIMIT, "c"]
    for dictionary in (True, False):
        for column in (pa.array(texts), pa.array(texts).dictionary_encode()):
            table = pa.table({"id": list(map(str, range(5))), "text": column})
            pq.write_table(table, tmp_path / "a.parquet", use_dictionary=dictionary)
            rows = read(tmp_path / "a.parquet")
            assert cells(rows) == [["0", "a"], ["2", "b"], ["4", "c"]]
            reason = f"longer than {RECORD_LIMIT:,} characters"
            assert problems(rows) == [(2, reason), (4, reason)]


def test_texts_that_repeat_the_one_before_do_not_multiply(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"id": list(map(str, range(800))), "text": ["x" * 900_000] * 800})
    pq.write_table(
        table,
        path,
        use_dictionary=False,
        column_encoding={"text": "DELTA_BYTE_ARRAY", "id": "PLAIN"},
    )
    megabytes, _, rows = peak(path)
    assert len(rows) == 800
    assert megabytes < 400


def test_a_list_of_millions_of_values_is_rejected_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    lists = pa.ListArray.from_arrays([0, 30_000_000], pa.nulls(30_000_000, pa.int8()))
    pq.write_table(pa.table({"id": ["1"], "media": lists}), path, data_page_size=1 << 30)
    assert path.stat().st_size < 100_000
    megabytes, _, rows = peak(path)
    assert rows[0][:2] == ("Unreadable", 1)
    assert megabytes < 400


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_parquet_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a.parquet"
    pq.write_table(pa.table({"id": list(map(str, range(50))), "text": ["a" * 9] * 50}), path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        read(write(path, bytes(whole)))
