"""Lines to rows of cells, with care for what was quoted or broken."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from embedstore.reading.formats.text import RECORD_LIMIT, escape_bad_bytes, has_bad_bytes
from embedstore.reading.rows import Row, Unreadable

if TYPE_CHECKING:
    import _csv

_SHORT_SPAN = 1 << 14
_BLOCK = 512  # lines that are read at once where nothing is wrong with them
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


class _TooLongError(Exception):
    """The record being read has more than `RECORD_LIMIT` characters."""


class Feed:
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

    def __iter__(self) -> "Feed":
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

    def give_back(self, lines: Sequence[str]) -> None:
        """Let lines be read next."""
        self._returned.extendleft(reversed(lines))

    def give_back_all_but_first(self) -> None:
        """Let all of the record's lines but its first be read again."""
        if self._size > _SHORT_SPAN:
            self._span = max(self._span // 2, _SHORT_SPAN)
        self.give_back(self._taken[1:])
        del self._taken[1:]

    def block(self) -> list[str]:
        """Take some lines past the bookkeeping, when none are to be read again."""
        return list(islice(self._lines, _BLOCK))

    def reads_again(self) -> bool:
        """Tell whether lines that were given back are still to be read."""
        return bool(self._returned)


class _Record(NamedTuple):
    """Lines of one record, and its cells or what is wrong; neither if it is blank."""

    lines: list[str]
    cells: list[str]
    reason: str | None


def records_of(
    feed: Feed, dialect: Dialect, width: int | None = None, least: int = 0
) -> Iterator[_Record]:
    """Split lines into records, with care for broken ones.

    A record over several lines that doesn't come out right may owe that to one stray
    quotation mark: only its first line is given up, and reading goes on with the next.

    Parameters
    ----------
    feed
        The lines.
    dialect
        How cells are told apart.
    width
        Cells that a record has. Default: any number.
    least
        Cells that it may do with, where the last columns have no names.
    """
    reader = dialect.reader(feed)
    while True:
        taken = feed.start_record()
        reason = None
        cells: list[str] = []
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
                yield _Record(taken, [], None)
                continue
            if width is not None and len(cells) != width:
                if not any(cells[width:]) and len(cells) >= least:
                    del cells[width:]
                else:
                    reason = f"{len(cells)} columns where the header has {width}"
                    if len(taken) > 1:
                        reason += "; a quotation mark may be missing"
        if reason is not None:
            feed.give_back_all_but_first()
        yield _Record(taken, cells, reason)


def read_rows(
    lines: Iterator[str], dialect: Dialect, encoding: str, columns: Sequence[str], line: int
) -> Iterator[Row | Unreadable]:
    """Split lines into rows of as many cells as there are columns, numbered from `line`."""
    width = len(columns)
    least = width
    while least > 1 and columns[least - 1] == f"column {least}":
        least -= 1
    feed = Feed(lines)
    header = list(columns)
    while block := feed.block():
        # Nearly all lines are in order, and csv.reader takes them without being watched.
        used = 0
        reader = dialect.reader([] if has_bad_bytes("".join(block)) else block)
        try:
            for cells in reader:
                end = reader.line_num
                if (
                    len(cells) != width
                    or (not cells[0] and not any(cells))
                    or (cells[0] == header[0] and cells == header)
                ):
                    break
                raw = block[used] if end == used + 1 else "".join(block[used:end])
                if len(raw) > RECORD_LIMIT:
                    break
                yield Row(line, dict(zip(columns, cells)), raw.rstrip("\r\n"))  # noqa: B905
                line += end - used
                used = end
        except csv.Error:
            pass
        if used == len(block):
            continue
        # The rest of the block is watched, to the end of its last record.
        feed.give_back(block[used:])
        for record in records_of(feed, dialect, width, least):
            if record.cells or record.reason:
                yield _row(record, header, encoding, line)
            line += len(record.lines)
            if not feed.reads_again():
                break


def _row(record: _Record, columns: Sequence[str], encoding: str, line: int) -> Row | Unreadable:
    taken, cells, reason = record
    raw = "".join(taken).rstrip("\r\n")
    if has_bad_bytes(raw):
        reason = f"bytes that are not {encoding}: name the file's own with --encoding"
        raw = escape_bad_bytes(raw)
    if reason is None and cells == columns:
        reason = "the header again"
    if reason is not None:
        return Unreadable(line, reason, raw)
    return Row(line, dict(zip(columns, cells, strict=False)), raw)


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
