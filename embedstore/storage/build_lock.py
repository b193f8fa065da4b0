"""Lock a store against a second build, with a file lock that ends with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedstore.errors import StoreBusyError
from embedstore.storage.layout import build_lock_file


@contextmanager
def build_lock(store: Path) -> Iterator[None]:
    """Hold the build lock of a store; the store's directory is made if there is none.

    The system releases the lock when the process ends, however it ends, so that a
    killed build never leaves a store locked. The file holds the process id of its holder.

    Parameters
    ----------
    store : Path
        The store's directory.

    Raises
    ------
    StoreBusyError
        Another build holds the lock; the message has its process id.
    """
    store.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(build_lock_file(store), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise StoreBusyError(
                f"process {holder} is building {store}: wait until it has finished, or end it"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
