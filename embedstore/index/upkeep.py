"""Keep the indexes of a store current: update, rebuild, verify and open them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from embedstore.errors import StoreError
from embedstore.index import segments, subjects
from embedstore.index.searcher import Index
from embedstore.index.subjects import Subject
from embedstore.index.updater import IndexReport, IndexUpdater
from embedstore.progress import Progress, silent
from embedstore.storage.layout import index_folder

__all__ = ["IndexReport", "open_index", "rebuild", "update", "verify"]


def update(
    path: Path,
    connection: duckdb.DuckDBPyConnection,
    *,
    progress: Progress = silent,
    full: bool = False,
) -> list[IndexReport]:
    """Bring every index of a store up to date with its database.

    New contents go into a segment of their own, and small segments are merged as their
    number grows, so that the work is proportional to what is new. When nothing changed,
    nothing is written and FAISS is not imported.

    Parameters
    ----------
    path : Path
        The store's directory.
    connection : duckdb.DuckDBPyConnection
        Open on the store, for reading at least.
    progress : callable
        Called at every step.
    full : bool
        Compare the checksum of every file in full, also of large ones that look untouched.

    Raises
    ------
    StoreError
        The index can't be written; posts and vectors are safe.
    """
    wanted = subjects.subjects(connection)
    try:
        with segments.index_lock(path):
            updaters = [IndexUpdater(path, connection, subject, progress) for subject in wanted]
            reports = [updater.update(full=full) for updater in updaters]
            _delete_other_indexes(path, wanted)
    except OSError as error:
        raise StoreError(
            f"the index in {index_folder(path)} can't be written: {error}. Posts and vectors are"
            " safe; make room or allow writing, and run the same command again"
        ) from error
    return reports


def rebuild(
    path: Path, connection: duckdb.DuckDBPyConnection, *, progress: Progress = silent
) -> list[IndexReport]:
    """Build every index anew from the database.

    Parameters
    ----------
    path : Path
        The store's directory.
    connection : duckdb.DuckDBPyConnection
        Open on the store, for reading at least.
    progress : callable
        Called at every step.

    Raises
    ------
    StoreError
        An index can't be written.
    """
    for subject in subjects.subjects(connection):
        segments.delete_manifest(segments.folder_of(path, subject))
    return update(path, connection, progress=progress)


def verify(path: Path, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """List the faults of a store's indexes, after reading every file in full.

    `update` with ``full=True`` repairs all of them.

    Returns
    -------
    list of str
        One sentence for each fault.
    """
    faults = []
    for subject in subjects.subjects(connection):
        state = IndexUpdater(path, connection, subject).inspect(full=True)
        faults += [f"index {subject.name}: {fault}" for fault in state.faults]
        missing = state.missing()
        if len(missing) and not state.faults:
            # Vectors with wrong dimensions or infinite numbers are a fault of the database.
            blocks = subjects.vector_blocks(connection, subject, missing)
            usable = sum(len(ids) for ids, _ in blocks)
            if usable:
                faults.append(f"index {subject.name}: it lacks {usable} vectors")
    return faults


def open_index(path: Path, connection: duckdb.DuckDBPyConnection, subject: Subject) -> Index:
    """Open an index for queries, after updating it if it is not current.

    Waits while another process writes indexes. Where the directory can't be written, the
    segments that had to be made stay in memory.

    Parameters
    ----------
    path : Path
        The store's directory.
    connection : duckdb.DuckDBPyConnection
        Open on the store, for reading at least.
    subject : Subject
        The vectors that the index is made of.
    """
    updater = IndexUpdater(path, connection, subject)
    state = updater.read(updater.inspect())
    if state.faults or len(state.missing()):
        try:
            with segments.index_lock(path):
                # Another process may have updated it meanwhile.
                state = updater.read(updater.inspect())
                updater.write(state)
                state = updater.read(updater.inspect())
        except OSError:
            state = replace(state, usable=updater.complete(state, write=False))
    return Index(subject.dim, state.usable, state.stored["id"])


def _delete_other_indexes(path: Path, wanted: Sequence[Subject]) -> None:
    """Delete the indexes of spaces that the store no longer has."""
    names = {subject.name for subject in wanted}
    for folder in segments.index_folders(path):
        if folder.name not in names:
            segments.delete_manifest(folder)
            segments.clean(folder, [])
