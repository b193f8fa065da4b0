"""Open a store's database for statements of ours, many times a second.

An instance of DuckDB takes some 12 ms to make, in which its functions are registered; to attach
a store to one that is there takes less than one. So instances are kept, and a store is as free
between two blocks as if each had opened it anew. An instance that can attach a file can read any:
no statement of a user may run here. Those run on a connection of `database.connect`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore.storage import database, turnstile
from embedstore.storage.faults import store_errors
from embedstore.storage.turnstile import OnWait, Waiting

_SPARE: dict[int, list[duckdb.DuckDBPyConnection]] = {}
"""Instances without a store, by process: a forked one can't use those of its parent, nor end
them, since the threads that they wait for were not forked."""


@contextmanager
def reading(path: Path, *, on_wait: OnWait | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a store's database for reading in a block; waits for a writer without a limit.

    Raises
    ------
    StoreNotFoundError, SchemaError, StoreDamagedError
        As `database.connect` does.
    """
    with _attached(path, Waiting(None, on_wait)) as connection:
        yield connection


@contextmanager
def transaction(
    path: Path, *, on_wait: OnWait | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Run one transaction in a block, as `database.transaction` does.

    Raises
    ------
    StoreFullError, StoreDamagedError
        As `database.transaction` does.
    """
    waiting = Waiting(None, on_wait)
    with (
        store_errors(path),
        turnstile.closed(path, waiting) as closed,
        _attached(path, waiting, closed) as connection,
    ):
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")


@contextmanager
def _attached(
    path: Path, waiting: Waiting, closed: turnstile.Turnstile | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    instance = take_instance()
    try:
        database.attach(instance, path, waiting, closed)
        with database.cursor_of(instance) as connection:
            yield connection
        # Writes the log into the file, and raises if the disk is full.
        database.detach(instance)
    except BaseException:
        # Rolls back. Whatever it was: an error may have left the instance unusable.
        instance.close()
        raise
    keep_instance(instance)


def take_instance() -> duckdb.DuckDBPyConnection:
    """Return an instance without a store, for the caller alone."""
    try:
        return _SPARE.setdefault(os.getpid(), []).pop()
    except IndexError:
        return database.new_instance()


def keep_instance(instance: duckdb.DuckDBPyConnection) -> None:
    """Keep an instance, from which its store was detached, for the next that asks."""
    _SPARE.setdefault(os.getpid(), []).append(instance)
