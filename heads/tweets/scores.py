"""Closeness of written texts to the true ones, and their variety; placeholders are masked.

BLEU (Papineni et al., 2002) and chrF (Popović, 2015) are sacrebleu's (Post, 2018); ROUGE-L is
the F-measure of Lin (2004); CIDEr and CIDEr-D are those of Vedantam et al. (2015), where 10 is
perfect.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from embedstore.errors import EncoderError
from heads.arrays import Floats, Indices
from heads.tweets.data.words import grams, masked, words

Gram = tuple[str, ...]
Weights = dict[Gram, float]

RUNS = (1, 2, 3, 4)
"""Lengths of runs of words that CIDEr looks at."""

CIDER_WIDTH = 6.0
"""Standard deviation of CIDEr-D's penalty on a difference in length, in words."""


def rouge_l(text: str, true: str) -> float:
    """Compute the F-measure of the longest common subsequence of words."""
    a, b = words(text), words(true)
    if not a or not b:
        return 0.0
    row = [0] * (len(b) + 1)
    for word in a:
        corner = 0
        for place, other in enumerate(b, start=1):
            above = row[place]
            row[place] = corner + 1 if word == other else max(above, row[place - 1])
            corner = above
    return 2 * row[-1] / (len(a) + len(b))


class Rarity:
    """Texts as vectors of their runs of 1 to 4 words, weighted by how rare each run is.

    Parameters
    ----------
    texts : sequence of str
        In which runs are counted.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        every = [words(text) for text in texts]
        self.most = math.log(max(2, len(texts)))
        self.seen = [_repeated(set(grams(text, n)) for text in every) for n in RUNS]
        self._known: dict[str, list[Weights]] = {}

    def weights(self, text: str) -> list[Weights]:
        """Weigh the runs of each length in a text, at unit length; the result is cached."""
        if text not in self._known:
            own = words(text)
            self._known[text] = [
                self._unit(Counter(grams(own, n)), seen)
                for n, seen in zip(RUNS, self.seen, strict=True)
            ]
        return self._known[text]

    def cosine(self, text: str, other: str) -> float:
        """Average the cosine of two texts over all lengths of runs."""
        pairs = zip(self.weights(text), self.weights(other), strict=True)
        return sum(_product(mine, theirs) for mine, theirs in pairs) / len(RUNS)

    def _unit(self, found: Counter[Gram], seen: Counter[Gram]) -> Weights:
        """Weigh runs by rarity and scale the vector to length 1."""
        rare = {
            gram: count * (self.most - math.log(max(1, seen[gram])))
            for gram, count in found.items()
        }
        size = math.sqrt(sum(value * value for value in rare.values()))
        return {gram: value / size for gram, value in rare.items()} if size else {}


def _repeated(every: Iterable[set[Gram]]) -> Counter[Gram]:
    """Count in how many texts each run is; those in one text weigh as much as those in none."""
    found = Counter(gram for own in every for gram in own)
    return Counter({gram: count for gram, count in found.items() if count > 1})


def _product(mine: Weights, theirs: Weights) -> float:
    """Multiply two sparse vectors."""
    small, large = sorted((mine, theirs), key=len)
    return sum(value * large[gram] for gram, value in small.items() if gram in large)


def cider(texts: Sequence[str], true: Sequence[str]) -> Floats:
    """Compute CIDEr of each text against its one true text, shape (n,).

    How rare words are is counted over the true texts.
    """
    rarity = Rarity(true)
    return np.array([10 * rarity.cosine(*pair) for pair in zip(texts, true, strict=True)])


def cider_d(texts: Sequence[str], true: Sequence[str]) -> Floats:
    """Compute CIDEr-D of each text, shape (n,): it penalises other lengths and repeated words."""
    rarity = Rarity(true)
    found = np.zeros(len(texts))
    for place, (text, reference) in enumerate(zip(texts, true, strict=True)):
        mine, theirs = words(text), words(reference)
        for n, one, other in zip(
            RUNS, rarity.weights(text), rarity.weights(reference), strict=True
        ):
            counts, wanted = Counter(grams(mine, n)), Counter(grams(theirs, n))
            found[place] += sum(
                # A run counts as often as the true text has it; both are at unit length.
                min(value, value * wanted[gram] / counts[gram]) * other[gram]
                for gram, value in one.items()
                if gram in other
            )
        gap = len(mine) - len(theirs)
        found[place] *= math.exp(-(gap**2) / (2 * CIDER_WIDTH**2))
    return 10 * found / len(RUNS)


class Overlap:
    """BLEU-4 and chrF of a set of texts and of any resample of it.

    Parameters
    ----------
    texts, true : sequence of str
        Written and true texts, row for row.
    """

    def __init__(self, texts: Sequence[str], true: Sequence[str]) -> None:
        bleu, chrf = _metrics()
        written, wanted = [masked(text) for text in texts], [[masked(text) for text in true]]
        self._parts: list[tuple[str, Any, Any]] = []
        for name, metric in (("BLEU-4", bleu), ("chrF", chrf)):
            # What sacrebleu's own bootstrap resamples: the counts of each segment.
            counts = np.array(metric._extract_corpus_statistics(written, wanted))
            self._parts.append((name, metric, counts))

    def of(self, rows: Indices) -> dict[str, float]:
        """Score some rows, with repeats."""
        return {
            name: float(metric._aggregate_and_compute(counts[rows].tolist()).score)
            for name, metric, counts in self._parts
        }

    @property
    def signatures(self) -> dict[str, str]:
        """Settings of sacrebleu, as it reports them."""
        return {name: str(metric.get_signature()) for name, metric, _ in self._parts}


def distinct(texts: Sequence[str], n: int) -> float:
    """Divide the number of different runs of n words by that of all (Li et al., 2016)."""
    every = [gram for text in texts for gram in grams(words(text), n)]
    return len(set(every)) / len(every) if every else 0.0


def self_bleu(texts: Sequence[str], *, others: int = 20, seed: int = 0) -> float:
    """Average the BLEU-4 of texts against some others (Zhu et al., 2018); low is varied."""
    bleu, _ = _metrics(effective=True)
    random = np.random.default_rng(seed)
    every = [masked(text) for text in texts]
    found = []
    for place, text in enumerate(every):
        rest = np.delete(np.arange(len(every)), place)
        chosen = random.choice(rest, min(others, len(rest)), replace=False)
        references = [every[row] for row in chosen.tolist() if every[row]]
        if text and references:
            found.append(bleu.sentence_score(text, references).score)
    return float(np.mean(found)) if found else 0.0


def _metrics(*, effective: bool = False) -> tuple[Any, Any]:
    """Make sacrebleu's BLEU and chrF."""
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise EncoderError(
            "written texts are scored with the package `sacrebleu`: install the extra `tweets`"
            " (`pip install 'embedstore[tweets]'`)"
        ) from error
    bleu: Callable[..., Any] = BLEU
    return bleu(lowercase=True, effective_order=effective), CHRF(lowercase=True)
