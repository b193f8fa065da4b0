"""Functions of other packages in the SQL of all stores: the heads register theirs here.

It imports nothing, so that registering takes no time.
"""

from collections.abc import Callable, Mapping
from typing import Any

Define = Callable[[Any], Any]
"""Called with the store when a query names a function; returns a `sql_calls.Definition`."""

_registered: dict[tuple[str, ...], Define] = {}


def register(names: tuple[str, ...], define: Define) -> None:
    """Offer functions to the queries of all stores.

    Parameters
    ----------
    names : tuple of str
        What a query calls; registering the same names again replaces them.
    define : callable
        Makes their `sql_calls.Definition` for one query.
    """
    _registered[names] = define


def registered() -> Mapping[tuple[str, ...], Define]:
    """Return what was registered, by the names that queries call."""
    return dict(_registered)
