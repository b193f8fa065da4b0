"""The stores that a studio shows, by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from embedstore.errors import StoreNotFoundError
from embedstore.store import Store


class Stores:
    """Stores by the names that stand in addresses: a folder's name without ``.store``.

    Parameters
    ----------
    paths : sequence of path
        Directories of stores.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self._paths: Mapping[str, Path] = {
            Path(path).resolve().name.removesuffix(".store"): Path(path).resolve() for path in paths
        }

    @property
    def names(self) -> list[str]:
        """All names, in the order in which they were given."""
        return list(self._paths)

    def open(self, name: str) -> Store:
        """Open a store for reading; each call of it opens the database and closes it again.

        Raises
        ------
        StoreNotFoundError
            No store has that name.
        """
        if name not in self._paths:
            raise StoreNotFoundError(f"no store is called {name}: there are {self.names}")
        return Store(self._paths[name])
