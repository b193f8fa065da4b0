"""Encoders: models that turn texts and images into vectors, loaded by name.

`catalogue` lists them. An encoder's module is imported when it is first loaded, so that
importing this package loads no model library.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from embedstore.arrays import Vectors
from embedstore.encoders.base import Encoder, ImageEncoder, Output, TextEncoder
from embedstore.encoders.catalogue import find_spec
from embedstore.errors import EmbedstoreError, WeightsError, first_line

__all__ = [
    "Encoder",
    "ImageEncoder",
    "Output",
    "TextEncoder",
    "Vectors",
    "load_encoder",
]


def load_encoder(
    name: str, weights: str | None = None, *, device: str = "auto", **settings: Any
) -> Encoder:
    """Load an encoder by name.

    Parameters
    ----------
    name : str
        One of `embedstore.encoders.catalogue.ENCODERS`.
    weights : str, optional
        A hub name or a local folder or file; the encoder's default weights if not said.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    **settings : object
        Further arguments of the encoder, such as ``pooling`` or ``max_length``. The
        `Encoder.settings` of a loaded encoder load it again.

    Returns
    -------
    Encoder
        Ready to encode.

    Raises
    ------
    EncoderError
        No encoder has this name, or it has no such setting.
    WeightsError
        Its weights are missing, unreachable or altered.

    Examples
    --------
    >>> encoder = load_encoder("hash", "384")
    >>> encoder.encode(["Fresh coffee, all day"]).shape
    (1, 384)
    """
    spec = find_spec(name)
    module, function = spec.factory.split(":")
    load: Callable[..., Encoder] = getattr(import_module(module), function)
    try:
        return load(weights or spec.default_weights, device=device, settings=settings)
    except (EmbedstoreError, ImportError, MemoryError):
        raise
    except Exception as error:
        if weights is None or not Path(weights).exists():
            raise
        # Libraries of weights and tokenizers raise all kinds of errors over a damaged file.
        raise WeightsError(
            f"{weights} can't be read as weights of {name} ({first_line(error)}): a file in it is"
            " cut or damaged; copy or download it again"
        ) from error
