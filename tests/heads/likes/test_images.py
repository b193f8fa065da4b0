"""Heads that look at pictures, on real ones."""

import csv
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command
from support import DATA

import embedstore
from embedstore.errors import MediaError
from heads import metrics
from heads.augment.views import gather_views
from heads.data.features import gather, parse_inputs
from heads.data.posts import load_posts
from heads.data.splits import parse_split, the_fold
from heads.likes.explain import explain_likes
from heads.likes.fit import fit_likes, online_view
from heads.likes.models import head
from heads.likes.predict import predict_likes
from heads.likes.rank import rank_likes
from heads.runs import Run

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
    # Without neighbours, whose predictions leave little to say on so few posts.
    return fit_likes(store.path, kpi="comments", split="random:0", inputs="history,text,image")


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


def test_pictures_of_other_posts_bring_nothing(store: embedstore.Store) -> None:
    posts = load_posts(store, "comments")
    material = gather(store, posts, parse_inputs("history,time,image", store))
    name = material.inputs.images[0]
    order = np.random.default_rng(5).permutation(len(posts))
    mixed = replace(material, vectors={name: material.vectors[name][order]})
    fold = the_fold(posts, parse_split("random:0"))
    seen = online_view(material, fold, 0)
    plain = replace(material, inputs=replace(material.inputs, groups=("history", "time")))
    predicted = []
    for each in (plain, mixed):
        fitted, matrix = head.fit(each, fold, seen, model="lgbm")
        predicted.append(fitted.predict(matrix).log[fold.test])
    y, account = posts.y[fold.test], posts.account[fold.test]
    _, low, _ = metrics.paired_gain(y, *predicted, account)
    assert low <= 0


def test_varied_pictures_are_encoded_once_and_kept(store: embedstore.Store) -> None:
    posts = load_posts(store, "comments")
    inputs = parse_inputs("image", store)
    rows = np.arange(6)
    views = gather_views(store, posts, inputs, ("image",), rows)
    steps: list[object] = []
    again = gather_views(store, posts, inputs, ("image",), rows, progress=steps.append)
    assert not steps
    own = gather(store, posts, inputs).vectors[inputs.images[0]][rows]
    for first, second in zip(views, again, strict=True):
        vectors = first[inputs.images[0]]
        np.testing.assert_array_equal(vectors, second[inputs.images[0]])
        assert np.isnan(vectors[len(rows) :]).all()
        # Another picture, but of the same things.
        alike = (vectors[rows] * own).sum(axis=1)
        assert alike.min() > 0.5
        assert alike.max() < 0.9999


def test_a_file_that_is_no_picture_is_refused(
    store: embedstore.Store, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "drafts.txt"
    file.write_text("good morning")
    with pytest.raises(MediaError, match=r"drafts\.txt can't be used as a picture: no image"):
        rank_likes(
            store, ["x"], username="u", date=datetime(2023, 1, 1), image=file, run=run.run_id
        )
