"""Delimited text (CSV, TSV) to rows, however it was quoted or broken."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from embedstore.errors import InputError
from embedstore.reading.columns import unique_names
from embedstore.reading.rows import Row, Table, Unreadable
from embedstore.reading.textfile import RECORD_LIMIT, TextFile, escape_bad_bytes, has_bad_bytes

if TYPE_CHECKING:
    import _csv

_SAMPLE = 1 << 17  # characters to guess a dialect from
_SHORT_SPAN = 1 << 14
_UNCLOSED = "a quotation mark is not closed, or closed in the middle of a cell"


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart.

    Attributes
    ----------
    delimiter
        Stands between cells.
    quote
        Stands around a cell that holds delimiters or line ends, and doubled for itself
        inside it; ``None`` where quotation marks are ordinary characters.
    escape
        Stands before a character that is meant literally.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None

    def reader(self, lines: Iterable[str], *, strict: bool = True) -> "_csv.Reader":
        """Read cells; a strict reader refuses what follows a closing quotation mark."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            strict=strict,
        )


@contextmanager
def open_delimited(path: Path, encoding: str | None) -> Iterator[Table]:
    """Open a CSV or TSV file whose first row is a header.

    The delimiter (comma, semicolon, tab or pipe) and the way of quoting are those that
    give the most rows as many cells as the header has. Blank rows are left out.

    Raises
    ------
    InputError
        If the file can't be opened, is empty, or starts with what is no header.
    """
    # The module's default of 128 KiB is less than a record may have here.
    csv.field_size_limit(max(csv.field_size_limit(), RECORD_LIMIT))
    with TextFile(path, encoding) as file:
        lines = file.lines()
        sample = _take_sample(lines)
        if not any(line.strip() for line in sample):
            raise InputError(f"{path} is empty: expected a header line and posts below it")
        rows = _read(chain(sample, lines), sniff(sample), file.encoding)
        header = next(rows, None)
        if not isinstance(header, Row):
            reason = "it has no cells" if header is None else header.reason
            raise InputError(f"the header of {path} can't be read: {reason}")
        yield Table(str(path), list(header.cells), rows, lambda: file.fraction)


def sniff(sample: Sequence[str]) -> Dialect:
    """Guess the dialect of a file from its first lines.

    Returns
    -------
    Dialect
        The one that most lines fit. Among equals, the one with more columns, then the
        standard way of quoting.
    """
    best = Dialect()
    # Fewest rows that don't fit, then most columns; the first of equals.
    best_score = (len(sample), 0)
    for delimiter in ",;\t|":
        # RFC 4180; marks escaped as \" by MySQL and Spark.
        quotings: list[tuple[str | None, str | None]] = [('"', None), ('"', "\\")]
        if not any(line.startswith('"') or f'{delimiter}"' in line for line in sample):
            quotings.append(("'", None))
        if delimiter in "\t|":
            # Where commas separate, a quotation mark that is never closed is an error.
            # In tab- and pipe-separated dumps it is likely to be text.
            quotings.append((None, None))
        for quote, escape in quotings:
            dialect = Dialect(delimiter, quote, escape)
            misfits, width = _misfits(sample, dialect)
            if width < 2:
                break
            if (misfits, -width) < best_score:
                best, best_score = dialect, (misfits, -width)
            if not misfits:
                break
    return best


def _misfits(sample: Sequence[str], dialect: Dialect) -> tuple[int, int]:
    """Count the rows that don't fit a dialect, and its columns."""
    rows = _read(iter(sample), dialect, "utf-8")
    header = next(rows, None)
    if not isinstance(header, Row):
        return len(sample), 0
    width = len(header.cells)
    return sum(isinstance(row, Unreadable) for row in rows) if width > 1 else 0, width


def _take_sample(lines: Iterator[str]) -> list[str]:
    """Take the first lines, ending outside of quotation marks if that is near."""
    sample: list[str] = []
    size = marks = 0
    for line in lines:
        sample.append(line)
        size += len(line)
        marks += line.count('"')
        if size >= _SAMPLE and (marks % 2 == 0 or size >= 2 * _SAMPLE):
            break
    return sample


class _TooLongError(Exception):
    """The record being read has more than `RECORD_LIMIT` characters."""


class _Feed:
    """Lines for ``csv.reader`` that remembers a record's own and takes them back.

    To read lines again costs time. Where that happens again and again, a record of
    several lines may only be so long, down to `_SHORT_SPAN`; a good one lifts that.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0
        self._span = RECORD_LIMIT

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self._taken.append(line)
        self._size += len(line)
        if self._size > self._span and (len(self._taken) > 1 or self._size > RECORD_LIMIT):
            raise _TooLongError
        return line

    def start_record(self) -> list[str]:
        """Return the list that the next record's lines will be in."""
        if len(self._taken) > 1:
            self._span = RECORD_LIMIT
        self._taken = []
        self._size = 0
        return self._taken

    def return_all_but_first(self) -> None:
        """Let all of the record's lines but its first be read again."""
        if self._size > _SHORT_SPAN:
            self._span = max(self._span // 2, _SHORT_SPAN)
        self._returned.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]


def _read(lines: Iterator[str], dialect: Dialect, encoding: str) -> Iterator[Row | Unreadable]:
    """Split lines into rows of as many cells as the header has.

    The header is the first row itself, under its own names.

    A record over several lines that doesn't come out right may owe that to one stray
    quotation mark: only its first line is given up, and reading goes on with the next.
    """
    feed = _Feed(lines)
    reader = dialect.reader(feed)
    columns: list[str] = []
    line = 1
    while True:
        taken = feed.start_record()
        reason = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLongError:
            too_long = len(taken) == 1
            reason = f"longer than {RECORD_LIMIT:,} characters" if too_long else _UNCLOSED
        except csv.Error:
            cells = _leniently(taken[0], dialect) if len(taken) == 1 else []
            reason = None if cells else _UNCLOSED
        if reason is None:
            # Blank before wrong: spreadsheets pad a file's end with rows of commas.
            if not any(cells) or (len(cells) == 1 and cells[0].isspace()):
                line += len(taken)
                continue
            columns = columns or unique_names(cells)
            if len(cells) != len(columns):
                reason = f"{len(cells)} columns where the header has {len(columns)}"
                if len(taken) > 1:
                    reason += "; a quotation mark may be missing"
        if reason is not None:
            feed.return_all_but_first()
        raw = "".join(taken).rstrip("\r\n")
        if not raw.isascii() and has_bad_bytes(raw):
            reason = f"bytes that are not {encoding}: name the file's own with --encoding"
            raw = escape_bad_bytes(raw)
        if reason is None:
            yield Row(line, dict(zip(columns, cells, strict=True)), raw)
        else:
            yield Unreadable(line, reason, raw)
        line += len(taken)


def _leniently(line: str, dialect: Dialect) -> list[str]:
    """Read one line whose quotation marks are not as they should be.

    ``1,"Great" she said,x`` has one obvious reading, without the marks. A cell that is
    still open at the line's end has none: the result is empty.
    """
    reader = dialect.reader([line, ""], strict=False)
    try:
        cells = next(reader)
    except csv.Error:
        return []
    return cells if reader.line_num == 1 else []
