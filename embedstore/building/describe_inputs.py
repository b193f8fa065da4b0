"""How inputs are read: which reader takes them, which field is found where, and first values."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from embedstore.building.inputs import Input, Posts, opened
from embedstore.building.options import BuildOptions
from embedstore.reading import FieldProblem, Reading, ReadOptions, Rejected

EXPLAINED_ROWS = 20
"""Rows of each input that an explanation reads."""

EXPLAINED_VALUES = 3
"""Values that it shows of each field."""


@dataclass(frozen=True)
class InputReading:
    """How one input was read.

    Attributes
    ----------
    name : str
        The file.
    reading : Reading
        Format, platform, and which field was found where.
    alike : int
        Further inputs that were read in the same way.
    """

    name: str
    reading: Reading
    alike: int = 0

    @property
    def summary(self) -> str:
        """Name the file, its format and its platform."""
        what, platform = self.reading.format, self.reading.platform
        if platform and platform.lower() not in what.lower():
            what += f" of {platform}"
        if self.reading.sheet:
            what += f", sheet {self.reading.sheet!r}"
        more = f" and {self.alike:,} more like it" if self.alike else ""
        return f"{self.name}{more}: {what}"

    def __str__(self) -> str:
        found = ", ".join(f"{name} ← {where}" for name, where in self.reading.fields.items())
        sentence = f"{self.summary}; {found}"
        if self.reading.missing:
            missing = ", ".join(self.reading.missing)
            sentence += f"; nothing found for {missing} (--map FIELD=COLUMN says where it is)"
        return "; ".join([sentence, *self.reading.warnings])


@dataclass(frozen=True)
class Explanation:
    """How the first rows of one input would be read.

    Attributes
    ----------
    name : str
        The file.
    reading : Reading
        Format, platform, and which field was found where.
    values : dict
        The first distinct values of each field that has any.
    rejected : list of Rejected
        Rows that would be rejected.
    problems : list of FieldProblem
        Fields that would be left empty.
    """

    name: str
    reading: Reading
    values: dict[str, list[Any]]
    rejected: list[Rejected]
    problems: list[FieldProblem]

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of JSON types and times."""
        return asdict(self)


def group_alike(readings: Iterable[InputReading]) -> list[InputReading]:
    """Put inputs that are read in the same way together."""
    alike: dict[str, InputReading] = {}
    for each in readings:
        how = each.reading
        key = json.dumps([how.format, how.platform, how.fields, how.missing])
        first = alike.get(key)
        alike[key] = each if first is None else replace(first, alike=first.alike + 1)
    return list(alike.values())


def explain_inputs(posts: Posts, options: BuildOptions) -> list[Explanation]:
    """Read the first rows of each input and tell what became of them; nothing is stored.

    Raises
    ------
    InputError
        An input can't be read.
    """
    with opened(posts, options) as inputs:
        return [_explain(each, options.read) for each in inputs]


def _explain(each: Input, options: ReadOptions) -> Explanation:
    posts = each.open(options)
    reading, batch = posts.reading, posts.ahead(EXPLAINED_ROWS)
    if batch is None:
        return Explanation(each.name, reading, {}, [], [])
    values: dict[str, list[Any]] = {}
    for field, column in zip(batch.posts.schema.names, batch.posts.columns, strict=True):
        known = [value for value in column.to_pylist() if value is not None]
        if known and field not in ("line", "raw"):
            values[field] = list(dict.fromkeys(known))[:EXPLAINED_VALUES]
    return Explanation(each.name, reading, values, batch.rejected, batch.problems)
