"""Damage is found by `check`, and repaired."""

import pytest
from old_store import downgrade
from support import build, rows

import embedstore
from embedstore.maintenance.check import check, repair
from embedstore.storage.database import connect


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
        (
            "UPDATE vectors SET vector = [NULL] || vector[2:] WHERE content_id = 1",
            "length and are finite",
        ),
        (
            "UPDATE vectors SET vector = [NULL for x in vector] WHERE content_id = 1",
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


def test_a_half_written_database_is_found_and_deleted(store: embedstore.Store) -> None:
    (store.path / ".store.duckdb.k2x_9abc.new").write_bytes(b"half")
    [finding] = [finding for finding in check(store) if finding.broken]
    assert "interrupted write" in finding.promise
    repair(store)
    assert [finding for finding in check(store) if finding.broken] == []


def test_a_store_of_an_older_version_is_brought_up_to_date_before_it_is_repaired(
    store: embedstore.Store,
) -> None:
    downgrade(store.path, version=1)
    repair(store)
    assert rows(store.path, "SELECT count(*) FROM augmented") == [(0,)]
    assert [finding for finding in check(store) if finding.broken] == []
