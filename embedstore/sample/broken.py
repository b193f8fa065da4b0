"""Rows that a reader must reject, and rows that it must recognise as repeats."""

from __future__ import annotations

import numpy as np

BROKEN = (
    "no_id", "unreadable_date", "negative_likes", "likes_not_a_number", "column_count",
    "neither_text_nor_media", "key_conflict",
)  # fmt: skip
"""The classes of broken rows; there are as many rows of each."""

REPEATED = "repeated_row"
"""A good row that is there a second time, word for word."""

_DATES = ("2021-02-30 10:00:00", "yesterday", "13/32/2020", "soon", "2020-06-15 25:61:00")
_NOT_NUMBERS = ("1.2k", "many", "12 likes", "--", "3,4,5")


def plan(rng: np.random.Generator, posts: int) -> dict[int, list[str]]:
    """Decide after which post, by number, which kinds of extra rows come."""
    each = min(2 + posts // 1500, 25)
    kinds = [kind for kind in BROKEN for _ in range(each)]
    kinds += [REPEATED] * max(2, posts // 500)
    places = rng.integers(0, posts, len(kinds)).tolist()
    extras: dict[int, list[str]] = {}
    for place, kind in zip(places, kinds, strict=True):
        extras.setdefault(place, []).append(kind)
    return extras


def break_row(kind: str, good: list[str], new_id: int, number: int) -> list[str]:
    """Make a broken row out of a good one.

    Parameters
    ----------
    kind : str
        One of `BROKEN`.
    good : list of str
        The row that comes before it, in the order of `embedstore.sample.rows.COLUMNS`.
    new_id : int
        An id of its own. A key conflict keeps the good row's instead.
    number : int
        How many of the kind came before: they vary.
    """
    row = [str(new_id), *good[1:]]
    row[3] = row[3] or "See you there. <hyperlink>"
    if kind == "no_id":
        row[0] = ""
    elif kind == "unreadable_date":
        row[1] = _DATES[number % len(_DATES)]
    elif kind == "negative_likes":
        row[2] = str(-1 - 7 * number)
    elif kind == "likes_not_a_number":
        row[2] = _NOT_NUMBERS[number % len(_NOT_NUMBERS)]
    elif kind == "column_count":
        # On one line: a reader may take a broken row with line breaks for several.
        row[3] = " ".join(row[3].split())
        row = row[:5] if number % 2 else [*row, "and one more", "and another"]
    elif kind == "neither_text_nor_media":
        row[3] = row[5] = ""
    elif number % 2:
        row[0], row[1] = good[0], f"2017{good[1][4:].replace('-02-29', '-02-28')}"
    else:
        row[0], row[4] = good[0], f"{good[4]}Fan"
    return row
