"""What every format gives: a header and a stream of rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from embedstore.errors import InputError


class EmptyError(InputError):
    """A file holds no row at all."""


class Row(NamedTuple):
    """One row that its format could parse.

    Attributes
    ----------
    line
        1-based: the first physical line of a text file, the row of a sheet, the row
        number of a Parquet file or table.
    cells
        Column name to value. Cells may be left out when they are empty.
    raw
        The row as text, for messages. Valid Unicode.
    """

    line: int
    cells: dict[str, object]
    raw: str


class Unreadable(NamedTuple):
    """One row that its format could not parse, and why."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Table:
    """An open file.

    Attributes
    ----------
    name
        The file, and the sheet, table or member where there is one, for messages.
    format
        What the file is, for messages: ``"JSON lines"``, ``"gzipped CSV"``.
    columns
        The header: unique names in the file's order. Of JSON, the keys of the first posts.
    rows
        Everything below the header, once.
    fraction
        The share of the file that has been read, 0 to 1.
    """

    name: str
    format: str
    columns: Sequence[str]
    rows: Iterator[Row | Unreadable]
    fraction: Callable[[], float]
