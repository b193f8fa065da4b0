"""Add the remedy to what DuckDB says of a query: near names, and the names that there are."""

import re
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches

import duckdb

_COLUMN = re.compile(r'(?:Referenced column|have a column named) "(?P<name>[^"]+)"')
_TABLE = re.compile(r"Table with name (?P<name>\S+) does not exist")
_FUNCTION = re.compile(r"Function with name (?P<name>\S+) does not exist")
_SYNTAX = re.compile(r'syntax error at or near "(?P<token>[^"]*)"')
_CANDIDATES = re.compile(r"Candidate bindings:[ :]*(?P<names>.*)|Did you mean (?P<one>.*)\?")

_OURS = (
    "embed", "search", "duplicates", "campaigns", "cosine", "nearest", "similar_to", "topic",
    "label",
)  # fmt: skip
"""Functions and macros of a store."""

_OF_HEADS = ("predict_likes", "expected")
"""Functions that a store has once the heads are imported."""

_KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "BY", "HAVING", "LIMIT", "JOIN", "USING", "WITH",
    "INSERT", "UPDATE", "DELETE", "DESCRIBE", "SUMMARIZE", "UNION", "DISTINCT", "VALUES",
)  # fmt: skip

_ALIKE = 0.6
"""Share of letters in common from which on one name may be meant by another."""


def advised(
    said: str,
    error: Exception,
    query: str,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> str:
    """Add to what is wrong with a query what may have been meant.

    Parameters
    ----------
    said : str
        The error on one line.
    error : Exception
        What DuckDB raised.
    query : str
        The query, or a condition of one.
    connection : duckdb.DuckDBPyConnection, optional
        Open on the store, to list the columns and tables that there are.

    Returns
    -------
    str
        One line.
    """
    text = str(error)
    hints: list[str] = []
    if found := _COLUMN.search(text):
        hints = _meant(found["name"], _candidates(text))
        hints += _columns(connection, query) if connection is not None else []
    elif (found := _TABLE.search(text)) and connection is not None:
        tables = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
        hints = [*_meant(found["name"], tables), f"there are {', '.join(tables)}"]
    elif found := _FUNCTION.search(text):
        if found["name"].lower() in _OF_HEADS:
            return f"{said.rstrip('!.')}: it is one of the heads, so `import heads` before"
        hints = _meant(found["name"], (*_OURS, *_OF_HEADS)) or _meant(
            found["name"], _candidates(text)
        )
    elif found := _SYNTAX.search(text):
        hints = _meant_keyword(query, found["token"])
    if not hints:
        return said
    return f"{said.rstrip('!.')}: {' '.join(hints)}"


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """List the columns of the tables that a query names."""
    with suppress(duckdb.Error):
        return [
            f"{name} has {', '.join(connection.table(name).columns)}"
            for name in sorted(connection.get_table_names(query))
        ]
    return []


def _candidates(text: str) -> list[str]:
    """Read the names that DuckDB suggests."""
    found = _CANDIDATES.search(text)
    return re.findall(r'"([^"]+)"', found["names"] or found["one"]) if found else []


def _meant(name: str, names: Sequence[str]) -> list[str]:
    near = get_close_matches(name.lower(), names, n=1, cutoff=_ALIKE)
    return [f"did you mean {near[0]}?"] if near else []


def _meant_keyword(query: str, token: str) -> list[str]:
    """Find a misspelt keyword: the word that the parser stumbled over, or the one before it."""
    words = re.findall(r"\w+", query.upper())
    at = words.index(token.upper()) if token.upper() in words else len(words) - 1
    for word in reversed(words[max(0, at - 1) : at + 1]):
        if word not in _KEYWORDS:
            near = get_close_matches(word, _KEYWORDS, n=1, cutoff=0.75)
            if near:
                return [f"did you mean {near[0]}?"]
    return []
