"""Forward pass of BERT and DistilBERT in NumPy, for a query in a process without torch.

Importing torch takes longer than encoding hundreds of texts. This computes the same as
`embedstore.encoders.text.bert`, in float32 and by the same packing, on weights that lie in their
file; only the rows of words that occur are read.

Its products are small and run on one core: the threads of NumPy's BLAS wait for each other
actively, and while other work keeps the cores busy, a product of 0.3 ms takes 10 ms with them.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.text.checkpoint import POSITIONS, TOKEN_TYPES, WORDS, Architecture
from embedstore.encoders.text.model_config import Pooling

BLOCK = 256
"""Columns of a block of weights."""


class Rows(Protocol):
    """Table of word embeddings: an array, or one in another form, such as in four bits."""

    def __getitem__(self, ids: Indices) -> Vectors:
        """Return the rows of `ids`, shape (n, dim), float32."""
        ...


class NumpyBert:
    """BERT or DistilBERT with pooling.

    Parameters
    ----------
    tensors : mapping of str to array
        Its weights in float32, named as in the model without a task head.
    config : mapping
        Its ``config.json``.
    pooling : {"mean", "cls", "max"}
        Pooling of the token vectors.
    words : Rows, optional
        The word embeddings, if they are not among the tensors.

    Attributes
    ----------
    dim : int
        Dimensions of its vectors.
    """

    def __init__(
        self,
        tensors: Mapping[str, NDArray[np.float32]],
        config: Mapping[str, Any],
        *,
        pooling: Pooling,
        words: Rows | None = None,
    ) -> None:
        self._shape = Architecture.of(config)
        self.dim = self._shape.dim
        self._tensors = tensors
        self._pooling = pooling
        self._words: Rows = tensors[WORDS] if words is None else words
        self._calls = 0
        self._laid_out: dict[str, list[Vectors]] = {}

    def __call__(self, ids: Indices, lengths: Indices) -> Vectors:
        """Compute one vector a text.

        Parameters
        ----------
        ids : array, shape (sum of lengths,), int64
            Token ids of all texts, one text after the other.
        lengths : array, shape (n,), int64
            Tokens of each text, at least 1.

        Returns
        -------
        array, shape (n, dim), float32
            Vectors, not normalised.
        """
        self._calls += 1
        with _blas().limit(limits=1, user_api="blas"):
            return self._vectors(ids, lengths)

    def _vectors(self, ids: Indices, lengths: Indices) -> Vectors:
        names = self._shape.names
        first = np.cumsum(lengths) - lengths
        texts = [slice(a, a + n) for a, n in zip(first.tolist(), lengths.tolist(), strict=True)]
        positions = np.arange(len(ids)) - np.repeat(first, lengths)
        hidden = self._words[ids] + self._tensors[POSITIONS][positions]
        if TOKEN_TYPES in self._tensors:
            hidden += self._tensors[TOKEN_TYPES][0]  # every token is of the first type
        hidden = self._norm(hidden, names.embeddings_norm)
        for number in range(self._shape.layers):
            base = f"{names.layer}{number}."
            query, key, value = (self._linear(hidden, base + part) for part in names.qkv)
            context = self._attention(query, key, value, texts)
            hidden += self._linear(context, base + names.attention_out)
            hidden = self._norm(hidden, base + names.attention_norm)
            inner = gelu(self._linear(hidden, base + names.up))
            hidden += self._linear(inner, base + names.down)
            hidden = self._norm(hidden, base + names.out_norm)
        if self._pooling == "cls":
            pooled: Vectors = hidden[first]
            return pooled
        pool = np.mean if self._pooling == "mean" else np.max
        return np.stack([pool(hidden[text], axis=0) for text in texts])

    def _attention(
        self, query: Vectors, key: Vectors, value: Vectors, texts: list[slice]
    ) -> Vectors:
        """Compute self-attention within each text, shape (tokens, dim)."""
        heads = self._shape.heads
        size = self.dim // heads
        context = np.empty_like(query)
        for text in texts:
            q, k, v = (
                part[text].reshape(-1, heads, size).transpose(1, 0, 2)
                for part in (query, key, value)
            )
            scores = (q @ k.transpose(0, 2, 1)) * np.float32(size**-0.5)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context[text] = (scores @ v).transpose(1, 0, 2).reshape(-1, self.dim)
        return context

    def _linear(self, hidden: Vectors, name: str) -> Vectors:
        blocks = self._transposed(f"{name}.weight")
        out: Vectors = np.empty((len(hidden), sum(block.shape[1] for block in blocks)), np.float32)
        end = 0
        for block in blocks:
            start, end = end, end + block.shape[1]
            np.matmul(hidden, block, out=out[:, start:end])
        out += self._tensors[f"{name}.bias"]
        return out

    def _transposed(self, name: str) -> list[Vectors]:
        """Return a matrix of weights transposed, in blocks of columns from the second call on.

        BLAS lays a large matrix out anew in each call, which takes as long as multiplying a few
        tokens. A process that encodes a single query is spared the copy.
        """
        if self._calls < 2:
            return [self._tensors[name].T]
        if name not in self._laid_out:
            whole = self._tensors[name]
            self._laid_out[name] = [
                np.ascontiguousarray(whole[start : start + BLOCK].T)
                for start in range(0, len(whole), BLOCK)
            ]
        return self._laid_out[name]

    def _norm(self, hidden: Vectors, name: str) -> Vectors:
        centred: Vectors = hidden - hidden.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred)[:, None] / np.float32(self.dim)
        centred /= np.sqrt(variance + np.float32(self._shape.epsilon))
        centred *= self._tensors[f"{name}.weight"]
        centred += self._tensors[f"{name}.bias"]
        return centred


@cache
def _blas() -> ThreadpoolController:
    """Return what sets the threads of the libraries that are loaded, NumPy's BLAS among them."""
    return ThreadpoolController()


def gelu(values: Vectors) -> Vectors:
    """Compute the exact GELU, ``x / 2 * (1 + erf(x / sqrt 2))``, to 2e-7 of `values`.

    NumPy has no error function: this is formula 7.1.26 of Abramowitz and Stegun, "Handbook of
    Mathematical Functions" (1964), whose error is at most 1.5e-7.
    """
    size = np.abs(values) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(factor)
        series *= t
    series *= np.exp(-size * size)
    erf = np.copysign(1 - series, values)
    out: Vectors = values * np.float32(0.5) * (1 + erf)
    return out
