"""Open a store's database for a call, or keep it open between calls and give it up to a writer."""

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore.storage import attached, database, turnstile
from embedstore.storage.database import WAIT_S
from embedstore.storage.turnstile import OnWait, Waiting

WATCH_S = 0.02
"""Seconds between two looks whether a writer waits for a connection that nobody uses."""

GENERATION = b"embedstore.generation"
"""Key in the metadata of an answer's Arrow schema: the generation of the store that it is of."""


class Opening:
    """A database that is open: while it is, no other process can change the store.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        The same.
    active : bool
        False once it is closed.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.active = True
        self._generation: tuple[str, int] | None = None

    def generation(self) -> tuple[str, int]:
        """Return the id of the store, and its generation when it was opened."""
        if self._generation is None:
            with database.cursor_of(self.connection) as cursor:
                self._generation = generation(cursor)
        return self._generation

    def close(self) -> None:
        """Close the connection."""
        self.active = False
        self.connection.close()


def generation(connection: duckdb.DuckDBPyConnection) -> tuple[str, int]:
    """Read the id of a store, and its generation: the number of the changes made to it."""
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    return meta["store_id"], int(meta["generation"])


class AttachedOpening:
    """An opening for the time of a call, attached to an instance of DuckDB (see `attached`).

    Only statements of ours may run in it.

    Parameters
    ----------
    path : Path
        The store's directory.
    on_wait : callable, optional
        Called once a second while a call waits for a writer.
    """

    def __init__(self, path: Path, on_wait: OnWait | None = None) -> None:
        self._path = path
        self._on_wait = on_wait
        self._changing = threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._users = 0

    @contextmanager
    def used(self) -> Iterator[Opening]:
        """Open the store in a block; threads share what the first of them has opened.

        Raises
        ------
        StoreNotFoundError, StoreBusyError, SchemaError, StoreDamagedError
            As `database.connect` does.
        """
        # Also where other threads are inside: else there would always be some.
        turnstile.wait_until_open(self._path, Waiting(WAIT_S, self._on_wait))
        with self._changing:
            if self._instance is None:
                self._instance = attached.take(self._path, Waiting(WAIT_S, self._on_wait))
            opening = Opening(database.cursor_of(self._instance))
            self._users += 1
        failed = True
        try:
            yield opening
            failed = False
        finally:
            opening.close()
            self._leave(failed=failed)

    def _leave(self, *, failed: bool) -> None:
        with self._changing:
            self._users -= 1
            if self._users or self._instance is None:
                return
            instance, self._instance = self._instance, None
            attached.give_back(self._path, instance, failed=failed)


class KeptOpening:
    """An opening that is kept between calls, and opened again after a writer's turn.

    A reading one is closed as soon as a writer waits and no call is under way: at the end of the
    call, or within `WATCH_S`. The next call waits for the writer and opens it again.

    Parameters
    ----------
    path : Path
        The store's directory.
    write : bool
        Open for writing: then it stays open.
    on_wait : callable, optional
        Called once a second while a call waits for a writer.
    """

    def __init__(self, path: Path, *, write: bool, on_wait: OnWait | None = None) -> None:
        self._path = path
        self._write = write
        self._on_wait = on_wait
        self._changing = threading.Lock()
        self._opening: Opening | None = None
        self._users = 0
        self._ended = False
        if not write:
            # By a weak reference, so that a store that nobody has any more is closed.
            watcher = threading.Thread(target=_watch, args=(weakref.ref(self),), daemon=True)
            watcher.name = "store-watcher"
            watcher.start()

    @contextmanager
    def used(self) -> Iterator[Opening]:
        """Use the opening in a block, which a writer waits for.

        Raises
        ------
        StoreBusyError
            A writer takes longer than `WAIT_S`.
        """
        opening = self._enter()
        try:
            yield opening
        finally:
            with self._changing:
                self._users -= 1
            self.give_way()

    def _enter(self) -> Opening:
        while True:
            self.give_way()
            if not self._write:
                # Also where other threads are inside: else there would always be some.
                turnstile.wait_until_open(self._path, Waiting(WAIT_S, self._on_wait))
            with self._changing:
                if self._opening is None:
                    self._opening = Opening(
                        database.connect(
                            self._path, write=self._write, wait_s=WAIT_S, on_wait=self._on_wait
                        )
                    )
                self._users += 1
                return self._opening

    def give_way(self) -> None:
        """Close the opening if a writer waits and no call is under way."""
        if not self._write and turnstile.is_closed(self._path):
            self.let_go()

    def let_go(self) -> None:
        """Close the opening unless a call is under way."""
        with self._changing:
            if self._opening is not None and self._users == 0:
                self._opening.close()
                self._opening = None

    def end(self) -> None:
        """Close the opening for good; calls that are under way in other threads fail."""
        self._ended = True
        with self._changing:
            if self._opening is not None:
                self._opening.close()
                self._opening = None

    def is_ended(self) -> bool:
        """Tell whether it was closed for good."""
        return self._ended


def _watch(kept: "weakref.ref[KeptOpening]") -> None:
    """Give way to writers while a store is kept and nobody asks it."""
    while (opening := kept()) is not None and not opening.is_ended():
        opening.give_way()
        del opening
        time.sleep(WATCH_S)
