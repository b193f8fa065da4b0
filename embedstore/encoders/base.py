"""The interface of all encoders, and helpers that they share.

An encoder is loaded once (`embedstore.encoders.load_encoder`) and turns texts or
images into rows of a float32 array. Its fingerprint covers everything that decides what
a vector *means*: weights, tokenizer or preprocessing, pooling, normalisation, maximum
length. Device and compute dtype are not part of it: all of them agree to cosine ≥ 0.999.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.readability import Readability
from embedstore.errors import EncoderError


@dataclass(frozen=True)
class Output:
    """One vector space that an encoder fills.

    Attributes
    ----------
    name : str
        Name of the output, such as ``minilm`` or ``effnet``; a space is named after it
        unless the user names it.
    dim : int
        Number of dimensions.
    fingerprint : str
        Hash of everything that decides what a vector means.
    joint : str
        Hash of the joint space. Vectors of outputs with the same `joint` may be compared
        with each other: texts and images of one CLIP, or MiniLM texts and ConSE images.
    """

    name: str
    dim: int
    fingerprint: str
    joint: str


@runtime_checkable
class Encoder(Protocol):
    """Attributes that every encoder has.

    Attributes
    ----------
    name : str
        Its name in the catalogue.
    weights : str
        Its weights, as a user would name them.
    settings : dict
        Further arguments of `load_encoder` that load the same encoder again; JSON types.
    outputs : tuple of Output
        The spaces that it fills; the first one is its main space.
    """

    name: str
    weights: str
    settings: dict[str, Any]
    outputs: tuple[Output, ...]

    def runs_on(self) -> tuple[str, str]:
        """Return where and in what precision a build computes: ``("cpu", "bfloat16")``.

        The model is loaded for that, if it waits for its first texts.
        """
        ...


@runtime_checkable
class TextEncoder(Encoder, Protocol):
    """An encoder of texts into its main space."""

    max_length: int
    """Longest text in tokens, special tokens included; longer texts are truncated."""

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation.

        Parameters
        ----------
        texts : sequence of str
            The texts, n of them.

        Returns
        -------
        array, shape (n,), int32
            Tokens, special tokens included.
        """
        ...

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the encoder can't read, by its tokenizer."""
        ...

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        Parameters
        ----------
        max_length : int
            Longest text in tokens, special tokens included.

        Raises
        ------
        EncoderError
            The model can't read texts of this length.
        """
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts into the main space.

        Returns
        -------
        array, shape (n, dim), float32
            One finite vector a text, in the order of `texts`.
        """
        ...

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Encode texts, and yield each batch as soon as it is ready.

        Yields
        ------
        positions : array, shape (m,), int64
            Positions in `texts` of this batch; any order, each position once.
        vectors : array, shape (m, dim), float32
            Their vectors.
        """
        ...


@runtime_checkable
class ImageEncoder(Encoder, Protocol):
    """An encoder of images into all its outputs, in one forward pass."""

    def encode_images(
        self, images: Iterable[bytes | Path]
    ) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
        """Encode image files (JPEG, PNG, …) into every output, one result an image.

        Parameters
        ----------
        images : iterable of bytes or Path
            The files, or their bytes.

        Yields
        ------
        index : int
            Position of the image in `images`; any order, each position once.
        result : dict or Exception
            Output name to vector of shape (dim,); or the `MediaError` that says why this
            image can't be used. A bad image never ends the rest.
        """
        ...


def fingerprint(*parts: str | bytes) -> str:
    """Hash parts in order; moving text from one part to the next changes the hash.

    Returns
    -------
    str
        32 hexadecimal digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]


def length_fingerprint(joint: str, max_length: int) -> str:
    """Hash a joint space together with the maximum length of its texts."""
    return fingerprint(joint, f"max_length {max_length}")


def file_sha256(path: Path) -> str:
    """Hash a file's bytes: its SHA-256 in hexadecimal; once, as long as the file is the same."""
    status = path.stat()
    return _file_sha256(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _file_sha256(path: Path, *_: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def gather(batches: Iterable[tuple[Indices, Vectors]], shape: tuple[int, int]) -> Vectors:
    """Put the batches of `TextEncoder.encode_batches` in order, as one array of this shape."""
    vectors = np.empty(shape, dtype=np.float32)
    for positions, batch in batches:
        vectors[positions] = batch
    return vectors


def check_settings(encoder: str, settings: Mapping[str, Any], known: Sequence[str]) -> None:
    """Check that an encoder has all the settings that are given.

    Raises
    ------
    EncoderError
        It has no such setting; the message names those that it has.
    """
    if unknown := sorted(settings.keys() - set(known)):
        raise EncoderError(
            f"{encoder} has no setting {unknown[0]!r}: it has {', '.join(sorted(known))}"
        )
