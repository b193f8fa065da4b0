"""Open a store's database for statements of ours, many times a second.

An instance of DuckDB takes some 12 ms to make, in which its functions are registered; to attach
a store to one that is there takes less than one. So instances are kept, and a store is as free
between two blocks as if each had opened it anew. An instance that can attach a file can read any:
no statement of a user may run here. Those run on a connection of `database.connect`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from embedstore.storage import database, turnstile
from embedstore.storage.faults import store_errors
from embedstore.storage.turnstile import OnWait, Waiting

MOST_SPARE = 4
"""Instances that are kept; each takes a few megabytes."""

_SPARE: dict[int, list[tuple[Path, duckdb.DuckDBPyConnection]]] = {}
"""Instances from which their store was detached, the latest last, by process: a forked one can't
use those of its parent, nor end them, since the threads that they wait for were not forked."""


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
    instance = take(path, waiting, closed)
    failed = True
    try:
        with database.cursor_of(instance) as connection:
            yield connection
        failed = False
    finally:
        give_back(path, instance, failed=failed)


def take(
    path: Path, waiting: Waiting, closed: turnstile.Turnstile | None = None
) -> duckdb.DuckDBPyConnection:
    """Return an instance that a store is attached to, for the caller to give back.

    Raises
    ------
    StoreNotFoundError, StoreBusyError, SchemaError, StoreDamagedError
        As `database.connect` does.
    """
    instance = _spare_instance(path)
    try:
        database.attach(instance, path, waiting, closed)
    except BaseException:
        instance.close()
        raise
    return instance


def give_back(path: Path, instance: duckdb.DuckDBPyConnection, *, failed: bool) -> None:
    """Detach the store from an instance, and keep the instance for the next that asks.

    One in which something failed may be unusable and is closed, which rolls back. So is one that
    has spilled to disk: it would keep the folder that it has spilled to.
    """
    keep = False
    try:
        if not failed:
            # Writes the log into the file, and raises if the disk is full.
            database.detach(instance)
            keep = not database.spill_folder(path).exists()
    finally:
        if not keep:
            instance.close()
    if keep:
        spare = _SPARE.setdefault(os.getpid(), [])
        spare.append((path, instance))
        if len(spare) > MOST_SPARE:
            with suppress(IndexError):
                spare.pop(0)[1].close()


def _spare_instance(path: Path) -> duckdb.DuckDBPyConnection:
    spare = _SPARE.setdefault(os.getpid(), [])
    for kept in reversed(spare):
        if kept[0] == path:
            with suppress(ValueError):  # another thread has taken it
                spare.remove(kept)
                return kept[1]
    return database.new_instance(path)
