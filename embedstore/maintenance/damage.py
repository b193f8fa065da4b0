"""Read every table of a database whole, to know what of it is damaged and what can be read.

DuckDB keeps a checksum with each block and compares it when a block is read, so a column that was
read without an error is as it was written.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from embedstore.errors import StoreError
from embedstore.storage.database import connect

T = TypeVar("T")


@dataclass(frozen=True)
class TableState:
    """What of a table can be read.

    Attributes
    ----------
    table : str
        Its name.
    rows : int, optional
        Its rows; None if not even their number can be read.
    damaged : tuple of str
        Columns that can't be read whole.
    """

    table: str
    rows: int | None
    damaged: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """True if all of it was read."""
        return self.rows is not None and not self.damaged

    def __str__(self) -> str:
        """Return the table's name with its rows, or with its damaged columns."""
        if self.rows is None:
            return self.table
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        if self.sound:
            return f"{self.table} ({rows})"
        columns = "column" if len(self.damaged) == 1 else "columns"
        return f"{self.table} ({columns} {', '.join(self.damaged)} of {rows})"


def attempt(store: Path, read: Callable[[duckdb.DuckDBPyConnection], T]) -> T | None:
    """Read something of a store that may be damaged, over a connection of its own.

    DuckDB closes a database to all further queries once it has met some kinds of damage.

    Returns
    -------
    object or None
        What `read` returned; None if that can't be read.
    """
    with suppress(duckdb.Error, StoreError), connect(store) as connection:
        return read(connection)
    return None


def table_names(store: Path) -> list[str] | None:
    """List the tables of a store, the smallest first; None if the database can't be opened."""
    found = attempt(
        store,
        lambda connection: connection.execute(
            "SELECT table_name FROM duckdb_tables()"
            " WHERE database_name = current_database() AND schema_name = 'main'"
            " ORDER BY table_name IN ('vectors', 'augmented'), estimated_size, table_name"
        ).fetchall(),
    )
    return None if found is None else [name for (name,) in found]


def read_tables(store: Path, *, within_s: float | None = None) -> list[TableState] | None:
    """Read every column of every table.

    Parameters
    ----------
    store : Path
        The store's directory.
    within_s : float, optional
        Seconds after which no further table is begun; None reads all.

    Returns
    -------
    list of TableState or None
        The tables that were read, the smallest first; None if the database can't be opened.
    """
    names = table_names(store)
    if names is None:
        return None
    started = time.monotonic()
    found: list[TableState] = []
    # A database that is sound is read over one connection.
    with suppress(duckdb.Error, StoreError), connect(store) as connection:
        for name in names:
            if within_s is not None and time.monotonic() - started > within_s:
                return found
            found.append(TableState(name, _whole(connection, name, "columns(*)")))
    for name in names[len(found) :]:
        if within_s is not None and time.monotonic() - started > within_s:
            break
        found.append(read_table(store, name))
    return found


def read_table(store: Path, table: str) -> TableState:
    """Read every column of one table."""
    rows = attempt(store, lambda connection: _whole(connection, table, "columns(*)"))
    if rows is not None:
        return TableState(table, rows)
    columns = attempt(store, lambda connection: column_names(connection, table)) or []
    damaged = tuple(
        column
        for column in columns
        if attempt(store, lambda connection, column=column: _whole(connection, table, _q(column)))  # type: ignore[misc]
        is None
    )
    # The number of rows is kept apart from the rows.
    count = attempt(store, lambda connection: _scalar(connection, f"SELECT count(*) FROM {table}"))  # noqa: S608
    return TableState(table, count, damaged or tuple(columns))


def column_names(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """List the columns of a table in their order."""
    return [
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = ?"
            " AND database_name = current_database() AND schema_name = 'main'"
            " ORDER BY column_index",
            [table],
        ).fetchall()
    ]


def describe(store: Path, *, within_s: float = 10.0) -> str:
    """Say in a sentence what of a damaged store can still be read."""
    tables = read_tables(store, within_s=within_s)
    if tables is None:
        return "the database can't be opened, none of its tables can be read"
    sound = [str(table) for table in tables if table.sound and table.rows]
    damaged = [str(table) for table in tables if not table.sound]
    return "; ".join(
        part
        for part in (
            f"damaged: {', '.join(damaged)}" if damaged else "",
            f"can still be read: {', '.join(sound)}" if sound else "no table can be read",
        )
        if part
    )


def _whole(connection: duckdb.DuckDBPyConnection, table: str, columns: str) -> int:
    """Read columns of a table from the first row to the last; returns the number of rows."""
    query = f"SELECT count(*), bit_xor(hash({columns})) FROM {_q(table)}"  # noqa: S608
    return int(connection.execute(query).fetchall()[0][0])


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    return connection.execute(query).fetchall()[0][0]


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
