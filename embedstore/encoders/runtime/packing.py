"""Texts through a network in packed batches: tokenized ahead, sorted by length, no padding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.runtime.batching import token_batches
from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.transfer import to_host
from embedstore.threads import ahead, one_core_a_thread

if TYPE_CHECKING:
    from torch import Tensor

WINDOW = 2048
"""Texts that are tokenized together; their exact lengths are sorted within it."""

TOKENS = {"cpu": 2048, "cuda": 65_536}
"""Tokens in one batch: on a CPU what its cache holds, on a GPU enough to fill it."""

Ids = NDArray[np.int64]
"""Token ids of one text, or of several one after the other."""

Network = Callable[[Ids, NDArray[np.int64]], "Tensor"]
"""From the ids of some texts, and how many each has, to vectors of shape (n, dim)."""

Outputs = tuple[Indices, Callable[[], Vectors]]
"""Where vectors belong, and what waits for them; they are not normalised."""


@dataclass(frozen=True)
class _Window:
    """Tokenized texts, the longest first.

    Attributes
    ----------
    positions : array, shape (n,)
        Where each text stands in the whole sequence.
    ids : list of arrays
        Token ids of each text, cut to the maximum length.
    lengths : array, shape (n,)
        How many those are.
    """

    positions: Indices
    ids: list[Ids]
    lengths: NDArray[np.int64]


def packed(
    texts: Sequence[str],
    tokenize: Callable[[Sequence[str]], list[Ids]],
    network: Network,
    *,
    device: str,
    budget: Budget,
) -> Iterator[Outputs]:
    """Run texts through a network, the longest first, a bounded number of batches ahead.

    On a CPU each core has a batch of its own. A GPU is fed by one thread, whoever asks waits
    for what was computed before, and what doesn't fit in its memory goes in halves.

    Parameters
    ----------
    texts : sequence of str
    tokenize : callable
        Token ids of some texts, at least one each; it runs in a thread.
    network : callable
        Equal lengths stand side by side in what it gets.
    device : {"cpu", "cuda"}
        Where the network is.
    budget : Budget
        Tokens of a batch.
    """
    # By letters first, which is free: texts of a window then have about as many tokens.
    order = np.argsort([-len(text) for text in texts], kind="stable").astype(np.int64)

    def tokenized(start: int) -> _Window:
        positions = order[start : start + WINDOW]
        ids = tokenize([texts[position] for position in positions])
        lengths = np.array([len(one) for one in ids], dtype=np.int64)
        by_length = np.argsort(-lengths, kind="stable")
        return _Window(positions[by_length], [ids[i] for i in by_length], lengths[by_length])

    windows = ahead(tokenized, range(0, len(order), WINDOW), threads=1)
    batches = (
        (window, batch)
        for window in windows
        for batch in token_batches(window.lengths, lambda: budget.size)
    )
    run = partial(_started, network, budget)
    if device == "cpu":
        with one_core_a_thread() as (threads, prepare):
            for started in ahead(run, batches, threads=threads, prepare=prepare):
                yield from started
    else:
        for started in ahead(run, batches, threads=1):
            yield from started


def _started(network: Network, budget: Budget, part: tuple[_Window, slice]) -> list[Outputs]:
    """Put a batch on its way through the network."""
    window, batch = part

    def forward(rows: Sequence[int]) -> Callable[[], Vectors]:
        ids = np.concatenate([window.ids[row] for row in rows])
        return to_host(network(ids, window.lengths[rows[0] : rows[-1] + 1]))

    def tokens(rows: Sequence[int]) -> int:
        return int(window.lengths[rows[0] : rows[-1] + 1].sum())

    done = budget.run(forward, range(batch.start, batch.stop), tokens)
    return [(window.positions[rows[0] : rows[-1] + 1], outputs) for rows, outputs in done]
