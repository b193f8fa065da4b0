"""A user's ``where`` on posts, kept out of our SQL strings."""

import duckdb

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
