"""Opening a store."""

from pathlib import Path

import pytest

import embedstore
from embedstore.errors import StoreNotFoundError


def test_a_missing_store_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFoundError, match="build one with `embedstore build"):
        embedstore.open(tmp_path / "nothing")
