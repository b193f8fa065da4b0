"""An account is known by its name, however its company is spelled."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import embedstore
from heads.data.history import history, view
from heads.data.posts import load_posts
from heads.likes.fit import fit_likes
from heads.likes.predict import predict_likes
from heads.likes.rank import rank_likes

ACTIVITY = {"quiet_days", "posts_7d", "posts_before"}
"""Columns of history that count posts, whether they have likes or not."""


@pytest.fixture
def path(sample_files: Path, tmp_path: Path) -> Path:
    """A store of its own, without vectors that matter."""
    path = tmp_path / "x.store"
    embedstore.build(path, [sample_files / "posts.csv"], space=["w=hash:8"], images="none")
    return path


def _store_unlabelled(path: Path, name: str, company: str, date: datetime) -> None:
    """Add five posts without likes: three without a company, two with another spelling of it."""
    posts = [
        f"new{n},{date + timedelta(hours=n + 1)},{name},{company * (n > 2)},new words {n}"
        for n in range(5)
    ]
    file = path.parent / "new.csv"
    file.write_text("\n".join(["id,date,username,company,text", *posts]))
    embedstore.build(path, [file], images="none")
    assert len(load_posts(embedstore.open(path)).table.filter(pc.field("source") == "new")) == 5


def test_company_spelling_and_later_unlabelled_posts_change_no_prediction(path: Path) -> None:
    fit_likes(path, model_name="lgbm", inputs="history,time")
    posts = load_posts(embedstore.open(path))
    name, company = (posts.table[column][0].as_py() for column in ("username", "company"))
    date = posts.time.max().astype(datetime) + timedelta(days=1)
    spellings = [
        (name, company), (name, company.upper()), (name, None), (f"@{name.upper()}", "other")
    ]  # fmt: skip

    def predicted() -> list[float]:
        found = []
        for user, said in spellings:
            draft = {"source": "d", "id": "1", "username": user, "company": said}
            columns = draft | {"created_at": date, "text": "a draft"}
            table = pa.table({key: pa.array([value]) for key, value in columns.items()})
            row = predict_likes(path, table, images="none").to_pylist()[0]
            assert row["missing"] == ""
            ranked = rank_likes(path, ["a draft"], username=user, date=date)
            assert ranked["likes"].to_pylist() == [row["likes"]]
            found.append(row["likes"])
        return found

    before = predicted()
    assert before == pytest.approx([before[0]] * 4)
    _store_unlabelled(path, name, company.upper(), date)
    assert predicted() == pytest.approx(before)


def test_unlabelled_posts_change_no_history_of_later_posts_but_their_number(path: Path) -> None:
    posts = load_posts(embedstore.open(path))
    name, company = (posts.table[column][300].as_py() for column in ("username", "company"))

    def columns() -> dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
        now = load_posts(embedstore.open(path))
        seen = view(now, mode="online", until=None, delay_days=0, known=now.known)
        rows = now.rows_of(posts.post_id)
        found = history(now, seen).columns
        return {key: value[rows] for key, value in found.items() if key not in ACTIVITY}

    before = columns()
    _store_unlabelled(path, f"@{name.upper()}", f" {company.upper()}", posts.time[300].item())
    for key, values in columns().items():
        np.testing.assert_array_equal(values, before[key], err_msg=key)
