"""Copy the database's file while it is open, and keep a copy of it during a migration."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore.files import whole_file
from embedstore.storage.layout import before_migration_file, database_file

_COPY = """
import shutil, sys
try:
    shutil.copyfile(sys.argv[1], sys.argv[2])
except OSError as error:
    sys.exit(error.errno or 1)
"""


def copy_file(file: Path, to: Path) -> None:
    """Copy a file that DuckDB has open in this process, and so keeps from changing.

    A process of its own reads it: the system drops all locks that a process has on a file when
    that process closes it, whichever way it was opened.

    Raises
    ------
    OSError
        It can't be read, or the copy can't be written.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", _COPY, str(file), str(to)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise OSError(done.returncode, os.strerror(done.returncode), str(to))


@contextmanager
def kept_during_migration(store: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep a copy of the database beside it until the block has ended without an error.

    If the process is killed in the block, the copy stays until a later migration is complete.

    Parameters
    ----------
    store : Path
        The store's directory.
    connection : duckdb.DuckDBPyConnection
        Open for writing.
    """
    copy = before_migration_file(store)
    # One that is there is of before the migration that was cut off.
    if not copy.exists():
        connection.execute("CHECKPOINT")
        with whole_file(copy) as beside:
            copy_file(database_file(store), beside)
    yield
    connection.execute("CHECKPOINT")
    discard_copy(store)


def discard_copy(store: Path) -> None:
    """Delete the copy that a migration has left that was killed after its last step."""
    copy = before_migration_file(store)
    if copy.exists():
        copy.unlink()
