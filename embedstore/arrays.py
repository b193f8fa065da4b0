"""The arrays that rooms hand to each other: vectors, indices, and vectors at unit length."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of vectors, shape (n, dim), float32."""


Indices = NDArray[np.int64]
"""Positions in the sequence that was handed in, shape (n,), int64."""


def unit(vectors: Vectors) -> Vectors:
    """Vectors of shape (n, dim) at length 1; one of zeros stays, one not finite is all NaN."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    scale = np.where(lengths > 0, lengths, 1)
    scale[~np.isfinite(scale)] = np.nan
    return np.ascontiguousarray(vectors / scale[:, None], dtype=np.float32)
