"""A network's next tokens mixed with those of an n-gram model.

A network that learns from few posts knows less of what is said word for word than a table does:
their mixture codes texts in fewer bits than either (as Mikolov et al., 2011, found of theirs).
"""

import numpy as np
import torch
from torch import Tensor

from heads.arrays import Vectors
from heads.tweets.data.ngrams import Ngrams
from heads.tweets.models.sampling import Next


class Mixture:
    """A network's next tokens and those of an n-gram model, mixed while texts are written.

    Parameters
    ----------
    network : callable
        Gives the network's log-probabilities, as `sampling.draw` wants them.
    ngrams : Ngrams
        Of tokens.
    share : float
        Of the n-gram model.
    """

    def __init__(self, network: Next, ngrams: Ngrams[int], share: float) -> None:
        self.network, self.ngrams, self.share = network, ngrams, share
        self._contexts: list[tuple[int, ...]] = []
        self._tokens = np.array(ngrams.items)
        self._known: dict[tuple[int, ...], Vectors] = {}

    def step(self, last: Tensor | None, going: Tensor | None) -> Tensor:
        """Compute log-probabilities of the next token of every text that goes on."""
        found = self.network(last, going)
        if last is None:
            self._contexts = [self.ngrams.start] * len(found)
        else:
            if going is not None:
                self._contexts = [self._contexts[text] for text in going.tolist()]
            self._contexts = [
                (*context, token)[1:]
                for context, token in zip(self._contexts, last.tolist(), strict=True)
            ]
        size = found.shape[-1]
        after = np.stack([self._after(context, size) for context in self._contexts])
        counted = torch.from_numpy(after).to(found.device)
        return ((1 - self.share) * found.softmax(-1) + self.share * counted).clamp(min=1e-12).log()

    def _after(self, context: tuple[int, ...], size: int) -> Vectors:
        """Compute probabilities of all tokens after a context, shape (vocabulary,)."""
        found = np.full(size, 1 / size, dtype=np.float32)
        for length, seen in enumerate(self.ngrams.seen(context)):
            end = context[len(context) - length :]
            if length < 2 and end in self._known:
                found = self._known[end]
                continue
            kinds, total = len(seen.items), int(seen.counts.sum())
            found = found * np.float32(kinds)
            found[self._tokens[seen.items]] += seen.counts
            found /= total + kinds
            if length < 2:
                self._known[end] = found
        return found
