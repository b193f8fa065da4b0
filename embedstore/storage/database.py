"""Connect to a store's database: wait for other processes, lock settings, migrate the schema.

DuckDB lets either one process write or many read. A build therefore opens the file only for
each short commit, a process that finds it locked waits in `connect`, and the turnstile lets a
writer in among readers that never pause.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from weakref import WeakSet

import duckdb

from embedstore import sql
from embedstore.errors import SchemaError, StoreNotFoundError
from embedstore.files import whole_file
from embedstore.storage import turnstile
from embedstore.storage.copies import discard_copy, kept_during_migration
from embedstore.storage.faults import as_store_error, store_errors
from embedstore.storage.layout import database_file
from embedstore.storage.turnstile import OnWait as OnWait
from embedstore.storage.turnstile import Turnstile, Waiting, process

FORMAT = "embedstore"
"""Value of the key `format` in the table `meta`, by which a store is recognised."""

MEMORY_LIMIT = "1GB"
"""Memory that DuckDB may use; beyond it, it spills to disk."""

WAIT_S = 10.0
"""Seconds that a reader waits for a writer."""

Config = dict[str, str | bool | int | float | list[str]]

_OPENING = threading.Lock()
"""Held while a connection is opened. Connections of one process to one file share a database
instance, and a thread that gets the instance while another thread is still opening it may find
it without the functions that Python adds, such as reading Arrow tables."""

CATALOG = database_file(Path()).stem
"""DuckDB's name of the database, in SQL: that of its file."""

_HOLDER = re.compile(r"held in .*?\(PID (?P<pid>\d+)\)", re.DOTALL)

_OPEN: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
"""Connections of this process, so that their queries can be stopped."""


def connect(
    path: Path,
    *,
    write: bool = False,
    external: bool = False,
    keep_order: bool = False,
    wait_s: float | None = WAIT_S,
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
    keep_order : bool
        Keep the order of rows that are copied, which takes more memory.
    wait_s : float, optional
        Seconds to wait for a process that holds the file; None waits without a limit.
    on_wait : callable, optional
        Called once a second with the reason for waiting.

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    StoreBusyError
        Another process still holds the file after `wait_s`.
    SchemaError
        The file is no DuckDB database.
    StoreDamagedError
        Bytes of it have changed on the disk.
    """
    waiting = Waiting(wait_s, on_wait)
    file = _existing(path)
    if not write:
        return _open(file, waiting, None, external=external, keep_order=keep_order)
    with turnstile.closed(path, waiting) as closed:
        # Once it is open, DuckDB's own lock keeps the others out.
        return _open(file, waiting, closed, external=external, keep_order=keep_order)


def _existing(path: Path) -> Path:
    """Return the path of a store's database.

    Raises
    ------
    StoreNotFoundError
        There is none.
    """
    file = database_file(path)
    if not file.is_file():
        raise StoreNotFoundError(
            f"there is no store at {path}: build one with `embedstore build {path} POSTS...`"
        )
    return file


def _open(
    file: Path,
    waiting: Waiting,
    closed: Turnstile | None,
    *,
    external: bool = False,
    keep_order: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Open a database: for writing behind a turnstile that was closed, for reading without one."""
    config = _config(external=external, keep_order=keep_order)

    def connected() -> duckdb.DuckDBPyConnection:
        with _OPENING:
            # DuckDB takes the start of a relative path, such as `md:`, for another protocol.
            place = str(file.absolute())
            return watched(duckdb.connect(place, read_only=closed is None, config=config))

    return _patiently(connected, file, waiting, closed)


def _config(*, external: bool, keep_order: bool = False) -> Config:
    return {
        "memory_limit": MEMORY_LIMIT,
        "autoinstall_known_extensions": "false",
        "preserve_insertion_order": str(keep_order).lower(),
        "enable_external_access": str(external).lower(),
        "lock_configuration": "true",
    }


def _patiently(
    opened: Callable[[], duckdb.DuckDBPyConnection],
    file: Path,
    waiting: Waiting,
    closed: Turnstile | None,
) -> duckdb.DuckDBPyConnection:
    """Open a database as soon as no other process holds it in the other mode."""
    while True:
        if closed is None:
            turnstile.wait_until_open(file.parent, waiting)
        try:
            return opened()
        except duckdb.Error as error:
            holder = _holder(error)
            if holder is None:
                raise as_store_error(error, file) from error
        waiting.pause(holder, file)
        if closed is not None:
            closed.keep_closed()


def new_instance(path: Path) -> duckdb.DuckDBPyConnection:
    """Make an instance of DuckDB without a file, to which `attach` can attach a store.

    It can read files, as attaching needs: no statement of a user may run in it. What memory
    can't hold it spills beside the store's database, as an instance of that file does.
    """
    config = _config(external=True) | {"temp_directory": str(spill_folder(path))}
    with _OPENING:
        return duckdb.connect(":memory:", config=config)


def spill_folder(path: Path) -> Path:
    """Return the folder into which DuckDB spills what memory can't hold; deleted at the end."""
    file = database_file(path).absolute()
    return file.with_name(f"{file.name}.tmp")


def attach(
    instance: duckdb.DuckDBPyConnection,
    path: Path,
    waiting: Waiting,
    closed: Turnstile | None = None,
) -> None:
    """Attach a store to an instance: for writing behind a turnstile that was closed, else reading.

    Raises
    ------
    StoreNotFoundError, StoreBusyError, SchemaError, StoreDamagedError
        As `connect` does.
    """
    file = _existing(path)
    place = str(file.absolute()).replace("'", "''")
    mode = "READ_ONLY" if closed is None else "READ_WRITE"
    _patiently(
        lambda: instance.execute(f"ATTACH '{place}' AS {CATALOG} ({mode}, TYPE duckdb)"),
        file,
        waiting,
        closed,
    )


def detach(instance: duckdb.DuckDBPyConnection) -> None:
    """Undo `attach`."""
    instance.execute(f"DETACH {CATALOG}")


def watched(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Let `interrupt_all` stop the queries of a connection, or of a cursor; return it."""
    _OPEN.add(connection)
    return connection


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a cursor on the store that a connection is open on, which `interrupt_all` stops.

    It must be told: where the store is attached to an instance, a new cursor asks the instance.
    """
    cursor = watched(connection.cursor())
    cursor.execute(f"USE {CATALOG}")
    return cursor


def interrupt_all() -> None:
    """Stop the queries that run in this process; each raises `duckdb.InterruptException`."""
    for connection in list(_OPEN):
        # A connection that another thread closes meanwhile has nothing to stop.
        with suppress(duckdb.Error):
            connection.interrupt()


@contextmanager
def transaction(
    path: Path, *, on_wait: OnWait | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database, run one transaction, and close the database again.

    All writing goes through here, so that a reader waits for one commit at most. Waits for
    readers without a limit: a build that gave up would lose what it has encoded.

    Parameters
    ----------
    path : Path
        The store's directory.
    on_wait : callable, optional
        Called once a second with the reason for waiting.

    Yields
    ------
    duckdb.DuckDBPyConnection
        Committed when the block ends; rolled back if it raises.

    Raises
    ------
    StoreFullError
        The disk has no room; the transaction left no trace.
    StoreDamagedError
        The database is damaged.
    """
    waiting = Waiting(None, on_wait)
    file = _existing(path)
    with ExitStack() as until_committed, store_errors(path):
        closed = until_committed.enter_context(turnstile.closed(path, waiting))
        connection = _open(file, waiting, closed)
        until_committed.callback(connection.close)
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")
        # Here, so that an error of the last write to the file is raised.
        connection.close()


def create(path: Path, *, on_wait: OnWait | None = None) -> None:
    """Create the database of a new store, or migrate an existing one to this version's schema.

    A new database is written beside its final path and renamed, so that it appears complete. One
    of an older schema is copied first; the copy is deleted once the migration is complete.

    Parameters
    ----------
    path : Path
        The store's directory; made if there is none.
    on_wait : callable, optional
        Called once a second with the reason for waiting.

    Raises
    ------
    StoreFullError
        The disk has no room.
    SchemaError
        A newer version of embedstore wrote the store, or the file is no store.
    StoreDamagedError
        The database is damaged.
    """
    path.mkdir(parents=True, exist_ok=True)
    if database_file(path).exists():
        with store_errors(path):
            with connect(path, wait_s=None, on_wait=on_wait) as connection:
                current = schema_version(connection) == sql.migrations()[-1][0]
            if current:
                discard_copy(path)
                return
            with (
                connect(path, write=True, wait_s=None, on_wait=on_wait) as connection,
                kept_during_migration(path, connection),
            ):
                migrate(connection)
        return
    with whole_file(database_file(path)) as beside:
        beside.unlink()  # DuckDB refuses an empty file.
        log = beside.with_name(f"{beside.name}.wal")
        try:
            with duckdb.connect(str(beside.absolute())) as connection:
                migrate(connection)
                # Closing writes the log into the file too, but is silent when the disk is full.
                connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            raise as_store_error(error, beside) from error
        finally:
            log.unlink(missing_ok=True)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Migrate a database to this version's schema, one transaction for each migration.

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
    """Return the version of the schema; 0 for an empty database.

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
    except duckdb.CatalogException:
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


def _holder(error: duckdb.Error) -> Callable[[], str] | None:
    """Return what names the process that holds the file; None if the error has another cause."""
    text = str(error)
    if "Could not set lock" in text:
        found = _HOLDER.search(text)
        if found is None:
            return lambda: "another process"
        pid = int(found["pid"])
        return lambda: process(pid)
    # Another thread of this process has the file open in the other mode, for a short commit.
    if "different configuration" in text or "already attached" in text:
        return lambda: "another connection of this process"
    return None
