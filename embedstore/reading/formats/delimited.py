"""Delimited text (CSV, TSV) to rows, however it was quoted or broken."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from embedstore.errors import InputError
from embedstore.reading.formats.compression import Source
from embedstore.reading.formats.header import (
    LOOKAHEAD,
    column_names,
    find_header,
    given_names,
    header_goes_on,
    is_header,
    looks_like_post,
    no_header,
)
from embedstore.reading.formats.text import (
    RECORD_LIMIT,
    TextFile,
    escape_bad_bytes,
    has_bad_bytes,
)
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import EmptyError, Row, Table, Unreadable

if TYPE_CHECKING:
    import _csv

_SAMPLE = 1 << 17  # characters to guess a dialect from
_SHORT_SPAN = 1 << 14
_BLOCK = 512  # lines that are read at once where nothing is wrong with them
_UNCLOSED = "a quotation mark is not closed, or closed in the middle of a cell"
_FORMATS = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "CSV with pipes"}


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


def read_delimited(source: Source, text: TextFile, options: ReadOptions) -> Table:
    """Read CSV or TSV.

    The delimiter (comma, semicolon, tab or pipe) and the way of quoting are those that
    give the most rows as many cells as the header has. Titles and notes above the header are
    passed over, blank rows are left out.

    Raises
    ------
    InputError
        If it is empty, starts with what is no header, or has too many columns.
    """
    # The module's default of 128 KiB is less than a record may have here.
    csv.field_size_limit(max(csv.field_size_limit(), RECORD_LIMIT))
    lines = text.lines()
    skipped = len(list(islice(lines, options.skip_rows)))
    sample = _take_sample(lines)
    delimiter = _declared_delimiter(sample)
    if delimiter is not None:
        del sample[0]
        skipped += 1
        if not any(delimiter in line for line in sample):
            delimiter = None  # a file of another program, below Excel's line
    if not any(line.strip() for line in sample):
        raise EmptyError(f"{source.name} is empty: expected a header line and posts below it")
    dialect = sniff(sample, delimiter, header=options.header)
    columns, below = _header(sample, dialect, text, options)
    for _ in range(below):
        del sample[0]
    rows = _read(chain(sample, lines), dialect, text.encoding, columns, skipped + below + 1)
    form = f"{source.compression}{_FORMATS.get(dialect.delimiter, 'CSV')}"
    return Table(source.name, form, columns, rows, source.fraction)


def sniff(sample: Sequence[str], declared: str | None = None, *, header: bool = True) -> Dialect:
    """Guess the dialect of a file from its first lines.

    Parameters
    ----------
    sample
        The lines.
    declared
        The delimiter, if it is known.
    header
        Whether a row of names is among them.

    Returns
    -------
    Dialect
        Of those under which the header has names that are known, the one that most lines
        fit. Among equals, the one with more columns, then the standard way of quoting.
    """
    best = Dialect(declared or ",")
    # A header, then fewest rows that don't fit, then most columns; the first of equals.
    best_score = (True, len(sample), 0)
    for delimiter in declared or ",;\t|":
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
            misfits, names = _misfits(sample, dialect, header=header)
            if len(names) < 2:
                break
            found = (not is_header(names), misfits, -len(names))
            if found < best_score:
                best, best_score = dialect, found
            if not misfits:
                break
    return best


def _misfits(sample: Sequence[str], dialect: Dialect, *, header: bool) -> tuple[int, Sequence[str]]:
    """Count the rows that don't fit a dialect, and return its header."""
    first = _first_records(sample, dialect)
    if not first:
        return len(sample), ()
    start, _, cells = first[find_header([cells for _, _, cells in first]) if header else 0]
    width = len(cells)
    if width < 2:
        return 0, cells
    rows = _read(iter(sample[start:]), dialect, "utf-8", [str(n) for n in range(width)], 1)
    return sum(isinstance(row, Unreadable) for row in rows), cells


def _header(
    sample: Sequence[str], dialect: Dialect, text: TextFile, options: ReadOptions
) -> tuple[list[str], int]:
    """Return the columns, and how many lines stand above the first row of posts."""
    first = _first_records(sample, dialect)
    if not first:
        raise InputError(f"the header of {text.name} can't be read: it has no cells")
    position = find_header([cells for _, _, cells in first]) if options.header else 0
    start, count, cells = first[position]
    raw = "".join(sample[start : start + count])
    if has_bad_bytes(raw):
        raise InputError(
            f"the header of {text.name} can't be read: bytes that are not {text.encoding}: "
            "name the file's own with --encoding"
        )
    if not options.header:
        return given_names(len(cells), options.columns, text.name), 0
    if looks_like_post(cells) and not options.columns:
        raise no_header(text.name, cells)
    end = start + count
    if position + 1 < len(first) and header_goes_on(cells, first[position + 1][2]):
        end = first[position + 1][0] + first[position + 1][1]
    if options.columns:
        return given_names(len(cells), options.columns, text.name), end
    return column_names(cells, text.name), end


def _first_records(sample: Sequence[str], dialect: Dialect) -> list[tuple[int, int, list[str]]]:
    """Return first line (from 0), number of lines and cells of the first records of any width."""
    found: list[tuple[int, int, list[str]]] = []
    start = 0
    for taken, cells, _ in _records(_Feed(iter(sample)), dialect):
        if cells:
            found.append((start, len(taken), cells))
        if len(found) == LOOKAHEAD:
            break
        start += len(taken)
    return found


def _declared_delimiter(sample: Sequence[str]) -> str | None:
    """Return what Excel's first line ``sep=;`` names, if it is there."""
    first = sample[0].rstrip("\r\n").strip('"') if sample else ""
    return first[4] if len(first) == 5 and first[:4].lower() == "sep=" else None


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


def _records(
    feed: _Feed, dialect: Dialect, width: int | None = None, least: int = 0
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


def _read(
    lines: Iterator[str], dialect: Dialect, encoding: str, columns: Sequence[str], line: int
) -> Iterator[Row | Unreadable]:
    """Split lines into rows of as many cells as there are columns, numbered from `line`."""
    width = len(columns)
    least = width
    while least > 1 and columns[least - 1] == f"column {least}":
        least -= 1
    feed = _Feed(lines)
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
        for record in _records(feed, dialect, width, least):
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
