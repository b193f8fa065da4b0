"""The store that a public function is given: opened, or a path to one."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

from embedstore.errors import InputError
from embedstore.store import Store

StoreLike = Store | str | PathLike[str]
"""A store, or the path of its directory."""


def as_store(store: StoreLike) -> Store:
    """Open a store where a path is given; a store that is open stays as it is.

    Raises
    ------
    InputError
        It is neither a store nor a path.
    StoreNotFoundError
        There is no store at the path.
    """
    if isinstance(store, Store):
        return store
    if not isinstance(store, str | PathLike):
        raise InputError(
            f"a store is given as `embedstore.open(PATH)` or as its path, not as"
            f" {type(store).__name__}"
        )
    return Store(store)


@contextmanager
def holding(store: StoreLike) -> Iterator[Store]:
    """Open a store once for a block that asks it much: each opening takes 20 ms or more."""
    opened = as_store(store)
    if opened.held is not None or opened.mode != "r":
        yield opened
    else:
        with opened:
            yield opened
