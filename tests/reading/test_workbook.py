"""Workbooks to rows."""

from datetime import datetime
from pathlib import Path

import pytest
from tables import cells, read, write
from workbooks import workbook

from embedstore.errors import InputError
from embedstore.reading.formats import open_table
from embedstore.reading.rows import Row


def test_a_workbooks_numbers_dates_and_texts_are_read(tmp_path: Path) -> None:
    moment = datetime(2018, 6, 30, 10, 4, 20)
    header: list[object] = ["id", "date", "text", "likes", "", "seen"]
    rows: list[list[object]]
    rows = [header, [12, moment, "a\n<b> 🚨", 41.0, 1.5, True], ["x", "2018-06-30", None, None]]
    assert read(workbook(tmp_path / "a.xlsx", rows)) == [
        Row(
            2,
            {
                "id": 12,
                "date": moment,
                "text": "a\n<b> 🚨",
                "likes": 41,
                "column 5": 1.5,
                "seen": True,
            },
            '{"id": 12, "date": "2018-06-30T10:04:20", "text": "a\\n<b> 🚨", "likes": 41, '
            '"column 5": 1.5, "seen": true}',
        ),
        Row(3, {"id": "x", "date": "2018-06-30"}, '{"id": "x", "date": "2018-06-30"}'),
    ]


def test_rows_are_numbered_as_the_spreadsheet_numbers_them(tmp_path: Path) -> None:
    rows: list[list[object] | None]
    rows = [None, None, ["id", "text"], None, ["1", "a"], [None, " "], ["2", "b"]]
    assert [row.line for row in read(workbook(tmp_path / "a.xlsx", rows))] == [5, 7]


def test_the_first_sheet_with_a_header_is_read_and_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [], [["id"], ["1"]], [["id"], ["2"]])
    with open_table(path) as table:
        assert table.name == f'{path}, sheet "sheet2"'
        assert cells(list(table.rows)) == [["1"]]


def test_an_empty_workbook_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is empty: no sheet has a header row"):
        read(workbook(tmp_path / "a.xlsx", [], []))


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04" + b"\0" * 50, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_a_damaged_workbook_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="is not a workbook that can be read"):
        read(write(tmp_path / "a.xlsx", content))


def test_a_workbook_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", [["id", "text"]] * 50).read_bytes()
    with pytest.raises(InputError, match="is not a workbook that can be read"):
        read(write(tmp_path / "b.xlsx", whole[: len(whole) // 2]))
