"""Rows of the one table: what was done, ours, a peer, and how much faster ours is."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.common import spread


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    what : str
        What both did.
    ours, theirs : str
        The figures, with the smallest and the largest in brackets.
    peer : str
        Who it was compared with, and with which settings.
    times : str
        How many times faster ours is: the median and the range of the repeats' ratios.
    note : str
        Quality beside speed; why something is missing.
    """

    what: str
    ours: str
    peer: str
    theirs: str
    times: str
    note: str = ""

    def cells(self) -> dict[str, Any]:
        """The row as `benchmarks.common.report` takes it."""
        return {
            "what": self.what,
            "ours": self.ours,
            "peer": self.peer,
            "theirs": self.theirs,
            "times faster": self.times,
            "note": self.note,
        }


def row(
    what: str,
    ours: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    *,
    unit: str = "s",
    amount: float | None = None,
    note: str = "",
) -> Row:
    """Compare seconds, repeat by repeat.

    Parameters
    ----------
    ours, theirs : sequence of float
        Seconds of each repeat.
    unit : str
        Of the figures; with `amount` something by the second.
    amount : float, optional
        What was done in that time; without it the figures are the times themselves.
    """
    ratios = [their / own for own, their in zip(ours, theirs, strict=False)]
    return Row(
        what,
        _figure(ours, unit, amount),
        peer,
        _figure(theirs, unit, amount),
        spread(ratios),
        note,
    )


def skipped(what: str, peer: str, reason: object) -> Row:
    """The row of a peer that could not be run."""
    return Row(what, "", peer, "skipped", "", str(reason))


def _figure(seconds: Sequence[float], unit: str, amount: float | None) -> str:
    if amount is None:
        return f"{spread(seconds)} {unit}"
    rates = [amount / one for one in seconds]
    return f"{statistics.median(rates):.0f} ({min(rates):.0f}–{max(rates):.0f}) {unit}"
