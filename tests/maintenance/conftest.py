"""A small store to keep in order."""

import csv
import shutil
from pathlib import Path

import pytest
from support import build, post

import embedstore


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four posts of two accounts; two of them share a text; one row was rejected."""
    folder = tmp_path_factory.mktemp("sound")
    posts = [
        post(1),
        post(2),
        post(3, username="bakery"),
        post(4, username="bakery", content="post number 1 about coffee and the weather"),
        post(5, id=""),
    ]
    with (folder / "posts.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(posts[0]))
        writer.writeheader()
        writer.writerows(posts)
    build(folder / "s", folder / "posts.csv")
    return folder / "s"


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> embedstore.Store:
    """A copy of it to write to."""
    return embedstore.open(shutil.copytree(sound, tmp_path / "s"))
