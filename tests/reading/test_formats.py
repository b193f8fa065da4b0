"""Files to rows, format by format."""

import bz2
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedstore.errors import InputError
from embedstore.reading.formats import open_table
from embedstore.reading.rows import Row, Unreadable

Rows = list[Row | Unreadable]
EXCEL_EPOCH = datetime(1899, 12, 30)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, encoding: str | None = None) -> Rows:
    with open_table(path, encoding) as table:
        rows = list(table.rows)
        assert table.fraction() == 1.0
        return rows


def cells(rows: Rows) -> list[list[object]]:
    return [list(row.cells.values()) for row in rows if isinstance(row, Row)]


def problems(rows: Rows) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in rows if isinstance(row, Unreadable)]


# JSON lines


def test_json_lines_may_differ_in_their_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", '{"id": 1, "text": "a"}\n\n{"lang": "de", "id": 2}\n')
    with open_table(path) as table:
        assert table.columns == ["id", "text", "lang"]
        assert list(table.rows) == [
            Row(1, {"id": 1, "text": "a"}, '{"id": 1, "text": "a"}'),
            Row(3, {"lang": "de", "id": 2}, '{"lang": "de", "id": 2}'),
        ]


def test_the_first_thousand_lines_decide_the_columns_and_later_keys_are_kept(
    tmp_path: Path,
) -> None:
    lines = [json.dumps({"id": number}) for number in range(1000)] + ['{"id": 1000, "late": 1}']
    with open_table(write(tmp_path / "a.jsonl", "\n".join(lines))) as table:
        assert table.columns == ["id"]
        assert list(table.rows)[-1].cells == {"id": 1000, "late": 1}  # type: ignore[union-attr]


def test_large_ids_and_non_finite_numbers_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"id": 1234567890123456789, "a": NaN, "b": [Infinity]}')
    assert cells(read(path)) == [[1234567890123456789, None, [None]]]


def test_lone_surrogates_in_json_are_replaced_and_pairs_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", r'{"id": "\ud83d\ude00", "text": "cut \ud83d"}')
    assert cells(read(path)) == [["😀", "cut \ufffd"]]


def test_lines_that_are_no_json_objects_are_refused(tmp_path: Path) -> None:
    lines = ['{"id": 1}', "{nope", "[1]", '{"a": "\xff"}', "1" * 5000, "[" * 100_000, '{"id": 2}']
    rows = read(write(tmp_path / "a.jsonl", "\n".join(lines).encode("latin-1")))
    assert cells(rows) == [[1], [2]]
    assert problems(rows) == [
        (2, "not valid JSON: Expecting property name enclosed in double quotes at character 2"),
        (3, "a JSON value that is not an object"),
        (4, "bytes that are not utf-8: name the file's own with --encoding"),
        (5, "not valid JSON: a number too long, or values nested too deeply"),
        (6, "not valid JSON: a number too long, or values nested too deeply"),
    ]


def test_a_json_array_is_an_error_that_says_how_to_turn_it_into_lines(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not JSON lines.*jq -c '\.\[\]'"):
        read(write(tmp_path / "a.jsonl", '[\n{"id": 1},\n{"id": 2}\n]'))


# Workbooks


def sheet(rows: Sequence[Sequence[object] | None]) -> str:
    """Write a sheet's XML; ``None`` for a row leaves it out."""

    def cell(value: object) -> str:
        match value:
            case None:
                return "<c/>"
            case bool():
                return f'<c t="b"><v>{value:d}</v></c>'
            case datetime():
                days = (value - EXCEL_EPOCH).total_seconds() / 86_400
                return f'<c s="1"><v>{days!r}</v></c>'
            case int() | float():
                return f"<c><v>{value!r}</v></c>"
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'

    lines = (
        f'<row r="{number}">{"".join(map(cell, row))}</row>'
        for number, row in enumerate(rows, 1)
        if row is not None
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(path: Path, *sheets: Sequence[Sequence[object] | None]) -> Path:
    """Write the least that makes a workbook."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{OFFICE}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    names = [f"sheet{number}" for number in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="{name}"/>'
        for number, name in enumerate(names, 1)
    )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{listed}</sheets></workbook>'
    )
    links = "".join(
        f'<Relationship Id="{name}" Type="{RELATED}/worksheet" Target="worksheets/{name}.xml"/>'
        for name in names
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}/relationships">{links}'
        f'<Relationship Id="styles" Type="{RELATED}/styles" Target="styles.xml"/></Relationships>'
    )
    parts |= {
        f"xl/worksheets/{name}.xml": sheet(rows) for name, rows in zip(names, sheets, strict=True)
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


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


@pytest.mark.parametrize("content", [b"", b"id,text\n", b"PK\x03\x04" + b"\0" * 50])
def test_a_damaged_workbook_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="is not a workbook that can be read"):
        read(write(tmp_path / "a.xlsx", content))


def test_a_workbook_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "a.xlsx", [["id", "text"]] * 50).read_bytes()
    with pytest.raises(InputError, match="is not a workbook that can be read"):
        read(write(tmp_path / "b.xlsx", whole[: len(whole) // 2]))


# Parquet


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
        read(write(tmp_path / "a.parquet", "id,text\n"))
    path = tmp_path / "b.parquet"
    pq.write_table(pa.table({"id": [str(n**9) for n in range(50_000)]}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) // 2) + whole[100 + len(whole) // 2 :])
    with pytest.raises(InputError, match="can't be read past row"):
        read(path)


# Any file


@pytest.mark.parametrize(
    "name", ["a.txt", "a", "a.json", "a.xls", "a.xlsx.gz", "a.parquet.gz", "a.gz", ".csv"]
)
def test_an_unknown_format_is_an_error_that_lists_the_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"no format that can be read: \.csv, \.tsv, \.jsonl"):
        read(write(tmp_path / name, "id,text\n"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv doesn't exist"):
        read(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="is not a file of posts"):
        read(tmp_path)


def test_a_compressed_file_of_another_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Not a gzipped file"):
        read(write(tmp_path / "a.csv.gz", bz2.compress(b"id,text\n")))
