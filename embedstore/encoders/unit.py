"""Network outputs to vectors of unit length."""

from typing import TYPE_CHECKING

import numpy as np

from embedstore.encoders.base import Vectors
from embedstore.errors import EncoderError

if TYPE_CHECKING:
    from torch import Tensor


def unit_vectors(outputs: "Tensor", *, encoder: str, weights: str, dtype: str) -> Vectors:
    """Normalise each row, in float32.

    Parameters
    ----------
    outputs : Tensor, shape (n, dim)
        In any dtype, on any device.
    encoder, weights, dtype : str
        What computed them, for the message.

    Raises
    ------
    EncoderError
        A value is not finite.
    """
    vectors: Vectors = outputs.float().cpu().numpy()
    if not np.isfinite(vectors).all():
        raise EncoderError(
            f"{encoder} ({weights}) gave vectors that are not finite in {dtype}:"
            " the weights are damaged, or need dtype='float32'"
        )
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(length, np.finfo(np.float32).tiny)
    return unit
