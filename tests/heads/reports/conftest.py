"""A store with a likes head, and a report of its busiest account."""

from pathlib import Path

import pytest

import embedstore
from heads.likes.fit import fit_likes
from heads.reports.data import Report
from heads.reports.report import report

SPLIT = "time:2021-06-01"


@pytest.fixture(scope="session")
def fitted(store_path: Path) -> str:
    """Run of a quick head in the store."""
    return fit_likes(store_path, split=SPLIT, model_name="lgbm", inputs="history,time,form").run_id


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
