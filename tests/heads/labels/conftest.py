"""A store of made-up posts about six things, to be labelled."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def store(planted: Path, tmp_path: Path) -> Path:
    """A copy of the store to write to."""
    return Path(shutil.copytree(planted, tmp_path / "made.store"))
