"""Connections to ``store.duckdb``: waiting for other processes, schema, safety.

DuckDB lets one process write or many read. A build therefore opens the file for each
short commit only, and everyone waits here for their turn.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore import sql
from embedstore.errors import SchemaError, StoreBusyError, StoreFullError, StoreNotFoundError
from embedstore.storage.layout import FILE

FORMAT = "embedstore"

MEMORY_LIMIT = "1GB"
"""What DuckDB may keep in memory; beyond it, it spills to disk."""

_OPENING = threading.Lock()
"""Connections of one process to one file share a database. A thread that gets it while another
is still opening it may find it without what Python adds to it, such as reading Arrow tables."""

_HOLDER = re.compile(r"held in (?P<program>\S+).*?\(PID (?P<pid>\d+)\)", re.DOTALL)

OnWait = Callable[[str], None]
"""Called with one sentence when a connection has to wait for another process."""


def connect(
    path: Path,
    *,
    write: bool = False,
    external: bool = False,
    wait_s: float | None = 10.0,
    on_wait: OnWait | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a store's database.

    Parameters
    ----------
    path : Path
        The store's directory.
    write : bool
        Open for writing; the file must exist all the same.
    external : bool
        Let queries read and write other files. Settings stay locked either way.
    wait_s : float, optional
        How long to wait for a process that holds the file; None waits forever.
    on_wait : callable, optional
        Told once a second why nothing happens.

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    StoreBusyError
        Another process still holds the file after `wait_s`.
    SchemaError
        The file is no DuckDB database.
    """
    file = path / FILE
    if not file.is_file():
        raise StoreNotFoundError(
            f"there is no store at {path}: build one with `embedstore build {path} POSTS...`"
        )
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "autoinstall_known_extensions": "false",
        "preserve_insertion_order": "false",
        "enable_external_access": str(external).lower(),
        "lock_configuration": "true",
    }
    started = time.monotonic()
    told = 0
    while True:
        try:
            with _OPENING:
                connection = duckdb.connect(str(file), read_only=not write, config=config)
            break
        except duckdb.Error as error:
            reason = _why_busy(error)
            if reason is None:
                raise as_store_error(error, file) from error
            waited = time.monotonic() - started
            if wait_s is not None and waited > wait_s:
                raise StoreBusyError(
                    f"{file} is held by {reason}: wait until it has finished, or end it"
                ) from error
            if on_wait is not None and waited > told + 1:
                told = int(waited)
                on_wait(f"waiting for {reason}, which holds {file}")
            time.sleep(0.02 if waited < 1 else 0.1)
    return connection


@contextmanager
def transaction(
    path: Path, *, on_wait: OnWait | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database, do one transaction, close it again.

    This is how everyone writes: whoever reads waits for one commit at most. Waits for
    readers without a limit, since what a build holds is too expensive to give up.

    Raises
    ------
    StoreFullError
        The disk has no room; the transaction left no trace.
    """
    connection = connect(path, write=True, wait_s=None, on_wait=on_wait)
    try:
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")
        connection.close()
    except duckdb.Error as error:
        raise as_store_error(error, path / FILE) from error
    finally:
        connection.close()


def create(path: Path, *, on_wait: OnWait | None = None) -> None:
    """Make the database of a new store, or bring an old one to this version's schema.

    A new file appears whole: it is written beside and renamed.

    Raises
    ------
    StoreFullError
        The disk has no room.
    SchemaError
        A newer version of embedstore wrote the store, or the file is no store.
    """
    path.mkdir(parents=True, exist_ok=True)
    if (path / FILE).exists():
        with connect(path, write=True, wait_s=None, on_wait=on_wait) as connection:
            migrate(connection)
        return
    beside = path / f"{FILE}.new"
    beside.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(beside)) as connection:
            migrate(connection)
    except duckdb.Error as error:
        raise as_store_error(error, beside) from error
    beside.rename(path / FILE)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring a database to this version's schema; every step is one transaction.

    Raises
    ------
    SchemaError
        A newer version of embedstore wrote the database, or it is no store.
    """
    version = schema_version(connection)
    newest = sql.migrations()[-1][0]
    if version == newest:
        return
    for number, statements in sql.migrations():
        if number <= version:
            continue
        connection.execute("BEGIN")
        connection.execute(statements)
        if number == 1:
            connection.execute(
                "INSERT INTO meta VALUES ('format', ?), ('store_id', uuid()::VARCHAR),"
                " ('generation', '0'), ('schema', '0')",
                [FORMAT],
            )
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", [str(number)])
        if number == newest:
            # They use what the last migration has added.
            connection.execute(sql.read("views"))
        connection.execute("COMMIT")


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """Version of the schema; 0 for an empty database.

    Raises
    ------
    SchemaError
        A newer version of embedstore wrote the database, or it is no store.
    """
    tables = connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
    if not tables:
        return 0
    newest = sql.migrations()[-1][0]
    try:
        values = dict(connection.sql("SELECT key, value FROM meta").fetchall())
    except duckdb.Error:
        values = {}
    if values.get("format") != FORMAT:
        raise SchemaError("this database is no embedstore store: it lacks the table `meta`")
    version = int(values["schema"])
    if version > newest:
        raise SchemaError(
            f"a newer embedstore wrote this store (schema {version}, this version knows"
            f" {newest}): update embedstore"
        )
    return version


def as_store_error(error: duckdb.Error, file: Path) -> Exception:
    """The error of this project that tells a user what DuckDB's `error` means for them."""
    text = str(error)
    if "No space left" in text or "File too large" in text or "not enough space" in text.lower():
        return StoreFullError(
            f"the disk is full: {file} could not grow. Nothing that was committed is lost;"
            " make room and run the same command again"
        )
    if isinstance(error, duckdb.IOException) and "not a valid DuckDB" in text:
        return SchemaError(f"{file} is no DuckDB database, or it is damaged")
    return error


def _why_busy(error: duckdb.Error) -> str | None:
    text = str(error)
    if "Could not set lock" in text:
        found = _HOLDER.search(text)
        if found is None:
            return "another process"
        return f"process {found['pid']} ({Path(found['program']).name})"
    # The same file, open in this very process in the other mode: a thread's short commit.
    if "different configuration" in text or "already attached" in text:
        return "another connection of this process"
    return None
