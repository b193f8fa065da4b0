"""Pairs of training posts that chances are learned from, set up as drafts are ranked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices
from heads.data.features import Material
from heads.data.history import View
from heads.likes.models import design as designs
from heads.likes.models.design import Design, Matrix
from heads.likes.models.differences import Differences, learn_differences
from heads.likes.models.level import at_one_moment
from heads.likes.pairs import Pairs, find_pairs


@dataclass(frozen=True)
class Contest:
    """Pairs of a validation slice's posts, as if each account had made its own at one moment.

    Attributes
    ----------
    matrix : Matrix
        Of the posts in these pairs.
    pairs : Pairs
        By place in the matrix.
    true : array, shape (pairs,)
        Differences of log1p labels.
    account : array, shape (pairs,), int64
        Account of each pair.
    """

    matrix: Matrix
    pairs: Pairs
    true: Floats
    account: Indices


def set_up_contests(
    design: Design,
    material: Material,
    seen: View,
    slices: Sequence[Indices],
    *,
    frozen: bool,
) -> list[Contest]:
    """Pair the posts of each validation slice.

    Parameters
    ----------
    design, material, seen
        What was learned, the posts, and the labels that each may look at.
    slices : sequence of array
        Rows that each slice holds out.
    frozen : bool
        Let no post see a label from the first post of its slice on.
    """
    posts = material.posts
    found = []
    for held in slices:
        texts = [posts.texts[row] for row in held.tolist()]
        pairs = find_pairs(posts.time[held], posts.account[held], texts)
        first, second = held[pairs.first], held[pairs.second]
        rows = np.union1d(first, second)
        limit = seen.cutoff[held].min() if frozen else None
        moved, view, there = at_one_moment(material, seen, rows, limit)
        found.append(
            Contest(
                designs.apply(design, moved, view, there),
                Pairs(np.searchsorted(rows, first), np.searchsorted(rows, second)),
                pairs.difference(posts.y[held]),
                posts.account[first],
            )
        )
    return found


def learn_from_contests(contests: Sequence[Contest], predicted: Floats) -> Differences | None:
    """Learn chances from all slices' pairs.

    Parameters
    ----------
    contests : sequence of Contest
        The pairs.
    predicted : array, shape (n,)
        Predictions in log1p of the rows of all their matrices, one after the other, by models
        that had not seen them.
    """
    starts = np.cumsum([0, *(len(contest.matrix.base) for contest in contests)])
    first, second = (
        np.concatenate(
            [
                predicted[start + getattr(contest.pairs, side)]
                for start, contest in zip(starts.tolist(), contests, strict=False)
            ]
        )
        for side in ("first", "second")
    )
    return learn_differences(
        first,
        second,
        np.concatenate([contest.true for contest in contests]),
        np.concatenate([contest.account for contest in contests]),
    )
