"""Run a user's SQL, with functions of Python defined only while a query that names them runs.

Which functions there are is in `offers`, and what each does in `sql_definitions` and in packages
that have registered theirs.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa

from embedstore.errors import EmbedstoreError, QueryError
from embedstore.search.sql_calls import Calls, Inside, Offer
from embedstore.storage.faults import of_the_store
from embedstore.storage.filters import first_line
from embedstore.storage.limits import FAILURES, Clock, Counter, Limits
from embedstore.storage.sql_advice import advised
from embedstore.storage.statements import Access, guarded, refuse

_RESERVED_NAME = re.compile(rb"\s*:=")

BATCH_ROWS = 2048
"""Rows that are read at once: as many as DuckDB computes at once."""

Parameters = Sequence[Any] | Mapping[str, Any]

Errors = Callable[[], AbstractContextManager[None]]
"""Made anew for each step of a query: raises what goes wrong in it as an error of ours."""


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
    offers: Sequence[Offer],
    inside: Inside,
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
    offers : sequence of Offer
        Functions that it may name.
    inside : callable
        Entered around each call of one.
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
    calls = Calls(connection, inside)
    errors: Errors = partial(_query_errors, connection, query, clock, calls)
    try:
        for offer in offers:
            if offer.is_named_in(query):
                query = quote_named_where(query)
                with errors():
                    calls.define(offer.define(clock))
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
        calls.remove()


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
    connection: duckdb.DuckDBPyConnection, query: str, clock: Clock, calls: Calls
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
