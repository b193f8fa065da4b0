"""The planted truth: what moves the likes of a made-up post, as pure functions.

On the log scale, ``log1p(likes) = account(t) + hour + weekday + season + topic(t) + form +
picture + noise``, floored at 0 and rounded to whole likes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_PER_YEAR = 365.25
DAYS_PER_STEP = 91.0
"""Days between two steps of an account's drift."""

WEEKDAY = (0.00, 0.06, 0.08, 0.05, 0.02, -0.18, 0.12)
"""From Monday to Sunday."""

TOPIC: dict[str, tuple[float, float]] = {
    "launch": (0.45, -0.03),
    "hiring": (-0.70, 0.05),
    "charity": (0.15, 0.02),
    "climate": (-0.45, 0.24),
    "sale": (-0.10, -0.12),
    "customer": (0.20, 0.00),
    "event": (-0.25, 0.02),
    "tip": (-0.10, 0.06),
    "outage": (-0.50, -0.04),
    "behind": (0.35, 0.03),
    "sports": (0.75, -0.06),
    "results": (-0.60, 0.00),
    "animals": (1.10, 0.00),
    "ask": (0.05, 0.00),
    "milestone": (0.50, 0.00),
    "holiday": (0.40, -0.03),
}
"""Each topic's effect on the first day, and by how much it moves in a year."""

QUESTION = 0.15
HASHTAGS = {"none": 0.0, "one or two": 0.08, "three or more": -0.22}
LINK = -0.12
MEDIA = {"none": -0.35, "photo": 0.0, "photos": 0.10, "video": 0.25, "gif": 0.12}
PICTURE = 0.40
"""What a wholly warm picture brings; a wholly cold one costs as much."""

NOISE_SIGMA = 0.50
BURST_SHARE = 0.02
"""The share of posts that spread further than anything explains."""
BURST_MEAN = 1.20

RETWEETS = {"intercept": -1.30, "likes": 0.82, "sigma": 0.35}
RETWEETS_TOPIC = {"climate": 0.35, "charity": 0.30, "outage": 0.25, "results": 0.15}
REPLIES = {"intercept": -1.60, "likes": 0.62, "sigma": 0.45, "question": 0.60}
REPLIES_TOPIC = {"outage": 1.60, "ask": 0.80, "sports": 0.30}
VIEWS = {"intercept": 3.40, "likes": 1.00, "sigma": 0.45}


@dataclass(frozen=True)
class Account:
    """One account and its own part of the truth.

    ``base`` is its level on the log scale when it starts; ``walk[i]`` is added to it ``i`` steps
    of `DAYS_PER_STEP` after the first day of the corpus, and in between in a straight line.
    """

    username: str
    brand: int
    role: str
    followers: int
    base: float
    walk: tuple[float, ...]
    first_day: int
    rate: float
    utc_offset: int


def account_effect(bases: Floats, walks: Floats, accounts: Ints, days: Floats) -> Floats:
    """Return the level of each post's account on its day.

    Parameters
    ----------
    bases : array of float64
        Level of every account, shape ``(accounts,)``.
    walks : array of float64
        Its drift by step, shape ``(accounts, steps)``.
    accounts, days : array of int64, array of float64
        Of every post: the account's row, and days since the first day, shape ``(posts,)``.
    """
    position = days / DAYS_PER_STEP
    step = np.minimum(position.astype(np.int64), walks.shape[1] - 2)
    part = position - step
    left, right = walks[accounts, step], walks[accounts, step + 1]
    moved: Floats = bases[accounts] + left * (1.0 - part) + right * part
    return moved


def hour_effect(hours: Ints | Floats) -> Floats:
    """Return the effect of the hour of the day, in UTC: best at 17, worst at 5."""
    turn = 2.0 * np.pi / 24.0
    return 0.25 * np.cos(turn * (hours - 17.0)) + 0.08 * np.cos(2.0 * turn * (hours - 13.0))


def weekday_effect(weekdays: Ints) -> Floats:
    """Return the effect of the day of the week, 0 for Monday."""
    effect: Floats = np.asarray(WEEKDAY)[weekdays]
    return effect


def season_effect(peaks: Floats, amplitudes: Floats, days_of_year: Floats) -> Floats:
    """Return the effect of the season, which peaks in the middle of the month ``peaks``."""
    middle = (peaks - 0.5) / 12.0
    return amplitudes * np.cos(2.0 * np.pi * (days_of_year / DAYS_PER_YEAR - middle))


def topic_effect(topics: Ints, names: tuple[str, ...], days: Floats) -> Floats:
    """Return the effect of each post's topic on its day."""
    table = np.asarray([TOPIC[name] for name in names])
    effect: Floats = table[topics, 0] + table[topics, 1] * days / DAYS_PER_YEAR
    return effect


def form_effect(text: str, kind: str) -> float:
    """Return the effect of a text's form and of the kind of its media.

    A link that stands for attached media is not counted: only a second one is a link out.
    """
    hashtags = text.count("#")
    tags = "none" if not hashtags else "one or two" if hashtags < 3 else "three or more"
    links = text.count("<hyperlink>") - (kind != "none")
    return (QUESTION if "?" in text else 0.0) + HASHTAGS[tags] + LINK * (links > 0) + MEDIA[kind]


def picture_effect(warmths: list[float]) -> float:
    """Return the effect of a post's pictures: mean warmth, from -1 to 1; dead ones count 0."""
    return PICTURE * sum(warmths) / len(warmths) if warmths else 0.0


def draw_noise(rng: np.random.Generator, n: int) -> Floats:
    """Draw what nothing explains: a normal part, and now and then a burst. Its mean is 0."""
    normal = NOISE_SIGMA * rng.standard_normal(n)
    burst = (rng.random(n) < BURST_SHARE) * rng.exponential(BURST_MEAN, n)
    return normal + burst - BURST_SHARE * BURST_MEAN


def noise_deviation() -> float:
    """Return the standard deviation of the noise."""
    second_moment = BURST_SHARE * 2.0 * BURST_MEAN**2
    return math.sqrt(NOISE_SIGMA**2 + second_moment - (BURST_SHARE * BURST_MEAN) ** 2)


def likes_from(levels: Floats) -> Ints:
    """Turn levels on the log scale into whole likes, none below 0."""
    return np.rint(np.expm1(np.maximum(levels, 0.0))).astype(np.int64)


def expected_log1p(latent: Floats) -> Floats:
    """Return the mean of log1p(likes) for posts whose effects add up to ``latent``.

    Small accounts can't fall below 0 likes, so that their mean lies above their ``latent``; a
    model that knows every planted effect predicts this, and no model can do better.
    """
    quantiles = (np.arange(200) + 0.5) / 200
    normal = NOISE_SIGMA * np.asarray([NormalDist().inv_cdf(float(q)) for q in quantiles])
    burst = -BURST_MEAN * np.log1p(-quantiles[::4])
    centre = BURST_SHARE * BURST_MEAN
    grid = np.arange(-8.0, 8.01, 0.05)
    calm = np.log1p(likes_from(grid[:, None] + normal - centre)).mean(axis=1)
    both = (normal[:, None] + burst - centre).ravel()
    loud = np.asarray([np.log1p(likes_from(level + both)).mean() for level in grid])
    mean = (1.0 - BURST_SHARE) * calm + BURST_SHARE * loud
    return np.where(latent < 8.0, np.interp(latent, grid, mean), latent)


def follow_on(
    rng: np.random.Generator, likes: Ints, relation: dict[str, float], extra: Floats
) -> Ints:
    """Draw another count that hangs on the likes: retweets, replies or views."""
    level = relation["intercept"] + relation["likes"] * np.log1p(likes) + extra
    return likes_from(level + relation["sigma"] * rng.standard_normal(len(likes)))
