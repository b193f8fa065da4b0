"""The arrays that heads hand to each other: numbers, vectors, rows, masks and times."""

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors

__all__ = ["Floats", "Indices", "Mask", "Times", "Vectors", "unit_or_nan"]

Floats = NDArray[np.float64]
"""Numbers, one for each post, shape (n,), float64."""

Mask = NDArray[np.bool_]
"""A choice of posts, shape (n,), bool."""

Times = NDArray[np.datetime64]
"""Moments in UTC, shape (n,), datetime64[us]."""


def unit_or_nan(vectors: Vectors) -> Vectors:
    """Scale vectors of shape (n, dim) to length 1; a vector of zeros becomes NaN, which is none.

    `embedstore.arrays.unit` keeps zeros, since an index needs a number; here a post without a
    vector must be told from one whose vector is small.
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(length > 0, vectors / length, np.nan), dtype=np.float32)
