"""Removed posts take along what only they used."""

from pathlib import Path

import pytest
from old_store import downgrade
from support import WriteCsv, build_once, post, rows

import embedstore
from embedstore.errors import QueryError
from embedstore.maintenance.check import check
from embedstore.maintenance.remove import count, remove
from embedstore.storage.database import connect


def test_removed_posts_go_with_the_texts_that_nobody_shares(store: embedstore.Store) -> None:
    where = "username = 'bakery'"
    assert count(store, where) == 2
    removed = remove(store, where)
    assert (removed.posts, removed.contents) == (2, 1)
    assert rows(store.path, "SELECT id FROM posts ORDER BY 1") == [("1",), ("2",)]
    assert rows(store.path, "SELECT count(*) FROM vectors") == [(2,)]
    assert [finding for finding in check(store) if finding.broken] == []


@pytest.mark.parametrize(
    "where",
    ["1=1; DROP TABLE posts", "nosuchcolumn = 1", "1=1) UNION SELECT (1", ""],
)
def test_a_filter_that_is_no_expression_is_refused_and_nothing_goes(
    store: embedstore.Store, where: str
) -> None:
    with pytest.raises(QueryError, match="can't be used"):
        remove(store, where)
    assert rows(store.path, "SELECT count(*) FROM posts") == [(4,)]


def test_a_store_of_an_older_version_is_brought_up_to_date_before_posts_go(
    store: embedstore.Store,
) -> None:
    downgrade(store.path, version=1)
    remove(store, "id = '1'")
    assert rows(store.path, "SELECT count(*) FROM augmented") == [(0,)]
    assert [finding for finding in check(store) if finding.broken] == []


REFUSED = "SELECT id, raw FROM failures WHERE class = 'conflict' ORDER BY line"


@pytest.fixture
def refused(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """Posts 1, 1a and 2; a row of another account was refused for each."""
    posts = [post(1), post(3, id="1a"), post(2)]
    build_once(tmp_path / "s", write_csv(posts + [row | {"username": "other"} for row in posts]))
    return embedstore.open(tmp_path / "s")


def test_rows_refused_for_the_key_of_a_removed_post_go_with_it(refused: embedstore.Store) -> None:
    assert [name for name, _ in rows(refused.path, REFUSED)] == ["1", "1a", "2"]
    remove(refused, "id = '1'")
    assert [name for name, _ in rows(refused.path, REFUSED)] == ["1a", "2"]


def test_refused_rows_are_known_by_their_key_and_not_by_their_reason(
    refused: embedstore.Store,
) -> None:
    with connect(refused.path, write=True) as connection:
        connection.execute("UPDATE failures SET reason = 'the key posts:2 belongs to no one'")
    remove(refused, "id = '1'")
    assert [name for name, _ in rows(refused.path, REFUSED)] == ["1a", "2"]


def test_rows_refused_before_failures_had_an_id_go_too(refused: embedstore.Store) -> None:
    downgrade(refused.path, version=2)
    remove(refused, "id = '1'")
    left = rows(refused.path, REFUSED)
    assert [name for name, _ in left] == [None, None]
    assert "1a" in left[0][1]
