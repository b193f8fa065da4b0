"""What the store asks of an encoder.

An encoder is loaded once (`embedstore.encoders.load_encoder`) and turns texts or
images into rows of a float32 array. Everything that decides what a vector *means*
goes into its fingerprint: weights, tokenizer or preprocessing, pooling,
normalisation, maximum length. Device and compute dtype don't: all of them agree to
cosine ≥ 0.999.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.readability import Readability


@dataclass(frozen=True)
class Output:
    """One vector space that an encoder fills.

    Attributes
    ----------
    name : str
        Default name of the space, such as ``minilm`` or ``effnet``.
    dim : int
        Number of dimensions.
    fingerprint : str
        Hash of everything that decides what a vector means.
    joint : str
        Vectors of outputs with the same `joint` may be compared with each other:
        texts and images of one CLIP, or MiniLM texts and ConSE images.
    """

    name: str
    dim: int
    fingerprint: str
    joint: str


@runtime_checkable
class Encoder(Protocol):
    """What every encoder has.

    Attributes
    ----------
    name : str
        Name that `load_encoder` knows it by.
    weights : str
        Where its weights came from, as the user would name them.
    settings : dict
        Arguments beside name and weights that load the same encoder again; JSON types.
    device, dtype : str
        Where and in what precision it computes, such as ``cpu`` and ``bfloat16``.
    outputs : tuple of Output
        The spaces it fills; the first one is its main space.
    """

    name: str
    weights: str
    settings: dict[str, Any]
    device: str
    dtype: str
    outputs: tuple[Output, ...]


@runtime_checkable
class TextEncoder(Encoder, Protocol):
    """An encoder of texts into its main space."""

    max_length: int
    """Longest text in tokens, special tokens included; longer ones are cut."""

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut; shape (n,)."""
        ...

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the encoder can't read, by its tokenizer."""
        ...

    def with_max_length(self, max_length: int) -> Self:
        """The same encoder with another maximum length; weights are shared."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts` in their order, shape (n, dim), float32, all finite."""
        ...

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Vectors batch by batch as they are ready, in any order, each position once."""
        ...


@runtime_checkable
class ImageEncoder(Encoder, Protocol):
    """An encoder of images into all its outputs, in one forward pass."""

    def encode_images(
        self, images: Iterable[bytes | Path]
    ) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
        """Vectors of encoded image files (JPEG, PNG, …), one result an image.

        Yields
        ------
        index : int
            Position of the image in `images`; any order, each position once.
        result : dict or Exception
            One vector of shape (dim,) for each output's name; or the `MediaError`
            that says why this image can't be used. A bad image never ends the rest.
        """
        ...


def fingerprint(*parts: str | bytes) -> str:
    """Hash of `parts`, each kept apart from the next: 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
