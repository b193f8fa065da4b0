"""Let a writer have its turn among readers that never pause.

DuckDB lets either one process write or many read, and whoever tries first gets in: readers that
never pause would keep a writer out for good. So a reader passes a turnstile before it opens the
database, and a writer closes the turnstile: the readers inside finish, new ones wait, and the
writer gets in. What is locked is the turnstile's own file, by the system, so that the lock ends
with its process however that ends.

A writer that waits long for the readers inside, such as for a query of a minute, opens the
turnstile again for a while, so that nobody else waits longer than `PATIENCE_S` for that query.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from embedstore.errors import StoreBusyError
from embedstore.files import is_locked
from embedstore.storage.layout import database_file, turnstile_file

PATIENCE_S = 5.0
"""Seconds for which a writer that waits keeps new readers out at a time."""

OPEN_S = 0.5
"""Seconds for which it then lets them in."""

BETWEEN_S = 0.005
"""Seconds between two turns of one process, in which the readers that wait get in."""

POLL_S = 0.002
"""Seconds between two looks at the turnstile: a lock that is waited for can't say for whom."""

OnWait = Callable[[str], None]
"""Called with one sentence while a connection waits for another process."""


class Waiting:
    """Time a wait, and say once a second what it is for.

    Parameters
    ----------
    limit_s : float, optional
        Seconds to wait at most; None waits without a limit.
    on_wait : callable, optional
        Called with the sentence.
    """

    def __init__(self, limit_s: float | None = None, on_wait: OnWait | None = None) -> None:
        self._started = time.monotonic()
        self._limit_s = limit_s
        self._on_wait = on_wait
        self._told = 0

    def pause(self, reason: Callable[[], str], file: Path) -> None:
        """Sleep a little.

        Raises
        ------
        StoreBusyError
            The time is over.
        """
        waited = time.monotonic() - self._started
        if self._limit_s is not None and waited > self._limit_s:
            raise StoreBusyError(
                f"{file} is held by {reason()}: wait until it has finished, or end it"
            )
        if self._on_wait is not None and waited > self._told + 1:
            self._told = int(waited)
            self._on_wait(f"waiting for {reason()}, which holds {file}")
        time.sleep(POLL_S if waited < 1 else 5 * POLL_S)


def is_closed(store: Path) -> bool:
    """Tell whether a writer keeps new readers out.

    Where the turnstile's file can't be read there is none, and DuckDB's own lock is all.
    """
    return is_locked(turnstile_file(store))


def wait_until_open(store: Path, waiting: Waiting) -> None:
    """Wait while a writer keeps new readers out.

    Raises
    ------
    StoreBusyError
        The time of `waiting` is over.
    """
    while is_closed(store):
        waiting.pause(lambda: _writer(store), database_file(store))


class Turnstile:
    """A turnstile that a writer has closed, or will close.

    Parameters
    ----------
    store : Path
        The store's directory.
    waiting : Waiting
        Says for whom the writer waits.
    """

    def __init__(self, store: Path, waiting: Waiting) -> None:
        self._store = store
        self._waiting = waiting
        self._closed_at = 0.0
        self._descriptor: int | None = None
        with suppress(OSError):
            flags = os.O_RDWR | os.O_CREAT
            self._descriptor = os.open(turnstile_file(store), flags, 0o666)

    def close(self) -> None:
        """Keep new readers out; wait for another writer that does so.

        Raises
        ------
        StoreBusyError
            The other writer takes longer than may be waited.
        """
        while self._descriptor is not None:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.pwrite(self._descriptor, f"{os.getpid():<20}\n".encode(), 0)
                break
            except BlockingIOError:
                self._waiting.pause(lambda: _writer(self._store), database_file(self._store))
            except OSError:
                break  # a file system without locks
        self._closed_at = time.monotonic()

    def open(self) -> None:
        """Let new readers in."""
        if self._descriptor is not None:
            with suppress(OSError):
                # Not left to the end of the file: a forked process may have it open too.
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def keep_closed(self) -> None:
        """Stay closed while the readers inside finish, but let others pass now and then."""
        if time.monotonic() - self._closed_at > PATIENCE_S:
            self.open()
            time.sleep(OPEN_S)
            self.close()

    def leave(self) -> None:
        """Let new readers in for good."""
        self.open()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            _LAST_TURN[self._store] = time.monotonic()


_LAST_TURN: dict[Path, float] = {}
"""When this process last left the turnstile of each store."""


@contextmanager
def closed(store: Path, waiting: Waiting) -> Iterator[Turnstile]:
    """Keep new readers out while the block runs.

    Parameters
    ----------
    store : Path
        The store's directory.
    waiting : Waiting
        Says for whom the writer waits.

    Raises
    ------
    StoreBusyError
        Another writer takes longer than may be waited.
    """
    since = time.monotonic() - _LAST_TURN.get(store, 0.0)
    if since < BETWEEN_S:
        time.sleep(BETWEEN_S - since)
    turnstile = Turnstile(store, waiting)
    try:
        turnstile.close()
        yield turnstile
    finally:
        turnstile.leave()


def process(pid: int) -> str:
    """Name a process by its id and its command: ``process 12 (embedstore build x.store)``."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        # No such folder on macOS.
        with suppress(OSError):
            command = ["ps", "-o", "args=", "-p", str(pid)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            return _named(pid, done.stdout.split())
        return f"process {pid}"
    return _named(pid, words)


def _named(pid: int, words: list[str]) -> str:
    # In one line, whatever code `python -c` was given.
    command = " ".join(" ".join([Path(words[0]).name, *words[1:]]).split()) if words else ""
    if not command:
        return f"process {pid}"
    return f"process {pid} ({command if len(command) <= 80 else command[:79] + '…'})"


def _writer(store: Path) -> str:
    """Name the process that keeps new readers out."""
    try:
        return process(int(turnstile_file(store).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return "another process"
