"""Small inputs and small stores for tests."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import embedstore
from embedstore.storage import attached
from embedstore.storage.faults import store_errors

DATA = Path(__file__).parents[3] / "shared" / "data"

COLUMNS = ("id", "date", "likes", "content", "username", "inferred company")

WriteCsv = Callable[..., Path]


def post(number: int, **changes: Any) -> dict[str, Any]:
    """One post of the challenge's schema; every number gives another text."""
    row = {
        "id": number,
        "date": f"2019-03-{number % 28 + 1:02d} 12:00:00",
        "likes": 10 * number,
        "content": f"post number {number} about coffee and the weather",
        "username": "roastery",
        "inferred company": "beans",
    }
    return row | {key.replace("company", "inferred company"): v for key, v in changes.items()}


def build(store: Path, *files: Path, **options: Any) -> embedstore.BuildReport:
    """A build with the weightless encoder and without pictures, unless said otherwise."""
    defaults: dict[str, Any] = {"space": ["words=hash"], "images": "none"}
    return embedstore.build(store, files, **defaults | options)


_BUILT: dict[object, TemporaryDirectory[str]] = {}
"""Stores of `build_once`, by what they were built of; deleted when the process ends."""


def build_once(store: Path, *files: Path, **options: Any) -> None:
    """A new store as `build` makes it, for tests that are about something else.

    Built for the first test that wants one of such files and options, copied for the others: a
    build of few posts takes half a second, most of it to open and migrate the database.
    """
    key = (*((file.name, file.read_bytes()) for file in files), repr(sorted(options.items())))
    if key not in _BUILT:
        folder = TemporaryDirectory(prefix="embedstore-built-")
        build(Path(folder.name) / "s", *files, **options)
        _BUILT[key] = folder
    shutil.copytree(Path(_BUILT[key].name) / "s", store)


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the store's own tables, views and macros, as tuples.

    `Store.sql` would make an instance of DuckDB for each call, which takes most of the time of a
    small query.
    """
    with store_errors(store), attached.reading(store) as connection:
        return connection.execute(query).fetchall()
