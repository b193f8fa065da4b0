"""The form of a post as a few numbers of like size: what it looks like before it is read."""

from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data.posts import CAPITALS, Posts

COUNTS = (
    "characters",
    "links",
    "hashtags",
    "mentions",
    "emoji",
    "questions",
    "exclamations",
    "line_ends",
    "photos",
)
FLAGS = ("is_reply", "ends_with_link")
BOUND = 3.0
"""Standard deviations beyond which a number is taken to be no farther."""

NOTHING = 1e9
"""Scale of a number that never varies."""


@dataclass(frozen=True)
class FormScale:
    """What brings the numbers of form to mean 0 and variance 1.

    Attributes
    ----------
    mean, scale : tuple of float
        Of each number, among the training posts.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def apply(self, numbers: Floats) -> Vectors:
        """Scale the numbers, shape (n, numbers); two random posts are about √2 apart."""
        scaled = (numbers - np.array(self.mean)) / np.array(self.scale)
        return np.asarray(
            np.clip(scaled, -BOUND, BOUND) / np.sqrt(numbers.shape[1]), dtype=np.float32
        )


@dataclass(frozen=True)
class Forms:
    """Scaled form of posts, computed of the rows that are asked for.

    Attributes
    ----------
    posts : Posts
    scale : FormScale
    """

    posts: Posts
    scale: FormScale

    def __getitem__(self, rows: Indices) -> Vectors:
        """Compute it of some rows, shape (rows, numbers), float32."""
        return self.scale.apply(form_numbers(self.posts.form_of(rows)))


def form_numbers(form: dict[str, Floats]) -> Floats:
    """Describe posts by their `Posts.form`, shape (n, numbers): logs of counts, and shares."""
    found = [np.log1p(form[name]) for name in COUNTS]
    found += [np.log1p(form["videos"] + form["gifs"])]
    found += [form[name] for name in (*FLAGS, CAPITALS)]
    return np.column_stack(found)


def learn_scale(numbers: Floats, train: Mask) -> FormScale:
    """Learn mean and scale from the training posts; a number that never varies counts nothing."""
    some = numbers[train]
    deviation = some.std(axis=0)
    scale = np.where(deviation > 1e-9, deviation, NOTHING)
    return FormScale(tuple(some.mean(axis=0).tolist()), tuple(scale.tolist()))
