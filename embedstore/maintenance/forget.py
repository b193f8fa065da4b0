"""Leave no byte of removed posts: their texts, names and pictures, wherever a store keeps them."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from embedstore import sql
from embedstore.errors import StoreError
from embedstore.storage.layout import run_folder, shards_folder

SHORTEST_TEXT = 8
"""Letters of a text below which it is looked for as a whole word, as a name is."""

_OWN = ("posts", "media", "contents", "vectors", "augmented", "predictions", "observations")
"""Tables that `remove` has dealt with."""


def forget(connection: duckdb.DuckDBPyConnection, store: Path) -> list[str]:
    """Delete what other tables and heads have kept of the posts in the temporary table `leaving`.

    The posts' keys are kept, hashed, so that later builds leave them out.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside the transaction that has removed the posts.
    store : Path
        The store's directory.

    Returns
    -------
    list of str
        The heads that are to go with them: they name them, or have learned to write from them.
    """
    terms = _terms(connection)
    runs = [run for (run,) in connection.execute("SELECT run_id FROM runs").fetchall()]
    telling = [run for run in runs if _tells(store, run, terms)]
    connection.register(
        "terms",
        pa.table(
            {"term": list(terms), "pattern": list(terms.values())},
            schema=pa.schema([("term", pa.string()), ("pattern", pa.string())]),
        ),
    )
    connection.register("telling_runs", pa.table({"run_id": pa.array(telling, pa.string())}))
    connection.execute(sql.read("maintenance/forget"))
    for table, column, source in _others(connection):
        connection.execute(
            f'DELETE FROM "{table}" WHERE "{column}" IN (SELECT {column} FROM {source})'  # noqa: S608
        )
    _clear_topics(connection, list(terms))
    leaving = connection.execute("SELECT run_id FROM leaving_runs ORDER BY run_id").fetchall()
    connection.unregister("terms")
    connection.unregister("telling_runs")
    return [run for (run,) in leaving]


def delete_shards(store: Path) -> None:
    """Delete the texts that a killed build on a cluster has left; call with the build lock held."""
    shutil.rmtree(shards_folder(store), ignore_errors=True)


def _terms(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """List the texts and names that no other post has, and the pattern of a name.

    Also as JSON writes them, with escapes.
    """
    texts = connection.execute(
        "SELECT DISTINCT unnest([text, text_raw, formatted_text]) AS words FROM leaving"
        " EXCEPT SELECT unnest([text, text_raw, formatted_text]) FROM posts"
    ).fetchall()
    names = connection.execute(
        "SELECT DISTINCT unnest([username, company]) AS name FROM leaving"
        " EXCEPT SELECT unnest([username, company]) FROM posts"
    ).fetchall()
    found: dict[str, str | None] = {}
    for (words,) in texts:
        if words and words.strip():
            for form in _forms(words):
                found[form] = None if len(words) >= SHORTEST_TEXT else _whole_word(form)
    for (name,) in names:
        if name and name.strip():
            for form in _forms(name):
                found.setdefault(form, _whole_word(form))
    return found


def _clear_topics(connection: duckdb.DuckDBPyConnection, terms: list[str]) -> None:
    """Take names and texts out of what topics are called after."""
    connection.execute(
        "UPDATE topics SET words = list_filter(words, lambda word: NOT list_contains($terms, word))"
        " WHERE list_has_any(words, $terms::VARCHAR[])",
        {"terms": [term.lower() for term in terms]},
    )
    connection.execute(
        "UPDATE topics SET named = false,"
        " name = coalesce(nullif(array_to_string(words[:3], ', '), ''), 'topic ' || topic_id)"
        " WHERE EXISTS (FROM terms WHERE contains(lower(name), lower(term)))"
    )


def _forms(words: str) -> set[str]:
    return {words, json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]}


def _whole_word(words: str) -> str:
    return rf"(^|[^\pL\pN_]){re.escape(words)}($|[^\pL\pN_])"


def _tells(store: Path, run_id: str, terms: dict[str, str | None]) -> bool:
    """Tell whether a file of a head has one of the terms in it."""
    try:
        folder = run_folder(store, run_id)
    except StoreError:
        return False
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        data = file.read_bytes()
        if any(_holds(data, term.encode(), pattern is None) for term, pattern in terms.items()):
            return True
    return False


def _holds(data: bytes, term: bytes, anywhere: bool) -> bool:
    """Tell whether bytes have a term in them, or have it as a whole word."""
    if anywhere or term not in data:
        return term in data
    letter = rb"[\w\x80-\xff]"
    word = rb"(?<!" + letter + rb")" + re.escape(term) + rb"(?!" + letter + rb")"
    return re.search(word, data) is not None


def _others(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, str]]:
    """List further tables that have rows of posts or contents: table, column, and what leaves."""
    rows = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns()"
        " WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal"
        " AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT temporary)"
        " AND column_name IN ('post_id', 'content_id')"
    ).fetchall()
    for table, column in rows:
        if table not in _OWN:
            yield table, column, "leaving" if column == "post_id" else "forgotten"
