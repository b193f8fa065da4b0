"""Fingerprint the files of an index, to tell later whether they are still the same."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SMALL_BYTES = 64 * 2**20
"""Largest file that is read into memory, after its checksum was compared in full (40 ms). A
larger one is mapped, and compared in full only when its modification time has changed."""

SAMPLES = 16
SAMPLE_BYTES = 64 * 2**10
"""Blocks of a large file that are compared each time it is opened: first, last and between."""


@dataclass(frozen=True)
class FileFingerprint:
    """Fingerprint of an index file.

    Attributes
    ----------
    name : str
        Name in the index's folder.
    size : int
        Bytes.
    mtime_ns : int
        Modification time in nanoseconds.
    sha256 : str
        SHA-256 of the whole file, in hexadecimal.
    sample : str
        SHA-256 of `SAMPLES` blocks of it.
    """

    name: str
    size: int
    mtime_ns: int
    sha256: str
    sample: str


def of(file: Path) -> FileFingerprint:
    """Compute the fingerprint of an index file."""
    status = file.stat()
    return FileFingerprint(
        file.name, status.st_size, status.st_mtime_ns, _sha256(file), _sample(file)
    )


def intact(folder: Path, expected: FileFingerprint, *, full: bool = False) -> bool:
    """Tell whether a file still has its fingerprint.

    Parameters
    ----------
    folder : Path
        Folder of the index.
    expected : FileFingerprint
        Fingerprint of the file when it was written.
    full : bool
        Read all of every file. If false, only the sampled blocks of a large file are read
        when its size and modification time are as expected: that takes a millisecond, where
        reading takes a second a gigabyte. A file that was written to, truncated or replaced
        differs in its size, its time or its sample.
    """
    file = folder / expected.name
    try:
        status = file.stat()
        if status.st_size != expected.size:
            return False
        if full or expected.size <= SMALL_BYTES or status.st_mtime_ns != expected.mtime_ns:
            return _sha256(file) == expected.sha256
        return _sample(file) == expected.sample
    except OSError:
        return False


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sample(file: Path) -> str:
    digest = hashlib.sha256()
    last = max(0, file.stat().st_size - SAMPLE_BYTES)
    with file.open("rb") as stream:
        for offset in np.linspace(0, last, SAMPLES).astype(int):
            stream.seek(int(offset))
            digest.update(stream.read(SAMPLE_BYTES))
    return digest.hexdigest()
