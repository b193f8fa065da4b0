"""Runs of items counted: a smoothed n-gram model, and what it adds to a network.

A network that learns from few posts knows less of what is said word for word than a table does:
their mixture codes texts in fewer bits than either (as Mikolov et al., 2011, found of theirs).
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from heads.arrays import Floats
from heads.tweets.models.sampling import Next

Item = TypeVar("Item", bound=Hashable)


class Ngrams(Generic[Item]):
    """An n-gram model, smoothed as by Witten and Bell (1991).

    Parameters
    ----------
    lines : sequence of sequences
        What it learns from, each to its end.
    end : Item
        Stands before the first item of a line, and after its last.
    order : int
        Items that a probability rests on, the item itself included.
    """

    def __init__(self, lines: Sequence[Sequence[Item]], end: Item, order: int = 3) -> None:
        self.lines, self.end, self.order = lines, end, order
        self.counts: dict[tuple[Item, ...], Counter[Item]] = defaultdict(Counter)
        for text in lines:
            line = [*self.start, *text, end]
            for place in range(order - 1, len(line)):
                for n in range(order):
                    self.counts[tuple(line[place - n : place])][line[place]] += 1
        self.totals = {context: seen.total() for context, seen in self.counts.items()}

    @property
    def start(self) -> tuple[Item, ...]:
        """Context of a first item."""
        return (self.end,) * (self.order - 1)

    def contexts(self, context: tuple[Item, ...]) -> list[tuple[Item, ...]]:
        """Ends of a context that were seen, the shortest first."""
        ends = [context[len(context) - n :] for n in range(self.order)]
        return [one for one in ends if one in self.totals]

    def share(self, context: tuple[Item, ...], item: Item, floor: float) -> float:
        """Probability of an item; `floor` is that of one never seen."""
        found = floor
        for one in self.contexts(context):
            seen, total = self.counts[one], self.totals[one]
            found = (seen.get(item, 0) + len(seen) * found) / (total + len(seen))
        return found

    def likelihood(self, line: Sequence[Item], floor: float) -> Floats:
        """Probability of each item of a line and of its end, shape (n + 1,)."""
        whole = [*self.start, *line, self.end]
        back = self.order - 1
        places = range(back, len(whole))
        return np.array(
            [self.share(tuple(whole[place - back : place]), whole[place], floor)
             for place in places]
        )  # fmt: skip

    def draw(self, context: tuple[Item, ...], random: np.random.Generator) -> Item:
        """An item after a context; backs off with the chance of an item never seen after it."""
        *shorter, longest = self.contexts(context)
        for one in (longest, *reversed(shorter)):
            seen, total = self.counts[one], self.totals[one]
            if not one or random.random() >= len(seen) / (len(seen) + total):
                break
        place = int(random.integers(total))
        for item, count in seen.items():
            place -= count
            if place < 0:
                return item
        raise AssertionError("counts add up to their total")


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
        """Probabilities of all tokens after a context, shape (vocabulary,)."""
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
