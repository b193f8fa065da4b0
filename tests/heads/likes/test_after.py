"""Counts at an age of a post: from readings on either side, and from nothing read later."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command
from hypothesis import given
from hypothesis import strategies as st
from support import build, rows

import embedstore
import heads
from embedstore.errors import InputError
from embedstore.storage import database
from heads.data.counts import interpolate, parse_after
from heads.data.posts import load_posts

DAY = timedelta(hours=24)
START = np.datetime64("2021-01-01T08:00", "s")
POSTS = 150
EVERY = np.timedelta64(8, "h")


def _likes(post: int, hours: float) -> int:
    """What a post has after so many hours: most of it early, in proportion to the account's."""
    level = 100 * (1 + post % 3) * (1.5 if post % 2 else 1)
    return round(level * (1 - 2 ** (-hours / 12)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose posts were read at three ages; every tenth of them at one age alone."""
    folder = tmp_path_factory.mktemp("after")
    lines = ["id,date,username,text,likes,observed_at"]
    for post in range(POSTS):
        date = START + post * EVERY
        ages = (5, 18, 30, 200) if post % 10 else (30,)
        words = "good news" if post % 2 else "plain words"
        lines += [
            f"{post},{date},account{post % 3},{words} {post},{_likes(post, age)},"
            f"{date + np.timedelta64(age, 'h')}"
            for age in ages
        ]
    (folder / "posts.csv").write_text("\n".join(lines))
    build(folder / "s", folder / "posts.csv")
    return folder / "s"


@pytest.fixture(scope="module")
def run(made: Path) -> heads.runs.Run:
    """A head of likes after a day."""
    return heads.fit_likes(made, after="24h", model_name="lgbm", inputs="history,time")


def test_the_count_after_a_day_lies_between_the_readings_around_it(made: Path) -> None:
    posts = load_posts(embedstore.open(made), after=DAY)
    ids = posts.table["id"].to_pylist()
    assert [int(name) % 10 == 0 for name in ids] == (~posts.known).tolist()
    for name, count in zip(ids, posts.kpi.tolist(), strict=True):
        if int(name) % 10:
            assert count == pytest.approx(_likes(int(name), 24), rel=0.02)


def test_a_reading_at_the_age_itself_is_taken_as_it_is(made: Path) -> None:
    store = embedstore.open(made)
    found = load_posts(store, after=timedelta(hours=30))
    assert found.known.all()
    assert found.kpi.tolist() == [_likes(int(name), 30) for name in found.table["id"].to_pylist()]
    assert not load_posts(store, after=timedelta(hours=60)).known.any()


@given(
    st.floats(0.5, 1), st.floats(1, 2), st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0.1, 1e4)
)
def test_an_interpolated_count_is_between_both_and_meets_them_at_their_ages(
    early: float, late: float, before: float, after: float, age: float
) -> None:
    ages = (np.array([early * age]), np.array([late * age]))
    counts = (np.array([before]), np.array([after]))
    [found] = interpolate(age, ages[0], counts[0], ages[1], counts[1])
    assert min(before, after) - 1e-6 <= found <= max(before, after) + 1e-6
    [first] = interpolate(ages[0][0], ages[0], counts[0], ages[1], counts[1])
    assert first == pytest.approx(before)


def test_the_run_says_what_it_predicts_and_how_many_posts_it_had_to_leave_out(
    made: Path, run: heads.runs.Run
) -> None:
    [settings] = rows(made, f"SELECT settings FROM runs WHERE run_id = '{run.run_id}'")[0]
    found = json.loads(settings)
    assert (found["after"], found["label_delay"]) == ("24h", 2)
    assert found["counts"]["without a count"] == POSTS // 10
    card = (run.folder / "card.md").read_text()
    assert "log1p(likes after 24h)" in card
    assert f"{POSTS // 10} posts without a count read near that age on both sides" in card
    assert heads.list_runs(made)["kpi"].to_pylist() == ["likes after 24h"]
    assert run.metrics["log_r2"][0] > 0.5


def test_predictions_and_explanations_follow_the_runs_age(made: Path, run: heads.runs.Run) -> None:
    rows_ = heads.predict_likes(made, run=run.run_id, where="post_id > 120")
    assert rows_.schema.metadata[b"kpi"] == b"likes after 24h"
    for row in rows_.to_pylist():
        assert row["likes"] == pytest.approx(_likes(int(row["id"]), 24), rel=0.6)
    explained = heads.explain_likes(made, "posts:141", run=run.run_id)
    assert explained.run == run.run_id


def test_what_was_read_at_a_posts_time_or_later_changes_no_prediction_of_it(
    made: Path, run: heads.runs.Run, tmp_path: Path
) -> None:
    copy = shutil.copytree(made, tmp_path / "s")
    moment = START + 100 * EVERY
    draft = pa.table(
        {
            "source": ["d"], "id": ["1"], "username": ["account1"], "text": ["good news"],
            "created_at": pa.array([moment.astype("datetime64[us]")]),
        }
    )  # fmt: skip

    def predicted() -> list[float]:
        stored = heads.predict_likes(copy, run=run.run_id, where=f"created_at <= '{moment}'")
        new = heads.predict_likes(copy, draft, run=run.run_id)
        return stored["likes"].to_pylist() + new["likes"].to_pylist()

    def change(condition: str) -> None:
        with database.transaction(copy) as connection:
            connection.execute(f"UPDATE observations SET value = 9000 + value WHERE {condition}")

    before = predicted()
    assert len(before) == 102
    change(f"observed_at >= '{moment}'")
    assert predicted() == before
    change(f"observed_at < '{moment}'")
    assert predicted()[-1] > 2 * before[-1]


def test_an_evaluation_scores_the_same_counts_and_hides_them_as_long(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    class Enough(Exception):  # noqa: N818
        """What is scored is known: fitting all models would take seconds."""

    def pool(material: Any, _: Any, delay: float, *__: Any) -> None:
        asked.update(posts=material.posts, delay=delay)
        raise Enough

    monkeypatch.setattr("heads.likes.evaluate.fit_ladder", pool)
    with pytest.raises(Enough):
        heads.evaluate_likes(made, after="1d", inputs="history", label_delay=0.5)
    expected = load_posts(embedstore.open(made), after=DAY)
    np.testing.assert_array_equal(asked["posts"].kpi, expected.kpi)
    assert asked["delay"] == 2


@pytest.mark.parametrize(
    ("text", "hours"), [("24h", 24), ("90m", 1.5), ("7d", 168), ("1.5 H", 1.5), ("1w", 168)]
)
def test_times_after_posting_are_read(text: str, hours: float) -> None:
    assert parse_after(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["24", "h", "", "-3h", "0h", "400d", "1e3h", "nanh", "24 hours"])
def test_what_is_no_time_after_posting_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="after posting"):
        parse_after(text)


def test_a_store_without_readings_names_the_remedy(made: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["fit", "likes", str(made), "--after", "60h"])
    assert result.exit_code == 1
    assert (
        "has 0 posts with a time and likes read near enough to 60h after posting" in result.stderr
    )
    with pytest.raises(InputError, match=r"no readings of extra\.saves over time"):
        heads.fit_likes(made, kpi="extra.saves", after="24h")
    copy = shutil.copytree(made, tmp_path / "s")
    with database.transaction(copy) as connection:
        connection.execute("DROP TABLE observations")
    with pytest.raises(InputError, match="or with --observed-at"):
        load_posts(embedstore.open(copy), after=DAY)
