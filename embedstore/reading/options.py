"""What a person may say about how a file is to be read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from embedstore.errors import InputError


@dataclass(frozen=True)
class ReadOptions:
    """How files are read, where they don't tell by themselves.

    Attributes
    ----------
    mapping : mapping
        Field to column or dotted path; several to try are separated by ``|``.
    set : mapping
        Field to a value that every row gets.
    sheet : str, optional
        Sheet of a workbook.
    header : bool
        Whether the first row names the columns; without, `columns` names them.
    columns : tuple of str
        Names of the columns of a file without a header.
    skip_rows : int
        Rows above the header.
    date_format : str, optional
        Format of times, as ``strptime`` takes it.
    timezone : str, optional
        Time zone of times that name none; UTC if not said.
    encoding : str, optional
        Of text files; UTF-8 if not said.
    ignore : tuple of str
        Columns to leave out.
    id : {"column", "auto"}
        Where ids come from; "auto" makes one of account, time and text.
    observed_at : str, optional
        When the counts were read: a timestamp, or "file" for the file's own time.
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

    @classmethod
    def from_toml(cls, path: str | PathLike[str]) -> "ReadOptions":
        """Read a mapping file.

        Raises
        ------
        InputError
            The file can't be read, or names no option.
        """
        try:
            values: dict[str, Any] = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"{path} is no mapping file: {error}") from error
        known = {option.name for option in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise InputError(f"{path} says {unknown[0]!r}: the options are {', '.join(known)}")
        lists: dict[str, Any] = {
            name: tuple(values[name]) for name in ("columns", "ignore") if name in values
        }
        return cls(**{**values, **lists})
