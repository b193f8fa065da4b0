"""All errors that this project raises on purpose.

::

    EmbedstoreError
    ├── InputError              a file, option or value that can't be used
    │   └── ColumnsError        a file whose columns can't be understood
    ├── StoreError              the store itself
    │   ├── StoreNotFoundError
    │   ├── StoreBusyError      another process holds it
    │   ├── SchemaError         written by a newer version, or not a store
    │   ├── StoreFullError      no room left on the disk
    │   └── StoreDamagedError   bytes of the database have changed on the disk
    ├── EncoderError            an encoder can't be loaded or used
    │   ├── WeightsError        weights are missing, unreachable or altered
    │   └── FingerprintError    vectors of different encoders would mix
    ├── QueryError              someone's SQL, filter or query can't be run
    │   └── LimitError          it takes more time, rows or memory than it may
    └── MediaError              an image that can't be fetched or decoded

A message says what arrived, what was expected, and what to do about it, so that
it can be shown to a user as it is. The command line prints it without a traceback
and exits with status 1.
"""

from pathlib import Path


class EmbedstoreError(Exception):
    """Base of every error that a user can act on."""


class InputError(EmbedstoreError, ValueError):
    """A file, an option or a value can't be used."""


class ColumnsError(InputError):
    """The columns of a file can't be understood."""


class StoreError(EmbedstoreError):
    """Something is wrong with the store."""


class StoreNotFoundError(StoreError, FileNotFoundError):
    """There is no store at the path that was given."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class StoreBusyError(StoreError):
    """Another process holds the store."""


class SchemaError(StoreError):
    """The file is no store, or was written by a newer version."""


class StoreFullError(StoreError):
    """The disk has no room left."""


class StoreDamagedError(StoreError):
    """Bytes of the database are not those that were written.

    Attributes
    ----------
    store : Path, optional
        The store's directory.
    """

    def __init__(self, message: str, store: Path | None = None) -> None:
        super().__init__(message)
        self.store = store


class EncoderError(EmbedstoreError):
    """An encoder can't be loaded or used."""


class WeightsError(EncoderError):
    """Weights are missing, unreachable or altered."""


class FingerprintError(EncoderError):
    """Vectors of different encoders would mix in one space."""


class QueryError(EmbedstoreError, ValueError):
    """A query, a filter or a search can't be run."""


class LimitError(QueryError):
    """A query takes more time, rows or memory than it was given."""


class MediaError(EmbedstoreError):
    """An image can't be fetched or decoded."""


def counted(number: int, one: str, many: str = "") -> str:
    """Say a number with its noun: ``1 post``, ``2,000 posts``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def first_line(error: object) -> str:
    """Shorten another library's error to fit a message of ours.

    Returns
    -------
    str
        First line of its text without a full stop; its type if it has no text.
    """
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
