"""Delimited text (CSV, TSV) to rows, however it was quoted or broken."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain, islice

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
from embedstore.reading.formats.records import Dialect, Feed, read_rows, records_of
from embedstore.reading.formats.text import (
    RECORD_LIMIT,
    TextFile,
    has_bad_bytes,
)
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import EmptyError, Table, Unreadable

_SAMPLE = 1 << 17  # characters to guess a dialect from
_FORMATS = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "CSV with pipes"}


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
    rows = read_rows(chain(sample, lines), dialect, text.encoding, columns, skipped + below + 1)
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
    rows = read_rows(iter(sample[start:]), dialect, "utf-8", [str(n) for n in range(width)], 1)
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
    for taken, cells, _ in records_of(Feed(iter(sample)), dialect):
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
