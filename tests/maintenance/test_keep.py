"""Keeping a store in order: info, check, repair and remove."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.errors import QueryError, SchemaError, StoreNotFoundError
from embedstore.maintenance.check import check, repair
from embedstore.maintenance.info import info
from embedstore.maintenance.remove import count, remove
from embedstore.storage.database import connect


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """Four posts of two accounts; two of them share a text; one row was rejected."""
    file = write_csv(
        [
            post(1),
            post(2),
            post(3, username="bakery"),
            post(4, username="bakery", content="post number 1 about coffee and the weather"),
            post(5, date="yesterday"),
        ]
    )
    build(tmp_path / "s", file)
    return embedstore.open(tmp_path / "s")


def test_info_counts_sources_spaces_failures_and_sizes(store: embedstore.Store) -> None:
    found = info(store)
    [source] = found.sources.to_pylist()
    assert (source["source"], source["posts"], source["accounts"], source["with_likes"]) == (
        "posts",
        4,
        2,
        4,
    )
    [space] = found.spaces.to_pylist()
    assert (space["space"], space["vectors"]) == ("words", 3)
    [failure] = found.failures.to_pylist()
    assert (failure["stage"], failure["failures"]) == ("read", 1)
    assert found.contents == {"text": 3}
    assert found.sizes["store.duckdb"] > 0


def test_a_sound_store_has_no_findings(store: embedstore.Store) -> None:
    assert [finding for finding in check(store) if finding.broken] == []


@pytest.mark.parametrize(
    ("damage", "promise"),
    [
        ("DELETE FROM contents WHERE content_id = 1", "linked to"),
        ("INSERT INTO contents VALUES (99, 'ab', 'text')", "used by a post"),
        ("INSERT INTO vectors SELECT * FROM vectors LIMIT 1", "one vector in a space"),
        ("INSERT INTO vectors VALUES ('words', 77, [1.0])", "each vector belongs to a content"),
        (
            "UPDATE vectors SET vector = [1.0, 'nan'::FLOAT] WHERE content_id = 1",
            "length and are finite",
        ),
        ("INSERT INTO posts SELECT * FROM posts WHERE id = '1'", "each key belongs"),
        (
            "INSERT INTO media (post_id, position, kind, url) VALUES (99, 0, 'photo', 'x')",
            "media belong to posts",
        ),
        ("UPDATE posts SET text = 'changed behind the back' WHERE id = '2'", "linked to"),
    ],
)
def test_damage_is_found_and_repaired(store: embedstore.Store, damage: str, promise: str) -> None:
    with connect(store.path, write=True) as connection:
        connection.execute(damage)
    findings = [finding for finding in check(store) if finding.broken]
    assert any(promise in finding.promise for finding in findings)
    repair(store)
    build(store.path)
    assert [finding for finding in check(store) if finding.broken] == []
    assert rows(store.path, "SELECT count(*) FROM text_vectors") == [(4,)]


def test_texts_that_wait_for_vectors_are_found_and_the_remedy_is_a_build(
    store: embedstore.Store,
) -> None:
    with connect(store.path, write=True) as connection:
        connection.execute("DELETE FROM vectors WHERE content_id = 2")
    [finding] = [
        finding
        for finding in check(store)
        if finding.broken and "has its vectors" in finding.promise
    ]
    assert "embedstore build" in finding.remedy
    build(store.path)
    assert [finding for finding in check(store) if finding.broken] == []


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


def test_a_missing_store_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFoundError, match="build one with `embedstore build"):
        embedstore.open(tmp_path / "nothing")


def test_a_store_of_a_newer_version_is_refused(store: embedstore.Store) -> None:
    with connect(store.path, write=True) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'schema'")
    with pytest.raises(SchemaError, match="a newer embedstore wrote this store"):
        embedstore.open(store.path)


@pytest.mark.parametrize("work", [repair, lambda store: remove(store, "id = '1'")])
def test_a_store_of_an_older_version_is_brought_up_to_date_before_it_is_changed(
    store: embedstore.Store, work: Callable[[embedstore.Store], object]
) -> None:
    with connect(store.path, write=True) as connection:
        connection.execute("DROP TABLE augmented")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    work(store)
    assert rows(store.path, "SELECT count(*) FROM augmented") == [(0,)]
    assert [finding for finding in check(store) if finding.broken] == []
