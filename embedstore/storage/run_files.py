"""The folders of trained heads: who writes them, what is in them, and which are not on record."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore.storage.layout import runs_folder

_OURS = re.compile(r"\.?(likes|tweets)-\d{8}-\d{6}-\d{3}(\.[^/]*)?")
"""Names of a run's folder, and of the one it is written in; a checkpoint has another name."""


@contextmanager
def runs_lock(store: Path) -> Iterator[None]:
    """Hold the lock of the runs' folder, which is made if there is none; wait for other holders.

    Without it, a folder that another process is about to put on record would look like one
    that a killed process has left. The system releases it when the process ends.
    """
    folder = runs_folder(store)
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def unrecorded_runs(store: Path, connection: duckdb.DuckDBPyConnection) -> list[Path]:
    """List the folders of runs that are not on record, also of those half written."""
    folder = runs_folder(store)
    if not folder.is_dir():
        return []
    known = {run for (run,) in connection.execute("SELECT run_id FROM runs").fetchall()}
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.name not in known
        and _OURS.fullmatch(entry.name)
        and entry.is_dir()
        and not entry.is_symlink()
    )


def hash_files(folder: Path) -> dict[str, str]:
    """Compute the SHA-256 of each file under a folder, by its path relative to the folder."""
    return {
        file.relative_to(folder).as_posix(): _sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def altered_files(folder: Path, hashes: dict[str, str]) -> list[str]:
    """List the files that are missing, or whose bytes differ from what was written.

    Files that were added later are not counted: a head doesn't read them.
    """
    found = hash_files(folder)
    return [name for name, sha256 in hashes.items() if found.get(name) != sha256]


def fit_command(head: str, store: Path) -> str:
    """Write the command that trains a head, by the name under which runs have it."""
    kind, _, name = head.partition("-")
    if kind == "label":
        return f"heads fit label {store} {name} --examples FILE"
    return f"heads fit {kind} {store} {name}".rstrip()


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
