"""Reposts are left out unless asked for; every count of a store can be a label."""

import json
from pathlib import Path

import pytest

import embedstore
from embedstore.errors import InputError
from embedstore.storage import database
from heads.data.posts import load_posts


@pytest.fixture
def store(tmp_path: Path) -> embedstore.Store:
    file = tmp_path / "posts.csv"
    rows = [f"{n},2022-01-0{n},a,text {n},{n}" for n in range(1, 5)]
    file.write_text("\n".join(["id,date,username,text,likes", *rows]))
    path = tmp_path / "x.store"
    embedstore.build(path, [file], space=["text=hash:8"], images="none")
    extra = json.dumps({"saves": "7", "a/b~c": 8, "word": "x"})
    with database.transaction(path) as connection:
        connection.execute(
            "UPDATE posts SET bookmarks = 9, extra = ?,"
            " kind = CASE id WHEN '1' THEN 'repost' WHEN '2' THEN 'own' END",
            [extra],
        )
    return embedstore.open(path)


def test_reposts_are_left_out_and_counted_unless_asked_for(store: embedstore.Store) -> None:
    posts = load_posts(store)
    assert posts.table["id"].to_pylist() == ["2", "3", "4"]
    assert (posts.kpi.tolist(), posts.reposts_left_out) == ([2, 3, 4], 1)
    every = load_posts(store, reposts=True)
    assert (len(every), every.reposts_left_out) == (4, 0)


@pytest.mark.parametrize(
    ("kpi", "value"), [("bookmarks", 9), ("extra.saves", 7), ("extra.a/b~c", 8)]
)
def test_other_counts_are_labels_too(store: embedstore.Store, kpi: str, value: int) -> None:
    assert load_posts(store, kpi).kpi.tolist() == [value] * 3


@pytest.mark.parametrize("name", ["gone", "word", "x') FROM posts; DROP TABLE posts; --", ""])
def test_a_number_that_no_post_has_is_an_error(store: embedstore.Store, name: str) -> None:
    with pytest.raises(InputError, match="no post with a time has the number"):
        load_posts(store, f"extra.{name}")
    assert len(load_posts(store)) == 3


def test_a_count_that_an_earlier_version_did_not_keep_is_named_with_the_remedy(
    store: embedstore.Store,
) -> None:
    with database.transaction(store.path) as connection:
        connection.execute("ALTER TABLE posts DROP COLUMN bookmarks")
    with pytest.raises(InputError, match="without the column bookmarks: `embedstore build"):
        load_posts(store, "bookmarks")
