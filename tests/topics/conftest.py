"""A store of made-up posts about six things."""

import shutil
from pathlib import Path

import made_store
import pytest
from topics_made import made_posts


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store, without topics; don't write to it."""
    path = tmp_path_factory.mktemp("topics") / "made.store"
    vectors, columns = made_posts()
    made_store.make(path, vectors, **columns)
    return path


@pytest.fixture
def store(planted: Path, tmp_path: Path) -> Path:
    """A copy of the store to write to."""
    return Path(shutil.copytree(planted, tmp_path / "made.store"))
