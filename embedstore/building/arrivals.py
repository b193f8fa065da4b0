"""Build what arrives in a folder, one file after another, each once.

A file that was built is moved to the folder's ``done``, one that can't be used to its ``failed``,
with the reason beside it. Nothing else is kept, so a run that is killed goes on where it was: a
file that was built and not yet moved is built again, which changes nothing.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from embedstore.building.options import BuildOptions
from embedstore.building.report import BuildReport
from embedstore.building.run import build
from embedstore.errors import InputError
from embedstore.progress import Progress, silent

DONE, FAILED = "done", "failed"
"""Folders inside, for what was built and for what can't be."""

REASON = ".reason.txt"
"""What the name of a file's reason ends with."""

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart")
"""How names end that a copy or download in progress has."""


@dataclass(frozen=True)
class Arrival:
    """One file or folder that was tried.

    Attributes
    ----------
    name : str
        Its name in the folder.
    moved_to : Path
        Where it is now.
    report : BuildReport, optional
        What the build did; None if the file couldn't be read.
    reason : str, optional
        Why it is of no use; None if it was built.
    """

    name: str
    moved_to: Path
    report: BuildReport | None
    reason: str | None


def build_arrivals(
    store: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    options: BuildOptions,
    *,
    settle_s: float = 5.0,
    progress: Progress = silent,
) -> Iterator[Arrival]:
    """Build everything that has arrived, the oldest first.

    Parameters
    ----------
    store : path
        The store's directory; made if there is none.
    folder : path
        Where files arrive. Without a source in `options`, its name is that of all posts.
    options : BuildOptions
        As for `build`.
    settle_s : float
        Seconds without a change after which a file counts as whole.
    progress : callable, optional
        As for `build`.

    Yields
    ------
    Arrival
        After each file, once it was moved.

    Raises
    ------
    InputError
        There is no such folder.
    StoreError, EncoderError, OSError
        The build fails for a reason that is not the file's; it stays where it is.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"{place} is no folder: name the one in which files arrive")
    if options.source is None:
        options = replace(options, source=place.resolve().name)
    for file in settled(place, settle_s):
        report, reason = None, None
        try:
            report = build(store, [file], options, progress=progress)
        except InputError as error:
            if not file.exists():
                continue  # taken away meanwhile
            reason = str(error)
        if report is not None and report.complaint and not report.posts.accepted:
            reason = report.complaint
        yield Arrival(
            file.name, _move(file, DONE if reason is None else FAILED, reason), report, reason
        )


def settled(folder: Path, settle_s: float) -> list[Path]:
    """List the files and folders that have arrived and are whole, the oldest first.

    Hidden ones are left out, and those whose names are of a copy in progress. A folder is whole
    when nothing in it has changed for as long.
    """
    now = time.time()
    found = []
    for file in folder.iterdir():
        name = file.name.lower()
        if name.startswith((".", "~$")) or name.endswith(_UNFINISHED) or name in (DONE, FAILED):
            continue
        try:
            changed = _changed(file)
        except OSError:
            continue  # taken away meanwhile
        if now - changed >= settle_s:
            found.append((changed, file.name, file))
    return [file for _, _, file in sorted(found)]


def _changed(file: Path) -> float:
    """When a file, or anything in a folder, was last changed, in seconds since 1970."""
    inside = file.rglob("*") if file.is_dir() else ()
    times: list[float] = [each.stat().st_mtime for each in (file, *inside)]
    return max(times)


def _move(file: Path, place: str, reason: str | None) -> Path:
    """Move a file aside, with its reason; a name that is taken gets a number."""
    into = file.parent / place
    into.mkdir(exist_ok=True)
    target, number = into / file.name, 1
    while target.exists():
        number += 1
        target = into / f"{file.stem}-{number}{file.suffix}"
    if reason is not None:
        # First, so that no file is ever there without its reason.
        target.with_name(target.name + REASON).write_text(reason + "\n", encoding="utf-8")
    file.rename(target)
    return target
