"""An n-gram model: runs of items counted, and smoothed.

The counts are arrays, so that a million contexts take 30 MB; as dictionaries they took 450.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

import numpy as np

from heads.arrays import Floats, Indices

Item = TypeVar("Item", bound=Hashable)


Numbers = np.ndarray[tuple[int], np.dtype[np.int32]]


@dataclass(frozen=True)
class Seen:
    """What came after one context.

    Attributes
    ----------
    items : array, shape (n,), int32
        Places in `Ngrams.items` of what came, each once, in the order in which they first came.
    counts : array, shape (n,), int32
        How often each came.
    """

    items: Numbers
    counts: Numbers


@dataclass(frozen=True)
class _Level:
    """Contexts of one length, and what came after them.

    Attributes
    ----------
    keys : array, shape (contexts,), int64, ascending
        Each context: the number of its end, which is one item shorter, times the number of
        different items, plus the number of its first item.
    first : array, shape (contexts + 1,), int64
        Where the rows of each context begin in `items` and `counts`.
    items, counts : arrays, int32
        Items that came after a context, in the order in which they first came, and how often.
    """

    keys: Indices
    first: Indices
    items: Numbers
    counts: Numbers

    def seen(self, context: int) -> Seen:
        """Return what came after a context, by its place in `keys`."""
        rows = slice(int(self.first[context]), int(self.first[context + 1]))
        return Seen(self.items[rows], self.counts[rows])


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

    Attributes
    ----------
    items : list of Item
        All items, each once; the end is the first.
    """

    def __init__(self, lines: Sequence[Sequence[Item]], end: Item, order: int = 3) -> None:
        self.lines, self.end, self.order = lines, end, order
        self.items = list(dict.fromkeys(chain((end,), *lines)))
        self._number = {item: number for number, item in enumerate(self.items)}
        self._levels = self._count()

    @property
    def start(self) -> tuple[Item, ...]:
        """Context of a first item."""
        return (self.end,) * (self.order - 1)

    def _count(self) -> list[_Level]:
        """Count the contexts of each length; each is found from its end, one item shorter."""
        back, kinds = self.order - 1, len(self.items)
        pads = [0] * back
        whole = np.fromiter(
            chain.from_iterable(
                (*pads, *(self._number[item] for item in line), 0) for line in self.lines
            ),
            np.int64,
        )
        size = np.array([len(line) + 1 for line in self.lines], dtype=np.int64)
        offset = np.arange(1, len(size) + 1) * back
        place = np.arange(int(size.sum())) + np.repeat(offset, size)
        item, levels = whole[place], []
        context = np.zeros_like(item)
        for length in range(self.order):
            keys = context * kinds + whole[place - length] if length else context
            known, context = np.unique(keys, return_inverse=True)
            pairs, first, count = np.unique(
                context * kinds + item, return_index=True, return_counts=True
            )
            owner = pairs // kinds
            order = np.lexsort((first, owner))
            levels.append(
                _Level(
                    known,
                    np.searchsorted(owner, np.arange(len(known) + 1)),
                    (pairs % kinds)[order].astype(np.int32),
                    count[order].astype(np.int32),
                )
            )
        return levels

    def seen(self, context: tuple[Item, ...]) -> list[Seen]:
        """List what came after each end of a context that was seen, the shortest first."""
        found: list[Seen] = []
        place = 0
        for length, level in enumerate(self._levels if self.lines else ()):
            if length:
                item = self._number.get(context[-length])
                if item is None:
                    break
                key = place * len(self.items) + item
                place = int(np.searchsorted(level.keys, key))
                if place == len(level.keys) or level.keys[place] != key:
                    break
            found.append(level.seen(place))
        return found

    def share(self, context: tuple[Item, ...], item: Item, floor: float) -> float:
        """Compute the probability of an item; `floor` is that of one never seen."""
        found, number = floor, self._number.get(item, -1)
        for seen in self.seen(context):
            own = int(seen.counts[seen.items == number].sum())
            kinds = len(seen.items)
            found = (own + kinds * found) / (int(seen.counts.sum()) + kinds)
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
        found = self.seen(context)
        for seen in reversed(found):
            kinds, total = len(seen.items), int(seen.counts.sum())
            if seen is found[0] or random.random() >= kinds / (kinds + total):
                break
        place = np.searchsorted(seen.counts.cumsum(), random.integers(total), side="right")
        drawn: Item = self.items[int(seen.items[place])]
        return drawn
