"""A column that all but says the label is a leak, and is named before anything is fitted."""

from collections.abc import Sequence

import numpy as np

from embedstore.errors import InputError
from heads.arrays import Floats, Vectors
from heads.metrics import spearman

LEAK = 0.995
"""Rank correlation with the label from which a column is a copy of it, and no feature."""


def leaking(names: Sequence[str], values: Vectors, y: Floats) -> list[str]:
    """Name the columns that order posts as the labels themselves do.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    values : array, shape (n, columns), float32
        NaN where something is not known; such rows don't count.
    y : array, shape (n,)
        The labels.
    """
    found = []
    for place, name in enumerate(names):
        column = values[:, place].astype(np.float64)
        some = np.isfinite(column)
        if some.sum() >= 30 and abs(spearman(y[some], column[some])) >= LEAK:
            found.append(name)
    return found


def refuse_leaks(names: Sequence[str], values: Vectors, y: Floats) -> None:
    """Raise if a column is a copy of the label.

    Raises
    ------
    InputError
        It names the columns.
    """
    if found := leaking(names, values, y):
        raise InputError(
            f"{', '.join(found)} all but equal the label: what is known only after posting can't"
            " be an input; leave it out"
        )
