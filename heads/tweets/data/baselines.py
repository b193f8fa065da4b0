"""Baselines of a written text: earlier tweets as they are, and a smoothed n-gram model."""

from collections import defaultdict

import numpy as np

from heads.arrays import Indices
from heads.tweets.data.material import Material
from heads.tweets.data.ngrams import Ngrams
from heads.tweets.data.retrieval import Retriever


def invented(ngrams: Ngrams[str], random: np.random.Generator, *, longest: int = 60) -> str:
    """Draw a text from an n-gram model, word by word."""
    line: list[str] = []
    context = ngrams.start
    for _ in range(longest):
        word = ngrams.draw(context, random)
        if word == ngrams.end:
            break
        line.append(word)
        context = (*context, word)[1:]
    return " ".join(line)


def copies(
    material: Material, retriever: Retriever, rows: Indices, train: Indices, *, seed: int = 0
) -> dict[str, list[str]]:
    """Choose earlier tweets that stand for what is to be written, by name of the baseline.

    Parameters
    ----------
    material, retriever
        The posts, and the search for neighbours.
    rows : array, int64
        Rows to be written.
    train : array, int64
        Rows that a random tweet is taken from, and that n-grams are counted in.
    seed : int
        Seed of what is drawn.
    """
    random = np.random.default_rng(seed)
    ngrams = Ngrams([material.texts[row].split() for row in train.tolist()], "")
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows.tolist():
        recent = retriever.recent(row)
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
        found["trigrams"].append(invented(ngrams, random))
    return dict(found)
