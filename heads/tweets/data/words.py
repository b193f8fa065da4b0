"""Words of a text: what is masked, what is copied, what repeats itself."""

import re
from collections.abc import Iterable, Sequence

from heads.tweets.data.vocabulary import PLACEHOLDERS

COPIED = 8
"""Words in a row from which a text copies another one."""

LONGEST = 280
"""Characters of a post, at most."""

ROW = 3
"""Times that a placeholder may come in a row."""

_PLACEHOLDER = re.compile("|".join(PLACEHOLDERS), re.IGNORECASE)
_ROW = re.compile("|".join(rf"(?:{word}\W*){{{ROW + 1}}}" for word in PLACEHOLDERS), re.IGNORECASE)
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def masked(text: str) -> str:
    """Remove placeholders; single spaces stay between the words."""
    return " ".join(_PLACEHOLDER.sub(" ", text).split())


def words(text: str) -> list[str]:
    """Split a text into words in lower case, without placeholders and marks."""
    return _WORD.findall(masked(text).lower())


def grams(items: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """List the runs of n items."""
    return [tuple(items[k : k + n]) for k in range(len(items) - n + 1)]


def longest_shared(text: str, others: Iterable[str]) -> int:
    """Count the words of the longest run that a text shares with any of the others."""
    mine = words(text)
    best = 0
    for other in others:
        theirs = words(other)
        while best < len(mine) and set(grams(mine, best + 1)) & set(grams(theirs, best + 1)):
            best += 1
    return best


def repeats(text: str) -> bool:
    """Tell whether a text says the same again.

    Four words in a row that come twice, one word three times in a row, or one placeholder more
    than three times in a row, as accounts that are named together or several pictures have it.
    """
    mine = words(text)
    fours = grams(mine, 4)
    thrice = any(len(set(three)) == 1 for three in grams(mine, 3))
    return thrice or len(set(fours)) < len(fours) or bool(_ROW.search(text))


def refused(text: str, neighbours: Iterable[str]) -> str | None:
    """Name the reason not to show a text: empty, long, repetitive or copied; None to show it."""
    if not words(text):
        return "empty"
    if len(text) > LONGEST:
        return "long"
    if repeats(text):
        return "repetitive"
    if longest_shared(text, neighbours) >= COPIED:
        return "copied"
    return None
