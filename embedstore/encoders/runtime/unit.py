"""Network outputs to vectors of unit length."""

import numpy as np

from embedstore.arrays import Vectors
from embedstore.errors import EncoderError


def unit_vectors(outputs: Vectors, *, encoder: str, weights: str, dtype: str) -> Vectors:
    """Normalise each row, in float32.

    Parameters
    ----------
    outputs : array, shape (n, dim), float32
    encoder, weights, dtype : str
        What computed them, for the message.

    Raises
    ------
    EncoderError
        A value is not finite.
    """
    if not np.isfinite(outputs).all():
        raise EncoderError(
            f"{encoder} ({weights}) gave vectors that are not finite in {dtype}:"
            " the weights are damaged, or need dtype='float32'"
        )
    length = np.linalg.norm(outputs, axis=1, keepdims=True)
    unit: Vectors = outputs / np.maximum(length, np.finfo(np.float32).tiny)
    return unit
