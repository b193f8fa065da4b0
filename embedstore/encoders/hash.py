"""`hash`: signed feature hashing of words and letter trigrams, without weights.

It serves tests, and measurements of a store without a model. The method is that of
Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009): each
feature adds +1 or -1 to one dimension; its hash decides the sign and the dimension.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import Encoder, Output, check_settings, fingerprint, gather
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.batching import token_batches
from embedstore.errors import EncoderError

MAX_LENGTH = 512
"""Words of a text that count, unless `max_length` says otherwise."""

_WORD_WEIGHT = 2.0
"""Weight of a word beside 1 of a trigram."""

_BATCH_BYTES = 1 << 18
"""Bytes of text in one batch; its arrays then fit the processor's cache."""

# Base of the polynomial hash, and its inverse modulo 2**64.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_SPACE = 0x20

# Letters and digits of ASCII and every byte of other characters, emoji among them.
_IS_WORD = np.zeros(256, dtype=bool)
_IS_WORD[list(b"abcdefghijklmnopqrstuvwxyz0123456789_#@")] = True
_IS_WORD[128:] = True


class HashEncoder:
    """Encoder of texts by feature hashing; texts that share words get near vectors.

    Parameters
    ----------
    dim : int
        Number of dimensions.
    max_length : int
        Words of a text that count.
    """

    def __init__(self, dim: int, max_length: int = MAX_LENGTH) -> None:
        self.name = "hash"
        self.weights = str(dim)
        self.settings: dict[str, Any] = {"dim": dim, "max_length": max_length}
        self.dim = dim
        self.max_length = max_length
        joint = fingerprint("hash words and triples", str(dim))
        self.outputs: tuple[Output, ...] = (
            Output("hash", dim, fingerprint(joint, str(max_length)), joint),
        )

    def runs_on(self) -> tuple[str, str]:
        """Return the device and the precision that it computes in."""
        return "cpu", "float32"

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length."""
        return type(self)(self.dim, max_length)

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the words of each text, shape (n,), int32."""
        return np.array([len(text.split()) for text in texts], dtype=np.int32)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts; the bytes of any script can be hashed."""
        return Readability(len(texts))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts into unit vectors in their order, shape (n, dim), float32."""
        return gather(self.encode_batches(texts), (len(texts), self.dim))

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Encode texts batch by batch, in their order."""
        for batch in token_batches([len(text) + 1 for text in texts], lambda: _BATCH_BYTES):
            lowered = [self._truncated(text).lower() for text in texts[batch]]
            vectors = _hash([text.encode("utf-8", "surrogatepass") for text in lowered], self.dim)
            yield np.arange(batch.start, batch.stop, dtype=np.int64), vectors

    def _truncated(self, text: str) -> str:
        """Keep the first `max_length` words."""
        if len(text) < 2 * self.max_length:
            return text  # even words of one letter can't be too many
        words = text.split()
        return text if len(words) <= self.max_length else " ".join(words[: self.max_length])


def _hash(texts: list[bytes], dim: int) -> Vectors:
    """Hash lower-case UTF-8 texts into unit vectors, shape (n, dim)."""
    # All texts lie in one array of bytes, a space after each; `owner` is the text of a byte.
    sizes = np.array([len(text) + 1 for text in texts])
    raw = np.frombuffer(b" ".join(texts) + b" ", dtype=np.uint8)
    in_word = _IS_WORD[raw]
    letters = np.where(in_word, raw, _SPACE).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), sizes)

    starts = np.flatnonzero(in_word & ~np.r_[False, in_word[:-1]])
    ends = np.flatnonzero(in_word & ~np.r_[in_word[1:], False]) + 1
    words = _mix(_spans(letters, starts, ends))

    first = np.flatnonzero(owner[:-2] == owner[2:]) if len(raw) > 2 else np.empty(0, np.int64)
    trigrams = _mix(
        letters[first] << np.uint64(16) | letters[first + 1] << np.uint64(8) | letters[first + 2]
    )

    sums = _signed_sums(words, owner[starts], len(texts), dim) * _WORD_WEIGHT
    sums += _signed_sums(trigrams, owner[first], len(texts), dim)
    # A text without a feature, or whose features cancel out, still gets a vector.
    sums[~sums.any(axis=1), 0] = 1.0
    # The sums are whole numbers, so that no order of adding can change a bit of the result.
    vectors: Vectors = (sums / np.sqrt((sums * sums).sum(axis=1, keepdims=True))).astype(np.float32)
    return vectors


def _spans(
    letters: NDArray[np.uint64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Hash each span of letters by a polynomial, from differences of one prefix sum.

    The hash of a word does not depend on where it stands.
    """
    powers = np.full(len(letters), _BASE, dtype=np.uint64).cumprod()
    prefix = np.concatenate([np.zeros(1, np.uint64), (letters * powers).cumsum()])
    undo = np.full(len(letters), _INVERSE, dtype=np.uint64).cumprod()
    hashes: NDArray[np.uint64] = (prefix[ends] - prefix[starts]) * undo[starts]
    return hashes


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit over all 64 (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _signed_sums(
    hashes: NDArray[np.uint64], owner: NDArray[np.int64], n: int, dim: int
) -> NDArray[np.float64]:
    """Add each feature's sign to its dimension of the text that owns it; shape (n, dim)."""
    dimension = ((hashes >> np.uint64(1)) % np.uint64(dim)).astype(np.int64)
    sign = 1.0 - 2.0 * (hashes & np.uint64(1)).astype(np.float64)
    sums = np.bincount(owner * dim + dimension, weights=sign, minlength=n * dim)
    return sums.astype(np.float64, copy=False).reshape(n, dim)


def load(weights: str, *, device: str, settings: Mapping[str, Any]) -> Encoder:  # noqa: ARG001
    """Make a hash encoder.

    Parameters
    ----------
    weights : str
        Number of dimensions, as in ``hash:384``.
    device : str
        Ignored: it always computes on the CPU.
    settings : mapping
        ``dim``, which takes precedence over `weights`, and ``max_length``.

    Raises
    ------
    EncoderError
        The number of dimensions or a setting can't be used.
    """
    check_settings("hash", settings, ("dim", "max_length"))
    dim = settings.get("dim", weights)
    max_length = settings.get("max_length") or MAX_LENGTH
    if not str(dim).isdecimal() or int(dim) < 1 or max_length < 1:
        raise EncoderError(
            f"hash with dim {dim!r} and max_length {max_length!r}: both must be whole numbers"
            " from 1, as in `--space NAME=hash:384`"
        )
    return HashEncoder(int(dim), int(max_length))
