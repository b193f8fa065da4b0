"""Back up a store while it is in use; `restore` brings it back.

A backup is of one moment: the database is copied while writers wait, and what it names (pictures,
heads, indexes) never changes under its name. Files are kept in parts named by their SHA-256, so
that a later backup to the same place copies only what is new.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedstore.errors import InputError, StoreDamagedError, StoreError
from embedstore.maintenance.backup_manifest import read_manifest, write_manifest
from embedstore.maintenance.backup_places import Place, open_to_write
from embedstore.maintenance.damage import read_tables
from embedstore.progress import Progress, Step, silent
from embedstore.storage.copies import copy_file
from embedstore.storage.database import connect, schema_version
from embedstore.storage.faults import store_errors
from embedstore.storage.layout import (
    FILE,
    database_file,
    image_name,
    index_folder,
    is_sha256,
    media_folder,
    run_folder,
)
from embedstore.store import Store

PART = 4 << 20
"""Bytes of a part. DuckDB changes a database in blocks of 256 KiB, in place."""

ATTEMPTS = 4
"""How often a backup begins again because a picture or head was deleted meanwhile."""


@dataclass(frozen=True)
class BackedUp:
    """Result of `backup`.

    Attributes
    ----------
    files, bytes : int
        What the backup holds.
    copied_files, copied_bytes : int
        What of it was not there before; a file counts if any part of it was copied.
    missing : list of str
        Files that the store should have and has not, or that are damaged: `embedstore check`
        names them.
    """

    files: int
    bytes: int
    copied_files: int
    copied_bytes: int
    missing: list[str] = field(default_factory=list)


class _GoneError(Exception):
    """A file was deleted since the database was copied."""


def backup(store: Store, to: str | os.PathLike[str], *, progress: Progress = silent) -> BackedUp:
    """Write a store to a backup, or bring a backup up to date.

    Builds and queries go on meanwhile; a writer waits while the database's file is copied. The
    copy is read whole first, so that a damaged database never replaces a good backup. If this
    ends before it is complete, the former backup is as it was.

    Parameters
    ----------
    store : Store
        The store.
    to : path
        A folder, a file that ends in ``.zip``, or an address such as ``s3://bucket/folder``.
    progress : callable
        Called after every file.

    Raises
    ------
    InputError
        No backup can be kept there, or it is one of another store.
    StoreDamagedError
        The store's database is damaged.
    StoreBusyError
        Another backup is being written to that place.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(_GoneError):
            return _backup(store.path, to, progress, last=False)
    return _backup(store.path, to, progress, last=True)


def _backup(store: Path, to: str | os.PathLike[str], progress: Progress, *, last: bool) -> BackedUp:
    with open_to_write(to) as place, place.scratch() as scratch:
        _require_same_store(place, _meta(store)["store_id"], to)
        _copy_database(store, scratch)
        there = place.objects()
        files, done = _copy(place, there, store, scratch, progress, last=last)
        place.replace_manifest(write_manifest(_meta(scratch), files))
        for sha256 in set(there) - {part for file in files.values() for part in file["parts"]}:
            place.delete(sha256)
        return done


def _require_same_store(place: Place, store_id: str, to: str | os.PathLike[str]) -> None:
    """Refuse a place that holds the backup of another store; a damaged one is replaced."""
    data = place.manifest()
    if data is None:
        return
    try:
        found = read_manifest(data, to)
    except StoreError:
        return
    if found["store_id"] != store_id:
        raise InputError(
            f"{os.fspath(to)} is a backup of another store: name a place of its own for this one"
        )


def _meta(store: Path) -> dict[str, str]:
    with store_errors(store), connect(store, wait_s=None) as connection:
        found = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        return found | {"schema": str(schema_version(connection))}


def _copy_database(store: Path, scratch: Path) -> None:
    """Copy the database at one moment, and read the copy whole."""
    # No process can write while this one has the file open.
    with store_errors(store), connect(store, wait_s=None):
        for file in (database_file(store), store / f"{FILE}.wal"):
            if file.exists():
                copy_file(file, scratch / file.name)
    if (scratch / f"{FILE}.wal").exists():
        with store_errors(store), connect(scratch, write=True) as connection:
            connection.execute("CHECKPOINT")
    tables = read_tables(scratch)
    if tables is None or not all(table.sound for table in tables):
        damaged = [str(table) for table in tables or () if not table.sound]
        raise StoreDamagedError(
            f"{database_file(store)} is damaged"
            + (f" ({', '.join(damaged)})" if damaged else "")
            + ": it was not backed up, and a former backup is as it was. Bring that back with"
            f" `embedstore restore`, or write what can be read to a new store with"
            f" `embedstore rescue {store} NEW`"
        )


def _copy(
    place: Place,
    there: dict[str, int],
    store: Path,
    scratch: Path,
    progress: Progress,
    *,
    last: bool,
) -> tuple[dict[str, Any], BackedUp]:
    """Copy the parts that the place lacks.

    Returns
    -------
    files : dict
        Size and parts of each file, by its path in the store.
    done : BackedUp
        What was copied.

    Raises
    ------
    _GoneError
        A file is missing, and this was not the `last` attempt.
    """
    files: dict[str, Any] = {}
    missing = []
    copied_files = copied_bytes = 0
    listed = list(_listed(store, scratch))
    for number, (name, file, sha256) in enumerate(listed, start=1):
        try:
            known = _known_picture(file, sha256, there) if name.startswith("media/") else None
            entry, fresh = known or _copy_file(place, there, file, sha256)
        except FileNotFoundError:
            if not last and not name.startswith("index/"):
                raise _GoneError from None
            entry, fresh = None, 0
        if entry is None:
            # An index is made again from the database.
            if not name.startswith("index/"):
                missing.append(name)
            continue
        files[name] = entry
        copied_files += fresh > 0
        copied_bytes += fresh
        progress(Step("back up", number, len(listed), "files"))
    total = sum(entry["size"] for entry in files.values())
    return files, BackedUp(len(files), total, copied_files, copied_bytes, missing)


def _listed(store: Path, scratch: Path) -> Iterator[tuple[str, Path, str | None]]:
    """List what a backup holds: path in the store, file, and SHA-256 where it is on record."""
    yield FILE, database_file(scratch), None
    with store_errors(store), connect(scratch) as connection:
        images = connection.execute(
            "SELECT DISTINCT sha256 FROM contents WHERE kind = 'image' ORDER BY sha256"
        ).fetchall()
        runs = connection.sql("FROM runs ORDER BY run_id").to_arrow_table().to_pylist()
    for (sha256,) in images:
        if is_sha256(sha256):
            yield f"media/{image_name(sha256)}", media_folder(store) / image_name(sha256), sha256
    for row in runs:
        folder = run_folder(store, row["run_id"])
        hashes = json.loads(row.get("files") or "{}")
        there = {
            file.relative_to(folder).as_posix(): file
            for file in folder.rglob("*")
            if file.is_file()
        }
        for name in sorted({*hashes, *there}):
            yield f"runs/{row['run_id']}/{name}", folder / name, hashes.get(name)
    for file in sorted(index_folder(store).glob("*/*")):
        if file.suffix in (".json", ".faiss", ".npy"):
            yield f"index/{file.parent.name}/{file.name}", file, None


def _known_picture(
    file: Path, sha256: str | None, there: dict[str, int]
) -> tuple[dict[str, Any], int] | None:
    """Describe a picture that the place has already, without reading it."""
    if sha256 is None or sha256 not in there:
        return None
    size = file.stat().st_size
    return ({"size": size, "parts": [sha256]}, 0) if there[sha256] == size else None


def _copy_file(
    place: Place, there: dict[str, int], file: Path, sha256: str | None
) -> tuple[dict[str, Any] | None, int]:
    """Copy a file's parts that are not there.

    Returns
    -------
    entry : dict or None
        Its size and parts; None if its bytes are not those on record.
    copied : int
        Bytes that were copied.
    """
    parts: list[str] = []
    size = copied = 0
    if sha256 is not None:
        with file.open("rb") as data:
            if hashlib.file_digest(data, "sha256").hexdigest() != sha256:
                return None, 0
    with file.open("rb") as data:
        while part := data.read(PART):
            size += len(part)
            name = hashlib.sha256(part).hexdigest()
            parts.append(name)
            if there.get(name) != len(part):
                place.write(name, part)
                there[name] = len(part)
                copied += len(part)
    return {"size": size, "parts": parts}, copied
