"""Files and folders that appear whole: written beside their place, then renamed into it.

And what else is asked of files: their bytes, and whether somebody has locked one.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".new"
"""End of the name of what is being written; it begins with a dot and the target's name."""


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Write a file beside `target`, and rename it when the block ends without an error.

    The temporary name is new and random, so that nothing that was there before is touched;
    after an error the temporary file is deleted and `target` is as it was.

    Yields
    ------
    Path
        An empty file to write to.

    Raises
    ------
    OSError
        The folder can't be written to.
    """
    descriptor, name = tempfile.mkstemp(SUFFIX, f".{target.name}.", target.parent)
    os.close(descriptor)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(_mode(0o666))
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Fill a folder beside `target`, and rename it when the block ends without an error.

    All that is in it has the permissions of new files under the process's umask.

    Yields
    ------
    Path
        An empty folder to write into.

    Raises
    ------
    OSError
        The parent folder can't be written to, or `target` exists and isn't empty.
    """
    beside = Path(tempfile.mkdtemp(SUFFIX, f".{target.name}.", target.parent))
    try:
        yield beside
        # Some libraries write files that their owner alone may read.
        for folder, _, files in os.walk(beside):
            Path(folder).chmod(_mode(0o777))
            for name in files:
                (Path(folder) / name).chmod(_mode(0o666))
        # Renaming replaces an empty folder, and refuses one that has something in it.
        beside.rename(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def size_of(folder: Path) -> int:
    """Sum up the bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def is_locked(file: Path) -> bool:
    """Tell whether some process holds a file's lock for itself alone.

    A file that can't be read has no lock, nor has any where the file system has none.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _mode(wanted: int) -> int:
    """Permissions of a new file under the process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return wanted & ~mask
