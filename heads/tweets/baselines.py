"""What a written text has to beat: earlier tweets as they are, and a smoothed n-gram model."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from heads.posts import Indices
from heads.tweets.material import Material
from heads.tweets.rerank import RECENT
from heads.tweets.retrieve import Retriever

_END = ""


class Ngrams:
    """A trigram model of words, smoothed as by Witten and Bell (1991).

    Parameters
    ----------
    texts : sequence of str
        What it learns from.
    order : int
        Words that a probability rests on, the word itself included.
    """

    def __init__(self, texts: Sequence[str], order: int = 3) -> None:
        self.order = order
        self._counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for text in texts:
            line = [*[_END] * (order - 1), *text.split(), _END]
            for place in range(order - 1, len(line)):
                for n in range(order):
                    self._counts[tuple(line[place - n : place])][line[place]] += 1

    def write(self, random: np.random.Generator, *, longest: int = 60) -> str:
        """A text, drawn word by word."""
        line = [_END] * (self.order - 1)
        for _ in range(longest):
            word = self._next(tuple(line[len(line) - self.order + 1 :]), random)
            if word == _END:
                break
            line.append(word)
        return " ".join(line[self.order - 1 :])

    def _next(self, context: tuple[str, ...], random: np.random.Generator) -> str:
        """A word after a context; backs off with the chance of a word never seen after it."""
        while context:
            seen = self._counts.get(context)
            if seen and random.random() >= len(seen) / (len(seen) + seen.total()):
                return _drawn(seen, random)
            context = context[1:]
        return _drawn(self._counts[()], random)


def _drawn(counts: Counter[str], random: np.random.Generator) -> str:
    place = int(random.integers(counts.total()))
    for word, count in counts.items():
        place -= count
        if place < 0:
            return word
    raise AssertionError("counts add up to their total")


def recent_rows(retriever: Retriever, row: int) -> list[int]:
    """The account's latest earlier posts (or those that stand in for them), the latest first."""
    return [other for other, _ in retriever.candidates(row, RECENT)]


def copies(
    material: Material, retriever: Retriever, rows: Indices, train: Indices, *, seed: int = 0
) -> dict[str, list[str]]:
    """Earlier tweets that stand for what is to be written, by name of the baseline.

    Parameters
    ----------
    material, retriever
        Where they are found.
    rows : array, int64
        Rows to be written.
    train : array, int64
        Rows that a random tweet is taken from, and that n-grams are counted in.
    seed : int
        Of what is drawn.
    """
    random = np.random.default_rng(seed)
    ngrams = Ngrams([material.texts[row] for row in train.tolist()])
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows.tolist():
        recent = recent_rows(retriever, row)
        latest = sorted(recent, reverse=True)
        found["random tweet"].append(material.texts[int(random.choice(train))])
        found["last tweet of the account"].append(material.texts[latest[0]] if latest else "")
        found["random earlier tweet of the account"].append(
            material.texts[int(random.choice(recent))] if recent else ""
        )
        central = ""
        if recent:
            known = np.nan_to_num(material.vectors[recent])
            central = material.texts[recent[int(np.argmax(known @ known.mean(axis=0)))]]
        found["most central recent tweet"].append(central)
        found["nearest neighbour"].append(material.texts[recent[0]] if recent else "")
        found["trigrams"].append(ngrams.write(random))
    return dict(found)
