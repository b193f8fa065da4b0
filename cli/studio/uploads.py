"""Files of posts that were sent, kept until a build has read them; and those of allowed folders."""

import re
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from embedstore.errors import InputError

KEPT_S = 3600.0
"""Seconds that a file is kept."""

MOST_FILES = 20

_UNSAFE = re.compile(r"[^\w.\- ]+")


class Uploads:
    """Files of posts in a folder that goes away with the process."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="embedstore-uploads-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._files: dict[str, tuple[Path, float]] = {}

    def keep(self, name: str, content: BinaryIO) -> str:
        """Keep a file; returns what it is called in questions."""
        self._forget()
        key = secrets.token_hex(16)
        folder = self._folder / key
        folder.mkdir()
        file = folder / harmless_name(name)
        with file.open("wb") as out:
            shutil.copyfileobj(content, out, 2**20)
        self._files[key] = (file, time.monotonic())
        return key

    def file(self, key: str) -> Path:
        """Return a file that was kept.

        Raises
        ------
        InputError
            It is no longer here.
        """
        if key not in self._files:
            raise InputError("the file is no longer here: send it again")
        return self._files[key][0]

    def _forget(self) -> None:
        """Delete files that are old, and the oldest if there are many."""
        now = time.monotonic()
        for key, (file, at) in list(self._files.items()):
            if now - at > KEPT_S or len(self._files) >= MOST_FILES:
                del self._files[key]
                shutil.rmtree(file.parent, ignore_errors=True)


def harmless_name(name: str) -> str:
    """Turn a name that a client gave into one of a file: no folder, no dot at its start."""
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE.sub("_", last).lstrip(". ")[-120:] or "posts"


def allowed_file(name: str, folders: Sequence[Path]) -> Path:
    """Find a file of the server in a folder that was allowed.

    Parameters
    ----------
    name : str
        Its path below one of them.
    folders : sequence of Path
        The folders.

    Raises
    ------
    InputError
        There is none: not there, or it leads out of the folder.
    """
    for folder in folders:
        root = folder.resolve()
        try:
            file = (root / name).resolve()
            if file.is_relative_to(root) and file.is_file():
                return file
        except (OSError, ValueError, RuntimeError):  # a name that no file can have
            continue
    raise InputError(
        f"{name!r} is in no folder that this server may read: it was started with"
        f" {len(folders)} (embedstore serve --allow FOLDER), or send the file"
    )
