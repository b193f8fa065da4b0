"""Examples of a label: a file of post keys or texts with classes, or a column of a table."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from embedstore import sql
from embedstore.errors import InputError
from embedstore.store import Store
from heads.arrays import Floats
from heads.data.posts import Posts

KEYS = ("post", "key", "id")
"""Names of a column of post keys, the preferred first."""

MOST_CLASSES = 50

FEW_NUMBERS = 10
"""Different numbers up to which a column of numbers is one of classes."""


@dataclass(frozen=True)
class Examples:
    """Examples of a label.

    Attributes
    ----------
    rows : list of int
        Row of each example among the store's posts; −1 for a text that no post has.
    texts : list of str
        Its text.
    labels : list of str
        Its class.
    unknown : list of str
        Keys of the file that no post has.
    """

    rows: list[int]
    texts: list[str]
    labels: list[str]
    unknown: list[str]


def read_examples(files: Sequence[str | Path], posts: Posts) -> Examples:
    """Read files of examples: columns ``label``, and ``post`` (a key) or ``text``.

    A later row about a post replaces an earlier one; rows with an empty label are left out.

    Raises
    ------
    InputError
        A file can't be read, or lacks a column.
    """
    sources, ids = posts.table["source"].to_pylist(), posts.table["id"].to_pylist()
    keys: dict[str, list[int]] = {}
    for row, (source, name) in enumerate(zip(sources, ids, strict=True)):
        keys.setdefault(f"{source}:{name}", []).append(row)
        keys.setdefault(str(name), []).append(row)
    by_text = {text.strip(): row for row, text in enumerate(posts.texts) if text}
    found: dict[tuple[int, str], str] = {}
    unknown = []
    for file in files:
        for key, text, label in _rows(Path(file)):
            row = _row(keys, key) if key else by_text.get(text.strip(), -1)
            if key and row < 0 and not text:
                unknown.append(key)
                continue
            found[row, posts.texts[row] if row >= 0 else text] = label
    return Examples(
        [row for row, _ in found], [text for _, text in found], list(found.values()), unknown
    )


def _row(keys: dict[str, list[int]], key: str) -> int:
    rows = keys.get(key, [-1])
    if len(rows) > 1:
        raise InputError(f"{key!r} could be more than one post: name one as source:id")
    return rows[0]


def _rows(file: Path) -> list[tuple[str, str, str]]:
    """Read key, text and label of each row that has a label."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} can't be read as CSV: {error}") from error
    names = {name.strip().lower(): name for name in (table[0] if table else {}) if name}
    key = next((names[name] for name in KEYS if name in names), None)
    if "label" not in names or (key is None and "text" not in names):
        raise InputError(
            f"{file} needs the columns label, and post (source:id) or text; it has"
            f" {', '.join(names) or 'no rows'}"
        )
    rows = []
    for row in table:
        label = (row[names["label"]] or "").strip()
        cell = (row[key] or "").strip() if key else ""
        text = (row[names["text"]] or "") if "text" in names else ""
        if label and (cell or text.strip()):
            rows.append((cell, text, label))
    return rows


@dataclass(frozen=True)
class Column:
    """A column that a head learns.

    Attributes
    ----------
    post_id : array, shape (n,), int64
        Posts with a value.
    classes : list of str, optional
        The value of each, where they are classes.
    numbers : array, shape (n,), float64, optional
        The value of each, where they are numbers.
    """

    post_id: np.ndarray[Any, np.dtype[np.int64]]
    classes: list[str] | None
    numbers: Floats | None


def read_column(store: Store, name: str) -> Column:
    """Read a column of `posts`, ``extra.NAME`` of its column `extra`, or ``TABLE.COLUMN``.

    Numbers of more than ten different values are numbers; everything else is classes.

    Raises
    ------
    InputError
        There is no such column, or it has too many classes.
    """
    with store.connection() as connection:
        post_id, values = _values(store, connection, name)
    numbers = _as_numbers(values)
    if numbers is not None and len(np.unique(numbers)) > FEW_NUMBERS:
        finite = np.isfinite(numbers)
        return Column(post_id[finite], None, numbers[finite])
    classes = [str(value) for value in values]
    if len(set(classes)) > MOST_CLASSES:
        raise InputError(
            f"{name} has {len(set(classes)):,} different values that are no numbers: a head"
            f" learns at most {MOST_CLASSES} classes"
        )
    return Column(post_id, classes, None)


def _as_numbers(values: list[Any]) -> Floats | None:
    if any(isinstance(value, bool) for value in values):
        return None
    try:
        return np.array([float(value) for value in values])
    except (TypeError, ValueError):
        return None


def _values(
    store: Store, connection: duckdb.DuckDBPyConnection, name: str
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[Any]]:
    """Read the posts that have a value in a column, and the values."""
    table, dot, column = name.rpartition(".")
    if table == "extra":
        rows = connection.execute(sql.read("labels/extra"), [column]).fetchall()
    else:
        table = table if dot else "posts"
        columns = connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = $1 AND NOT internal",
            [table],
        ).fetchall()
        there = {each for (each,) in columns}
        if column not in there or "post_id" not in there:
            known = ", ".join(sorted(there)) or "no such table"
            raise InputError(
                f"{store.path} has no column {name!r} beside a post_id: name a column of posts,"
                f" extra.NAME, or TABLE.COLUMN ({table}: {known})"
            )
        # Through the relational API: a name never becomes part of a statement.
        relation = connection.table(table).select(
            duckdb.ColumnExpression("post_id"), duckdb.ColumnExpression(column)
        )
        rows = [row for row in relation.fetchall() if row[1] is not None]
    if not rows:
        raise InputError(f"no post of {store.path} has a value in {name}")
    latest = dict(rows)
    return np.array(list(latest), dtype=np.int64), list(latest.values())
