"""A small store to keep in order."""

from pathlib import Path

import pytest
from support import WriteCsv, build_once, post

import embedstore


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """Four posts of two accounts; two of them share a text; one row was rejected."""
    file = write_csv(
        [
            post(1),
            post(2),
            post(3, username="bakery"),
            post(4, username="bakery", content="post number 1 about coffee and the weather"),
            post(5, id=""),
        ]
    )
    build_once(tmp_path / "s", file)
    return embedstore.open(tmp_path / "s")
