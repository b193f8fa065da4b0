"""Where backups are kept: a folder, one file, or an address that fsspec knows.

A place holds *objects*, pieces of files named by the SHA-256 of their bytes, and one manifest that
says which file is made of which. The manifest is replaced last, in one step: until then the former
backup is whole, since objects that it names are deleted only afterwards.
"""

import fcntl
import glob
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from embedstore.errors import InputError, StoreBusyError, StoreError, first_line
from embedstore.files import SUFFIX, whole_file

MANIFEST = "manifest.json"
OBJECTS = "objects"
SCRATCH = "scratch"


class Place(Protocol):
    """What a backup is written to, and read from."""

    def objects(self) -> dict[str, int]:
        """Return the size in bytes of each object that is there, by its SHA-256."""

    def read(self, sha256: str) -> bytes:
        """Read an object.

        Raises
        ------
        FileNotFoundError
            It is not there.
        """

    def write(self, sha256: str, data: bytes) -> None:
        """Write an object; it appears whole or not at all."""

    def delete(self, sha256: str) -> None:
        """Delete an object."""

    def manifest(self) -> bytes | None:
        """Read the manifest; None if there is none."""

    def replace_manifest(self, data: bytes) -> None:
        """Replace the manifest in one step."""

    def scratch(self) -> AbstractContextManager[Path]:
        """Make an empty folder for a copy of the database, deleted afterwards."""


def is_address(to: str | os.PathLike[str]) -> bool:
    """Tell whether a name is an address for fsspec, such as ``s3://bucket/backup``."""
    return "://" in os.fspath(to)


def open_to_write(to: str | os.PathLike[str]) -> AbstractContextManager[Place]:
    """Open the place that a user names, for a new backup.

    Raises
    ------
    InputError
        No backup can be kept there.
    StoreBusyError
        Another backup is being written to it.
    """
    if is_address(to):
        return _remote(os.fspath(to))
    path = Path(to).expanduser()
    if path.suffix.lower() == ".zip":
        return _new_archive(path)
    if path.is_file():
        raise InputError(f"{path} is a file: name a folder, or a file that ends in .zip")
    return _locked_folder(path)


def open_to_read(source: str | os.PathLike[str]) -> AbstractContextManager[Place]:
    """Open the place of an existing backup.

    Raises
    ------
    InputError
        There is no backup.
    """
    if is_address(source):
        return _remote(os.fspath(source))
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _archive(path)
    raise InputError(f"there is no backup at {path}: name the folder or file of a backup")


def object_name(sha256: str) -> str:
    """Return the path of an object within a place."""
    return f"{OBJECTS}/{sha256[:2]}/{sha256}"


class _Folder:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def objects(self) -> dict[str, int]:
        return {
            file.name: file.stat().st_size
            for file in (self._path / OBJECTS).glob("??/*")
            if not file.name.startswith(".")
        }

    def read(self, sha256: str) -> bytes:
        return (self._path / object_name(sha256)).read_bytes()

    def write(self, sha256: str, data: bytes) -> None:
        file = self._path / object_name(sha256)
        file.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(file, data)

    def delete(self, sha256: str) -> None:
        (self._path / object_name(sha256)).unlink(missing_ok=True)

    def manifest(self) -> bytes | None:
        with suppress(FileNotFoundError):
            return (self._path / MANIFEST).read_bytes()
        return None

    def replace_manifest(self, data: bytes) -> None:
        _write_whole(self._path / MANIFEST, data)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        # On the disk of the backup, which has room for it.
        folder = self._path / SCRATCH
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def clear_unfinished(self) -> None:
        """Delete what a backup that was cut off has left."""
        shutil.rmtree(self._path / SCRATCH, ignore_errors=True)
        for file in self._path.glob(f"{OBJECTS}/??/.*.new"):
            file.unlink(missing_ok=True)
        for file in self._path.glob(f".{MANIFEST}.*.new"):
            file.unlink(missing_ok=True)


def _write_whole(file: Path, data: bytes) -> None:
    with whole_file(file) as beside, beside.open("wb") as out:
        out.write(data)
        # A power cut after the rename must not leave an empty file.
        out.flush()
        os.fsync(out.fileno())


@contextmanager
def _folder(path: Path) -> Iterator[Place]:
    yield _Folder(path)


@contextmanager
def _locked_folder(path: Path) -> Iterator[Place]:
    """Hold the lock of a backup's folder, which is made if there is none."""
    if path.is_dir() and any(path.iterdir()) and not (path / OBJECTS).is_dir():
        raise InputError(
            f"{path} has something in it that is no backup: name a folder that isn't there yet,"
            " or that of an earlier backup"
        )
    (path / OBJECTS).mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusyError(
                f"another backup is being written to {path}: wait until it has finished"
            ) from error
        folder = _Folder(path)
        folder.clear_unfinished()
        yield folder
    finally:
        os.close(descriptor)


class _Archive:
    """One zip file; a new one takes the place of the former as a whole."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._written: dict[str, int] = {}

    def objects(self) -> dict[str, int]:
        return dict(self._written)

    def read(self, sha256: str) -> bytes:
        return self._read(object_name(sha256))

    def _read(self, name: str) -> bytes:
        try:
            return self._file.read(name)
        except KeyError:
            raise FileNotFoundError(name) from None
        except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
            raise StoreError(
                f"{self._file.filename} is damaged ({first_line(error)}): use another backup"
            ) from error

    def write(self, sha256: str, data: bytes) -> None:
        self._file.writestr(object_name(sha256), data)
        self._written[sha256] = len(data)

    def delete(self, sha256: str) -> None:
        raise NotImplementedError("a new archive holds what its backup names and nothing else")

    def scratch(self) -> AbstractContextManager[Path]:
        return _scratch()

    def manifest(self) -> bytes | None:
        with suppress(FileNotFoundError):
            return self._read(MANIFEST)
        return None

    def replace_manifest(self, data: bytes) -> None:
        self._file.writestr(MANIFEST, data)


@contextmanager
def _new_archive(path: Path) -> Iterator[Place]:
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_archives(path)
    with whole_file(path) as beside, _lock_of(beside):
        # Pictures and vectors hardly get smaller.
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as file:
            yield _Archive(file)
        with beside.open("rb") as written:
            os.fsync(written.fileno())


def _clear_archives(path: Path) -> None:
    """Delete the archives that killed backups to `path` have half written."""
    for file in path.parent.glob(f".{glob.escape(path.name)}.*{SUFFIX}"):
        with suppress(OSError), _lock_of(file):  # one that is being written stays
            file.unlink()


@contextmanager
def _lock_of(file: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _archive(path: Path) -> Iterator[Place]:
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{path} is no backup, or is damaged: {first_line(error)}") from error
    with file:
        yield _Archive(file)


class _Remote:
    """An address of object storage or of another machine."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._files = filesystem
        self._root = root.rstrip("/")

    def objects(self) -> dict[str, int]:
        self._files.invalidate_cache()
        try:
            found = self._files.find(f"{self._root}/{OBJECTS}", detail=True)
        except FileNotFoundError:
            return {}
        return {name.rpartition("/")[2]: int(entry["size"]) for name, entry in found.items()}

    def read(self, sha256: str) -> bytes:
        return bytes(self._files.cat_file(f"{self._root}/{object_name(sha256)}"))

    def write(self, sha256: str, data: bytes) -> None:
        self._put(object_name(sha256), data)

    def _put(self, name: str, data: bytes) -> None:
        # An object that was cut off has another size, and is written again.
        path = f"{self._root}/{name}"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(path, data)

    def delete(self, sha256: str) -> None:
        self._files.rm_file(f"{self._root}/{object_name(sha256)}")

    def manifest(self) -> bytes | None:
        with suppress(FileNotFoundError):
            return bytes(self._files.cat_file(f"{self._root}/{MANIFEST}"))
        return None

    def replace_manifest(self, data: bytes) -> None:
        # A plain name that is written whole, then moved, also where writing is not one step.
        self._put(f"{MANIFEST}.new", data)
        self._files.mv(f"{self._root}/{MANIFEST}.new", f"{self._root}/{MANIFEST}")

    def scratch(self) -> AbstractContextManager[Path]:
        return _scratch()


@contextmanager
def _remote(address: str) -> Iterator[Place]:
    try:
        import fsspec
    except ImportError as error:
        raise InputError(
            f"{address} is not on this machine: install the extra that reaches it,"
            " `pip install 'embedstore[remote]'`"
        ) from error
    try:
        filesystem, root = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise InputError(f"{address} can't be reached: {first_line(error)}") from error
    try:
        yield _Remote(filesystem, root)
    except (StoreError, InputError, FileNotFoundError):
        raise
    except (OSError, TimeoutError) as error:
        raise StoreError(f"{address} can't be reached: {first_line(error)}") from error


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="embedstore-backup-") as name:
        yield Path(name)
