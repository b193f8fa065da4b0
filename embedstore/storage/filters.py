"""Apply a user's ``where`` to posts without putting it into an SQL string."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices
from embedstore.errors import QueryError
from embedstore.storage.faults import says_damaged
from embedstore.storage.limits import Clock
from embedstore.storage.sql_advice import advised


def posts_where(
    connection: duckdb.DuckDBPyConnection, where: str | None
) -> duckdb.DuckDBPyRelation:
    """Return the posts that pass a filter, as a relation with all columns of `posts`.

    The filter goes through DuckDB's relational API, which takes one expression and
    nothing else: no second statement, no other clause. It is evaluated when rows are read.

    Raises
    ------
    QueryError
        The filter is no expression over the columns of `posts`.
    """
    posts = connection.table("posts")
    if where is None:
        return posts
    with filter_errors(where):
        return posts.filter(where)


def chosen_posts(
    connection: duckdb.DuckDBPyConnection, where: str | None, *, timeout: float | None = None
) -> pa.Table:
    """Return the ids of the posts that pass a filter: a table with the column `post_id`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    where : str, optional
        SQL condition on the columns of `posts`; all posts if None.
    timeout : float, optional
        Most seconds; no limit if None.

    Raises
    ------
    QueryError
        The filter can't be used.
    LimitError
        It takes more time than it may.
    """
    with Clock(timeout).watch(connection), filter_errors(where):
        return posts_where(connection, where).project("post_id").to_arrow_table()


def posts_passing(
    connection: duckdb.DuckDBPyConnection, where: str | None, before: datetime | None
) -> Indices:
    """Find the ids of the posts that pass a filter and are earlier than a time.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    where : str, optional
        SQL condition on the columns of `posts`; all posts if None.
    before : datetime, optional
        Only posts strictly earlier (UTC, naive).

    Returns
    -------
    array, shape (n,), int64
        In no order.

    Raises
    ------
    QueryError
        The filter can't be used.
    """
    posts = posts_where(connection, where)
    if before is not None:
        # A post without a time may not have been earlier: NULL doesn't pass.
        posts = posts.filter(
            duckdb.ColumnExpression("created_at") < duckdb.ConstantExpression(before)
        )
    with filter_errors(where):
        # For numbers that are never NULL, NumPy is half a millisecond faster than Arrow.
        columns = posts.select(duckdb.ColumnExpression("post_id")).fetchnumpy()
    ids: Indices = np.asarray(columns["post_id"], dtype=np.int64)
    return ids


@contextmanager
def filter_errors(where: str | None) -> Iterator[None]:
    """Raise what a filter provokes as one line that names it."""
    try:
        yield
    except duckdb.InterruptException:
        raise  # It was stopped: by a person, or by a limit that says so itself.
    except duckdb.Error as error:
        if says_damaged(error):
            raise
        raise QueryError(f"the filter {where!r} can't be used: {_said(error, where)}") from error


def _said(error: duckdb.Error, where: str | None) -> str:
    return advised(first_line(error), error, where or "")


def is_constant(where: str, columns: Collection[str]) -> bool:
    """Tell whether a filter always gives the same result for the same posts.

    True only if every name in it is a column: a function may depend on the time of day or on
    chance, and a subquery may read other tables.

    Parameters
    ----------
    where : str
        The filter.
    columns : collection of str
        Columns of `posts`, in lower case.
    """
    tokens = duckdb.tokenize(where)
    encoded = where.encode()  # DuckDB's offsets count bytes
    ends = [*(start for start, _ in tokens), len(encoded)][1:]
    return all(
        encoded[start:end].strip().lower().decode() in columns
        for (start, kind), end in zip(tokens, ends, strict=True)
        if kind == duckdb.token_type.identifier
    )


def first_line(error: Exception) -> str:
    """Return DuckDB's message on one line, with the place in the query if it names one."""
    lines = str(error).splitlines()
    message = lines[0].strip() if lines else type(error).__name__
    for number, line in enumerate(lines):
        # Under a "LINE n:" row, DuckDB points at the place with a caret.
        if line.startswith("LINE ") and number + 1 < len(lines) and "^" in lines[number + 1]:
            label, _, excerpt = line.partition(": ")
            column = lines[number + 1].index("^") - len(label) - 2
            near = excerpt[column : column + 24].strip() if column >= 0 else ""
            return f"{message} ({label.lower()}" + (f", near `{near}`)" if near else ")")
    return message
