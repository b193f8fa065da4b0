"""A user's ``where`` on posts, kept out of our SQL strings."""

from collections.abc import Collection
from datetime import datetime

import duckdb
import numpy as np

from embedstore.arrays import Indices
from embedstore.errors import QueryError


def posts_where(
    connection: duckdb.DuckDBPyConnection, where: str | None
) -> duckdb.DuckDBPyRelation:
    """The posts that pass a filter, as a relation with all columns of `posts`.

    The filter goes through DuckDB's relational API, which takes one expression and
    nothing else: no second statement, no other clause.

    Raises
    ------
    QueryError
        The filter is no expression over the columns of `posts`.
    """
    posts = connection.table("posts")
    if where is None:
        return posts
    try:
        return posts.filter(where)
    except duckdb.Error as error:
        raise QueryError(f"the filter {where!r} can't be used: {first_line(error)}") from error


def posts_passing(
    connection: duckdb.DuckDBPyConnection, where: str | None, before: datetime | None
) -> Indices:
    """Ids of the posts that pass a filter and are earlier than a time in UTC, if one is given.

    Raises
    ------
    QueryError
        The filter can't be used.
    """
    posts = posts_where(connection, where)
    if before is not None:
        # Of a post without a time nobody knows whether it was earlier: NULL doesn't pass.
        posts = posts.filter(
            duckdb.ColumnExpression("created_at") < duckdb.ConstantExpression(before)
        )
    try:
        # Not by way of Arrow: for numbers that are never NULL, NumPy is half a millisecond less.
        columns = posts.select(duckdb.ColumnExpression("post_id")).fetchnumpy()
    except duckdb.Error as error:
        raise QueryError(f"the filter {where!r} can't be used: {first_line(error)}") from error
    ids: Indices = np.asarray(columns["post_id"], dtype=np.int64)
    return ids


def is_constant(where: str, columns: Collection[str]) -> bool:
    """Whether a filter says the same of the same posts whenever it is asked.

    True only if it names columns and nothing else: functions may be of the time of day or of
    chance, and a subquery has rows of its own in any order.
    """
    tokens = duckdb.tokenize(where)
    said = where.encode()  # places are counted in bytes
    ends = [*(start for start, _ in tokens), len(said)][1:]
    return all(
        said[start:end].strip().lower().decode() in columns
        for (start, kind), end in zip(tokens, ends, strict=True)
        if kind == duckdb.token_type.identifier
    )


def first_line(error: duckdb.Error) -> str:
    """DuckDB's message in one line, with the place in the query if it names one."""
    lines = str(error).splitlines()
    message = lines[0].strip() if lines else type(error).__name__
    for number, line in enumerate(lines):
        # DuckDB points at the place with a caret under a "LINE n:" row.
        if line.startswith("LINE ") and number + 1 < len(lines) and "^" in lines[number + 1]:
            label, _, excerpt = line.partition(": ")
            column = lines[number + 1].index("^") - len(label) - 2
            near = excerpt[column : column + 24].strip() if column >= 0 else ""
            return f"{message} ({label.lower()}" + (f", near `{near}`)" if near else ")")
    return message
