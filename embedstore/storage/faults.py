"""What an error of DuckDB says of a store: its disk is full, or its file is damaged."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from embedstore.errors import (
    SchemaError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    first_line,
)
from embedstore.storage.layout import database_file


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Raise errors of DuckDB as `as_store_error` has them, with the store's file named."""
    try:
        yield
    except duckdb.Error as error:
        mapped = as_store_error(error, database_file(path))
        if mapped is error:
            raise
        raise mapped from error


def as_store_error(error: duckdb.Error, file: Path) -> Exception:
    """Turn an error of DuckDB into one of `embedstore.errors` that names the remedy.

    Errors that mean neither a full disk nor a damaged file are returned as they are.
    """
    text = str(error)
    if says_full(error):
        return StoreFullError(
            f"the disk is full: {file} could not grow. Nothing that was committed is lost;"
            " make room and run the same command again"
        )
    if isinstance(error, duckdb.IOException) and any(sign in text for sign in _SIGNS_OF_READ_ONLY):
        return StoreError(
            f"{file} can't be written ({first_line(error)}): get the permission, or copy the"
            " store's folder to a disk that can be written"
        )
    if isinstance(error, duckdb.IOException) and "not a valid DuckDB" in text:
        return SchemaError(
            f"{file} is no DuckDB database, or its first bytes are damaged: {_what_helps(file)}"
        )
    if says_damaged(error) or isinstance(error, duckdb.InternalException):
        return StoreDamagedError(
            f"{file} is damaged ({first_line(error)}): {_what_helps(file)}", file.parent
        )
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        # A user's own query has been given its error by now: a statement of ours has met this.
        return StoreDamagedError(
            f"{file} lacks a table or column of a store ({first_line(error)}): {_what_helps(file)}",
            file.parent,
        )
    return error


_SIGNS_OF_READ_ONLY = ("Read-only file system", "Permission denied", "Operation not permitted")


def _what_helps(file: Path) -> str:
    return (
        "bring back a backup with `embedstore restore BACKUP NEW`; without one,"
        f" `embedstore rescue {file.parent} NEW` writes what can still be read to a new store"
    )


def of_the_store(error: Exception) -> bool:
    """Tell whether an error that a user's query met is one of the store: damaged, or a full disk.

    Its text tells, since Arrow raises errors of its own while rows are read.
    """
    return says_damaged(error) or says_full(error)


def says_full(error: Exception) -> bool:
    """Tell whether an error says that the disk has no room."""
    text = str(error).lower()
    return any(sign in text for sign in ("no space left", "file too large", "not enough space"))


def says_damaged(error: Exception) -> bool:
    """Tell whether an error of DuckDB says that the file's bytes are not what was written.

    An internal error does not: a query can provoke one in a sound database.
    """
    kinds = (duckdb.FatalException, duckdb.SerializationException)
    text = str(error).lower()
    return isinstance(error, kinds) or any(sign in text for sign in _SIGNS_OF_DAMAGE)


_SIGNS_OF_DAMAGE = (
    "corrupt",
    "checksum",
    "database has been invalidated",
    "failed to load metadata",
    "could not read enough bytes",
    "failure while replaying wal",
)
