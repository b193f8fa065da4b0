"""How a file of posts is to be read, where the file itself doesn't tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from embedstore.errors import InputError


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
    date_format
        How times are written, where that is ambiguous: ``"day-first"``, ``"month-first"``,
        ``"excel"`` (days since 1900), or a pattern as :meth:`datetime.datetime.strptime`
        takes it.
    timezone
        Of times that name none: ``"Europe/Paris"``, ``"+02:00"`` or ``"EST"``. Default: the
        platform's own, else UTC.
    encoding
        Of a text file. Default: UTF-8, or UTF-16 where the bytes say so.
    ignore
        Columns that are left out.
    id
        ``"auto"`` makes a stable id of account, time and text
        (:func:`embedstore.reading.fields.ids.auto_id`).
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

    @classmethod
    def from_toml(cls, path: str | PathLike[str]) -> "ReadOptions":
        """Read a mapping file, so that a monthly job reads its files alike.

        ::

            date-format = "day-first"
            ignore = ["Notes"]

            [map]
            text = "body|caption"
            likes = "metrics.likes"

            [set]
            username = "made_up"

        Raises
        ------
        InputError
            If it can't be read, or says something that is no option.
        """
        import tomllib

        from embedstore.reading.synonyms import field_named

        try:
            said = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"{path} is not a mapping file that can be read: {error}") from error
        values: dict[str, Any] = {}
        for key, value in said.items():
            name = key.replace("-", "_")
            name = "mapping" if name == "map" else name
            check = _CHECKS.get(name)
            if check is None:
                raise InputError(
                    f'{path} says "{key}", which is no option. The options are: map, '
                    + ", ".join(option for option in _CHECKS if option != "mapping")
                )
            kind, expected = check
            if not kind(value):
                raise InputError(f"{path}: {key} must be {expected}, not {value!r}")
            values[name] = tuple(value) if isinstance(value, list) else value
        for name in values.keys() & {"mapping", "set"}:
            values[name] = {field_named(key): str(value) for key, value in values[name].items()}
        return cls(**values)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and not any(isinstance(v, dict | list) for v in value.values())


_TEXT = (_is_text, "text")
_TEXTS = (_is_texts, "a list of texts")
_CHECKS = {
    "mapping": (_is_table, "a table of fields and their columns"),
    "set": (_is_table, "a table of fields and their values"),
    "sheet": _TEXT,
    "header": (lambda value: isinstance(value, bool), "true or false"),
    "columns": _TEXTS,
    "skip_rows": (lambda value: type(value) is int and value >= 0, "a number of rows"),
    "date_format": _TEXT,
    "timezone": _TEXT,
    "encoding": _TEXT,
    "ignore": _TEXTS,
    "id": (lambda value: value in ("column", "auto"), '"column" or "auto"'),
    "observed_at": _TEXT,
}
