"""Which files names and patterns stand for, and the sources that they are."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from embedstore.errors import InputError
from embedstore.reading.formats.archive import could_hold_posts, is_hidden
from embedstore.reading.platforms import members_with_posts
from embedstore.reading.values import without_surrogates

_DATABASE = "store.duckdb"
"""What every store has, as `embedstore.storage.layout` names it, which is above this room."""


def expand_inputs(patterns: Sequence[str | Path]) -> list[Path]:
    """List the files that names and patterns stand for.

    Parameters
    ----------
    patterns
        Files, folders, or patterns with ``*``, ``?``, ``[…]`` and ``**`` for any depth. A file
        that exists is taken as it is, whatever characters its name has. A folder is one input if
        it is an account's archive; else it stands for all files in it that could hold posts.

    Returns
    -------
    list of Path
        In the order given (a pattern's or folder's files sorted), each file once.

    Raises
    ------
    InputError
        If nothing is found under a name.
    """
    files: dict[Path, Path] = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_dir():
            found = _in_folder(path)
        elif path.exists():
            found = [path]
        else:
            # Path.glob takes no absolute patterns.
            matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
            found = [match for match in map(Path, matches) if match.is_file()]
        if not found:
            raise InputError(f"no file matches {pattern}")
        for file in found:
            files.setdefault(file.resolve(), file)
    return list(files.values())


def _in_folder(folder: Path) -> list[Path]:
    """List what a folder stands for: itself if it is an account's archive, else its files."""
    files: dict[str, Path] = {}
    for place, within, names in os.walk(folder):
        if _DATABASE in names:
            within.clear()  # A store that lies among the posts isn't one of them.
            continue
        files |= {(Path(place) / name).relative_to(folder).as_posix(): Path(place) / name
                  for name in names}  # fmt: skip
    members = sorted(name for name in files if not is_hidden(name))
    if members_with_posts(members):
        return [folder]
    found = [files[name] for name in members if could_hold_posts(name)]
    if not found:
        raise InputError(
            f"no file in {folder} could hold posts, by its name: name the files themselves"
        )
    return found


def source_of(path: Path) -> str:
    """Name the source a file stands for: ``data/train.csv.gz`` gives ``train``."""
    name = path.name
    if path.suffix.lower() in (".gz", ".bz2", ".xz", ".zst"):
        name = path.stem
    return printable(Path(name).stem)


def printable(name: str) -> str:
    """Make a file's name valid Unicode, which a name on Linux need not be."""
    return str(without_surrogates(name))
