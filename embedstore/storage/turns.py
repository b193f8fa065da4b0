"""Take turns at a store's database, so that readers who never pause don't keep writers out.

DuckDB lets one process write or many read, and whoever comes while a file is taken tries again. A
writer then never finds a moment between readers. So a writer closes a gate first: readers that
come wait before it, those inside finish, the writer commits, and the gate opens.

The gate is a file lock on the store's directory, which ends with its process. Readers hold it for
some microseconds, only to see whether it is open. Where a file system has no such locks there is
no gate, and all try until they succeed.
"""

import fcntl
import os
import time
from pathlib import Path

CLOSED_S = 1.0
"""Most seconds that a writer keeps new readers waiting for those inside."""

OPEN_S = 2.0
"""Seconds for which it lets them in again, when one inside doesn't finish."""


def is_closed(store: Path) -> bool:
    """Tell whether a writer asks new readers to wait."""
    try:
        descriptor = os.open(store, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    else:
        return False
    finally:
        os.close(descriptor)


class Gate:
    """The gate of a store, as a writer uses it.

    Parameters
    ----------
    store : Path
        The store's directory.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._descriptor: int | None = None
        self._changes_at = 0.0

    @property
    def closed(self) -> bool:
        """Whether this writer keeps new readers waiting."""
        return self._descriptor is not None

    def take_turn(self) -> None:
        """Close the gate; open it for a while if it was closed for long. Call again and again."""
        now = time.monotonic()
        if now < self._changes_at:
            return
        if self._descriptor is not None:
            self.open()
            self._changes_at = now + OPEN_S
        elif self._close():
            self._changes_at = now + CLOSED_S

    def open(self) -> None:
        """Let readers in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _close(self) -> bool:
        """Stop new readers; false if another writer does so, or the file system can't."""
        try:
            descriptor = os.open(self._store, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True
