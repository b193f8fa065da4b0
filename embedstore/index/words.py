"""Index the words of texts, so that posts are found by spelling: an inverted index in tables.

Beside a scan of all texts, and beside libraries with files of their own, plain tables won: a query
takes 8 ms of a million words and none of its bytes outlive a text that is removed.
"""

import duckdb

from embedstore import sql

TEXTS_AT_ONCE = 50_000
"""Texts of one transaction; their words take some 100 MB."""


def index_words(connection: duckdb.DuckDBPyConnection, texts: int = TEXTS_AT_ONCE) -> int:
    """Index the words of texts that are not indexed yet, up to a number of texts.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    texts : int
        Most texts.

    Returns
    -------
    int
        Texts that were indexed; 0 once all are.
    """
    connection.execute(sql.read("index/unindexed_texts"), [texts])
    [[count]] = connection.execute("SELECT count(*) FROM unindexed").fetchall()
    if count:
        connection.execute(sql.read("index/index_words"))
    return int(count)


def wrongly_indexed(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Find the texts whose indexed words are not those that they have, or that are not indexed.

    Returns
    -------
    list of int
        Their content ids; none where no word is indexed yet, as in a store of an older version.
    """
    if not _has_tables(connection):
        return []
    [[begun]] = connection.execute(
        "SELECT EXISTS (FROM text_lengths) OR EXISTS (FROM words)"
    ).fetchall()
    if not begun:
        return []
    return [row[0] for row in connection.execute(sql.read("index/wrong_words")).fetchall()]


def reindex_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Index anew the texts whose indexed words are not those that they have, and missing ones.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    """
    wrong = wrongly_indexed(connection)
    for table in ("words", "text_lengths"):
        connection.execute(
            f"DELETE FROM {table} WHERE content_id IN (SELECT unnest($1::BIGINT[]))",  # noqa: S608
            [wrong],
        )
    while index_words(connection):
        pass


def are_words_indexed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the store has an index of words; one of an older version has none."""
    if not _has_tables(connection):
        return False
    [[indexed]] = connection.execute(
        "SELECT EXISTS (FROM text_lengths) OR NOT EXISTS (FROM contents WHERE kind = 'text')"
    ).fetchall()
    return bool(indexed)


def _has_tables(connection: duckdb.DuckDBPyConnection) -> bool:
    [[tables]] = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'text_lengths'"
    ).fetchall()
    return bool(tables)
