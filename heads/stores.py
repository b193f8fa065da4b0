"""The store that a public function is given: opened, or a path to one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from embedstore.errors import InputError
from embedstore.storage.layout import FILE
from embedstore.store import Store

StoreLike = Store | str | PathLike[str]
"""A store, or the path of its directory."""


def as_store(store: StoreLike, *, write: bool = False) -> Store:
    """Open a store where a path is given; a store that is open stays as it is.

    Parameters
    ----------
    store : Store or path
        The store.
    write : bool
        Refuse a store that was opened read-only.

    Raises
    ------
    InputError
        It is neither a store nor a path, or it was opened read-only.
    StoreNotFoundError
        There is no store at the path.
    """
    if isinstance(store, Store):
        if write and store.mode == "r":
            raise InputError(
                f"{store.path} was opened read-only: open it with mode='rw', or give its path"
            )
        return store
    if not isinstance(store, str | PathLike):
        raise InputError(
            f"a store is given as `embedstore.open(PATH)` or as its path, not as"
            f" {type(store).__name__}"
        )
    return Store(store)


@contextmanager
def holding(store: StoreLike) -> Iterator[Store]:
    """Open a store once for a block that asks it much, and in which it must not change."""
    opened = as_store(store)
    if opened.mode != "r":
        yield opened
    else:
        with opened.connection():
            yield opened


Stamp = tuple[tuple[int, int], ...]
"""Size and time of change of files; any write to them changes it, and a copy has the same."""


def stamp_of(store: Store) -> Stamp:
    """Describe the state of a store's database."""
    return stamp_of_files([store.path / FILE, store.path / f"{FILE}.wal"])


def stamp_of_files(files: Iterable[Path]) -> Stamp:
    """Describe the state of files; zeros for one that isn't there."""
    found = []
    for file in files:
        try:
            state = file.stat()
        except FileNotFoundError:
            found.append((0, 0))
        else:
            found.append((state.st_size, state.st_mtime_ns))
    return tuple(found)
