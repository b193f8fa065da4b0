"""What goes with a word within an account: likes of posts that have it, less the account's level.

Each word's mean residual is shrunk towards 0 by empirical Bayes with a mixture of normal priors
(Stephens, 2017): most words do nothing, and the few that do are shrunk little. Later posts say
whether an effect holds.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices, Mask
from heads.data.posts import Posts
from heads.likes.models.content import residuals

FEWEST_POSTS = 5
"""Posts that a word's effect rests on, at least."""

EARLY = 0.7
"""Share of the posts, the earliest, whose effect the later ones have to bear out."""

NORMAL_95 = 1.96

SCALES = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations of the prior's parts, log1p; how much each counts is learned."""

ROUNDS = 60
"""Rounds of expectation and maximisation, after which the parts hardly move."""

_WORD = re.compile(r"[#@]?\w[\w'’-]*")


@dataclass(frozen=True)
class Effect:
    """What goes with a word, in log1p.

    Attributes
    ----------
    value, low, high : float
        Shrunk effect with its 95% interval.
    posts : int
        Posts it rests on.
    holds : bool
        Whether the interval excludes 0, and later posts have the sign of the earlier ones.
    """

    value: float
    low: float
    high: float
    posts: int
    holds: bool


def words_of(text: str) -> set[str]:
    """Find the words of a text in lower case, hashtags and mentions with their marks."""
    return set(_WORD.findall(text.lower()))


def word_effects(posts: Posts, train: Mask) -> dict[str, Effect]:
    """Measure the effects of all words that enough training posts have.

    Parameters
    ----------
    posts : Posts
        The posts.
    train : array, shape (n,), bool
        Posts to learn from.
    """
    learned = residuals(posts, train)
    order = np.argsort(learned.rows)
    found: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(learned.rows[order].tolist()):
        for word in words_of(posts.texts[row]):
            found[word].append(place)
    values = learned.values[order]
    account = posts.account[learned.rows[order]]
    overall = float(values.var()) if len(values) else 0.0
    means, chances, common = [], [], []
    for word, places in found.items():
        if len(places) >= FEWEST_POSTS:
            found_mean, variance = _mean(values[places], account[places], overall)
            means.append(found_mean)
            chances.append(variance)
            common.append(word)
    if not common:
        return {}
    mean, chance = np.array(means), np.array(chances)
    shrunk, deviation = _shrunk(mean, chance)
    edge = round(EARLY * len(values))
    return {
        word: Effect(
            float(shrunk[k]),
            float(shrunk[k] - NORMAL_95 * deviation[k]),
            float(shrunk[k] + NORMAL_95 * deviation[k]),
            len(found[word]),
            bool(abs(shrunk[k]) > NORMAL_95 * deviation[k])
            and _same_sign(values, np.array(found[word]), edge),
        )
        for k, word in enumerate(common)
    }


def _shrunk(mean: Floats, chance: Floats) -> tuple[Floats, Floats]:
    """Compute the posterior mean and standard deviation of every word's effect.

    Parameters
    ----------
    mean, chance : arrays, shape (words,)
        Mean residual of each word, and the variance that chance gives it.
    """
    prior = np.square(SCALES)
    total = prior[None] + chance[:, None]
    density = np.exp(-0.5 * mean[:, None] ** 2 / total) / np.sqrt(total)
    counts = np.full(len(prior), 1 / len(prior))
    for _ in range(ROUNDS):
        share = density * counts
        share /= share.sum(axis=1, keepdims=True)
        counts = share.mean(axis=0)
    each = mean[:, None] * prior / total
    shrunk = np.sum(share * each, axis=1)
    variance = np.sum(share * (prior * chance[:, None] / total + each**2), axis=1) - shrunk**2
    return shrunk, np.sqrt(np.maximum(variance, 0))


def _mean(values: Floats, account: Indices, overall: float) -> tuple[float, float]:
    """Compute a mean and its variance; posts of one account are not independent.

    Few posts may be alike by luck: their variance is taken half from all posts.
    """
    mean = float(values.mean())
    _, number = np.unique(account, return_inverse=True)
    by_account = np.bincount(number, values - mean)
    clustered = float(np.sum(by_account**2)) / len(values) ** 2
    alone = (float(values.var()) + overall) / 2 / len(values)
    return mean, max(clustered, alone, 1e-6)


def _same_sign(values: Floats, places: Indices, edge: int) -> bool:
    """Tell whether later posts bear out the sign of the earlier ones."""
    early, late = values[places[places < edge]], values[places[places >= edge]]
    return len(early) > 0 and len(late) > 0 and bool(early.mean() * late.mean() > 0)
