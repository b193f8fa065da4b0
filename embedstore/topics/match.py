"""Find the old topics again among new ones, by the posts that they share."""

from dataclasses import dataclass

import numpy as np

from embedstore.arrays import Indices

LEAST_SHARED = 0.2
"""Shared posts over all posts of an old and a new topic, from which on they are the same."""


@dataclass(frozen=True)
class Match:
    """Which new topic is which old one.

    Attributes
    ----------
    old_of : dict of int to int
        New topic to old topic, where they are the same.
    most_from : dict of int to int
        New topic to the old one that most of its posts were in, if it is more than half.
    most_to : dict of int to int
        Old topic to the new one that most of its posts are in, likewise.
    """

    old_of: dict[int, int]
    most_from: dict[int, int]
    most_to: dict[int, int]


def match(old: Indices, new: Indices) -> Match:
    """Match topics one to one, so that as many posts as possible stay (Kuhn, 1955).

    Parameters
    ----------
    old, new : arrays, shape (n,), int64
        Old and new topic of each post; −1 for none.
    """
    from scipy.optimize import linear_sum_assignment

    count_old, count_new = int(old.max(initial=-1)) + 1, int(new.max(initial=-1)) + 1
    if not count_old or not count_new:
        return Match({}, {}, {})
    both = (old >= 0) & (new >= 0)
    shared = np.zeros((count_old, count_new))
    np.add.at(shared, (old[both], new[both]), 1)
    size_old = np.bincount(old[old >= 0], minlength=count_old)
    size_new = np.bincount(new[new >= 0], minlength=count_new)
    either = size_old[:, None] + size_new[None] - shared
    alike = shared / np.maximum(either, 1)
    rows, columns = linear_sum_assignment(-alike)
    same = {
        int(column): int(row)
        for row, column in zip(rows, columns, strict=True)
        if alike[row, column] >= LEAST_SHARED
    }
    most_from = {
        each: int(shared[:, each].argmax())
        for each in range(count_new)
        if shared[:, each].max() > size_new[each] / 2
    }
    most_to = {
        each: int(shared[each].argmax())
        for each in range(count_old)
        if shared[each].max() > size_old[each] / 2
    }
    return Match(same, most_from, most_to)
