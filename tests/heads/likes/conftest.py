"""A likes head on record."""

from pathlib import Path

import pytest

from heads.likes.fit import fit_likes
from heads.runs import Run

SPLIT = "time:2021-06-01"


@pytest.fixture(scope="session")
def run(store_path: Path) -> Run:
    """A stack on record in the store."""
    return fit_likes(store_path, split=SPLIT)
