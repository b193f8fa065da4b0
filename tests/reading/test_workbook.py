"""Workbooks to rows."""

import os
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tables import cells, problems, read, write
from workbooks import MAIN, RELATED, workbook

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


POSTS = [["Post ID", "Date", "Text", "Likes"], ["1", "2024-01-01", "a", 5], ["2", None, "b", 6]]
NUMBERS = [["Overall performance", "1/1/2024 - 1/31/2024"], ["Impressions", 70416]]


def test_the_sheet_that_has_posts_is_found(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", NUMBERS, [["Title of the sheet"], [], *POSTS], NUMBERS)
    with open_table(path) as table:
        assert table.name == f'{path}, sheet "sheet2"'
        assert table.columns == POSTS[0]
        assert [row.line for row in table.rows] == [4, 5]


def test_a_sheet_of_figures_by_day_is_not_taken_for_the_posts(tmp_path: Path) -> None:
    days = [
        ["Date", "Impressions", "Likes", "Comments", "Shares"],
        [datetime(2024, 1, 2), 1, 2, 3, 4],
    ]
    path = workbook(tmp_path / "a.xlsx", days, [["Post ID", "Text"], ["7", "z"]])
    assert cells(read(path)) == [["7", "z"]]


@pytest.mark.parametrize("wanted", ["sheet3", "SHEET3", "3"])
def test_a_sheet_is_named_or_numbered(tmp_path: Path, wanted: str) -> None:
    path = workbook(tmp_path / "a.xlsx", POSTS, NUMBERS, [["id", "text"], ["7", "z"]])
    assert cells(read(path, sheet=wanted)) == [["7", "z"]]


def test_a_sheet_that_is_not_there_is_an_error_that_lists_them(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", POSTS, NUMBERS)
    with pytest.raises(InputError, match=r'has no sheet "Posts". Its sheets are: sheet1, sheet2'):
        read(path, sheet="Posts")


def test_a_sheet_without_a_header_is_noticed_and_read_when_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["1700000000000000001", "a"], ["2", "b"]])
    with pytest.raises(InputError, match="its first row looks like a post"):
        read(path)
    rows = read(path, header=False, columns=("id", "text"))
    assert [row.line for row in rows] == [1, 2]
    assert cells(read(path, header=False, skip_rows=1)) == [["2", "b"]]


def with_cell(path: Path, *references: str) -> Path:
    """A sheet of two posts, and more cells somewhere."""
    base = workbook(path.with_name("base.xlsx"), [["id", "text"], ["1", "a"], ["2", "b"]])
    more = "".join(
        f'<row><c r="{reference}" t="inlineStr"><is><t>x</t></is></c></row>'
        for reference in references
    )
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.endswith("sheet1.xml"):
                content = content.replace("</sheetData>", f"{more}</sheetData>")
            new.writestr(name, content)
    return path


@pytest.mark.parametrize("reference", ["XFD1048576", "XFD4", "XFD1", "C1048576", "D9"])
def test_a_stray_cell_outside_of_the_table_does_no_harm(tmp_path: Path, reference: str) -> None:
    rows = read(with_cell(tmp_path / "a.xlsx", reference))
    assert (cells(rows), problems(rows)) == ([["1", "a"], ["2", "b"]], [])


def test_a_row_far_below_the_others_is_read_or_rejected_not_lost(tmp_path: Path) -> None:
    path = with_cell(tmp_path / "a.xlsx", "B900000")
    assert cells(read(path))[-1] == ["x"]
    # With this one the sheet is too large to be held, and is trimmed.
    rows = read(with_cell(tmp_path / "b.xlsx", "B900000", "XFD1048576"))
    assert len(cells(rows)) == 2
    assert problems(rows) == [
        (900_000, "lies more than 50,000 empty rows below the rest of the sheet")
    ]


@pytest.mark.parametrize("reference", ["ZZZZZ99999999", "A" + "9" * 30])
def test_a_cell_where_no_sheet_can_have_one_is_one_clear_error(
    tmp_path: Path, reference: str
) -> None:
    path = with_cell(tmp_path / "a.xlsx", reference)
    with pytest.raises(InputError, match="where no sheet can have one"):
        read(path)


def test_a_count_of_four_billion_texts_is_one_clear_error(tmp_path: Path) -> None:
    base = workbook(tmp_path / "base.xlsx", POSTS)
    path = tmp_path / "a.xlsx"
    link = (
        f'<Relationship Id="s" Type="{RELATED}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>"
    )
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name.endswith("workbook.xml.rels"):
                content = content.replace("</Relationships>", link)
            new.writestr(name, content)
        new.writestr(
            "xl/sharedStrings.xml",
            f'<sst xmlns="{MAIN}" count="4294967295" uniqueCount="4294967295">'
            "<si><t>a</t></si></sst>",
        )
    with pytest.raises(InputError, match=r"needs more than 1,024 MiB of memory.* as CSV"):
        read(path)


def test_a_workbook_that_expands_to_gigabytes_is_one_clear_error(tmp_path: Path) -> None:
    base = workbook(tmp_path / "base.xlsx", POSTS)
    path = tmp_path / "a.xlsx"
    piece = b" " * (1 << 24)
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            with new.open(name, "w") as part:
                part.write(old.read(name))
                for _ in range(70 if name.endswith("sheet1.xml") else 0):
                    part.write(piece)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(InputError, match=r"has 1.1 GiB decompressed, more than any sheet"):
        read(path)


def test_a_workbook_whose_checksum_is_wrong_is_read_and_that_is_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", POSTS)
    path.write_bytes(path.read_bytes().replace(b">Likes<", b">LIKES<"))
    with open_table(path) as table:
        assert table.format == "workbook whose checksums are wrong"
        assert len(list(table.rows)) == 2


def test_the_reader_of_a_workbook_ends_with_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def recorded(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))
        return started[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", recorded)
    path = workbook(tmp_path / "a.xlsx", [["id", "text"], *([str(n), "a"] for n in range(5_000))])
    with open_table(path) as table:
        next(table.rows)
    [reader] = started
    # Other tests of this process may have children of their own.
    with pytest.raises(ChildProcessError):
        os.waitpid(reader.pid, os.WNOHANG)
