"""What a command that was cut off has left undone, and how the next one finishes it.

Files can't be deleted in the transaction that deletes their rows. So that transaction writes down
in `pending_deletions` what is to go, and the entry is crossed out once it is gone. Files
that were written and never put on record are found by looking.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from embedstore.storage.attached import reading, transaction
from embedstore.storage.layout import FILE, image_file, is_sha256, media_folder, run_folder
from embedstore.storage.rewrite import rewrite
from embedstore.storage.run_files import runs_lock, unrecorded_runs
from embedstore.storage.turnstile import OnWait

Rebuild = Callable[[Path, duckdb.DuckDBPyConnection], object]
"""Builds the indexes of a store anew from its database, as `index.upkeep.rebuild` does."""

_DATABASE = re.compile(rf"{re.escape(FILE)}\.new.*|\.{re.escape(FILE)}\..*\.new.*")
_IMAGE = re.compile(r"\.[0-9a-f]{64}\.\w+(\.new)?")
"""Temporary names, also those of earlier versions."""


def pend_rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    """Write down that deleted vectors are to leave the files of the indexes."""
    connection.execute("INSERT INTO pending_deletions VALUES ('index', '')")


def pend_rewrite(connection: duckdb.DuckDBPyConnection) -> None:
    """Write down that the bytes of deleted rows are to leave the database's file."""
    connection.execute("INSERT INTO pending_deletions VALUES ('database', '')")


def pend_run(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Write down that the folder of a trained head is to go."""
    connection.execute("INSERT INTO pending_deletions VALUES ('run', ?)", [run_id])


def count_pending(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the deletions that are still to be done; none in a store of an older version."""
    tables = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'pending_deletions'"
    ).fetchall()
    if tables[0][0] == 0:
        return 0
    return int(connection.execute("SELECT count(*) FROM pending_deletions").fetchall()[0][0])


def finish(
    store: Path, rebuild: Rebuild, *, thorough: bool = False, on_wait: OnWait | None = None
) -> None:
    """Finish the deletions that are pending, and delete what interrupted writes have left.

    Every command that opens a store for writing calls this, with the build lock held and after
    the schema was brought up to date.

    Parameters
    ----------
    store : Path
        The store's directory.
    rebuild : callable
        Builds the indexes anew.
    thorough : bool
        Look through the folders of pictures and heads also if the last build finished.
    on_wait : callable, optional
        Called once a second with the reason for waiting.

    Raises
    ------
    StoreError
        What is to be deleted is no picture of the store.
    StoreFullError
        The disk has no room for the database without the deleted rows; they stay pending.
    """
    with reading(store, on_wait=on_wait) as connection:
        pending = count_pending(connection)
        left = [] if pending else _left_behind(store, connection, thorough)
    if pending:
        _finish_deletions(store, rebuild, on_wait)
        with reading(store, on_wait=on_wait) as connection:
            left = _left_behind(store, connection, thorough)
    for file in left:
        file.unlink(missing_ok=True)
    if thorough:
        with runs_lock(store):
            delete_unrecorded_runs(store, on_wait=on_wait)


def _finish_deletions(store: Path, rebuild: Rebuild, on_wait: OnWait | None) -> None:
    with reading(store, on_wait=on_wait) as connection:
        # A picture that came back meanwhile stays.
        pending = connection.execute(
            "SELECT kind, name FROM pending_deletions WHERE kind <> 'image'"
            " OR name NOT IN (SELECT sha256 FROM contents WHERE kind = 'image')"
        ).fetchall()
    for kind, name in pending:
        if kind == "image":
            image_file(store, name).unlink(missing_ok=True)
        elif kind == "run" and (folder := run_folder(store, name)).is_dir():
            shutil.rmtree(folder)
    if any(kind == "index" for kind, _ in pending):
        with reading(store, on_wait=on_wait) as connection:
            rebuild(store, connection)
    with transaction(store, on_wait=on_wait) as connection:
        connection.execute("DELETE FROM pending_deletions WHERE kind <> 'database'")
    if any(kind == "database" for kind, _ in pending):
        rewrite(store, on_wait=on_wait)


def _left_behind(store: Path, connection: duckdb.DuckDBPyConnection, thorough: bool) -> list[Path]:
    """List the files that interrupted writes have left."""
    left = unfinished_databases(store)
    if thorough or _was_cut_off(connection):
        left += unowned_images(store, connection)
    return left


def _was_cut_off(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the last build ended before it was complete."""
    [[unfinished]] = connection.execute(
        "SELECT count(*) FROM builds WHERE finished_at IS NULL"
        " AND build_id = (SELECT max(build_id) FROM builds)"
    ).fetchall()
    return bool(unfinished)


def unfinished_databases(store: Path) -> list[Path]:
    """List new databases that were never complete, with their logs."""
    return sorted(file for file in store.iterdir() if _DATABASE.fullmatch(file.name))


def unowned_images(store: Path, connection: duckdb.DuckDBPyConnection) -> list[Path]:
    """List the image files that no content owns, whole or half written.

    Files whose names are not ours are left alone.
    """
    owned = {
        name
        for (name,) in connection.execute(
            "SELECT sha256 FROM contents WHERE kind = 'image'"
        ).fetchall()
    }
    found = []
    media = media_folder(store)
    for folder in sorted(media.iterdir()) if media.is_dir() else []:
        if folder.is_symlink() or not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            found += [
                Path(entry.path)
                for entry in entries
                if entry.is_file(follow_symlinks=False)
                and (
                    (is_sha256(entry.name) and entry.name not in owned)
                    or _IMAGE.fullmatch(entry.name)
                )
            ]
    return found


def delete_unrecorded_runs(store: Path, *, on_wait: OnWait | None = None) -> None:
    """Delete the folders of runs that were never put on record; call with `runs_lock` held."""
    with reading(store, on_wait=on_wait) as connection:
        left = unrecorded_runs(store, connection)
    for folder in left:
        shutil.rmtree(folder)
