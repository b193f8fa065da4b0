"""Merge, rename and drop topics by hand."""

from collections.abc import Sequence

import duckdb

from embedstore.errors import InputError
from embedstore.storage import database
from embedstore.storage.build_lock import build_lock
from embedstore.topics import tables
from embedstore.topics.find import StoreLike, writable

LONGEST_NAME = 200


def rename_topic(store: StoreLike, topic_id: int, name: str) -> None:
    """Give a topic, or a group of topics, a name that a refit keeps.

    Raises
    ------
    InputError
        There is no such topic, or the name can't be used.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(f"a topic's name has 1 to {LONGEST_NAME} characters, not {len(name)}")
    opened = writable(store)
    database.create(opened.path)
    with build_lock(opened.path), database.transaction(opened.path) as connection:
        _require(connection, [topic_id])
        connection.execute(
            "UPDATE topics SET name = $2, named = true WHERE topic_id = $1", [topic_id, name]
        )


def merge_topics(store: StoreLike, topic_ids: Sequence[int]) -> None:
    """Move the posts of topics, and those that are to come, into the first of them.

    Raises
    ------
    InputError
        Fewer than two are named, or one of them isn't there or is a group.
    """
    first, *others = dict.fromkeys(topic_ids)
    if not others:
        raise InputError("name at least two topics to merge: the first takes in the others")
    opened = writable(store)
    database.create(opened.path)
    with build_lock(opened.path), database.transaction(opened.path) as connection:
        _require(connection, [first, *others], level=0)
        for table in ("topic_centres", "post_topics"):
            connection.execute(
                f"UPDATE {table} SET topic_id = $1 WHERE topic_id IN (SELECT unnest($2))",  # noqa: S608
                [first, others],
            )
        connection.execute("DELETE FROM topics WHERE topic_id IN (SELECT unnest($1))", [others])
        tables.count(connection)


def drop_topics(store: StoreLike, topic_ids: Sequence[int]) -> None:
    """Delete topics: their posts become outliers.

    Raises
    ------
    InputError
        One isn't there or is a group.
    """
    opened = writable(store)
    database.create(opened.path)
    with build_lock(opened.path), database.transaction(opened.path) as connection:
        ids = list(topic_ids)
        _require(connection, ids, level=0)
        connection.execute("DELETE FROM topics WHERE topic_id IN (SELECT unnest($1))", [ids])
        connection.execute("DELETE FROM topic_centres WHERE topic_id IN (SELECT unnest($1))", [ids])
        connection.execute(
            "UPDATE post_topics SET topic_id = NULL WHERE topic_id IN (SELECT unnest($1))", [ids]
        )
        tables.count(connection)


def _require(
    connection: duckdb.DuckDBPyConnection, ids: Sequence[int], *, level: int | None = None
) -> None:
    known = tables.read_topics(connection)
    for number in ids:
        if number not in known:
            raise InputError(
                f"there is no topic {number}: `embedstore topics STORE` lists them with their ids"
            )
        if level is not None and known[number][0].level != level:
            raise InputError(
                f"{number} ({known[number][0].name}) is a group of topics: name the topics in it"
            )
