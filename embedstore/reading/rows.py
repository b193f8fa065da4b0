"""What every file format is read into: a header and rows of named cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Row(NamedTuple):
    """One row that its format could parse.

    Attributes
    ----------
    line
        1-based: the first physical line of a text file, the row of a sheet, the row
        number of a Parquet file.
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
        The file, and the sheet where there is one, for messages.
    columns
        The header: unique names in the file's order.
    rows
        Everything below the header, once.
    fraction
        The share of the file that has been read, 0 to 1.
    """

    name: str
    columns: Sequence[str]
    rows: Iterator[Row | Unreadable]
    fraction: Callable[[], float]
