"""Encoders: texts and images into vectors, loaded by name.

Each family is one module with one factory, named here as ``module:function`` and
imported only when it is asked for, so that importing this package costs nothing.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from embedstore.arrays import Vectors
from embedstore.encoders.base import Encoder, ImageEncoder, Output, TextEncoder
from embedstore.errors import EncoderError

__all__ = [
    "FACTORIES",
    "Encoder",
    "ImageEncoder",
    "Output",
    "TextEncoder",
    "Vectors",
    "load_encoder",
]

FACTORIES: dict[str, str] = {
    "minilm": "embedstore.encoders.text.encoder:load_minilm",
    "distilbert": "embedstore.encoders.text.encoder:load_distilbert",
    "clip": "embedstore.encoders.clip.encoder:load",
    "conse": "embedstore.encoders.conse:load",
    "e5": "embedstore.encoders.text.e5:load",
    "hash": "embedstore.encoders.hash:load",
}
"""Name of each encoder → its factory, ``load(weights, *, device, settings)``."""


def load_encoder(
    name: str, weights: str | None = None, *, device: str = "auto", **settings: Any
) -> Encoder:
    """Load an encoder by name.

    Parameters
    ----------
    name : str
        One of `FACTORIES`.
    weights : str, optional
        A hub name or a local folder or file; None means the encoder's own default.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    **settings
        What the encoder's factory takes beside, such as ``pooling`` or ``max_length``.
        An encoder's own ``settings`` load it again.

    Returns
    -------
    Encoder
        Ready to encode.

    Raises
    ------
    EncoderError
        No encoder has this name, or it knows no such setting.
    WeightsError
        Its weights are missing, unreachable or altered.
    """
    if name not in FACTORIES:
        raise EncoderError(f"no encoder is called {name!r}: choose one of {', '.join(FACTORIES)}")
    module, function = FACTORIES[name].split(":")
    load: Callable[..., Encoder] = getattr(import_module(module), function)
    arguments: Mapping[str, Any] = dict(settings)
    return load(weights, device=device, settings=arguments)
