"""Cross-posts: the same words of one account or company in another place, within a day.

A place is a platform of a source.
"""

import re

import numpy as np
import pyarrow as pa

from heads.arrays import Mask
from heads.data.accounts import fold_names

WITHIN = np.timedelta64(1, "D")
"""A copy is at most so much later than the first."""

LEAST_LETTERS = 20
"""Shorter texts are no copies: everybody says "good morning"."""

_NOTHING = re.compile(r"https?://\S+|<\w+>|[\W_]+")


def later_copies(table: pa.Table) -> Mask:
    """Mark cross-posts, but for the first of each, shape (n,), bool.

    The label of a copy is near to that of the first: learned from or scored beside it, it would
    count twice, and say beforehand what is to be predicted.

    Parameters
    ----------
    table : pyarrow.Table
        source, perhaps platform, username, company, created_at and text, in the order of time.
    """
    found = np.zeros(len(table), dtype=bool)
    sources = table["source"].to_pylist()
    if "platform" in table.column_names:
        sources = list(zip(sources, table["platform"].to_pylist(), strict=True))
    if len(set(sources)) < 2:
        return found
    time = table["created_at"].to_numpy().astype("datetime64[us]")
    names = fold_names(table["username"]).to_pylist()
    companies = table["company"].to_pylist()
    latest: dict[tuple[str, str], tuple[object, np.datetime64]] = {}
    for row, text in enumerate(table["text"].to_pylist()):
        words = _NOTHING.sub(" ", (text or "").lower()).strip()
        if len(words) < LEAST_LETTERS:
            continue
        whose = (f"account {names[row]}" * bool(names[row]), (companies[row] or "").strip().lower())
        for owner in filter(None, whose):
            source, first = latest.get((owner, words), (sources[row], time[row]))
            found[row] |= source != sources[row] and time[row] - first <= WITHIN
        if not found[row]:
            latest.update({(owner, words): (sources[row], time[row]) for owner in whose if owner})
    return found
