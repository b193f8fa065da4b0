"""Workbooks (XLSX, XLS, ODS) to rows, read by a process with a limit on its memory."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from embedstore.errors import InputError
from embedstore.reading.formats import workbook_process
from embedstore.reading.formats.compression import Source
from embedstore.reading.formats.header import (
    LOOKAHEAD,
    column_names,
    find_header,
    given_names,
    header_goes_on,
    looks_like_post,
    no_header,
)
from embedstore.reading.formats.text import RECORD_LIMIT
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import EmptyError, Row, Table, Unreadable
from embedstore.reading.synonyms import fields_of
from embedstore.reading.values import EXACT_FLOAT, is_missing, to_json

MEMORY = 1 << 30
"""Bytes that the process which reads a workbook may take."""

_TIMES: dict[str, Callable[[Any], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "duration": lambda seconds: timedelta(seconds=seconds),
}
# What a sheet of posts has at least one column of.
_OF_POSTS = {"id", "text", "permalink"}
_APART = 256  # empty columns that part a stray cell from a table
_ALTERED = " whose checksums are wrong"
_FAR = "lies more than 50,000 empty rows below the rest of the sheet"


class _TooLargeError(Exception):
    """The workbook's reader gave up, for want of memory more often than not."""


@contextmanager
def open_workbook(path: Path, source: Source, options: ReadOptions) -> Iterator[Table]:
    """Open the sheet of a workbook that has posts.

    Of several sheets it is the one with the most columns that are known, or what
    ``options.sheet`` names. Rows are numbered as the spreadsheet numbers them.

    Parameters
    ----------
    path
        The workbook on disk.
    source
        Its name.
    options
        ``sheet`` is a name or a number from 1.

    Raises
    ------
    InputError
        If it is damaged, has no such sheet or no rows, or needs more than `MEMORY`.
    """
    trim = False
    while True:
        with _Process(path, source.name, LOOKAHEAD + options.skip_rows, trim=trim) as process:
            try:
                table = _table(process, source, options)
            except _TooLargeError as error:
                # Stray cells in far corners may be why: they are worth a second try.
                if trim or not _is_zip(path):
                    raise InputError(
                        f"{source.name} needs more than {MEMORY >> 20:,} MiB of memory to be read, "
                        "or is damaged: save its sheet as CSV, which is read row by row"
                    ) from error
                trim = True
                continue
            yield table
            return


class _Process:
    """The running reader of a workbook, and what it says."""

    def __init__(self, path: Path, name: str, head: int, *, trim: bool) -> None:
        self.name = name
        script = str(workbook_process.__file__)
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [
                *(sys.executable, "-I", script),
                *(str(path.absolute()), str(MEMORY), str(head), "trim" if trim else "all"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._decode = msgspec.msgpack.Decoder().decode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def hear(self) -> list[Any]:
        """Return the next message.

        Raises
        ------
        InputError
            The workbook can't be read.
        _TooLargeError
            The process ended before it could say so.
        """
        assert self._process.stdout is not None
        size = self._process.stdout.read(4)
        data = self._process.stdout.read(int.from_bytes(size, "big"))
        message = self._decode(data) if data else ["memory"]
        if message[0] in ("memory", "again"):
            raise _TooLargeError
        if message[0] == "error":
            raise InputError(f"{self.name} is not a workbook that can be read: {message[1]}")
        return list(message)

    def choose(self, sheet: int) -> None:
        """Ask for a sheet, from 0."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{sheet}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise _TooLargeError from error


def _table(process: _Process, source: Source, options: ReadOptions) -> Table:
    sheets: list[tuple[str, list[list[Any]]]] = []
    far: dict[int, int] = {}
    altered = False
    while (message := process.hear())[0] != "sheets":
        if message[0] == "trimmed":
            far, altered = message[1:]
        else:
            sheets.append((message[1], message[2]))
    index = _choose_sheet(source.name, sheets, options.sheet)
    title, first = sheets[index]
    name = f'{source.name}, sheet "{title}"'
    # Rows of nothing keep their numbers.
    filled = [
        (number, row)
        for number, row in enumerate(first, 1)
        if number > options.skip_rows and any(map(_is_filled, row))
    ]
    if not filled:
        raise EmptyError(f"{name} is empty")
    position = find_header([row for _, row in filled]) if options.header else 0
    below, header = filled[position]
    header = _without_stray_cells(header)
    if options.header:
        if looks_like_post(header) and not options.columns:
            raise no_header(name, header)
        if position + 1 < len(filled) and header_goes_on(header, filled[position + 1][1]):
            below = filled[position + 1][0]
        columns = (
            given_names(len(header), options.columns, name)
            if options.columns
            else column_names(map(_cell, header), name)
        )
    else:
        width = max(len(row) for _, row in filled)
        columns, below = given_names(width, options.columns, name), below - 1
    process.choose(index)
    height = max(process.hear()[1], 1)
    read = 0

    def rows() -> Iterator[Row | Unreadable]:
        nonlocal read
        for number, values in _numbered_rows(process):
            read = number
            if number > below and (row := _row(number, columns, values)):
                yield row
        for number in sorted(far):
            if far[number] <= len(columns):
                yield Unreadable(number, _FAR, "")

    form = f"{source.compression}workbook{_ALTERED if altered else ''}"
    return Table(name, form, columns, rows(), lambda: min(1.0, read / height))


def _numbered_rows(process: _Process) -> Iterator[tuple[int, list[Any]]]:
    try:
        while (message := process.hear())[0] == "rows":
            yield from message[1]
    except _TooLargeError as error:
        raise InputError(
            f"{process.name} can't be read to its end: its reader ran out of memory"
        ) from error


def _row(number: int, columns: list[str], values: list[Any]) -> Row | Unreadable | None:
    cells = {
        column: _cell(value)
        for column, value in zip(columns, values, strict=False)
        if not is_missing(value)
    }
    if not cells:
        return None  # blank, or notes beside the table
    for position in range(len(columns), len(values)):
        if not is_missing(values[position]):
            cells[f"column {position + 1}"] = _cell(values[position])
    raw = to_json(cells)
    if len(raw) > RECORD_LIMIT:
        return Unreadable(number, f"longer than {RECORD_LIMIT:,} characters", raw[:RECORD_LIMIT])
    return Row(number, cells, raw)


def _without_stray_cells(header: list[Any]) -> list[Any]:
    """Cut off what stands in a header's row far to the right of it."""
    blank = 0
    for position, cell in enumerate(header):
        blank = 0 if _is_filled(cell) else blank + 1
        if blank > _APART:
            return header[: position + 1 - blank]
    return header


def _choose_sheet(
    name: str, sheets: Sequence[tuple[str, list[list[Any]]]], wanted: str | None
) -> int:
    """Return the position of the sheet to read."""
    titles = [title for title, _ in sheets]
    if wanted is not None:
        if wanted in titles:
            return titles.index(wanted)
        if wanted.isdecimal() and 1 <= int(wanted) <= len(sheets):
            return int(wanted) - 1
        folded = [title.strip().casefold() for title in titles]
        if wanted.strip().casefold() in folded:
            return folded.index(wanted.strip().casefold())
        raise InputError(f'{name} has no sheet "{wanted}". Its sheets are: {", ".join(titles)}')
    best, best_score = -1, (False, -1, False)
    for index, (_, rows) in enumerate(sheets):
        filled = [row for row in rows if any(map(_is_filled, row))]
        if filled:
            fields = fields_of([str(cell) for cell in filled[find_header(filled)]])
            # A sheet of figures by day names no posts, and one of a header alone has none.
            found = (bool(fields & _OF_POSTS), len(fields), len(filled) > 1)
            if found > best_score:
                best, best_score = index, found
    if best < 0:
        raise EmptyError(f"{name} is empty: no sheet has a header row")
    return best


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _is_filled(value: object) -> bool:
    return not is_missing(value)


def _cell(value: Any) -> object:
    """Undo what a workbook does to numbers, all of which are floats there, and to times."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT:
        return int(value)
    if isinstance(value, list):
        return _TIMES[value[0]](value[1])
    return value
