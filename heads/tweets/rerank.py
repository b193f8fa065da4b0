"""Candidates in the order in which they are shown.

Each is scored by what the decoder thinks of it, by how close it is to the account's recent
posts, and by how much the other candidates agree with it (minimum Bayes risk: Kumar and Byrne,
2004); how close its predicted likes come to those wanted is added where likes are wanted. Close
means what written posts are scored by: ROUGE-L and a tenth of CIDEr.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from heads.arrays import Floats, Vectors
from heads.tweets.data.words import refused
from heads.tweets.models.decoder import Written
from heads.tweets.scores import Rarity, rouge_l

RIDGE = 50.0
"""Strength of the ridge on learned weights, in candidates."""

Encode = Callable[[list[str]], Vectors]


@dataclass(frozen=True)
class Weights:
    """Weights of the scores; each score is standardised among the candidates.

    Attributes
    ----------
    likelihood : float
        Minus bits per byte of the decoder.
    style : float
        Cosine with the mean of the account's recent posts.
    words : float
        Mean closeness to each of them.
    consensus : float
        Mean closeness to each of the other candidates.
    """

    likelihood: float = 0.0
    style: float = 0.0
    words: float = 1.0
    consensus: float = 1.0

    def to_json(self) -> dict[str, float]:
        """Return them by name."""
        return asdict(self)


@dataclass(frozen=True)
class Candidates:
    """The candidates of one condition.

    Attributes
    ----------
    written : list of Written
        All that were drawn.
    refused : list
        Why each is not shown; None for one that may be.
    scores : array, shape (n, 4), float64
        Standardised scores in the order of `Weights`.
    vectors : array, shape (n, dim), float32
        Vectors of the texts.
    """

    written: list[Written]
    refused: list[str | None]
    scores: Floats
    vectors: Vectors

    def order(self, weights: Weights, wanted: Floats | None = None) -> list[int]:
        """Order the candidates: those that may be shown first, the best of them ahead.

        Parameters
        ----------
        weights : Weights
            What counts how much.
        wanted : array, shape (n,), optional
            A score that is added: how close each is to the level wanted.
        """
        total = self.scores @ np.array(list(asdict(weights).values()))
        if wanted is not None:
            total = total + wanted
        bad = np.array([reason is not None for reason in self.refused])
        return [int(place) for place in np.lexsort((-total, bad))]


def prepare(
    written: Sequence[Sequence[Written]],
    neighbours: Sequence[Sequence[str]],
    recent: Sequence[tuple[list[str], Vectors]],
    encode: Encode,
    rarity: Rarity,
) -> list[Candidates]:
    """Score the candidates of many conditions.

    Parameters
    ----------
    written : sequence
        Candidates of each condition.
    neighbours : sequence
        Texts that each condition's candidates must not copy.
    recent : sequence
        Texts and vectors, shape (posts, dim), of the account's recent posts.
    encode : callable
        Vectors of texts.
    rarity : Rarity
        Rarity of words.
    """
    every = [item.text for items in written for item in items]
    vectors = encode([text or " " for text in every])
    found, start = [], 0
    for items, near, (texts, known) in zip(written, neighbours, recent, strict=True):
        mine = vectors[start : start + len(items)]
        start += len(items)
        found.append(
            Candidates(
                list(items),
                [refused(item.text, near) for item in items],
                _scores(items, mine, texts, known, rarity),
                mine,
            )
        )
    return found


def _scores(
    items: Sequence[Written], vectors: Vectors, texts: list[str], known: Vectors, rarity: Rarity
) -> Floats:
    """Score the candidates of one condition, shape (n, 4), in the order of `Weights`."""
    count = len(items)
    raw = np.zeros((count, 4))
    raw[:, 0] = [-item.bits / max(8, len(item.text.encode())) for item in items]
    known = known[np.isfinite(known).all(axis=1)]
    if len(known):
        raw[:, 1] = vectors @ known.mean(axis=0)

    among = np.zeros((count, count))
    for place, item in enumerate(items):
        raw[place, 2] = np.mean([closeness(item.text, other, rarity) for other in texts] or [0.0])
        for before in range(place):
            among[place, before] = closeness(item.text, items[before].text, rarity)
    raw[:, 3] = (among + among.T).sum(axis=1) / max(1, count - 1)
    return standard(raw)


def closeness(text: str, other: str, rarity: Rarity) -> float:
    """Add ROUGE-L and a tenth of CIDEr of two texts; the same both ways."""
    return rouge_l(text, other) + rarity.cosine(text, other)


def learn_weights(candidates: Sequence[Candidates], true: Sequence[str], rarity: Rarity) -> Weights:
    """Learn the weights that tell how close candidates are to the true text.

    Ridge regression on the scores, within conditions and of candidates that may be shown: all
    of them count, since choosing the single best candidate overfits to luck.

    Parameters
    ----------
    candidates : sequence
        Those of each condition.
    true : sequence of str
        The true text of each.
    rarity : Rarity
        Rarity of words.
    """
    scores, values = [np.zeros((0, 4))], [np.zeros(0)]
    for one, text in zip(candidates, true, strict=True):
        shown = [place for place, why in enumerate(one.refused) if why is None]
        if shown:
            close = np.array([closeness(one.written[k].text, text, rarity) for k in shown])
            scores.append(one.scores[shown] - one.scores[shown].mean(axis=0))
            values.append(close - close.mean())
    x, y = np.concatenate(scores), np.concatenate(values)
    found = np.linalg.solve(x.T @ x + RIDGE * np.eye(4), x.T @ y)
    size = np.abs(found).max()
    return Weights(*(found / size).round(3).tolist()) if size > 0 else Weights()


def standard(values: Floats) -> Floats:
    """Standardise columns to mean 0 and deviation 1; 0 where nothing varies."""
    deviation = values.std(axis=0)
    found: Floats = (values - values.mean(axis=0)) / np.where(deviation > 1e-9, deviation, 1)
    return found
