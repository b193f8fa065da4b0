"""Texts and kinds of tweets, wherever a version of the interface puts them."""

from collections.abc import Callable, Mapping
from typing import Any

from embedstore.reading.fields.texts import longest
from embedstore.reading.paths import Cells

_MARKS = "…."


def object_at(cells: Cells, *path: str) -> Mapping[str, Any]:
    """Follow keys into nested objects; an empty one where there is none."""
    value: Any = cells
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def own_text(tweet: Cells) -> str | None:
    """Choose the longest of the texts of one tweet."""
    return longest(
        (
            object_at(tweet, "note_tweet").get("text"),
            object_at(tweet, "note_tweet", "note_tweet_results", "result").get("text"),
            object_at(tweet, "extended_tweet").get("full_text"),
            tweet.get("full_text"),
            tweet.get("text"),
        )
    )


def whole_text(tweet: Cells, reposted: Cells) -> str | None:
    """Return a tweet's text; of a repost, all of what it repeats.

    Parameters
    ----------
    tweet
        The tweet.
    reposted
        The one it repeats; empty if it is no repost. The interface cuts ``RT @name: text``
        off after 140 characters, and only the original has all of it.
    """
    text = own_text(tweet)
    original = own_text(reposted) if reposted else None
    if text is None or original is None:
        return text or original
    if text.startswith("RT @"):
        name, colon, rest = text.partition(": ")
        shown = rest.rstrip(_MARKS)
        if colon and len(original) > len(shown) and original.startswith(shown[:60]):
            return f"{name}: {original}"
    return text if len(text) >= len(original) or text.startswith("RT @") else original


def first(*functions: Callable[[Cells], object]) -> Callable[[Cells], object]:
    """Try functions one after the other."""

    def read(cells: Cells) -> object:
        for function in functions:
            value = function(cells)
            if value:
                return value
        return None

    return read
