"""Check that a store is consistent, and repair it where it is not."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from embedstore import sql
from embedstore.encoders import load_encoder
from embedstore.errors import EncoderError, FingerprintError, StoreError
from embedstore.index import upkeep
from embedstore.maintenance.damage import read_tables
from embedstore.storage import spaces
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import assign_contents, forget_unused, touch
from embedstore.storage.database import connect, create, transaction
from embedstore.storage.faults import store_errors
from embedstore.storage.layout import image_file, is_sha256, run_folder
from embedstore.storage.run_files import altered_files, fit_command, unrecorded_runs
from embedstore.storage.unfinished import (
    count_pending,
    finish,
    unfinished_databases,
    unowned_images,
)
from embedstore.store import Store


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Attributes
    ----------
    promise : str
        Statement that holds in a consistent store; or a fault of an index, in a sentence.
    broken : int
        Number of rows or files that break it; 0 where it holds.
    remedy : str
        ``repair`` where `repair` restores it, else a sentence that says what to do. Empty
        where nothing is to be done.
    """

    promise: str
    broken: int
    remedy: str = ""

    @property
    def repairable(self) -> bool:
        """True if it is broken and `repair` restores it."""
        return self.broken > 0 and self.remedy == "repair"


def check(store: Store, *, deep: bool = False) -> list[Finding]:
    """Check the database, the files of pictures and heads, indexes, encoders, and leftovers.

    Loads each space's encoder to compare fingerprints. An encoder whose weights can't be
    reached is reported as not checked, which isn't a fault of the store.

    Parameters
    ----------
    store : Store
        The store.
    deep : bool
        Read every block of the database first; a damaged table is all that is reported then.
    """
    read = _read_all(store.path) if deep else []
    if any(finding.broken for finding in read):
        return read
    with store.connection() as connection:
        rows = connection.execute(sql.read("maintenance/checks")).fetchall()
        pictures = _broken_pictures(store.path, connection)
        waiting = _texts_without_vector(connection)
        declared = spaces.declared(connection)
        faults = upkeep.verify(store.path, connection)
        unowned = unowned_images(store.path, connection)
        pending = count_pending(connection)
        runs = unrecorded_runs(store.path, connection)
        heads = _run_findings(store.path, connection)
    left = [*unfinished_databases(store.path), *runs]
    return [
        *read,
        *(_repairable(promise, broken) for _, promise, broken in rows),
        _repairable("each picture's file is there and unaltered", len(pictures)),
        _repairable("each image file belongs to a picture of a post", len(unowned)),
        _repairable("what was to be deleted is deleted", pending),
        _repairable("no files are left of an interrupted write", len(left)),
        *heads,
        *_index_findings(faults),
        *(
            _encoder_finding(space)
            for space in declared
            if space.has_encoder and space.fingerprint is not None
        ),
        Finding(
            "each text has its vectors",
            waiting,
            f"run `embedstore build {store.path}` to go on" if waiting else "",
        ),
    ]


def _read_all(path: Path) -> list[Finding]:
    """Read every table whole: what is damaged, or that nothing is."""
    tables = read_tables(path) or []
    remedy = f"bring back a backup with `embedstore restore`, or run `embedstore rescue {path} NEW`"
    damaged = [
        Finding(f"every block of table {table.table} can be read: not {table}", 1, remedy)
        for table in tables
        if not table.sound
    ]
    rows = sum(table.rows or 0 for table in tables)
    what = f"every block of {len(tables)} tables can be read, {rows:,} rows"
    return damaged or [Finding(what, 0)]


def _repairable(promise: str, broken: int) -> Finding:
    return Finding(promise, broken, "repair" if broken else "")


def _run_findings(path: Path, connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Compare the files of each head with what was written; older heads have no hashes."""
    rows = connection.sql("FROM runs ORDER BY run_id").to_arrow_table().to_pylist()
    found = []
    for row in rows:
        try:
            folder = run_folder(path, row["run_id"])
        except StoreError as error:
            found.append(Finding(str(error), 1, "delete its row from `runs`"))
            continue
        altered = altered_files(folder, json.loads(row.get("files") or "{}"))
        if altered:
            promise = f"the files of head {row['run_id']} are unaltered: {', '.join(altered)}"
            found.append(
                Finding(promise, len(altered), f"fit it again: `{fit_command(row['head'], path)}`")
            )
    return found or [Finding("the files of each head are there and unaltered", 0)]


def _index_findings(faults: Sequence[str]) -> list[Finding]:
    """Report each fault of an index, or that there is none."""
    found = [Finding(fault, 1, "repair") for fault in faults]
    return found or [Finding("the indexes hold what the database holds", 0)]


def repair(store: Store) -> None:
    """Delete what is inconsistent and can be made again; the next build makes it.

    Raises
    ------
    StoreBusyError
        A build is at work.
    """
    with build_lock(store.path), store_errors(store.path):
        # A store of an older version lacks tables that the repair names.
        create(store.path)
        with transaction(store.path) as connection:
            for content_id in _broken_pictures(store.path, connection):
                connection.execute(
                    "UPDATE media SET content_id = NULL WHERE content_id = ?", [content_id]
                )
            connection.execute(sql.read("maintenance/repair"))
            assign_contents(connection)
            forget_unused(connection, "SELECT content_id FROM contents")
            touch(connection)
        with connect(store.path) as connection:
            upkeep.update(store.path, connection, full=True)
        finish(store.path, upkeep.rebuild, thorough=True)


def _broken_pictures(path: Path, connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Find the images whose file is missing, or has other bytes than its name says: their ids."""
    rows = connection.execute(
        "SELECT content_id, sha256 FROM contents WHERE kind = 'image'"
    ).fetchall()
    broken = []
    for content_id, digest in rows:
        # What is no SHA-256 would name some other file.
        file = image_file(path, digest) if is_sha256(digest) else None
        if file is None or not file.is_file() or _sha256(file) != digest:
            broken.append(content_id)
    return broken


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _texts_without_vector(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the texts that a build would embed, in all spaces together."""
    total = 0
    for space in spaces.declared(connection):
        if space.has_encoder and space.text_field is not None:
            column = space.content_column
            total += connection.execute(
                f"SELECT count(DISTINCT {column}) FROM posts WHERE {column} NOT IN"  # noqa: S608
                " (SELECT content_id FROM vectors WHERE space = ?)",
                [space.space],
            ).fetchall()[0][0]
    return total


def _encoder_finding(space: spaces.Space) -> Finding:
    """Load a space's encoder and compare its fingerprint."""
    promise = f"space {space.space}: the encoder at hand is the one that filled it"
    try:
        encoder = load_encoder(space.encoder, space.weights, **space.settings)
        spaces.output_of(space, encoder)
    except FingerprintError as error:
        return Finding(promise, 1, str(error))
    except EncoderError as error:
        return Finding(promise, 0, f"not checked: {error}")
    return Finding(promise, 0)
