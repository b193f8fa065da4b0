"""One connection that many threads ask, and that lets writers through."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore.storage import database
from embedstore.storage.turns import CLOSED_S, is_closed

LOOK_S = 0.02
"""Seconds between two looks at whether a writer waits."""

IDLE_S = 2.0
"""Seconds without a question after which the database is closed."""


class Following:
    """A connection for reading that is kept between questions and follows the store.

    It is closed as soon as a writer asks for its turn and the questions that run are answered,
    and opened again by the next question, which then sees what was written. While it is open all
    questions see one state of the store.

    Parameters
    ----------
    path : Path
        The store's directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Condition()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._users = 0
        self._used = 0.0
        self._of_thread = threading.local()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection | None:
        """The connection, if it is open."""
        return self._connection

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Use the connection for one question; many threads may at once.

        Raises
        ------
        StoreBusyError
            Another process has been writing for ten seconds.
        """
        depth = getattr(self._of_thread, "depth", 0)
        with self._turn:
            # A question inside another one is part of it.
            if not depth and is_closed(self._path):
                # Those inside finish, and the writer has its turn; it waits no longer than this.
                if self._turn.wait_for(lambda: self._users == 0, CLOSED_S):
                    self._close()
            if self._connection is None:
                self._connection = database.connect(self._path)
                threading.Thread(target=self._watch, daemon=True, name="follower").start()
            connection, self._users = self._connection, self._users + 1
        self._of_thread.depth = depth + 1
        try:
            with database.watched(connection.cursor()) as cursor:
                yield cursor
        finally:
            self._of_thread.depth = depth
            with self._turn:
                self._users -= 1
                self._used = time.monotonic()
                self._turn.notify_all()

    def close(self) -> None:
        """Wait for the questions that run, and close the database."""
        with self._turn:
            self._turn.wait_for(lambda: self._users == 0)
            self._close()

    def _close(self) -> None:
        """Close the database; call with the turn held, and nobody inside."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _watch(self) -> None:
        """Close the database when a writer waits, or when nobody has asked for a while."""
        while True:
            time.sleep(LOOK_S)
            with self._turn:
                if self._connection is None:
                    return
                idle = time.monotonic() - self._used > IDLE_S
                if self._users == 0 and (idle or is_closed(self._path)):
                    self._close()
                    return
