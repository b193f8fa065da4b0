"""Parquet to rows."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tables import cells, read, write

from embedstore.errors import InputError


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
