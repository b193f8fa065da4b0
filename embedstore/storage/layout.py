"""Paths of the files of a store.

::

    STORE/
      store.duckdb              the database: all but pictures and trained heads
      store.duckdb.new          a new database while it is written; renamed when complete
      build.lock                locked while a build runs
      index/SPACE-KIND/         FAISS files of one index; index/lock is locked while writing
      media/ab/abcdef…          pictures, named by the SHA-256 of their bytes
      runs/RUN/                 trained heads
      shards/SPACE-FINGERPRINT/ pieces of the encode stage, only while a build on Ray runs

Modules that know the inside of one of these folders (`index.segments`, `cluster.shards`) name
the files in it themselves.
"""

from pathlib import Path

FILE = "store.duckdb"


def database_file(store: Path) -> Path:
    """Return the path of the database."""
    return store / FILE


def new_database_file(store: Path) -> Path:
    """Return the path at which a new database is written before it is renamed."""
    return store / f"{FILE}.new"


def database_bytes(store: Path) -> int:
    """Sum the sizes of the database and of DuckDB's files beside it, such as its log."""
    return sum(file.stat().st_size for file in store.glob(f"{FILE}*"))


def build_lock_file(store: Path) -> Path:
    """Return the path of the file that a build locks."""
    return store / "build.lock"


def index_folder(store: Path) -> Path:
    """Return the folder of all indexes."""
    return store / "index"


def index_lock_file(store: Path) -> Path:
    """Return the path of the file that is locked while index files are written."""
    return index_folder(store) / "lock"


def media_folder(store: Path) -> Path:
    """Return the folder of the pictures."""
    return store / "media"


def image_name(sha256: str) -> Path:
    """Return the path of a picture relative to the media folder."""
    return Path(sha256[:2]) / sha256


def image_file(store: Path, sha256: str) -> Path:
    """Return the path of a picture, from the SHA-256 of its bytes in hexadecimal."""
    return media_folder(store) / image_name(sha256)


def runs_folder(store: Path) -> Path:
    """Return the folder of the trained heads."""
    return store / "runs"


def shards_folder(store: Path) -> Path:
    """Return the folder of the shards that a build on Ray encodes."""
    return store / "shards"


def leftovers(store: Path) -> list[Path]:
    """List files that an interrupted write left beside what it was to replace."""
    file = new_database_file(store)
    return [file] if file.exists() else []
