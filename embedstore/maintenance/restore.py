"""Make a store from a backup."""

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedstore.errors import InputError, StoreError
from embedstore.files import whole_folder
from embedstore.maintenance.backup_manifest import read_manifest
from embedstore.maintenance.backup_places import Place, open_to_read
from embedstore.progress import Progress, Step, silent
from embedstore.storage.layout import FILE, store_path


@dataclass(frozen=True)
class Restored:
    """Result of `restore`.

    Attributes
    ----------
    files, bytes : int
        What was written.
    made_at : str
        When the backup was made, UTC.
    lost : list of str
        Files that the backup has not, or that are damaged in it.
    """

    files: int
    bytes: int
    made_at: str
    lost: list[str] = field(default_factory=list)


def restore(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    partial: bool = False,
    progress: Progress = silent,
) -> Restored:
    """Make a store from a backup; every byte is compared with its hash.

    Parameters
    ----------
    source : path
        The folder, ``.zip`` file or address of a backup.
    path : path
        The store: a folder that isn't there yet, or is empty. It appears once it is complete.
    partial : bool
        Restore also if pictures or heads are damaged in the backup; they are left out. An index
        that is damaged is always left out, since it is made again from the database.
    progress : callable
        Called after every file.

    Raises
    ------
    InputError
        There is no backup, or something is in the folder.
    StoreError
        The backup is damaged.
    """
    target = store_path(path)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(
            f"{target} is not empty: name a folder that isn't there yet, or move that one away"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_to_read(source) as place, whole_folder(target) as beside:
        data = place.manifest()
        if data is None:
            raise InputError(
                f"there is no backup at {os.fspath(source)}: it has no manifest, so the first"
                " backup to it was never complete"
            )
        manifest = read_manifest(data, source)
        lost = []
        files = manifest["files"]
        for number, (name, entry) in enumerate(files.items(), start=1):
            if not _restore_file(place, beside / name, entry):
                lost.append(name)
            progress(Step("restore", number, len(files), "files"))
        _require(lost, source, partial=partial)
        _drop_indexes(beside, lost)
        written = [entry for name, entry in files.items() if name not in lost]
    return Restored(
        len(written),
        sum(entry["size"] for entry in written),
        manifest["made_at"],
        [name for name in lost if not name.startswith("index/")],
    )


def _restore_file(place: Place, file: Path, entry: dict[str, Any]) -> bool:
    """Write a file from its parts; False, and no file, if one is missing or damaged."""
    file.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with file.open("wb") as out:
        for sha256 in entry["parts"]:
            try:
                part = place.read(sha256)
            except FileNotFoundError:
                break
            if hashlib.sha256(part).hexdigest() != sha256:
                break
            out.write(part)
            size += len(part)
        else:
            if size == entry["size"]:
                return True
    file.unlink()
    return False


def _require(lost: list[str], source: str | os.PathLike[str], *, partial: bool) -> None:
    """Refuse a backup that lacks what can't be left out."""
    place = os.fspath(source)
    if FILE in lost:
        raise StoreError(
            f"the database in {place} is damaged: use another backup, or build the store again from"
            " the files of posts"
        )
    needed = [name for name in lost if not name.startswith("index/")]
    if needed and not partial:
        raise StoreError(
            f"{len(needed):,} of the files in {place} are damaged, such as {needed[0]}:"
            " --partial restores all others"
        )


def _drop_indexes(store: Path, lost: list[str]) -> None:
    """Delete the indexes that lack a file."""
    for name in lost:
        if name.startswith("index/"):
            shutil.rmtree((store / name).parent, ignore_errors=True)
