"""An n-gram model: runs of items counted, and smoothed."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np

from heads.arrays import Floats

Item = TypeVar("Item", bound=Hashable)


class Ngrams(Generic[Item]):
    """An n-gram model, smoothed as by Witten and Bell (1991).

    Parameters
    ----------
    lines : sequence of sequences
        Lines to learn from, each to its end.
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
        """List the ends of a context that were seen, the shortest first."""
        ends = [context[len(context) - n :] for n in range(self.order)]
        return [one for one in ends if one in self.totals]

    def share(self, context: tuple[Item, ...], item: Item, floor: float) -> float:
        """Compute the probability of an item; `floor` is that of one never seen."""
        found = floor
        for one in self.contexts(context):
            seen, total = self.counts[one], self.totals[one]
            found = (seen.get(item, 0) + len(seen) * found) / (total + len(seen))
        return found

    def likelihood(self, line: Sequence[Item], floor: float) -> Floats:
        """Compute the probability of each item of a line and of its end, shape (n + 1,)."""
        whole = [*self.start, *line, self.end]
        back = self.order - 1
        places = range(back, len(whole))
        return np.array(
            [self.share(tuple(whole[place - back : place]), whole[place], floor)
             for place in places]
        )  # fmt: skip

    def draw(self, context: tuple[Item, ...], random: np.random.Generator) -> Item:
        """Draw an item after a context; backs off with the chance of an item unseen after it."""
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
