"""A copy of a store's database and indexes, to answer from while a build writes to the store."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from embedstore.files import size_of
from embedstore.storage.layout import database_file, index_folder, media_folder, runs_folder

MOST_BYTES = 4 * 10**9
"""Largest database that is copied."""

FREE_SHARE = 4
"""A copy may take this part of the free disk."""


def take(store: Path) -> Path | None:
    """Copy a store's database and indexes; its pictures and heads are linked to.

    The caller holds the database open for reading meanwhile, so that nobody writes to it.

    Returns
    -------
    Path, optional
        The copy, to be deleted by `drop`; None if it would take too much.
    """
    parts = [*store.glob(f"{database_file(store).name}*")]
    size = sum(file.stat().st_size for file in parts)
    size += size_of(index_folder(store))
    if size > min(MOST_BYTES, shutil.disk_usage(tempfile.gettempdir()).free // FREE_SHARE):
        return None
    folder = Path(tempfile.mkdtemp(prefix="embedstore-studio-")) / store.name
    folder.mkdir()
    # Another process copies: closing a file of the database in this one would release the
    # lock that DuckDB holds on it (a property of POSIX locks).
    clone = ["--reflink=auto"] if sys.platform == "linux" else []
    sources = [str(file) for file in [*parts, index_folder(store)] if file.exists()]
    done = subprocess.run(["cp", "-R", "-p", *clone, *sources, str(folder)], check=False)  # noqa: S603, S607
    if done.returncode != 0:
        drop(folder)
        return None
    for linked in (media_folder(store), runs_folder(store)):
        if linked.exists():
            (folder / linked.name).symlink_to(linked.resolve(), target_is_directory=True)
    return folder


def drop(folder: Path) -> None:
    """Delete a copy."""
    shutil.rmtree(folder.parent, ignore_errors=True)
