"""Paths of the files of a store.

::

    STORE/
      store.duckdb              the database: all but pictures and trained heads
      store.duckdb.before-migration  as it was, while it is brought to a newer version's schema
      .store.duckdb.XXXX.new    a new database while it is written; renamed when complete
      build.lock                locked while a build runs
      turnstile.lock            locked by a writer that waits for readers, until it has committed
      index/SPACE-KIND/         FAISS files of one index; index/lock is locked while writing
      media/ab/abcdef…          pictures, named by the SHA-256 of their bytes
      runs/RUN/                 trained heads
      shards/SPACE-FINGERPRINT/ pieces of the encode stage, only while a build on Ray runs

Modules that know the inside of one of these folders (`index.segments`, `cluster.shards`) name
the files in it themselves.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from embedstore.errors import InputError, StoreError

FILE = "store.duckdb"

_RUN_ID = re.compile(r"\w[\w.-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def store_path(path: str | os.PathLike[str]) -> Path:
    """Return the directory that a user names, with ``~`` expanded.

    Raises
    ------
    InputError
        No store can be there: the name is empty, or has a character that DuckDB reads as
        something else than a part of a name.
    """
    name = os.fspath(path)
    if not name.strip():
        raise InputError("the path of a store is empty: name a folder, such as tweets.store")
    found = Path(name)
    # A user's name that the system doesn't know leaves the path as it is.
    with suppress(RuntimeError):
        found = found.expanduser()
    # DuckDB takes what follows a question mark for options, and a backslash for a slash.
    for sign, what in {"?": "a question mark", "\\": "a backslash", "\0": "a NUL"}.items():
        if sign in str(found.absolute()):
            raise InputError(
                f"no store can be at {found.absolute()}: DuckDB opens no file whose path has {what}"
                " in it; name another folder"
            )
    return found


def database_file(store: Path) -> Path:
    """Return the path of the database."""
    return store / FILE


def before_migration_file(store: Path) -> Path:
    """Return the path of the copy of the database that is there during a migration."""
    return store / f"{FILE}.before-migration"


def database_bytes(store: Path) -> int:
    """Sum the sizes of the database and of DuckDB's files beside it, such as its log."""
    return sum(file.stat().st_size for file in store.glob(f"{FILE}*"))


def build_lock_file(store: Path) -> Path:
    """Return the path of the file that a build locks."""
    return store / "build.lock"


def turnstile_file(store: Path) -> Path:
    """Return the path of the file that a writer locks to keep new readers out."""
    return store / "turnstile.lock"


def index_folder(store: Path) -> Path:
    """Return the folder of all indexes."""
    return store / "index"


def index_lock_file(store: Path) -> Path:
    """Return the path of the file that is locked while index files are written."""
    return index_folder(store) / "lock"


def media_folder(store: Path) -> Path:
    """Return the folder of the pictures."""
    return store / "media"


def is_sha256(name: str) -> bool:
    """Tell whether a name is a SHA-256 in hexadecimal, as `hashlib` writes it."""
    return _SHA256.fullmatch(name) is not None


def image_name(sha256: str) -> Path:
    """Return the path of a picture relative to the media folder."""
    return Path(sha256[:2]) / sha256


def image_file(store: Path, sha256: str) -> Path:
    """Return the path of a picture, from the SHA-256 of its bytes in hexadecimal.

    Raises
    ------
    StoreError
        It is no SHA-256. A store that someone else has made may have a path in its place.
    """
    if not is_sha256(sha256):
        raise StoreError(
            f"{store} names a picture {sha256!r}, which is no SHA-256 in hexadecimal: nothing was"
            f" read or deleted there; `embedstore check {store} --repair` drops that row"
        )
    return media_folder(store) / image_name(sha256)


def runs_folder(store: Path) -> Path:
    """Return the folder of the trained heads."""
    return store / "runs"


def run_folder(store: Path, run_id: str) -> Path:
    """Return the folder of a trained head.

    Raises
    ------
    StoreError
        The id is no name of a folder, but a path to somewhere else.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise StoreError(
            f"{store} has a head on record whose id is {run_id!r}, which is no name of a folder in"
            " it: nothing was read there. Use a store that you have built yourself"
        )
    return runs_folder(store) / run_id


def shards_folder(store: Path) -> Path:
    """Return the folder of the shards that a build on Ray encodes."""
    return store / "shards"
