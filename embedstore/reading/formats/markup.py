"""Tables in HTML, and workbooks as XML of 2003: what many exports call ``.xls``."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import chain, islice

from embedstore.errors import InputError
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
from embedstore.reading.formats.text import (
    RECORD_LIMIT,
    TextFile,
    escape_bad_bytes,
    has_bad_bytes,
)
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import EmptyError, Row, Table, Unreadable
from embedstore.reading.values import to_json

_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*\?>|<!--.*?-->|<\?[^>]*\?>|\s)*<(?:!doctype\s+html|html|head|meta|body|table|"
    r"(?:\w+:)?workbook)\b",
    re.IGNORECASE | re.DOTALL,
)
_PIECE = 1 << 16
_CELL_LIMIT = RECORD_LIMIT
_REPEATED = 16_384  # columns that one cell may be repeated over or skip


def is_markup(head: str) -> bool:
    """Tell whether a text begins as a page of HTML or a workbook as XML."""
    return _MARKUP.match(head) is not None


def read_markup(source: Source, text: TextFile, options: ReadOptions) -> Table:
    """Read the rows of all tables of a page that are as wide as the first with a header.

    Raises
    ------
    InputError
        If there is no table in it.
    """
    rows = _rows(text)
    first = list(islice(rows, LOOKAHEAD + options.skip_rows))
    filled = [(line, cells) for line, cells in first[options.skip_rows :] if any(cells)]
    if not filled:
        raise EmptyError(f"{source.name} is empty: it is a page without a table")
    position = find_header([cells for _, cells in filled]) if options.header else 0
    header = filled[position][1]
    if options.header and looks_like_post(header) and not options.columns:
        raise no_header(source.name, header)
    if has_bad_bytes("".join(header)):
        raise InputError(
            f"the header of {source.name} can't be read: bytes that are not {text.encoding}: "
            "name the file's own with --encoding"
        )
    if options.header and not options.columns:
        columns = column_names(header, source.name)
    else:
        columns = given_names(len(header), options.columns, source.name)
    if options.header:
        position += 1
        if position < len(filled) and header_goes_on(header, filled[position][1]):
            position += 1

    def posts() -> Iterator[Row | Unreadable]:
        for line, cells in chain(filled[position:], rows):
            if any(cells):
                yield _row(line, cells, columns, text.encoding)

    return Table(source.name, f"{source.compression}HTML table", columns, posts(), source.fraction)


def _row(line: int, cells: list[str], columns: list[str], encoding: str) -> Row | Unreadable:
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        raw = to_json(cells)[:RECORD_LIMIT]
        reason = f"{len(cells)} columns where the header has {len(columns)}"
        return Unreadable(line, reason, escape_bad_bytes(raw))
    named: dict[str, object] = {
        column: cell for column, cell in zip(columns, cells, strict=False) if cell
    }
    raw = to_json(named)
    if has_bad_bytes(raw):
        reason = f"bytes that are not {encoding}: name the file's own with --encoding"
        return Unreadable(line, reason, escape_bad_bytes(raw)[:RECORD_LIMIT])
    if len(raw) > RECORD_LIMIT:
        return Unreadable(line, f"longer than {RECORD_LIMIT:,} characters", raw[:RECORD_LIMIT])
    return Row(line, named, raw)


def _rows(text: TextFile) -> Iterator[tuple[int, list[str]]]:
    parser = _Cells()
    while piece := text.read(_PIECE):
        parser.feed(piece)
        if len(parser.rawdata) > RECORD_LIMIT:
            raise InputError(f"{text.name} has a tag that doesn't end")
        yield from parser.take()
    parser.close()
    parser.end_row()
    yield from parser.take()


class _Cells(HTMLParser):
    """Collects the cells of rows: ``td`` and ``th`` of HTML, ``Cell`` of a workbook."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[tuple[int, list[str]]] = []
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._size = 0
        self._line = 1
        self._span = 1

    def take(self) -> list[tuple[int, list[str]]]:
        """Return the rows that have ended, once."""
        done, self._done = self._done, []
        return done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell."""
        tag = tag.rpartition(":")[2]
        if tag in ("tr", "row"):
            self.end_row()
            self._row, self._line = [], self.getpos()[0]
        elif tag in ("td", "th", "cell") and self._row is not None:
            self._end_cell()
            self._cell, self._size = [], 0
            known = {name.rpartition(":")[2]: value for name, value in attrs}
            self._span = _number(known.get("colspan"), 1)
            skipped = _number(known.get("index"), 0) - 1 - len(self._row)
            self._row += [""] * skipped
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a row or a cell."""
        tag = tag.rpartition(":")[2]
        if tag in ("td", "th", "cell"):
            self._end_cell()
        elif tag in ("tr", "row", "table"):
            self.end_row()

    def handle_data(self, data: str) -> None:
        """Add to a cell's text."""
        if self._cell is not None and self._size <= _CELL_LIMIT:
            self._cell.append(data)
            self._size += len(data)

    def end_row(self) -> None:
        """End the row that has begun, if one has."""
        self._end_cell()
        if self._row is not None:
            self._done.append((self._line, self._row))
        self._row = None

    def _end_cell(self) -> None:
        if self._cell is not None and self._row is not None:
            self._row.append("".join(self._cell).strip())
            self._row += [""] * (self._span - 1)
        self._cell = None


def _number(value: str | None, default: int) -> int:
    return min(int(value), _REPEATED) if value and value.isdecimal() and len(value) < 9 else default
