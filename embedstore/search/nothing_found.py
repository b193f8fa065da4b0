"""Say why no post was found: a store without posts, a filter that none passes, a misspelt value."""

import re
from datetime import datetime
from difflib import get_close_matches

import duckdb

from embedstore.storage.filters import posts_passing
from embedstore.storage.session import Session

_EQUALITY = re.compile(r"\b(?P<column>\w+)\s*=\s*'(?P<value>(?:[^']|'')*)'")
"""A column that must equal a text, in a filter."""

_TEXT_COLUMNS = ("username", "company", "source", "platform", "kind", "lang")

_MOST_VALUES = 10_000


def why_none_pass(
    session: Session,
    where: str | None,
    before: datetime | None = None,
    *,
    words: str | None = None,
) -> str:
    """Say in one sentence why a search or a removal found no post.

    Parameters
    ----------
    session : Session
        The store.
    where : str, optional
        The filter.
    before : datetime, optional
        Only posts strictly earlier were asked for (UTC, naive).
    words : str, optional
        Words that were to be found by their spelling.
    """
    with session.connection() as connection:
        if not connection.execute("SELECT EXISTS (FROM posts)").fetchall()[0][0]:
            return f"the store has no posts yet: run `embedstore build {session.path} POSTS...`"
        if where is not None and not len(posts_passing(connection, where, None)):
            meant = "".join(_near_values(connection, where))
            return f"no post passes the filter {where!r}{meant}"
        if before is not None and not len(posts_passing(connection, where, before)):
            return f"no post {'that passes the filter ' if where else ''}is before {before}"
    if words is not None:
        return f"no post that may be found has {words!r}"
    return "none of the posts that may be found has a vector in this space"


def _near_values(connection: duckdb.DuckDBPyConnection, where: str) -> list[str]:
    """For each text in a filter that its column never has, say which it has that is near."""
    said: list[str] = []
    for found in _EQUALITY.finditer(where):
        column, value = found["column"].lower(), found["value"].replace("''", "'")
        if column not in _TEXT_COLUMNS:
            continue
        rows = connection.execute(
            f"SELECT DISTINCT {column} FROM posts WHERE {column} IS NOT NULL LIMIT {_MOST_VALUES}"  # noqa: S608
        ).fetchall()
        there = {str(each).lower(): str(each) for (each,) in rows}
        if value not in there.values():
            near = get_close_matches(value.lower(), there, n=3)
            meant = f": did you mean {', '.join(repr(there[name]) for name in near)}?"
            said.append(f"; no {column} is {value!r}" + (meant if near else ""))
    return said
