"""Damage is found by `check`, and repaired."""

import pytest
from old_store import downgrade
from support import build, rows

import embedstore
from embedstore.index.words import reindex_words, wrongly_indexed
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


def test_each_damage_of_the_indexed_words_is_found_and_repaired(store: embedstore.Store) -> None:
    ids = {1, 2, 3}  # of the posts' three texts
    damages = {
        "DELETE FROM words WHERE word = 'coffee' AND content_id = 2": {2},
        "DELETE FROM words": ids,
        "DELETE FROM text_lengths WHERE content_id = 2": {2},
        "DELETE FROM text_lengths": ids,
        "INSERT INTO words SELECT * FROM words WHERE content_id = 2": {2},
        "INSERT INTO words VALUES ('coffee', 77, 1)": {77},
        "INSERT INTO text_lengths SELECT * FROM text_lengths": ids,
        "INSERT INTO text_lengths VALUES (77, 3)": {77},
        "UPDATE words SET word = 'tea' WHERE word = 'coffee' AND content_id = 1": {1},
        "UPDATE words SET count = 40 WHERE word = 'coffee' AND content_id = 1": {1},
        "UPDATE text_lengths SET words = 1 WHERE content_id = 1": {1},
    }
    index = rows(store.path, "FROM words ORDER BY ALL"), rows(store.path, "FROM text_lengths")
    for damage, broken in damages.items():
        with connect(store.path, write=True) as connection:
            connection.execute("BEGIN").execute(damage)
            assert set(wrongly_indexed(connection)) == broken, damage
            reindex_words(connection)
            assert wrongly_indexed(connection) == []
            connection.execute("COMMIT")
        assert rows(store.path, "FROM words ORDER BY ALL") == index[0]
        assert sorted(rows(store.path, "FROM text_lengths")) == sorted(index[1])
    with connect(store.path, write=True) as connection:
        connection.execute("UPDATE words SET count = 40 WHERE word = 'coffee' AND content_id = 1")
    [finding] = [finding for finding in check(store) if finding.broken]
    assert (finding.promise, finding.broken, finding.remedy) == (
        "the indexed words of each text are those that it has", 1, "repair",
    )  # fmt: skip
    repair(store)
    assert rows(store.path, "FROM words ORDER BY ALL") == index[0]


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
