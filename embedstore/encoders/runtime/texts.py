"""Forward pass of texts in packed batches: sorted by length, without padding."""

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
from embedstore.threads import map_ahead, one_core_per_thread

if TYPE_CHECKING:
    from torch import Tensor

WINDOW = 2048
"""Texts that are tokenized together; within them texts are sorted by their tokens."""

FEW_TEXTS = 8
"""Texts that a CPU computes in the caller's thread."""

BATCH_TOKENS = {"cpu": 2048, "cuda": 65_536}
"""Tokens in one batch by device: what a CPU's cache holds, and enough to fill a GPU."""

TokenIds = NDArray[np.int64]
"""Token ids of one text, or of several, one after the other."""

Forward = Callable[[TokenIds, NDArray[np.int64]], "Tensor"]
"""Takes packed token ids and the length of each text; returns vectors of shape (n, dim)."""

Outputs = tuple[Indices, Callable[[], Vectors]]
"""Positions of texts, and a function that waits for their vectors, which aren't normalised."""


@dataclass(frozen=True)
class _Window:
    """Tokenized texts, the longest first.

    Attributes
    ----------
    positions : array, shape (n,), int64
        Position of each text in the whole sequence.
    ids : list of array
        Token ids of each text, truncated to the maximum length.
    lengths : array, shape (n,), int64
        Tokens of each text.
    """

    positions: Indices
    ids: list[TokenIds]
    lengths: NDArray[np.int64]


def forward_texts(
    texts: Sequence[str],
    tokenize: Callable[[Sequence[str]], list[TokenIds]],
    network: Forward,
    *,
    device: str,
    budget: Budget,
) -> Iterator[Outputs]:
    """Run texts through a network, the longest first.

    Tokenization and a bounded number of batches run ahead of the caller. On a CPU each core
    computes a batch of its own. A GPU is fed by one thread, and the caller waits for the
    copy of a batch while the next one computes.

    Parameters
    ----------
    texts : sequence of str
        The texts.
    tokenize : callable
        Returns the token ids of some texts, at least one each; it runs in a thread.
    network : callable
        Forward pass over packed texts; texts of equal length are consecutive.
    device : {"cpu", "cuda"}
        Where the network is.
    budget : Budget
        Tokens of a batch.

    Yields
    ------
    positions : array, shape (m,), int64
        Positions in `texts` of one batch.
    outputs : callable
        Waits for their vectors, shape (m, dim), float32, not normalised.
    """
    # Sorting by characters costs nothing, and gives each window texts of similar length.
    order = np.argsort([-len(text) for text in texts], kind="stable").astype(np.int64)

    def tokenized(start: int) -> _Window:
        positions = order[start : start + WINDOW]
        ids = tokenize([texts[position] for position in positions])
        lengths = np.array([len(one) for one in ids], dtype=np.int64)
        by_length = np.argsort(-lengths, kind="stable")
        return _Window(positions[by_length], [ids[i] for i in by_length], lengths[by_length])

    if device == "cpu" and len(order) <= FEW_TEXTS:
        # Threads would take longer to start than a few texts take.
        window = tokenized(0)
        for batch in token_batches(window.lengths, lambda: budget.size):
            yield from _start_batch(network, budget, (window, batch))
        return
    windows = map_ahead(tokenized, range(0, len(order), WINDOW), threads=1)
    batches = (
        (window, batch)
        for window in windows
        for batch in token_batches(window.lengths, lambda: budget.size)
    )
    start = partial(_start_batch, network, budget)
    if device == "cpu":
        with one_core_per_thread() as (threads, prepare):
            for outputs in map_ahead(start, batches, threads=threads, prepare=prepare):
                yield from outputs
    else:
        for outputs in map_ahead(start, batches, threads=1):
            yield from outputs


def _start_batch(
    network: Forward, budget: Budget, window_and_batch: tuple[_Window, slice]
) -> list[Outputs]:
    """Start the forward pass of a batch, in halves where it doesn't fit in memory."""
    window, batch = window_and_batch

    def forward(rows: Sequence[int]) -> Callable[[], Vectors]:
        ids = np.concatenate([window.ids[row] for row in rows])
        return to_host(network(ids, window.lengths[rows[0] : rows[-1] + 1]))

    def tokens(rows: Sequence[int]) -> int:
        return int(window.lengths[rows[0] : rows[-1] + 1].sum())

    done = budget.run(forward, range(batch.start, batch.stop), tokens)
    return [(window.positions[rows[0] : rows[-1] + 1], outputs) for rows, outputs in done]
