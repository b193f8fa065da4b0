"""Splits that a user gives in a column or a file, and cross-posts that are left out."""

import json
from pathlib import Path

import numpy as np
import pytest
from support import build

import embedstore
from embedstore.errors import InputError
from embedstore.storage import database
from heads.data.given_splits import choose_split
from heads.data.posts import Posts, load_posts
from heads.data.splits import the_fold

DAYS = 60


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> embedstore.Store:
    """Two sources of one account: the second posts every third text an hour later."""
    folder = tmp_path_factory.mktemp("given")
    for source, hour, step in (("x", 8, 1), ("insta", 9, 3)):
        lines = ["id,date,username,text,likes"]
        for day in range(0, DAYS, step):
            date = np.datetime64("2021-01-01") + day
            lines.append(f"{day},{date}T{hour:02}:00,Acme,This is the news number {day},{day}")
        (folder / f"{source}.csv").write_text("\n".join(lines))
        build(folder / "s", folder / f"{source}.csv")
    with database.transaction(folder / "s") as connection:
        for word, condition in (("train", "id::INT < 40"), ("Test", "id::INT >= 45")):
            connection.execute(
                f"UPDATE posts SET extra = ? WHERE {condition}",  # our own words
                [json.dumps({"part": word})],
            )
    return embedstore.open(folder / "s")


def _ids(posts: Posts, mask: np.ndarray) -> set[str]:  # type: ignore[type-arg]
    return {
        f"{source}:{name}"
        for source, name, chosen in zip(
            posts.table["source"].to_pylist(), posts.table["id"].to_pylist(), mask, strict=True
        )
        if chosen
    }


def test_copies_elsewhere_within_a_day_are_history_and_neither_learned_from_nor_scored(
    store: embedstore.Store,
) -> None:
    posts = load_posts(store, crossposts=False)
    assert posts.left_out["crossposts"] == DAYS // 3
    assert _ids(posts, posts.copies) == {f"insta:{day}" for day in range(0, DAYS, 3)}
    fold = the_fold(posts, choose_split(posts, "time:2021-02-01"))
    assert not (fold.train | fold.test)[posts.copies].any()
    assert fold.known[posts.copies].all()
    assert load_posts(store).labelled.all()


def test_a_column_says_what_is_learned_from_and_what_is_scored(store: embedstore.Store) -> None:
    posts = load_posts(store, crossposts=False)
    fold = the_fold(posts, choose_split(posts, "column:part", store))
    assert _ids(posts, fold.train) == {f"x:{day}" for day in range(40)}
    assert _ids(posts, fold.test) == {f"x:{day}" for day in range(45, DAYS)}
    # All that is scored is later: a split in time, whose frozen histories end there.
    assert fold.until == posts.time[fold.test].min()
    with pytest.raises(InputError, match=r"'source' has to say 'train'.*it says 'x', 'insta'"):
        choose_split(posts, "column:source", store)
    with pytest.raises(InputError, match="it says nothing"):
        choose_split(posts, "column:x') FROM posts --", store)


def test_a_file_names_the_posts_to_score(store: embedstore.Store, tmp_path: Path) -> None:
    posts = load_posts(store, crossposts=False)
    file = tmp_path / "ids.txt"
    file.write_text("x:3\n\nx:30\n")
    fold = the_fold(posts, choose_split(posts, f"ids:{file}", store))
    assert _ids(posts, fold.test) == {"x:3", "x:30"}
    assert fold.train.sum() == DAYS - 2
    # A post is not predicted from the labels of others that are scored.
    assert fold.until is None
    assert not fold.known[fold.test].any()
    file.write_text("ID,source,split\n3,x,test\n4,x,train\n5,x,spare\n")
    fold = the_fold(posts, choose_split(posts, f"ids:{file}", store))
    assert (_ids(posts, fold.train), _ids(posts, fold.test)) == ({"x:4"}, {"x:3"})


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("x:3\nx:3", "a post twice"),
        ("nowhere:3", "1 posts that the store doesn't have"),
        ("3", "several sources: write source:id"),
        ("id,split\nx:1,train", "'train' of some posts and 'test' of others; it says 'train'"),
    ],
)
def test_ids_that_name_no_post_or_two_are_refused(
    store: embedstore.Store, tmp_path: Path, lines: str, error: str
) -> None:
    file = tmp_path / "ids.txt"
    file.write_text(lines)
    with pytest.raises(InputError, match=error):
        choose_split(load_posts(store), f"ids:{file}", store)


def test_a_head_that_takes_no_given_split_says_so(store: embedstore.Store) -> None:
    with pytest.raises(InputError, match="takes no split that is given"):
        choose_split(load_posts(store), "column:part")
    with pytest.raises(InputError, match="can't be read as a list of ids"):
        choose_split(load_posts(store), "ids:/nowhere/at/all", store)
