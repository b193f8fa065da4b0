"""A store with a likes head on record."""

import shutil
from pathlib import Path

import pytest
from once import made_once, note_run, noted_run

from heads.likes.fit import fit_likes
from heads.runs import Run

SPLIT = "time:2021-06-01"


@pytest.fixture(scope="session")
def store_path(sample_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of the made-up corpus with a stack on record; heads may be added to it."""

    def make(folder: Path) -> None:
        shutil.copytree(sample_files.parent / "sample.store", folder / "sample.store")
        note_run(fit_likes(folder / "sample.store", split=SPLIT))

    return made_once(tmp_path_factory, "likes", make) / "sample.store"


@pytest.fixture(scope="session")
def run(store_path: Path) -> Run:
    """The stack."""
    return noted_run(store_path)
