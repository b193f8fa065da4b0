"""Whether a store keeps its promises, and the repair when it doesn't."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from embedstore import sql
from embedstore.encoders import load_encoder
from embedstore.errors import EncoderError, FingerprintError
from embedstore.index import upkeep
from embedstore.storage import spaces
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import assign_contents, forget_unused, touch
from embedstore.storage.database import connect, create, transaction
from embedstore.storage.layout import FILE, image_file
from embedstore.storage.spaces import FIELD_COLUMN
from embedstore.store import Store


@dataclass(frozen=True)
class Finding:
    """One promise, and whether it is kept.

    Attributes
    ----------
    promise : str
        What a sound store keeps; or a fault of an index, in a sentence.
    broken : int
        How many rows or files break it; 0 where it is kept.
    remedy : str
        What mends it: ``repair`` for `--repair`, else a sentence. Empty where all is well.
    """

    promise: str
    broken: int
    remedy: str = ""

    @property
    def repairable(self) -> bool:
        """Whether `repair` mends it."""
        return self.broken > 0 and self.remedy == "repair"


def check(store: Store) -> list[Finding]:
    """Look at every promise: database, contents, pictures, encoders, and leftovers.

    Loads each space's encoder to compare fingerprints; one whose weights can't be
    reached is named as not checked, which isn't a fault of the store.
    """
    with store.connection() as connection:
        promises = connection.execute(sql.read("maintenance/checks")).fetchall()
        pictures = _broken_pictures(store.path, connection)
        waiting = _waiting(connection)
        declared = spaces.declared(connection)
        faults = upkeep.verify(store.path, connection)
    findings = [
        Finding(promise, broken, "repair" if broken else "") for _, promise, broken in promises
    ]
    findings.append(
        Finding(
            "each picture's file is there and unaltered",
            len(pictures),
            "repair" if pictures else "",
        )
    )
    leftovers = _leftovers(store.path)
    findings.append(
        Finding(
            "no files are left of an interrupted write",
            len(leftovers),
            "repair" if leftovers else "",
        )
    )
    findings += [Finding(fault, 1, "repair") for fault in faults] or [
        Finding("the indexes hold what the database holds", 0)
    ]
    findings += [_encoder_finding(space) for space in declared if space.fingerprint is not None]
    findings.append(
        Finding(
            "each text has its vectors",
            waiting,
            f"run `embedstore build {store.path}` to go on" if waiting else "",
        )
    )
    return findings


def repair(store: Store) -> None:
    """Drop what breaks a promise and can be made again; a build afterwards makes it.

    Raises
    ------
    StoreBusyError
        A build is at work.
    """
    with build_lock(store.path):
        # What an older version wrote lacks tables that this one's repair names.
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
        for file in _leftovers(store.path):
            file.unlink()


def _broken_pictures(path: Path, connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Content ids of images whose file is not what its name says."""
    rows = connection.execute(
        "SELECT content_id, sha256 FROM contents WHERE kind = 'image'"
    ).fetchall()
    broken = []
    for content_id, digest in rows:
        file = image_file(path, digest)
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            broken.append(content_id)
    return broken


def _waiting(connection: duckdb.DuckDBPyConnection) -> int:
    """Texts without a vector in some space that should have one."""
    total = 0
    for space in spaces.declared(connection):
        if space.text_field is not None:
            column = FIELD_COLUMN[space.text_field]
            total += connection.execute(
                f"SELECT count(DISTINCT {column}) FROM posts WHERE {column} NOT IN"  # noqa: S608
                " (SELECT content_id FROM vectors WHERE space = ?)",
                [space.space],
            ).fetchall()[0][0]
    return total


def _leftovers(path: Path) -> list[Path]:
    """Files written beside something that were never renamed."""
    return [path / f"{FILE}.new"] if (path / f"{FILE}.new").exists() else []


def _encoder_finding(space: spaces.Space) -> Finding:
    promise = f"space {space.space}: the encoder at hand is the one that filled it"
    try:
        encoder = load_encoder(space.encoder, space.weights, **space.settings)
        spaces.output_of(space, encoder)
    except FingerprintError as error:
        return Finding(promise, 1, str(error))
    except EncoderError as error:
        return Finding(promise, 0, f"not checked: {error}")
    return Finding(promise, 0)
