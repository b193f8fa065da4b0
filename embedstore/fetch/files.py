"""The media folder: bytes by their sha256, and images that lie beside the input file."""

import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import TracebackType
from typing import IO, Self

from embedstore.errors import MediaError, StoreFullError
from embedstore.fetch.limits import FailureClass, Fetched, FetchFailure, FetchLimits
from embedstore.images.header import SNIFF_BYTES, not_an_image, read_header, sniff

_IN_MEMORY = 2**20
PICTURES = "images"
"""Folder beside the input file that picture files are also looked for in."""

_CHUNK = 2**16


class RefusedError(Exception):
    """These bytes, or the place they would come from, aren't accepted."""

    def __init__(self, failure: FailureClass, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


class Incoming:
    """Bytes that arrive, checked as they do, and kept only when they are whole.

    Until `keep`, they lie in memory or in a file without a name, so that nothing is
    left behind whenever the process ends.
    """

    def __init__(self, folder: Path, limits: FetchLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._hash = hashlib.sha256()
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115
        self._start = b""
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; raises `RefusedError` as soon as they can't be an image."""
        self.size += len(chunk)
        if self.size > self._limits.max_bytes:
            raise RefusedError(
                FailureClass.TOO_LARGE, f"more than {self._limits.max_bytes:,} bytes"
            )
        if len(self._start) < SNIFF_BYTES:
            self._start += chunk[:SNIFF_BYTES]
            if len(self._start) >= SNIFF_BYTES and sniff(self._start) is None:
                raise RefusedError(FailureClass.NOT_AN_IMAGE, not_an_image(self._start))
        self._hash.update(chunk)
        with _room_in(self._folder):
            self._file.write(chunk)

    def keep(self, url: str) -> Fetched:
        """Check the header and store the bytes; raises `RefusedError`."""
        try:
            header = read_header(self._file)
        except MediaError as error:
            raise RefusedError(FailureClass.NOT_AN_IMAGE, str(error)) from error
        if header.width * header.height > self._limits.max_pixels:
            raise RefusedError(
                FailureClass.BOMB,
                f"{header.width}×{header.height} pixels, "
                f"expected at most {self._limits.max_pixels:,} in all",
            )
        sha256 = self._hash.hexdigest()
        path = stored_path(self._folder, sha256)
        if not (path.is_file() and path.stat().st_size == self.size):
            with _room_in(self._folder):
                self._store(path)
        return Fetched(url, sha256, path, header.media_type, self.size)

    def _store(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with partial.open("xb") as file:
                self._file.seek(0)
                shutil.copyfileobj(self._file, file, _CHUNK)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Name the remedy when the disk is full; the whole run ends then."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreFullError(
            f"no room left in {folder}: free some, and run the same command again"
        ) from error


def stored_path(folder: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie in the media `folder`."""
    return folder / sha256[:2] / sha256


def stored(url: str, sha256: str, folder: Path) -> Fetched | None:
    """Find what was stored under `sha256` earlier; None when it is no longer there."""
    path = stored_path(folder, sha256)
    try:
        with path.open("rb") as file:
            media_type = sniff(file.read(SNIFF_BYTES))
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    return Fetched(url, sha256, path, media_type, size) if media_type else None


def read_local(
    path_text: str, base: Path, folder: Path, limits: FetchLimits | None = None
) -> Fetched | FetchFailure:
    """Copy an image that lies beside the input file into the media folder.

    A table may come from anyone, so it may name files only below the folder it lies in:
    a relative path whose target, with ``..`` and symbolic links followed, stays there.
    What isn't found is looked for in the folder ``images`` beside the file.

    Parameters
    ----------
    path_text : str
        The path as the input file has it.
    base : Path
        Folder of the input file.
    folder : Path
        The media folder; made when absent.
    limits : FetchLimits, optional
        `max_bytes` and `max_pixels` apply.

    Returns
    -------
    Fetched or FetchFailure
        A failure is ``refused_scheme`` for anything like a URL, ``outside_folder``,
        ``missing_file``, ``too_large``, ``not_an_image`` or ``bomb``; only a missing
        file may be worth a retry.
    """
    limits = limits or FetchLimits()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        path = _inside(path_text, base)
        with Incoming(folder, limits) as incoming, _open_regular(path) as file:
            while chunk := file.read(_CHUNK):
                incoming.write(chunk)
            return incoming.keep(path_text)
    except RefusedError as error:
        retry = 0.0 if error.failure is FailureClass.MISSING_FILE else None
        return FetchFailure(path_text, error.failure, str(error), 1, retry)


def _inside(path_text: str, base: Path) -> Path:
    if "://" in path_text or path_text.lower().startswith(("file:", "data:")):
        raise RefusedError(
            FailureClass.REFUSED_SCHEME, "a URL, expected a path relative to the input file"
        )
    windows = PureWindowsPath(path_text)
    if PurePosixPath(path_text).is_absolute() or windows.drive or windows.root:
        raise RefusedError(
            FailureClass.OUTSIDE_FOLDER, "an absolute path, expected one relative to the input file"
        )
    beside, in_images = base / path_text, base / PICTURES / path_text
    try:
        path = (in_images if not beside.exists() and in_images.exists() else beside).resolve(
            strict=True
        )
        inside = path.is_relative_to(base.resolve(strict=True))
    except (OSError, ValueError, RuntimeError) as error:  # absent, a NUL, a loop of links
        raise _missing(base / path_text) from error
    if not inside:
        raise RefusedError(
            FailureClass.OUTSIDE_FOLDER, f"leads out of {base}, the folder of the input file"
        )
    return path


def _open_regular(path: Path) -> IO[bytes]:
    """Open `path`, but never a pipe or a device, which could block or never end."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        file = os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise _missing(path) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise RefusedError(FailureClass.NOT_AN_IMAGE, f"{str(path)!r} is no regular file")
    return file


def _missing(path: Path) -> RefusedError:
    return RefusedError(FailureClass.MISSING_FILE, f"there is no readable file {str(path)!r}")
