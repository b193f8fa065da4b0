"""Write the database anew, without the bytes of deleted rows.

DuckDB marks deleted rows and gives their blocks to later ones; until then their texts can be
found in the file.
"""

from pathlib import Path

import duckdb

from embedstore.files import whole_file
from embedstore.storage.database import OnWait, connect
from embedstore.storage.faults import as_store_error, store_errors
from embedstore.storage.layout import database_file


def rewrite(store: Path, *, on_wait: OnWait | None = None) -> None:
    """Copy the database into a new file, which then takes its place.

    The copy is of the size of what the store holds. Call with the build lock held; readers wait
    until it is done, and pending rewrites are crossed out in the copy.

    Parameters
    ----------
    store : Path
        The store's directory.
    on_wait : callable, optional
        Called once a second with the reason for waiting.

    Raises
    ------
    StoreFullError
        The disk has no room for the copy; the database is as it was.
    """
    file = database_file(store)
    # The old database stays open, and so locked, until the new one has its place.
    with (
        store_errors(store),
        connect(
            store, write=True, external=True, keep_order=True, wait_s=None, on_wait=on_wait
        ) as old,
        whole_file(file) as beside,
    ):
        old.execute("CHECKPOINT")  # no log is left that would be taken for the new file's
        beside.unlink()  # DuckDB refuses an empty file.
        log = beside.with_name(f"{beside.name}.wal")
        try:
            [[name]] = old.execute("SELECT current_database()").fetchall()
            old.execute(f"ATTACH {_quoted(str(beside.absolute()))} AS rewritten")
            old.execute(f"COPY FROM DATABASE {_named(name)} TO rewritten")
            old.execute("DELETE FROM rewritten.pending_deletions WHERE kind = 'database'")
            old.execute("CHECKPOINT rewritten")
            old.execute("DETACH rewritten")
        except duckdb.Error as error:
            raise as_store_error(error, beside) from error
        finally:
            log.unlink(missing_ok=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
