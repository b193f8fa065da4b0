"""Run a user's SQL with two functions more: `embed('words')` and `search('words', k, where := …)`.

`embed` returns a vector of the store's default text space. `search` returns the posts nearest
to the words as a table (post_id, score) to join with; it uses the FAISS index, and applies its
`where`, a condition on `posts`, before it searches. Both are defined only while a query that
names them runs.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Vectors
from embedstore.errors import EmbedstoreError, QueryError
from embedstore.storage.database import says_damaged
from embedstore.storage.filters import first_line
from embedstore.storage.sql_advice import advised

_NAMES_FUNCTION = re.compile(r"\b(embed|search)\s*\(", re.IGNORECASE)
_RESERVED_NAME = re.compile(rb"\s*:=")

Parameters = Sequence[Any] | Mapping[str, Any]


class Embed(Protocol):
    """Embed words in a space, in the default text space if none is named."""

    def __call__(self, words: str, *, space: str | None = None) -> Vectors:  # noqa: D102
        ...


class Search(Protocol):
    """Find the posts nearest to a text: a table with post_id and score."""

    def __call__(  # noqa: D102
        self, *, text: str, k: int, where: str | None, space: str | None
    ) -> pa.Table: ...


def run(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Parameters | None = None,
    *,
    embed: Embed,
    search: Search,
) -> pa.Table:
    """Run a user's SQL and return its rows.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    query : str
        One statement.
    parameters : sequence or mapping, optional
        Values for its placeholders.
    embed, search : callable
        Called by the functions of the same name.

    Returns
    -------
    pyarrow.Table
        The rows; no columns for a statement that returns none.

    Raises
    ------
    QueryError
        The query can't be run; one line that names the place.
    """
    calls = _Calls(embed, search)
    if _NAMES_FUNCTION.search(query):
        query = quote_named_where(query)
        calls.define(connection)
    try:
        rows = connection.sql(query, params=parameters)
        return pa.table({}) if rows is None else rows.to_arrow_table()
    except duckdb.Error as error:
        if calls.error is not None:
            raise calls.error from error
        if says_damaged(error):
            raise
        said = advised(first_line(error), error, query, connection)
        raise QueryError(said) from error
    finally:
        calls.remove(connection)


def quote_named_where(query: str) -> str:
    """Quote the name in ``where := '…'``, which DuckDB otherwise takes for its keyword.

    Only the keyword itself followed by ``:=`` is quoted; the same letters inside a
    string, a comment or a WHERE clause stay as they are.
    """
    pieces: list[bytes] = []
    encoded = query.encode()  # DuckDB's offsets count bytes
    at = 0
    for start, kind in duckdb.tokenize(query):
        end = start + len("where")
        if (
            kind == duckdb.token_type.keyword
            and encoded[start:end].lower() == b"where"
            and _RESERVED_NAME.match(encoded, end)
        ):
            pieces += [encoded[at:start], b'"where"']
            at = end
    return b"".join([*pieces, encoded[at:]]).decode()


class _Calls:
    """Defines `embed` and `search` on a connection for one query, and keeps their error.

    Attributes
    ----------
    error : EmbedstoreError, optional
        Error that a function raised. DuckDB raises one of its own in its place, with the text
        in the middle of other words.
    """

    def __init__(self, embed: Embed, search: Search) -> None:
        self._embed_words = embed
        self._search_posts = search
        self._suffix = f"{id(self):x}"
        self._defined = False
        self.error: EmbedstoreError | None = None

    def define(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Define both functions; their names in Python are unique to this query."""
        embed, search = f"_embed_{self._suffix}", f"_search_{self._suffix}"
        # `null_handling` takes a string; DuckDB's type hints only have the enumeration.
        connection.create_function(  # type: ignore[call-overload]
            embed, self._embed, ["VARCHAR", "VARCHAR"], "FLOAT[]", null_handling="special"
        )
        connection.create_function(  # type: ignore[call-overload]
            search,
            self._search,
            ["VARCHAR", "BIGINT", "VARCHAR", "VARCHAR"],
            "STRUCT(post_id BIGINT, score FLOAT)[]",
            null_handling="special",
        )
        self._defined = True
        connection.execute(
            f"CREATE OR REPLACE TEMP MACRO embed(words, space := NULL) AS {embed}(words, space);"
            'CREATE OR REPLACE TEMP MACRO search(words, k := 10, "where" := NULL, space := NULL)'
            f' AS TABLE SELECT unnest({search}(words, k, "where", space), recursive := true)'
        )

    def remove(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Remove both functions, if they were defined."""
        if self._defined:
            connection.execute("DROP MACRO embed; DROP MACRO TABLE search")
            connection.remove_function(f"_embed_{self._suffix}")
            connection.remove_function(f"_search_{self._suffix}")

    def _embed(self, words: str | None, space: str | None) -> list[float] | None:
        if words is None:
            return None
        try:
            return [float(x) for x in self._embed_words(words, space=space)]
        except EmbedstoreError as error:
            self.error = error
            raise

    def _search(
        self, words: str | None, k: int | None, where: str | None, space: str | None
    ) -> list[dict[str, Any]]:
        if words is None:
            return []
        try:
            found = self._search_posts(text=words, k=k or 10, where=where, space=space)
        except EmbedstoreError as error:
            self.error = error
            raise
        scores = np.asarray(found["score"])
        return [
            {"post_id": int(post), "score": float(score)}
            for post, score in zip(found["post_id"].to_pylist(), scores, strict=True)
        ]
