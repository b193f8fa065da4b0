"""Which statements a user's query may be, and what of the store none of them changes.

DuckDB refuses writing where a file is opened read-only, and other files where external access is
off. Two doors it leaves open: its folder for spilled data counts as its own, and a statement that
may write may also drop the tables of the store. So only named kinds of statements run, and one
that writes runs in a transaction that is rolled back when the store's own schema is not the same
after it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

import duckdb

from embedstore import sql
from embedstore.errors import QueryError
from embedstore.storage.changes import touch

_READING = {"SELECT", "EXPLAIN"}
_WRITING = {
    "INSERT", "UPDATE", "DELETE", "MERGE_INTO", "CREATE", "CREATE_FUNC", "DROP", "ALTER", "VACUUM",
    "ANALYZE", "CALL",
}  # fmt: skip
_OUTSIDE = {"COPY", "COPY_DATABASE", "EXPORT", "ATTACH", "DETACH", "LOAD", "EXTENSION", "PRAGMA"}
_ALONE = {"VACUUM", "ANALYZE", "CALL", "ATTACH", "DETACH", "LOAD", "EXTENSION", "EXPORT"}
"""Kinds that can't run in a transaction, or need none: they change no row of the store."""

_EXPLAIN = re.compile(r"\s*explain(\s+analyze\b)?(\s*\([^()]*\))?", re.IGNORECASE)
_CREATED = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW|MACRO) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Access:
    """What a user's query may do.

    Attributes
    ----------
    write : bool
        Change the store; it has to be opened for writing.
    external : bool
        Read and write other files.
    """

    write: bool = False
    external: bool = False


def refuse(connection: duckdb.DuckDBPyConnection, query: str, access: Access) -> bool:
    """Refuse a query that is not of a kind that may run.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    query : str
        What a user wrote.
    access : Access
        What it may do.

    Returns
    -------
    bool
        Whether it may change rows or tables, so that it has to run in `guarded`.

    Raises
    ------
    QueryError
        It may not run, or is no statement.
    duckdb.Error
        It can't be parsed.
    """
    kinds = _kinds(connection, query)
    if not kinds:
        raise QueryError("the query holds no statement")
    allowed = _READING
    if access.write:
        allowed = allowed | _WRITING
    if access.external:
        allowed = allowed | _OUTSIDE
    for kind in kinds:
        if kind in allowed:
            continue
        if kind in _WRITING:
            raise QueryError(
                f"{_name(kind)} may change the store, which is opened read-only: add --write, or"
                ' mode="rw" from Python'
            )
        if kind in _OUTSIDE:
            raise QueryError(
                f"{_name(kind)} reads or writes other files, which a query may not: add --external,"
                " or external=True from Python"
            )
        raise QueryError(f"{_name(kind)} is no statement that a query may be")
    return access.write and any(kind not in _READING | _ALONE for kind in kinds)


def _kinds(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    found = []
    for statement in connection.extract_statements(query):
        try:
            kind = statement.type.name
        except ValueError:  # a kind that the Python package has no name for
            kind = "UNKNOWN"
        if kind == "EXPLAIN":
            # EXPLAIN ANALYZE runs what it explains.
            found += _kinds(connection, _EXPLAIN.sub("", statement.query, count=1))
        elif kind in ("MULTI", "PRAGMA", "CALL"):
            found.append(_of_several(kind, _first_word(statement.query)))
        else:
            found.append(kind)
    return found


def _of_several(kind: str, word: str) -> str:
    """Tell kinds apart that DuckDB has one name for.

    A statement with PIVOT in it is made of several, whatever it does with the result; CHECKPOINT
    is a call, and COPY FROM DATABASE a pragma.
    """
    if kind == "MULTI":
        reading = word in ("select", "from", "with", "pivot", "unpivot", "(")
        return "SELECT" if reading else word.upper()
    if kind == "PRAGMA":
        # Settings are locked: what is left tells about tables.
        return "SELECT" if word == "pragma" else "PRAGMA"
    return kind


def _first_word(query: str) -> str:
    encoded = query.encode()  # DuckDB's offsets count bytes
    for start, kind in duckdb.tokenize(query):
        if kind != duckdb.token_type.comment:
            word = re.match(rb"\w+|.", encoded[start:])
            return "" if word is None else word[0].decode().lower()
    return ""


def _name(kind: str) -> str:
    return "this" if kind == "UNKNOWN" else kind.replace("_", " ")


@contextmanager
def guarded(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run statements that write in one transaction, and keep the store's own schema.

    Rows of the store's tables may be changed: `check` finds what doesn't fit together then.
    Tables, views and macros of other names belong to the user.

    Raises
    ------
    QueryError
        A table, view or macro of the store is gone or altered, or it would no longer be known as
        the store that it is; nothing was changed.
    """
    connection.execute("BEGIN")
    try:
        before = _own(connection)
        yield
        after = _own(connection)
        altered = sorted(name for name, what in before.items() if after.get(name) != what)
        if altered:
            raise QueryError(
                f"the store needs {', '.join(altered)} as it made it, so nothing was changed: add"
                " tables, columns and views of your own under other names"
            )
        touch(connection)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # An error of DuckDB may have ended it already.
            connection.execute("ROLLBACK")
        raise


def _own(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Describe the store's tables, views and macros, and what it is known by."""
    found: dict[str, object] = {}
    parts: dict[str, list[str]] = {}
    for name, what in connection.execute(sql.read("storage/schema")).fetchall():
        if name in _names():
            parts.setdefault(name, []).append(what)
    found |= parts
    if "meta" in found:
        known_by = "FROM meta WHERE key IN ('format', 'schema', 'store_id') ORDER BY ALL"
        found["rows of meta"] = connection.execute(known_by).fetchall()
    return found


@cache
def _names() -> frozenset[str]:
    """Names of everything that migrations and views create."""
    texts = [text for _, text in sql.migrations()] + [sql.read("views")]
    return frozenset(name for text in texts for name in _CREATED.findall(text))
