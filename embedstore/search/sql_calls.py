"""Functions of Python inside SQL: what an offer of some is, and how a connection gets them."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import duckdb

from embedstore.errors import EmbedstoreError
from embedstore.storage.limits import Clock


@dataclass(frozen=True)
class Function:
    """A function of Python that macros call.

    Attributes
    ----------
    python : callable
        Takes one value for each parameter, or an Arrow array of up to 2048 if `vectorised`.
    parameters : tuple of str
        Their types in SQL.
    returns : str
        Type in SQL.
    vectorised : bool
        Whether it takes and returns Arrow arrays.
    """

    python: Callable[..., Any]
    parameters: tuple[str, ...]
    returns: str
    vectorised: bool = False


@dataclass(frozen=True)
class Definition:
    """Functions of Python, and the macros that users call them by.

    In the macros, ``{name}`` stands for the function `name`.

    Attributes
    ----------
    functions : mapping
        By name.
    scalars, tables : mapping
        By name, parameters and body of a macro, as in ``(a, b := NULL) AS {f}(a, b)``.
    """

    functions: Mapping[str, Function]
    scalars: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Offer:
    """Functions that a query gets if it names one of them.

    Attributes
    ----------
    names : tuple of str
        What a query calls.
    define : callable
        Makes the definition, for one query; given the query's clock.
    """

    names: tuple[str, ...]
    define: Callable[[Clock], Definition]

    def is_named_in(self, query: str) -> bool:
        """Tell whether a query calls one of the functions."""
        return re.search(rf"\b({'|'.join(self.names)})\s*\(", query, re.IGNORECASE) is not None


Inside = Callable[[], AbstractContextManager[None]]
"""Makes a thread of DuckDB's part of the call in which the query runs."""


class Calls:
    """What one query has defined on its connection, and the error that a function raised.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    inside : callable
        Entered around each call of a function: DuckDB makes them in threads of its own.

    Attributes
    ----------
    error : EmbedstoreError, optional
        Error that a function raised. DuckDB raises one of its own in its place, with the text
        in the middle of other words.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, inside: Inside) -> None:
        self._connection = connection
        self._inside = inside
        self._functions: list[str] = []
        self._macros: list[str] = []
        self.error: EmbedstoreError | None = None

    def define(self, definition: Definition) -> None:
        """Define functions and macros; names of functions are unique to this query."""
        names = {name: f"_{name}_{id(self):x}" for name in definition.functions}
        for name, function in definition.functions.items():
            # `type` and `null_handling` take strings; DuckDB's hints only have enumerations.
            self._connection.create_function(  # type: ignore[call-overload]
                names[name],
                self._noting(function.python),
                list(function.parameters),
                function.returns,
                type="arrow" if function.vectorised else "native",
                null_handling="special",
            )
            self._functions.append(names[name])
        for table, macros in (("", definition.scalars), (" TABLE", definition.tables)):
            for name, body in macros.items():
                self._connection.execute(
                    f"CREATE OR REPLACE TEMP MACRO {name}{body.format(**names)}"
                )
                self._macros.append(f"DROP MACRO{table} {name}")

    def remove(self) -> None:
        """Remove everything that was defined."""
        for statement in self._macros:
            self._connection.execute(statement)
        for name in self._functions:
            self._connection.remove_function(name)

    def _noting(self, python: Callable[..., Any]) -> Callable[..., Any]:
        """Keep the error that a function raises."""

        @wraps(python)
        def noting(*values: Any) -> Any:
            try:
                with self._inside():
                    return python(*values)
            except EmbedstoreError as error:
                self.error = error
                raise

        return noting
