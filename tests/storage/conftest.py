"""A store that readers and writers share."""

from pathlib import Path

import pytest
from made_store import clustered, keep_index, make


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The first thirty of `clustered(40)` and their index; SQL has to quote the folder's name."""
    path = tmp_path / "it's"
    make(path, clustered(40)[:30])
    keep_index(path)
    return path
