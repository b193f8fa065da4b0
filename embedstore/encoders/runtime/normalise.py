"""Normalisation of network outputs to unit vectors."""

import numpy as np

from embedstore.arrays import Vectors
from embedstore.errors import EncoderError


def normalise(outputs: Vectors, *, encoder: str, weights: str, dtype: str) -> Vectors:
    """Normalise each row to unit length.

    Parameters
    ----------
    outputs : array, shape (n, dim), float32
        A network's outputs.
    encoder, weights, dtype : str
        Encoder, weights and precision that computed them, for the message.

    Returns
    -------
    array, shape (n, dim), float32
        Unit vectors.

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
