"""Options that bound what a query may use."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

_BYTES = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kmgt]?b?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class Size(click.ParamType[int]):
    """A number of bytes, such as 500MB or 2GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        found = _BYTES.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no size: write it as 500MB or 2GB", param, ctx)
        return int(float(found["number"]) * _UNITS[found["unit"].lower().removesuffix("b")])


POSITIVE = click.FloatRange(min=0, min_open=True)

FILTER_TIMEOUT_S = 60.0
"""As in `embedstore.storage.limits`, which imports DuckDB: too slow for `--help`."""


def timeout_option(default: float | None, what: str) -> Callable[[Function], Function]:
    """Give a command `--timeout`.

    Parameters
    ----------
    default : float, optional
        Seconds; no limit if None.
    what : str
        What is stopped then, for its help.
    """
    return click.option(
        "--timeout",
        type=POSITIVE,
        metavar="SECONDS",
        default=default,
        show_default="no limit" if default is None else f"{default:g}",
        help=f"Stop {what} after this many seconds.",
    )
