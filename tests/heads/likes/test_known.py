"""A few predictions are quick, and the same as among all; what is kept is read again in time."""

import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedstore
from embedstore.storage import database
from heads.data.features import Material
from heads.data.splits import parse_split, the_fold
from heads.likes.fit import online_view
from heads.likes.known import known
from heads.likes.models import design as designs
from heads.likes.predict import predict_likes
from heads.likes.rank import rank_likes
from heads.likes.saved import load_head
from heads.runs import Run

SPLIT = "time:2021-06-01"


@pytest.fixture(scope="module")
def whole(material: Material) -> tuple[designs.Design, designs.Matrix]:
    fold = the_fold(material.posts, parse_split(SPLIT))
    seen = online_view(material, fold, 0)
    design = designs.learn(material, seen, fold.train, model="stack", residual=True, cold=fold.cold)
    return design, designs.apply(design, material, seen)


@settings(max_examples=8, deadline=None)
@given(rows=st.lists(st.integers(0, 599), min_size=1, max_size=6, unique=True))
def test_some_rows_of_the_matrix_are_those_of_the_whole(
    material: Material, whole: tuple[designs.Design, designs.Matrix], rows: list[int]
) -> None:
    design, matrix = whole
    fold = the_fold(material.posts, parse_split(SPLIT))
    some = designs.apply(design, material, online_view(material, fold, 0), np.array(rows))
    assert some.names == matrix.names
    np.testing.assert_allclose(some.values, matrix.values[rows], rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(some.base, matrix.base[rows], atol=1e-4)
    np.testing.assert_allclose(some.spread, matrix.spread[rows], atol=1e-4)
    np.testing.assert_allclose(some.past.expected, matrix.past.expected[rows], atol=1e-9)


def test_what_is_kept_of_a_store_is_read_again_when_labels_change(
    store_path: Path, run: Run, tmp_path: Path
) -> None:
    copy = shutil.copytree(store_path, tmp_path / "copy.store")
    store = embedstore.open(copy)
    head = load_head(store, run.run_id)
    first = known(store, head)
    assert known(store, head) is first
    account = first.material.posts.table["username"][0].as_py()

    def ranked() -> list[float]:
        when = datetime(2023, 1, 1)
        drafts = ["we are hiring", "free coffee"]
        rows = rank_likes(store, drafts, username=account, date=when, run=run.run_id)
        return [float(value) for value in rows["likes"].to_pylist()]

    before = ranked()
    assert ranked() == before
    # As another process might: without telling anyone.
    with database.transaction(copy) as connection:
        connection.execute("UPDATE posts SET likes = 5 * likes + 100")
    assert ranked() != before
    assert known(store, head) is not first


def test_a_draft_gets_what_it_gets_among_many(store_path: Path, run: Run) -> None:
    store = embedstore.open(store_path)
    where = "created_at >= '2021-06-01' AND post_id % 7 = 0"
    every = {row["post_id"]: row for row in predict_likes(store, run=run.run_id).to_pylist()}
    for row in predict_likes(
        store, run=run.run_id, where=f"{where} AND post_id % 7 = 0"
    ).to_pylist():
        assert row["likes"] == pytest.approx(every[row["post_id"]]["likes"], rel=1e-3, abs=0.02)


def test_a_draft_gets_the_same_whatever_is_asked_beside_it(store_path: Path, run: Run) -> None:
    store = embedstore.open(store_path)
    posts = store.sql("SELECT username, text FROM posts WHERE length(text) > 20 LIMIT 40")
    first = posts.to_pylist()[0]
    # Earlier ones of the same account, too: a draft was not posted, and others don't follow it.
    days = [datetime(2022, 3, day, 12) for day in range(1, 7)]
    names = [first["username"]] * 4 + ["somebody new", None]
    drafts = pa.table(
        {
            "source": ["draft"] * 6,
            "id": [str(number) for number in range(6)],
            "username": pa.array(names, pa.string()),
            "created_at": pa.array(days, pa.timestamp("us")),
            "text": [row["text"] for row in posts.to_pylist()[10:16]],
        }
    )
    together = predict_likes(store, drafts, run=run.run_id).to_pylist()
    for place, row in enumerate(together):
        [alone] = predict_likes(store, drafts.slice(place, 1), run=run.run_id).to_pylist()
        for name in ("likes", "low", "high"):
            assert alone[name] == pytest.approx(row[name], rel=1e-4, abs=0.011)
        assert (alone["missing"], alone["unlike"]) == (row["missing"], row["unlike"])
