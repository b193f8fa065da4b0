"""One build at a time: a lock file that dies with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedstore.errors import StoreBusyError


@contextmanager
def build_lock(path: Path) -> Iterator[None]:
    """Hold ``build.lock`` of the store at `path`.

    The system releases the lock when the process ends, however it ends, so that a
    killed build never leaves a store locked. The file says who holds it.

    Raises
    ------
    StoreBusyError
        Another build holds it; the message has its process id.
    """
    path.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path / "build.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            raise StoreBusyError(
                f"process {holder} is building {path}: wait until it has finished, or end it"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
