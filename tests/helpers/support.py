"""Small inputs and small stores for tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import embedstore

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


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query as tuples."""
    table = embedstore.open(store).sql(query)
    return [tuple(row.values()) for row in table.to_pylist()]
