"""The process that reads a workbook, under a limit on its memory.

A workbook's own sizes can't be trusted: a file of 2 KB may ask for 500 GB, and the reader of
workbooks holds a whole sheet. So it runs by itself, as a script that imports nothing of
embedstore: what is too large ends this process and no other.

It writes messages in MessagePack to its standard output: ``["sheet", name, first rows]`` for
each sheet; then, once the number of one has been read from standard input,
``["open", height]``, ``["rows", [[number, row], …]]`` and ``["end"]``. Where it can't
go on, it says ``["error", reason]``, ``["memory"]``, or ``["again"]`` if a trimmed copy helps.
"""

import contextlib
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import msgspec
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum

ROWS = 256  # rows a message
SECONDS = 300  # of computing: a sheet of a million rows takes 20
# Bytes that all parts of a workbook may have decompressed.
INFLATED_LIMIT = 1 << 30
# The most that a sheet can hold.
LAST_COLUMN, LAST_ROW = 16_384, 1_048_576
# In a workbook with stray cells: the columns that are read, and the empty rows that end it.
_COLUMNS, _GAP = 2_000, 50_000

_CELL = re.compile(
    rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Za-z]+)([0-9]+)\"[^>]*?(?:/>|>.*?</(?:\w+:)?c>)", re.DOTALL
)


def main(path: str, memory: int, head: int, trim: bool) -> None:
    """Read one workbook.

    Parameters
    ----------
    path
        The file.
    memory
        Bytes that the process may take beyond what it has at its start.
    head
        First rows of each sheet to show.
    trim
        Leave out cells that lie far from all others, which need the most memory, and read
        parts whose checksums are wrong.
    """
    limit_memory(memory)
    out = sys.stdout.buffer
    encode = msgspec.msgpack.Encoder(enc_hook=None).encode

    def say(*message: Any) -> None:
        data = encode(message)
        out.write(len(data).to_bytes(4, "big") + data)
        out.flush()

    try:
        check_sizes(path)
        if trim:
            copy, far, altered = trimmed(path)
            say("trimmed", far, altered)
            book = CalamineWorkbook.from_filelike(copy)
        else:
            book = CalamineWorkbook.from_path(path)
        sheet: CalamineSheet | None = None
        index = -1
        for number, known in enumerate(book.sheets_metadata):
            first: list[Any] = []
            if known.typ is SheetTypeEnum.WorkSheet:
                sheet, index = book.get_sheet_by_index(number), number
                first = [row for _, row in zip(range(head), rows_of(sheet), strict=False)]
            say("sheet", known.name, first)
        say("sheets")
        wanted = int(sys.stdin.readline() or -1)
        if wanted < 0:
            return
        if sheet is None or wanted != index:
            sheet = book.get_sheet_by_index(wanted)
        say("open", sheet.total_height)
        block: list[tuple[int, list[Any]]] = []
        for row_number, row in enumerate(rows_of(sheet), 1):
            if row:
                block.append((row_number, row))
            if len(block) == ROWS:
                say("rows", block)
                block = []
        say("rows", block)
        say("end")
    except MemoryError:
        say("memory")
    except BaseException as error:  # also a panic of the reader
        if not trim and "checksum" in str(error):
            say("again")
        say("error", str(error) or type(error).__name__)


def rows_of(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """Give a sheet's rows from its first, each to its last filled cell."""
    for row in sheet.iter_rows():
        while row and row[-1] == "":
            row.pop()
        yield [plain(cell) for cell in row]


def plain(cell: Any) -> Any:
    """Make a cell something that MessagePack can carry: times become marked texts."""
    match cell:
        case datetime():
            return ["datetime", cell.isoformat()]
        case date():
            return ["date", cell.isoformat()]
        case time():
            return ["time", cell.isoformat()]
        case timedelta():
            return ["duration", cell.total_seconds()]
    return cell


def limit_memory(memory: int) -> None:
    """Limit what this process may take, where the system can do that."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        with open("/proc/self/statm") as file:  # noqa: PTH123
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def check_sizes(path: str) -> None:
    """Refuse a workbook that is far larger decompressed than workbooks are."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > INFLATED_LIMIT:
        raise ValueError(
            f"it has {size / 2**30:,.1f} GiB decompressed, more than any sheet of posts: "
            "save it as CSV, which is read row by row"
        )


def trimmed(path: str) -> tuple[BytesIO, dict[int, int], bool]:
    """Copy a workbook without the cells that lie far from all others.

    Returns
    -------
    BytesIO
        The copy.
    dict
        Rows that lie below such a gap that they aren't read, and the first column of each.
    bool
        Whether a checksum is wrong: somebody changed the file by other means than a spreadsheet.
    """
    copy = BytesIO()
    far: dict[int, int] = {}
    altered = False
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as out:
        for info in archive.infolist():
            data = inflated(path, info)
            altered |= zlib.crc32(data) != info.CRC
            if re.search(r"worksheets/[^/]+\.xml\Z", info.filename):
                data = trim_sheet(data, far)
            out.writestr(info.filename, data)
    copy.seek(0)
    return copy, far, altered


def inflated(path: str, info: zipfile.ZipInfo) -> bytes:
    """Read a part, whether or not its checksum is right."""
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(info.header_offset)
        header = file.read(30)
        file.seek(int.from_bytes(header[26:28], "little"), 1)
        file.seek(int.from_bytes(header[28:30], "little"), 1)
        data = file.read(info.compress_size)
    if info.compress_type == zipfile.ZIP_STORED:
        return data
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, max(info.file_size, 1))


def trim_sheet(xml: bytes, far: dict[int, int]) -> bytes:
    """Leave out the cells of a sheet that lie far from all others, and note their rows."""
    rows = sorted({int(found[2]) for found in _CELL.finditer(xml) if len(found[2]) < 9})
    last = 0
    for row in rows:
        if row - last > _GAP:
            break
        last = row

    def keep(found: re.Match[bytes]) -> bytes:
        column = column_number(found[1])
        row = int(found[2]) if len(found[2]) < 9 else LAST_ROW + 1
        if column > LAST_COLUMN or row > LAST_ROW:
            raise ValueError(
                f"a cell at {(found[1] + found[2])[:30].decode()}, where no sheet can have one"
            )
        if row > last:
            far[row] = min(column, far.get(row, column))
        return found[0] if column <= _COLUMNS and row <= last else b""

    return _CELL.sub(keep, xml)


def column_number(letters: bytes) -> int:
    """Return a column's number: ``A`` is 1."""
    if len(letters) > 3:
        return LAST_COLUMN + 1
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "trim")
