"""How close written texts are to the true ones, and how varied; placeholders are masked.

BLEU (Papineni et al., 2002) and chrF (Popović, 2015) are sacrebleu's (Post, 2018); ROUGE-L is
the F-measure of Lin (2004); CIDEr is CIDEr-D of Vedantam et al. (2015), where 10 is perfect.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from embedstore.errors import EncoderError
from heads.posts import Floats, Indices
from heads.tweets.words import grams, masked, words

CIDER_WIDTH = 6.0
"""Standard deviation of CIDEr-D's penalty on a difference in length, in words."""


def rouge_l(text: str, true: str) -> float:
    """F-measure of the longest common subsequence of words."""
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


def cider(texts: Sequence[str], true: Sequence[str]) -> Floats:
    """CIDEr-D of each text against its one true text, shape (n,).

    How rare words are is counted over the true texts.
    """
    total = np.zeros(len(texts))
    mine, theirs = [words(text) for text in texts], [words(text) for text in true]
    for n in range(1, 5):
        counted = [Counter(grams(text, n)) for text in theirs]
        seen = Counter(gram for text in counted for gram in text)

        def rarity(gram: tuple[str, ...], seen: Counter[tuple[str, ...]] = seen) -> float:
            return math.log(len(true)) - math.log(max(1, seen[gram]))

        for place, (text, reference) in enumerate(zip(mine, counted, strict=True)):
            found = Counter(grams(text, n))
            weight = {gram: count * rarity(gram) for gram, count in found.items()}
            wanted = {gram: count * rarity(gram) for gram, count in reference.items()}
            size = math.sqrt(sum(v * v for v in weight.values())) * math.sqrt(
                sum(v * v for v in wanted.values())
            )
            if size > 0:
                product = sum(min(weight[g], v) * v for g, v in wanted.items() if g in weight)
                gap = len(text) - len(theirs[place])
                total[place] += product / size * math.exp(-(gap**2) / (2 * CIDER_WIDTH**2))
    found_scores: Floats = 10 * total / 4
    return found_scores


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
        """Scores of some rows, with repeats."""
        return {
            name: float(metric._aggregate_and_compute(counts[rows].tolist()).score)
            for name, metric, counts in self._parts
        }

    @property
    def signatures(self) -> dict[str, str]:
        """How sacrebleu was set, as it reports it."""
        return {name: str(metric.get_signature()) for name, metric, _ in self._parts}


def distinct(texts: Sequence[str], n: int) -> float:
    """Different runs of n words among all of them (Li et al., 2016)."""
    every = [gram for text in texts for gram in grams(words(text), n)]
    return len(set(every)) / len(every) if every else 0.0


def self_bleu(texts: Sequence[str], *, others: int = 20, seed: int = 0) -> float:
    """Mean BLEU-4 of texts against some of the others (Zhu et al., 2018); low is varied."""
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
