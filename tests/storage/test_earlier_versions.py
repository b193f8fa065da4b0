"""Stores and runs of released versions open, and answer as they did.

`store-VERSION.tar.xz` is a store of 120 made-up posts with one likes head, written by that
version; `store-VERSION.json` is what that version answered on it.
"""

import json
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support import rows

import embedstore
import heads

FIXTURES = Path(__file__).parents[1] / "fixtures"
VERSIONS = sorted(file.name.removesuffix(".tar.xz") for file in FIXTURES.glob("*.tar.xz"))


@pytest.fixture(params=VERSIONS)
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A store of an earlier version, and its answers."""
    with tarfile.open(FIXTURES / f"{request.param}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    answers = json.loads((FIXTURES / f"{request.param}.json").read_text(encoding="utf-8"))
    return tmp_path / request.param, answers


def _plain(table: Any, like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the columns that the earlier version had, times as text."""
    return [
        {name: str(row[name]) if isinstance(row[name], datetime) else row[name] for name in like[0]}
        for row in table.to_pylist()
    ]


def _answers_as_before(path: Path, answers: dict[str, Any]) -> None:
    store = embedstore.open(path)
    found = _plain(store.similar(text="a good cup of coffee", k=5), answers["similar"])
    assert [row["id"] for row in found] == [row["id"] for row in answers["similar"]]
    assert [row["score"] for row in found] == pytest.approx(
        [row["score"] for row in answers["similar"]], abs=1e-5
    )
    [first] = rows(path, "SELECT id FROM posts ORDER BY post_id LIMIT 1")
    near = store.similar(post=f"posts:{first[0]}", k=5, where="likes > 5")
    assert _plain(near, answers["post"]) == answers["post"]
    predicted = _plain(heads.predict_likes(store), answers["predicted"])[:10]
    for row, before in zip(predicted, answers["predicted"], strict=True):
        assert row.pop("run") == before.pop("run")
        numbers = ("likes", "mean", "low", "high")
        assert [row[name] for name in numbers] == pytest.approx(
            [before[name] for name in numbers], rel=1e-6
        )
        assert row["id"] == before["id"]


def test_a_store_of_an_earlier_version_answers_as_before(
    earlier: tuple[Path, dict[str, Any]],
) -> None:
    path, answers = earlier
    for table, count in answers["counts"].items():
        assert rows(path, f"SELECT count(*) FROM {table}") == [(count,)]
    _answers_as_before(path, answers)


def test_a_build_brings_an_earlier_store_up_to_date_and_it_still_answers(
    earlier: tuple[Path, dict[str, Any]],
) -> None:
    path, answers = earlier
    report = embedstore.build(path, [])
    assert not any(report.encoded.values())
    _answers_as_before(path, answers)
