"""Run a user's SQL with two functions more: `embed('words')` and `search('words', k, where := …)`.

`embed` returns a vector of the store's default text space. `search` returns the posts nearest
to the words as a table (post_id, score) to join with; it uses the FAISS index, and applies its
`where`, a condition on `posts`, before it searches. Both are defined only while a query that
names them runs.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Vectors
from embedstore.errors import EmbedstoreError, QueryError
from embedstore.storage.database import of_the_store
from embedstore.storage.filters import first_line
from embedstore.storage.limits import FAILURES, FILTER_TIMEOUT_S, Clock, Counter, Limits
from embedstore.storage.sql_advice import advised
from embedstore.storage.statements import Access, guarded, refuse

_NAMES_FUNCTION = re.compile(r"\b(embed|search)\s*\(", re.IGNORECASE)
_RESERVED_NAME = re.compile(rb"\s*:=")

BATCH_ROWS = 2048
"""Rows that are read at once: as many as DuckDB computes at once."""

Parameters = Sequence[Any] | Mapping[str, Any]

Errors = Callable[[], AbstractContextManager[None]]
"""Made anew for each step of a query: raises what goes wrong in it as an error of ours."""


class Embed(Protocol):
    """Embed words in a space, in the default text space if none is named."""

    def __call__(self, words: str, *, space: str | None = None) -> Vectors:  # noqa: D102
        ...


class Search(Protocol):
    """Find the posts nearest to a text: a table with post_id and score."""

    def __call__(  # noqa: D102
        self,
        *,
        text: str,
        k: int,
        where: str | None,
        space: str | None,
        timeout: float | None,
    ) -> pa.Table: ...


@dataclass(frozen=True)
class Rows:
    """Rows of a query, to be read once.

    Attributes
    ----------
    schema : pyarrow.Schema
        Columns; none for a statement that returns no rows.
    batches : iterator of pyarrow.RecordBatch
        Up to `BATCH_ROWS` rows each; a limit that is exceeded is raised where it is.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    def table(self) -> pa.Table:
        """Read all rows into one table."""
        return pa.Table.from_batches(self.batches, self.schema)


@contextmanager
def stream(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Parameters | None = None,
    *,
    access: Access,
    embed: Embed,
    search: Search,
    limits: Limits,
    held: bool,
) -> Iterator[Rows]:
    """Run a user's SQL; its rows are computed while they are read, in the block.

    What a statement that writes returns is read before it is committed, and then handed on.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    query : str
        One statement.
    parameters : sequence or mapping, optional
        Values for its placeholders.
    access : Access
        What the statement may do.
    embed, search : callable
        Called by the functions of the same name.
    limits : Limits
        What it may use.
    held : bool
        Whether the caller keeps the batches, so that their bytes add up.

    Yields
    ------
    Rows

    Raises
    ------
    QueryError
        The query can't be run; one line that names the place.
    LimitError
        It takes more than the limits allow.
    """
    clock = Clock(limits.timeout)
    calls = _Calls(embed, search, clock)
    errors: Errors = partial(_query_errors, connection, query, clock, calls)
    if _NAMES_FUNCTION.search(query):
        query = quote_named_where(query)
        calls.define(connection)
    try:
        with errors():
            writes = refuse(connection, query, access)
        if writes:
            with errors(), guarded(connection):
                table = _read(connection, query, parameters, Counter(limits, held=True), errors)
                table = table.table()
            yield Rows(table.schema, iter(table.to_batches()))
        else:
            yield _read(connection, query, parameters, Counter(limits, held=held), errors)
    finally:
        calls.remove(connection)


def _read(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Parameters | None,
    counter: Counter,
    errors: Errors,
) -> Rows:
    """Start a query, and read its rows as they are asked for."""
    with errors():
        rows: duckdb.DuckDBPyRelation | None = connection.sql(query, params=parameters)
        if rows is None:
            return Rows(pa.schema([]), iter(()))
        reader = rows.to_arrow_reader(BATCH_ROWS)

    def batches() -> Iterator[pa.RecordBatch]:
        while True:
            # Not around the yield: an error of who reads the rows is not one of the query.
            with errors():
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
            counter.add(batch)
            yield batch

    return Rows(reader.schema, batches())


@contextmanager
def _query_errors(
    connection: duckdb.DuckDBPyConnection, query: str, clock: Clock, calls: "_Calls"
) -> Iterator[None]:
    """Raise what a query provokes as one line; stop it when its time is over."""
    try:
        with clock.watch(connection):
            yield
    except FAILURES as error:
        if isinstance(error, EmbedstoreError):
            raise
        if calls.error is not None:
            raise calls.error from error
        if of_the_store(error):
            # Arrow's errors are none of DuckDB, and have its text.
            raise duckdb.Error(str(error)) from error
        said = advised(first_line(error), error, query, connection)
        raise QueryError(said) from error


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

    def __init__(self, embed: Embed, search: Search, clock: Clock) -> None:
        self._embed_words = embed
        self._clock = clock
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
            found = self._search_posts(
                text=words,
                k=k or 10,
                where=where,
                space=space,
                timeout=self._clock.remaining() or FILTER_TIMEOUT_S,
            )
        except EmbedstoreError as error:
            self.error = error
            raise
        scores = np.asarray(found["score"])
        return [
            {"post_id": int(post), "score": float(score)}
            for post, score in zip(found["post_id"].to_pylist(), scores, strict=True)
        ]
