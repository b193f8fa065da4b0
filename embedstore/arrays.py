"""Array types that modules exchange, and normalisation to unit length."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of vectors, shape (n, dim), float32."""


Indices = NDArray[np.int64]
"""Positions in a sequence, or ids of contents, shape (n,), int64."""


def unit(vectors: Vectors) -> Vectors:
    """Normalise vectors to unit length.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        Any vectors.

    Returns
    -------
    array, shape (n, dim), float32
        Contiguous. A vector of zeros stays as it is; one with a value that isn't finite
        becomes all NaN.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    scale = np.where(lengths > 0, lengths, 1)
    scale[~np.isfinite(scale)] = np.nan
    return np.ascontiguousarray(vectors / scale[:, None], dtype=np.float32)
