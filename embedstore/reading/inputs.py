"""Which files names and patterns stand for, and the sources that they are."""

import glob
from collections.abc import Sequence
from pathlib import Path

from embedstore.errors import InputError
from embedstore.reading.values import without_surrogates


def expand_inputs(patterns: Sequence[str | Path]) -> list[Path]:
    """List the files that names and patterns stand for.

    Parameters
    ----------
    patterns
        Files, or patterns with ``*``, ``?``, ``[…]`` and ``**`` for any depth. A file
        that exists is taken as it is, whatever characters its name has.

    Returns
    -------
    list of Path
        In the order given (a pattern's files sorted), each file once.

    Raises
    ------
    InputError
        If a name is a directory, or nothing is found under it.
    """
    files: dict[Path, Path] = {}
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_dir():
            raise InputError(f"{path} is a directory: name its files, for example {path / '*.csv'}")
        if path.exists():
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


def source_of(path: Path) -> str:
    """Name the source a file stands for: ``data/train.csv.gz`` gives ``train``."""
    name = path.name
    if path.suffix.lower() in (".gz", ".bz2", ".xz", ".zst"):
        name = path.stem
    return printable(Path(name).stem)


def printable(name: str) -> str:
    """Make a file's name valid Unicode, which a name on Linux need not be."""
    return str(without_surrogates(name))
