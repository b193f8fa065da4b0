"""Which texts go through a model together: pure functions on token lengths."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

COVERED = 99.9
"""Percentage of texts that a chosen maximum length must hold whole."""


def choose_max_length(lengths: NDArray[np.int32], limit: int) -> int:
    """Choose the maximum length, in tokens, that suits texts of these lengths.

    The rule: the shortest length that holds 99.9% of the texts whole, rounded up to a
    multiple of 8, and never more than the model's own limit. A few very long texts
    thus don't decide what a new space costs, and next to no text is cut.

    Parameters
    ----------
    lengths : array, shape (n,), int32
        Tokens of each text, special tokens included.
    limit : int
        Longest text that the model can read, in tokens.

    Returns
    -------
    int
        Tokens that the space keeps; `limit` when there are no texts to go by.
    """
    if len(lengths) == 0:
        return limit
    wanted = int(np.percentile(lengths, COVERED, method="higher"))
    return min(limit, 8 * math.ceil(max(wanted, 1) / 8))


def token_batches(
    lengths: Sequence[int] | NDArray[np.int64], budget: Callable[[], int]
) -> Iterator[slice]:
    """Cut a sequence of texts into runs of neighbours that hold at most `budget` tokens.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each text.
    budget : callable
        Tokens in one batch, asked anew for each text, since it may fall while batches are at
        work; a single text with more is a batch of its own.

    Yields
    ------
    slice
        They cover the sequence in order, each at least one text long.
    """
    start = tokens = 0
    for position, length in enumerate(lengths):
        if tokens + length > budget() and position > start:
            yield slice(start, position)
            start, tokens = position, 0
        tokens += int(length)
    if len(lengths):
        yield slice(start, len(lengths))
