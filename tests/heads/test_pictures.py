"""Heads that look at pictures, on real ones."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command

import embedstore
from heads.likes.explain import explain_likes
from heads.likes.fit import Run, fit_likes
from heads.likes.predict import predict_likes
from support import DATA

POSTS = DATA / "instagram20" / "posts.csv"
pytestmark = pytest.mark.skipif(not POSTS.exists(), reason="../shared/data is not here")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> embedstore.Store:
    path = tmp_path_factory.mktemp("pictures") / "i.store"
    space = ["words=hash:32", "pictures=conse"]
    embedstore.build(path, [POSTS], space=space, images="local")
    return embedstore.open(path)


@pytest.fixture(scope="module")
def run(store: embedstore.Store) -> Run:
    return fit_likes(store, kpi="comments", split="random:0")


@pytest.fixture
def new_posts(tmp_path: Path) -> Path:
    """Three posts without counts: two with pictures beside the file, one whose picture is gone."""
    (tmp_path / "images").mkdir()
    with POSTS.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))[:3]
    for row in rows[:2]:
        image = POSTS.parent / "images" / row["image"]
        (tmp_path / "images" / row["image"]).write_bytes(image.read_bytes())
    names = ["id", "username", "date", "content", "image"]
    with (tmp_path / "new.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path / "new.csv"


def test_comments_are_predicted_from_texts_and_pictures(run: Run) -> None:
    assert run.metrics["log_r2"][0] > 0
    card = (run.folder / "card.md").read_text()
    assert "log1p(comments)" in card
    assert "image" in card


def test_pictures_of_new_posts_are_looked_at_and_one_that_is_gone_is_named(
    store: embedstore.Store, run: Run, new_posts: Path
) -> None:
    seen = predict_likes(store, [new_posts], run=run.run_id)
    assert ["image" in lacks for lacks in seen["missing"].to_pylist()] == [False, False, True]
    blind = predict_likes(store, [new_posts], run=run.run_id, images="none")
    assert all("image" in lacks for lacks in blind["missing"].to_pylist())
    assert seen["likes"].to_pylist()[:2] != blind["likes"].to_pylist()[:2]
    assert seen["likes"][2] == blind["likes"][2]


def test_ranked_drafts_may_have_a_picture(
    store: embedstore.Store, run: Run, tmp_path: Path
) -> None:
    drafts = tmp_path / "drafts.txt"
    drafts.write_text("new album out now\nthank you all\n")
    picture = next((POSTS.parent / "images").iterdir())
    arguments = ["rank", str(store.path), str(drafts), "--username", "arianagrande",
                 "--date", "2022-11-01 18:00", "--run", run.run_id, "--format", "csv"]  # fmt: skip
    plain = CliRunner().invoke(command, arguments)
    shown = CliRunner().invoke(command, [*arguments, "--image", str(picture)])
    assert (plain.exit_code, shown.exit_code) == (0, 0)
    assert plain.stdout != shown.stdout


def test_taking_a_word_away_leaves_the_picture(store: embedstore.Store, run: Run) -> None:
    rows = store.sql(
        "SELECT source || ':' || id AS key, text FROM posts ORDER BY length(text) DESC LIMIT 1"
    )
    post = rows["key"][0].as_py()
    found = explain_likes(store, post, run=run.run_id)
    assert isinstance(found.words, pa.Table)
    # One of very many words is worth little; a picture that came and went would be worth more.
    assert max(abs(change) for change in found.words["change"].to_pylist()) < 1
