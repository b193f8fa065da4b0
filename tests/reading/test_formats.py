"""Which format a file has, whatever it is called."""

import bz2
import contextlib
import gzip
import json
import lzma
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import cells, read, write
from workbooks import workbook

from embedstore.errors import InputError
from embedstore.reading.formats import open_table
from embedstore.reading.rows import Row

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CSV = b"id,text\n1234567890123456789,a\n2,b\n"
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
    "twice": lambda data: gzip.compress(bz2.compress(data)),
}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv", "a.zst", "a"])
def test_compression_is_undone_whatever_the_name_says(
    tmp_path: Path, compression: str, name: str
) -> None:
    path = write(tmp_path / name, COMPRESSIONS[compression](CSV))
    assert cells(read(path)) == [["1234567890123456789", "a"], ["2", "b"]]


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz", "zstd"])
def test_a_compressed_file_that_was_cut_off_is_an_error(tmp_path: Path, compression: str) -> None:
    body = "".join(f"{number},{number**7}\n" for number in range(40_000))
    whole = COMPRESSIONS[compression](f"id,text\n{body}".encode())
    path = write(tmp_path / "a.csv", whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"can't be read"):
        read(path)


def test_a_file_in_several_compressed_pieces_is_one_file(tmp_path: Path) -> None:
    for compress in (gzip.compress, bz2.compress, lzma.compress, zstd.compress):
        path = write(tmp_path / "a", compress(b"id,text\n1,a\n") + compress(b"2,b\n"))
        assert cells(read(path)) == [["1", "a"], ["2", "b"]]


def test_a_file_that_is_compressed_over_and_over_is_an_error(tmp_path: Path) -> None:
    data = CSV
    for _ in range(5):
        data = gzip.compress(data)
    with pytest.raises(InputError, match="compressed more than 3 times"):
        read(write(tmp_path / "a.gz", data))


@pytest.mark.parametrize(
    "name", ["a.txt", "a", "a.json", "a.xls", "a.xlsx", "a.parquet.gz", "a.gz", ".csv", "a.jsonl"]
)
def test_csv_is_read_under_any_name(tmp_path: Path, name: str) -> None:
    with open_table(write(tmp_path / name, CSV)) as table:
        assert table.format == "CSV"
        assert len(list(table.rows)) == 2


def test_workbooks_and_parquet_are_read_under_any_name(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.csv", [["id", "text"], ["1", "a"]])
    pq.write_table(pa.table({"id": ["1"], "text": ["a"]}), tmp_path / "b.csv")
    for path, form in ((book, "workbook"), (tmp_path / "b.csv", "Parquet")):
        with open_table(path) as table:
            assert (table.format, cells(list(table.rows))) == (form, [["1", "a"]])
        packed = write(tmp_path / "c", gzip.compress(path.read_bytes()))
        with open_table(packed) as table:
            assert (table.format, cells(list(table.rows))) == (f"gzipped {form}", [["1", "a"]])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"SQLite format 3\0", "is an SQLite database: export its table as CSV"),
        (b"%PDF-1.7", "is a PDF file"),
        (b"ARROW1\0\0", "save it as Parquet"),
        (b"\0" * 257 + b"ustar", "is a tar archive: unpack it first"),
    ],
)
def test_another_format_is_named_with_what_to_do(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read(write(tmp_path / "a.csv", content))


HTML = """<html><head><meta charset="utf-8"><style>td {color: red}</style></head><body>
<h1>Report</h1><table><tr><th>id</th><th>text</th><th>likes</th></tr>
<tr><td>1</td><td>a &amp; <b>b</b><br>c</td><td>5</td></tr>
<tr><td>2<td>no end<td>6
<tr><td colspan="2">3</td><td>7</td></tr></table></body></html>"""
XML = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Posts"><Table>
<Row><Cell><Data ss:Type="String">id</Data></Cell><Cell><Data ss:Type="String">text</Data></Cell>
<Cell><Data ss:Type="String">likes</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">1</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="Number">5</Data></Cell></Row></Table></Worksheet></Workbook>"""


def test_a_page_of_html_that_is_called_xls_is_read(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.xls", HTML))
    assert [row.cells for row in rows if isinstance(row, Row)] == [
        {"id": "1", "text": "a & b\nc", "likes": "5"},
        {"id": "2", "text": "no end", "likes": "6"},
        {"id": "3", "likes": "7"},
    ]


def test_a_workbook_of_2003_as_xml_is_read(tmp_path: Path) -> None:
    assert [row.cells for row in read(write(tmp_path / "a.xls", XML)) if isinstance(row, Row)] == [
        {"id": "1", "likes": "5"}
    ]


def test_html_without_a_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a page without a table"):
        read(write(tmp_path / "a.xls", "<!DOCTYPE html><html><body>Log in</body></html>"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv doesn't exist"):
        read(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="is not a file of posts"):
        read(tmp_path)


def examples(folder: Path) -> dict[str, bytes]:
    """A small whole file of each format."""
    posts = [{"id": str(number), "text": "a" * number} for number in range(20)]
    pq.write_table(pa.Table.from_pylist(posts), folder / "parquet")
    book = workbook(folder / "book", [["id", "text"], *([post["id"], "a"] for post in posts)])
    with duckdb.connect(str(folder / "database")) as connection:
        connection.from_arrow(pa.Table.from_pylist(posts)).create("posts")
    lines = "\n".join(map(json.dumps, posts)).encode()
    with zipfile.ZipFile(folder / "zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", lines)
    return {
        "parquet": (folder / "parquet").read_bytes(),
        "workbook": book.read_bytes(),
        "database": (folder / "database").read_bytes(),
        "zip": (folder / "zip").read_bytes(),
        "array": json.dumps(posts, indent=1).encode(),
        "lines": lines,
        "html": HTML.encode(),
        "utf-16": "\n".join(f"{post['id']},{post['text']}" for post in posts).encode("utf-16"),
    } | {name: compress(lines) for name, compress in COMPRESSIONS.items()}


@pytest.mark.parametrize(("name", "tries"), [("workbook", 15), ("database", 25), ("others", 300)])
def test_damaged_files_of_any_format_are_read_rejected_or_refused(
    tmp_path: Path, name: str, tries: int
) -> None:
    whole = examples(tmp_path)
    names = [name] if name in whole else sorted(set(whole) - {"workbook", "database"})
    dice = random.Random(5)
    for _ in range(tries):
        content = bytearray(whole[dice.choice(names)])
        for _ in range(dice.choice([1, 1, 3, 20])):
            match dice.randrange(4):
                case 0:
                    content[dice.randrange(len(content))] = dice.randrange(256)
                case 1:
                    del content[dice.randrange(len(content)) :]
                case 2:
                    at = dice.randrange(len(content))
                    content[at:at] = dice.randbytes(dice.randrange(40))
                case _:
                    start = dice.randrange(len(content))
                    del content[start : start + dice.randrange(40)]
            content = content or bytearray(b"\0")
        with contextlib.suppress(InputError), open_table(write(tmp_path / "x", content)) as table:
            for row in table.rows:
                row.raw.encode()


@given(st.binary(max_size=200), st.sampled_from(["", "[", "{", "id,text\n", "<table><tr>", "PAR1"]))
def test_any_bytes_are_read_rejected_or_refused(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, start: str
) -> None:
    path = write(tmp_path_factory.mktemp("junk") / "a", start.encode() + junk)
    with contextlib.suppress(InputError), open_table(path) as table:
        for row in table.rows:
            row.raw.encode()
