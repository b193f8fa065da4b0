"""Pieces that the model cards of all heads share."""

from collections.abc import Iterable, Mapping
from typing import Any


def number(value: float | None, digits: int = 4) -> str:
    """Format a number with so many significant digits; a dash for one that is not defined."""
    if value is None:
        return "–"
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:,.0f}"


def metric_rows(scores: Mapping[str, Any], other: Iterable[str]) -> str:
    """Format scores with their intervals as rows of a Markdown table, without the `other` ones."""
    return "\n".join(
        f"| {name} | " + " | ".join(number(value) for value in values) + " |"
        for name, values in scores.items()
        if name not in other
    )


def space_list(spaces: Mapping[str, str]) -> str:
    """List spaces with the beginning of their fingerprints; ``none`` if there are none."""
    return ", ".join(f"{name} ({mark[:8]})" for name, mark in spaces.items()) or "none"
