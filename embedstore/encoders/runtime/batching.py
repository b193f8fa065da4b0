"""Choice of maximum lengths and of batches from token lengths: pure functions."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

COVERED = 99.9
"""Percentage of texts that a chosen maximum length must not truncate."""


def choose_max_length(lengths: NDArray[np.int32], limit: int) -> int:
    """Choose the maximum length of a new space from the lengths of its texts.

    It is the shortest length that truncates at most 0.1% of the texts, rounded up to a
    multiple of 8, and never more than the model's own limit: a few very long texts do not
    make every batch expensive.

    Parameters
    ----------
    lengths : array, shape (n,), int32
        Tokens of each text, special tokens included.
    limit : int
        Longest text that the model can read, in tokens.

    Returns
    -------
    int
        Maximum length in tokens; `limit` when there are no texts.
    """
    if len(lengths) == 0:
        return limit
    wanted = int(np.percentile(lengths, COVERED, method="higher"))
    return min(limit, 8 * math.ceil(max(wanted, 1) / 8))


def token_batches(
    lengths: Sequence[int] | NDArray[np.int64], budget: Callable[[], int]
) -> Iterator[slice]:
    """Split a sequence of texts into batches of at most `budget` tokens.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each text.
    budget : callable
        Returns the most tokens of one batch. It is called for each text, since the budget may
        fall while batches are computed. A text with more tokens is a batch of its own.

    Yields
    ------
    slice
        Consecutive batches, of at least one text each, that cover the sequence in order.
    """
    start = tokens = 0
    for position, length in enumerate(lengths):
        if tokens + length > budget() and position > start:
            yield slice(start, position)
            start, tokens = position, 0
        tokens += int(length)
    if len(lengths):
        yield slice(start, len(lengths))
