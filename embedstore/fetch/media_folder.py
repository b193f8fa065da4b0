"""The media folder: image files named by the SHA-256 of their bytes."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from embedstore.errors import MediaError, StoreFullError
from embedstore.fetch.limits import FailureClass, Fetched, FetchLimits
from embedstore.files import whole_file
from embedstore.images.header import SNIFF_BYTES, not_an_image, read_header, sniff

CHUNK_BYTES = 2**16
"""Bytes that are copied at a time."""

_IN_MEMORY_BYTES = 2**20
"""Bytes of an arriving file that are kept in memory; larger ones go to a nameless file."""


class RefusedError(Exception):
    """These bytes, or the place they come from, aren't accepted."""

    def __init__(self, failure: FailureClass, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


class Incoming:
    """An image file that is arriving: checked chunk by chunk, and stored once complete.

    Until `keep`, its bytes lie in memory or in a nameless file, so that a process that ends
    leaves nothing behind.

    Parameters
    ----------
    folder : Path
        The media folder.
    limits : FetchLimits
        `max_bytes` and `max_pixels` apply.

    Attributes
    ----------
    size : int
        Bytes so far.
    """

    def __init__(self, folder: Path, limits: FetchLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._hash = hashlib.sha256()
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(folder))  # noqa: SIM115
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
        """Take the next bytes.

        Raises
        ------
        RefusedError
            There are more than allowed, or the first of them begin no image.
        StoreFullError
            The disk is full.
        """
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
        """Check the image's header and store the file.

        Parameters
        ----------
        url : str
            Where it came from; the result carries it.

        Raises
        ------
        RefusedError
            It is no image, or has more pixels than allowed.
        StoreFullError
            The disk is full.
        """
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
        """Write the bytes beside `path`, and rename them."""
        path.parent.mkdir(exist_ok=True)
        with whole_file(path) as beside, beside.open("wb") as file:
            self._file.seek(0)
            shutil.copyfileobj(self._file, file, CHUNK_BYTES)


@contextmanager
def _room_in(folder: Path) -> Iterator[None]:
    """Raise a `StoreFullError` that names the remedy when the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreFullError(
            f"no room left in {folder}: free some, and run the same command again"
        ) from error


def stored_path(folder: Path, sha256: str) -> Path:
    """Return the path of the file with this hash in the media folder."""
    return folder / sha256[:2] / sha256


def find_stored(url: str, sha256: str, folder: Path) -> Fetched | None:
    """Find an image that was stored before; None if it is no longer there.

    Parameters
    ----------
    url : str
        Where it came from; the result carries it.
    sha256 : str
        Hash of its bytes.
    folder : Path
        The media folder.
    """
    path = stored_path(folder, sha256)
    try:
        with path.open("rb") as file:
            media_type = sniff(file.read(SNIFF_BYTES))
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    return Fetched(url, sha256, path, media_type, size) if media_type else None
