"""Files as streams of decompressed bytes, told apart by their first bytes."""

import bz2
import gzip
import io
import lzma
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from embedstore.errors import InputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# What reading a damaged file raises, of any compression.
DAMAGED = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    zipfile.BadZipFile,
    NotImplementedError,  # a ZIP member compressed in a way that Python can't undo
    RuntimeError,  # a ZIP member with a password
)

Buffered: TypeAlias = "io.BufferedReader[Any]"

# Bytes of a file that decide its format.
HEAD = 1 << 16

_BUFFER = 1 << 17
_LAYERS = 3
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")


@dataclass(frozen=True)
class Source:
    """The bytes of one file, from its beginning.

    Attributes
    ----------
    name
        The file, and the member of an archive where there is one, for messages.
    stream
        Its bytes, decompressed.
    path
        A file on disk with the same bytes, where there is one.
    compression
        What was undone, for messages: ``"gzipped "``, or nothing.
    fraction
        The share of the file that has been read, 0 to 1.
    """

    name: str
    stream: "Buffered"
    path: Path | None
    compression: str
    fraction: Callable[[], float]

    def head(self) -> bytes:
        """Return up to `HEAD` first bytes, which stay to be read.

        Raises
        ------
        InputError
            If not even they can be read.
        """
        try:
            return self.stream.peek(HEAD)[:HEAD]
        except DAMAGED as error:
            raise unreadable(self.name, error) from error


def no_file(path: Path) -> InputError:
    """Make the error for a path where there is no file."""
    return InputError(f"{path} is not a file" if path.exists() else f"{path} doesn't exist")


def unreadable(name: str, error: BaseException) -> InputError:
    """Make the error for a file that is damaged from its first bytes on."""
    return InputError(f"{name} can't be read: {error or 'it is damaged'}")


def without_compression(name: str) -> str:
    """Cut the endings of compression off a file's name: ``a.csv.gz`` gives ``a.csv``."""
    while name.lower().endswith(_SUFFIXES):
        name = name[: name.rindex(".")]
    return name


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file for reading its decompressed bytes once.

    Raises
    ------
    InputError
        If it can't be opened.
    """
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise InputError(f"{path} can't be opened: {error.strerror}") from error
    with file, io.BufferedReader(file, _BUFFER) as stream:
        size = os.fstat(file.fileno()).st_size

        def fraction() -> float:
            return min(1.0, file.tell() / size) if size else 1.0

        yield decompress(Source(str(path), stream, path, "", fraction))


@contextmanager
def open_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, compression: str
) -> Iterator[Source]:
    """Open a member of a ZIP archive for reading its decompressed bytes once.

    Parameters
    ----------
    archive, member
        The archive and its member.
    name
        Both, for messages.
    compression
        What was undone to come to the archive.

    Raises
    ------
    InputError
        If it can't be opened, such as one with a password.
    """
    try:
        file = archive.open(member)
    except DAMAGED as error:
        raise unreadable(name, error) from error
    with file, io.BufferedReader(_raw(file), _BUFFER) as stream:
        size = member.file_size

        def fraction() -> float:
            return min(1.0, file.tell() / size) if size else 1.0

        yield decompress(Source(name, stream, None, f"{compression}zipped ", fraction))


def decompress(source: Source) -> Source:
    """Undo gzip, bzip2, xz and Zstandard, also one inside the other.

    Raises
    ------
    InputError
        If a file is compressed more than three times over: nobody does that by accident.
    """
    stream, compression = source.stream, source.compression
    for _ in range(_LAYERS):
        layer = _layer(source.head() if stream is source.stream else _peek(source, stream), stream)
        if layer is None:
            break
        word, opened = layer
        stream = io.BufferedReader(_raw(opened), _BUFFER)
        compression += word
    else:
        raise InputError(f"{source.name} is compressed more than {_LAYERS} times over")
    if stream is source.stream:
        return source
    return Source(source.name, stream, None, compression, source.fraction)


@contextmanager
def on_disk(source: Source, *, limit: int) -> Iterator[Path]:
    """Give a file with a source's bytes, for formats that are not read front to back.

    Raises
    ------
    InputError
        If it is damaged, or has more than `limit` bytes decompressed.
    """
    if source.path is not None:
        yield source.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "decompressed")
        size = 0
        try:
            with path.open("wb") as file:
                while chunk := source.stream.read(1 << 20):
                    size += len(chunk)
                    if size > limit:
                        raise InputError(
                            f"{source.name} has more than {limit >> 20:,} MiB decompressed: "
                            "decompress it first if that is right"
                        )
                    file.write(chunk)
        except DAMAGED as error:
            raise unreadable(source.name, error) from error
        yield path


def _raw(file: object) -> io.RawIOBase:
    # Decompressing files are buffered readers by type and have all that a raw one needs.
    return cast("io.RawIOBase", file)


def _peek(source: Source, stream: Buffered) -> bytes:
    try:
        return stream.peek(HEAD)[:HEAD]
    except DAMAGED as error:
        raise unreadable(source.name, error) from error


def _layer(head: bytes, stream: Buffered) -> tuple[str, object] | None:
    if head.startswith(b"\x1f\x8b"):
        return "gzipped ", gzip.GzipFile(fileobj=stream, mode="rb")
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return "bzip2 ", bz2.BZ2File(stream)
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz ", lzma.LZMAFile(stream)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        # Dumps of Reddit are written with the largest window there is.
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}
        return "Zstandard ", zstd.ZstdFile(stream, options=options)
    return None
