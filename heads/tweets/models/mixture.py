"""A network's next tokens mixed with those of an n-gram model.

A network that learns from few posts knows less of what is said word for word than a table does:
their mixture codes texts in fewer bits than either (as Mikolov et al., 2011, found of theirs).
"""

import torch
from torch import Tensor

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
        self._known: dict[tuple[int, ...], Tensor] = {}

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
        counted = torch.stack([self._after(context, size) for context in self._contexts]).to(
            found.device
        )
        return ((1 - self.share) * found.softmax(-1) + self.share * counted).clamp(min=1e-12).log()

    def _after(self, context: tuple[int, ...], size: int) -> Tensor:
        """Compute probabilities of all tokens after a context, shape (vocabulary,)."""
        found = torch.full((size,), 1 / size)
        for one in self.ngrams.contexts(context):
            if len(one) < 2 and one in self._known:
                found = self._known[one]
                continue
            seen, total = self.ngrams.counts[one], self.ngrams.totals[one]
            found = found * len(seen)
            found[list(seen)] += torch.tensor(list(seen.values()), dtype=found.dtype)
            found = found / (total + len(seen))
            if len(one) < 2:
                self._known[one] = found
        return found
