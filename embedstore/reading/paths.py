"""Where a value is in a row: a column, or a dotted path into nested values.

``public_metrics.like_count`` goes into objects, ``media[0].url`` takes the first of a list,
``media[].url`` (or ``media.url``) the value of each.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from embedstore.errors import InputError
from embedstore.reading.values import is_missing

Cells = Mapping[str, Any]

_EACH = "[]"
_Step = str | int
_PIECES = re.compile(r"\[(\d*|\*)\]|([^.\[\]]+)")
# Quotation marks of any shape are one.
_PLAIN = str.maketrans(
    {"/": ".", "\ufeff": "", **dict.fromkeys("’‘", "'"), **dict.fromkeys("“”„«»", '"')}
)
_BETWEEN = re.compile(r"[\s_-]+")
_DECODE = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Source:
    """A place in rows.

    Attributes
    ----------
    where
        As it is written: ``likes``, ``public_metrics.like_count``.
    column
        The column that it begins with.
    steps
        The way from that column on; none if it is the value.
    """

    where: str
    column: str
    steps: tuple[_Step, ...] = ()

    def get(self, cells: Cells) -> Any:
        """Return the value; None where there is none."""
        value = cells.get(self.column)
        return _follow(value, self.steps, 0) if self.steps and value is not None else value

    def values(self, rows: Sequence[Cells]) -> list[Any]:
        """Return the value of each row."""
        column = self.column
        if not self.steps:
            return [cells.get(column) for cells in rows]
        if len(self.steps) == 1 and isinstance(step := self.steps[0], str) and step != _EACH:
            # The usual case, `user.screen_name`, is worth its own line.
            return [
                value.get(step) if type(value := cells.get(column)) is dict else self.get(cells)
                for cells in rows
            ]
        return [self.get(cells) for cells in rows]


@dataclass(frozen=True)
class Derived:
    """A value that is made of several of a row.

    Attributes
    ----------
    where
        The columns and paths that it is made of, separated by `` | ``; it is looked for where
        a file has any of them.
    function
        From a row's cells; None where there is no value.
    columns
        Those that it uses up.
    """

    where: str
    function: Callable[[Cells], Any]
    columns: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        """Its columns and paths."""
        return self.where.split(" | ")

    def values(self, rows: Sequence[Cells]) -> list[Any]:
        """Return the value of each row."""
        return list(map(self.get, rows))

    def get(self, cells: Cells) -> Any:
        """Return the value; None where there is none."""
        try:
            return self.function(cells)
        except (AttributeError, TypeError, LookupError, ValueError):
            # Anything may be in a row: one of another shape has no such value.
            return None


@lru_cache(maxsize=8_192)
def fold(name: str) -> str:
    """Reduce a column's name to what counts: without case, spaces, underscores and hyphens."""
    return _BETWEEN.sub("", name.translate(_PLAIN)).casefold()


def find_column(wanted: str, columns: Iterable[str]) -> str | None:
    """Return the column of that very name, or else the first that folds to it."""
    wanted = wanted.strip()
    if wanted in columns:
        return wanted
    folded = fold(wanted)
    return next((column for column in columns if fold(column) == folded), None)


def find_source(path: str, columns: Sequence[str]) -> Source | None:
    """Return the place of a path in a table of these columns.

    A column of the whole name comes first: flattened files have a column
    ``public_metrics.like_count``.

    Raises
    ------
    InputError
        If a path can't be read.
    """
    path = path.strip()
    column = find_column(path, columns)
    if column is not None:
        return Source(column, column)
    if "." not in path and "[" not in path:
        return None
    steps = split_path(path)
    # A column's own name may have dots too: the longest one that fits begins the path.
    for length in range(len(steps) - 1, 0, -1):
        head = steps[:length]
        if all(isinstance(step, str) and step != _EACH for step in head):
            column = find_column(".".join(map(str, head)), columns)
            if column is not None:
                return Source(path, column, steps[length:])
    return None


def split_path(path: str) -> tuple[_Step, ...]:
    """Split ``media[0].url`` into steps.

    Raises
    ------
    InputError
        If it is empty or has brackets that don't fit.
    """
    steps: list[_Step] = []
    position = 0
    for piece in _PIECES.finditer(path):
        if path[position : piece.start()] not in ("", "."):
            break
        if piece[2] is not None:
            steps.append(piece[2])
        else:
            steps.append(int(piece[1]) if piece[1].isdecimal() else _EACH)
        position = piece.end()
    if not steps or position != len(path):
        raise InputError(
            f'"{path}" is no path: expected a column, or names and places such as media[0].url'
        )
    return tuple(steps)


def present(value: Any) -> bool:
    """Tell whether there is a value: not None, blank, or an empty list or object."""
    return not (is_missing(value) or value in ([], {}))


def first_present(sources: Sequence[Source | Derived], rows: Sequence[Cells]) -> list[Any]:
    """Return the first value that each row has among several sources."""
    values = sources[0].values(rows)
    for source in sources[1:]:
        lacking = [place for place, value in enumerate(values) if not present(value)]
        if not lacking:
            break
        for place in lacking:
            values[place] = source.get(rows[place])
    return values


def _follow(value: Any, steps: tuple[_Step, ...], start: int) -> Any:
    for place in range(start, len(steps)):
        step = steps[place]
        if isinstance(value, str) and value[:1] in "{[":
            # A cell of a CSV file may hold JSON.
            try:
                value = _DECODE(value)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                return None
        if isinstance(value, list):
            if isinstance(step, int):
                value = value[step] if step < len(value) else None
                continue
            rest = place + (step == _EACH)
            found = [_follow(item, steps, rest) for item in value]
            flat: list[Any] = []
            for item in found:
                flat += item if isinstance(item, list) else [item]
            flat = [item for item in flat if item is not None]
            return flat or None
        if isinstance(value, dict) and isinstance(step, str):
            if step == _EACH:
                continue
            value = value.get(step)
        else:
            return None
        if value is None:
            return None
    return value
