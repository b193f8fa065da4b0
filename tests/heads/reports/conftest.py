"""A store with a likes head, and a report of its busiest account."""

import shutil
from pathlib import Path

import pytest
from once import made_once, note_run, noted_run

import embedstore
from heads.likes.fit import fit_likes
from heads.reports.data import Report
from heads.reports.report import report

SPLIT = "time:2021-06-01"


@pytest.fixture(scope="session")
def store_path(sample_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of the made-up corpus with a quick head on record."""

    def make(folder: Path) -> None:
        path = folder / "sample.store"
        shutil.copytree(sample_files.parent / "sample.store", path)
        note_run(fit_likes(path, split=SPLIT, model_name="lgbm", inputs="history,time,form"))

    return made_once(tmp_path_factory, "reports", make) / "sample.store"


@pytest.fixture(scope="session")
def fitted(store_path: Path) -> str:
    """Run of the head."""
    return noted_run(store_path).run_id


@pytest.fixture(scope="session")
def busiest(store_path: Path) -> str:
    """The account with the most posts of those that get likes."""
    rows = embedstore.open(store_path).sql(
        "SELECT username FROM posts GROUP BY username HAVING median(likes) >= 5"
        " ORDER BY count(*) DESC, username LIMIT 1"
    )
    return str(rows["username"][0].as_py())


@pytest.fixture(scope="session")
def made(store_path: Path, fitted: str, busiest: str) -> Report:
    return report(store_path, username=busiest, run=fitted)
