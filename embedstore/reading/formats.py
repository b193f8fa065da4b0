"""Files to tables: which format a file has, and one reader for each."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from embedstore.errors import InputError
from embedstore.reading.columns import unique_names
from embedstore.reading.delimited import open_delimited
from embedstore.reading.rows import Row, Table, Unreadable
from embedstore.reading.textfile import RECORD_LIMIT, TextFile, escape_bad_bytes, has_bad_bytes
from embedstore.reading.values import EXACT_FLOAT, is_missing, to_json, without_surrogates

FORMATS = ".csv, .tsv, .jsonl, .ndjson (each also with .gz), .xlsx and .parquet"

# How much of a JSON lines file decides its columns.
_LOOKAHEAD_LINES = 1_000
_LOOKAHEAD_CHARACTERS = 1 << 23
_PARQUET_ROWS = 4_096
# What PyArrow raises for a damaged file; ValueError for names that are no UTF-8.
_DAMAGED = (pa.ArrowException, OSError, ValueError)


def open_table(path: Path, encoding: str | None = None) -> AbstractContextManager[Table]:
    """Open a file of posts by what its name ends in.

    Parameters
    ----------
    path
        The file.
    encoding
        Of text files; the other formats carry their own.

    Raises
    ------
    InputError
        Here or on entering the context, if the format is unknown or the file can't be
        read; while reading rows, if the file turns out to be damaged.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not path.is_file():
        what = "is not a file" if path.exists() else "doesn't exist"
        raise InputError(f"{path} {what}")
    zipped = suffixes[-1:] == [".gz"]
    match suffixes[-2:-1] if zipped else suffixes[-1:], zipped:
        case [".csv" | ".tsv"], _:
            return open_delimited(path, encoding)
        case [".jsonl" | ".ndjson"], _:
            return _open_jsonl(path, encoding)
        case [".xlsx"], False:
            return _open_xlsx(path)
        case [".parquet"], False:
            return _open_parquet(path)
    raise InputError(f"{path} is in no format that can be read: {FORMATS}")


@contextmanager
def _open_jsonl(path: Path, encoding: str | None) -> Iterator[Table]:
    """Open JSON lines: one object a line; the columns are those of the first thousand."""
    with TextFile(path, encoding, newline="\n") as file:
        rows = _json_rows(file)
        ahead: list[Row | Unreadable] = []
        columns: dict[str, None] = {}
        size = 0
        for row in rows:
            ahead.append(row)
            size += len(row.raw)
            if isinstance(row, Row):
                columns |= dict.fromkeys(row.cells)
            if len(ahead) >= _LOOKAHEAD_LINES or size >= _LOOKAHEAD_CHARACTERS:
                break
        if not ahead:
            raise InputError(f"{path} is empty: expected one JSON object a line")
        first = ahead[0]
        array = first.raw.startswith("[")
        if not columns or (array and isinstance(first, Unreadable)):
            reason = first.reason if isinstance(first, Unreadable) else "an empty object"
            hint = "; turn an array into lines with: jq -c '.[]' FILE.json > FILE.jsonl"
            raise InputError(
                f"{path} is not JSON lines, one object with a post's fields a line. "
                f"Line {first.line}: {reason}{hint if array else ''}"
            )
        yield Table(str(path), list(columns), chain(ahead, rows), lambda: file.fraction)


def _json_rows(file: TextFile) -> Iterator[Row | Unreadable]:
    # NaN and Infinity are Python's additions to JSON.
    decode = json.JSONDecoder(parse_constant=lambda _: None).decode
    for number, line in enumerate(file.lines(), 1):
        raw = line.strip()
        if not raw:
            continue
        reason = None
        cells: object = None
        if len(line) > RECORD_LIMIT:
            reason = f"longer than {RECORD_LIMIT:,} characters"
        elif not raw.isascii() and has_bad_bytes(raw):
            reason = f"bytes that are not {file.encoding}: name the file's own with --encoding"
        else:
            try:
                cells = decode(raw)
                if "\\u" in raw:
                    cells = without_surrogates(cells)
            except json.JSONDecodeError as error:
                reason = f"not valid JSON: {error.msg} at character {error.colno}"
            except (ValueError, RecursionError):
                reason = "not valid JSON: a number too long, or values nested too deeply"
            else:
                if not isinstance(cells, dict):
                    reason = "a JSON value that is not an object"
        if reason is None:
            yield Row(number, cast("dict[str, object]", cells), raw)
        else:
            yield Unreadable(number, reason, escape_bad_bytes(raw))


def _open_xlsx(path: Path) -> AbstractContextManager[Table]:
    """Open the first sheet of a workbook that has any row; that row is its header.

    The sheet is held in memory as long as the table is, about 1 KB a post. Rows are
    numbered as the spreadsheet numbers them.
    """
    # Here, because a build of other files needs no workbook reader.
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_path(path)
        for index, sheet in enumerate(book.sheets_metadata):
            if sheet.typ is not SheetTypeEnum.WorkSheet:
                continue
            cells = book.get_sheet_by_index(index)
            rows = enumerate(cells.iter_rows(), 1)
            header = next((row for _, row in rows if not all(map(is_missing, row))), None)
            if header is not None:
                columns = unique_names(map(_cell, header))
                name = f'{path}, sheet "{sheet.name}"'
                return nullcontext(_sheet(name, columns, rows, cells.total_height))
    except (CalamineError, OSError) as error:
        raise InputError(f"{path} is not a workbook that can be read: {error}") from error
    raise InputError(f"{path} is empty: no sheet has a header row")


def _sheet(
    name: str, columns: list[str], sheet_rows: Iterator[tuple[int, list[Any]]], height: int
) -> Table:
    read = 0

    def rows() -> Iterator[Row]:
        nonlocal read
        for number, values in sheet_rows:
            read = number
            cells = {
                column: _cell(value)
                for column, value in zip(columns, values, strict=True)
                if not is_missing(value)
            }
            if cells:
                yield Row(number, cells, to_json(cells))

    return Table(name, columns, rows(), lambda: min(1.0, read / height))


def _cell(value: object) -> object:
    """Undo what a workbook does to numbers: all of them are floats there."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT:
        return int(value)
    return value


@contextmanager
def _open_parquet(path: Path) -> Iterator[Table]:
    """Open a Parquet file; rows are numbered from 1."""
    try:
        # Buffering ahead would bring the whole file into memory.
        file = pq.ParquetFile(path, pre_buffer=False)
        names = file.schema_arrow.names
    except _DAMAGED as error:
        raise InputError(f"{path} is not a Parquet file that can be read: {error}") from error
    with file:
        columns = unique_names(names)
        total = file.metadata.num_rows
        read = 0

        def rows() -> Iterator[Row]:
            nonlocal read
            try:
                for batch in file.iter_batches(_PARQUET_ROWS):
                    for values in zip(*map(_python_values, batch.columns), strict=True):
                        read += 1
                        cells = {
                            column: value
                            for column, value in zip(columns, values, strict=True)
                            if not is_missing(value)
                        }
                        if cells:
                            yield Row(read, cells, to_json(cells))
            except _DAMAGED as error:
                raise InputError(f"{path} can't be read past row {read}: {error}") from error

        yield Table(str(path), columns, rows(), lambda: read / total if total else 1.0)


def _python_values(column: pa.Array) -> list[Any]:
    """Give an Arrow column's values as Python objects, whatever they are."""
    if pa.types.is_timestamp(column.type):
        # Nanoseconds are finer than a datetime can be; a zone is only how to show UTC.
        column = column.cast(pa.timestamp("us"), safe=False)
    try:
        return cast("list[Any]", column.to_pylist())
    except UnicodeDecodeError:
        return cast("list[Any]", column.cast(pa.binary()).to_pylist())
    except (ValueError, OverflowError):  # a moment outside the years 1 to 9999
        return cast("list[Any]", column.cast(pa.string()).to_pylist())
