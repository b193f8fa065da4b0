"""How a file of posts is to be read, where the file itself doesn't tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class ReadOptions:
    """What the options of a build say about its files.

    Attributes
    ----------
    mapping
        Field to column or dotted path, with fallbacks as in ``a|b``.
    set
        Field to one value for all posts.
    sheet
        A sheet of a workbook by name or number (from 1), a table of a database, or a
        file in an archive. Default: the one that has posts.
    header
        Whether the first row names the columns.
    columns
        Names of the columns, instead of the header's or where there is none.
    skip_rows
        Lines before the header.
    date_format, timezone
        How times are written, where they are ambiguous.
    encoding
        Of a text file. Default: UTF-8, or UTF-16 where the bytes say so.
    ignore
        Columns that are left out.
    id
        ``"auto"`` makes a stable id of account, time and text.
    observed_at
        When the counts were read: a timestamp, or ``"file"`` for the file's own time.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    header: bool = True
    columns: tuple[str, ...] = ()
    skip_rows: int = 0
    date_format: str | None = None
    timezone: str | None = None
    encoding: str | None = None
    ignore: tuple[str, ...] = ()
    id: Literal["column", "auto"] = "column"
    observed_at: str | None = None
