"""From texts to CLIP's text vectors: packed batches where the tower allows them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.base import Indices
from embedstore.encoders.batching import token_batches
from embedstore.encoders.clip_tokenizer import ClipTokenizer
from embedstore.encoders.clip_tower import TextTower
from embedstore.encoders.threads import ahead, one_core_a_thread

if TYPE_CHECKING:
    from torch import Tensor

_WINDOW = 2048
"""Texts that are tokenized together; their exact lengths are sorted within it."""

_TOKENS = {"cpu": 2048, "cuda": 65_536}
"""Tokens in one batch: on a CPU what its cache holds, on a GPU enough to fill it."""

_WHOLE_BATCH = 64
"""Texts in one batch where each takes the full context."""

SHORTEST = 3
"""Start token, one token of the text, end token."""


@dataclass(frozen=True)
class _Window:
    """Tokenized texts, the longest first.

    Attributes
    ----------
    positions : array, shape (n,)
        Where each text stands in the whole sequence.
    ids : list of arrays
        Token ids of each text, cut.
    lengths : array, shape (n,)
        How many those are.
    """

    positions: Indices
    ids: list[NDArray[np.int64]]
    lengths: NDArray[np.int64]


class TextSide(Protocol):
    """The text half of a CLIP.

    Attributes
    ----------
    limits : tuple of int
        Smallest and largest maximum length that can be used.
    """

    limits: tuple[int, int]

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut."""
        ...

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[tuple[Indices, "Tensor"]]:
        """Vectors, not normalised, of shape (n, dim), with the positions of their texts."""
        ...


class PackedText:
    """CLIP's own text tower on batches without padding.

    Parameters
    ----------
    tokenizer : ClipTokenizer
    tower : TextTower
    end : int
        The end token.
    context : int
        Longest text that the tower reads, in tokens.
    device : str
    """

    def __init__(
        self, tokenizer: ClipTokenizer, tower: TextTower, *, end: int, context: int, device: str
    ) -> None:
        self.limits = (SHORTEST, context)
        self._tokenizer = tokenizer
        self._tower = tower
        self._end = end
        self._device = device

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut."""
        lengths = [
            len(ids)
            for start in range(0, len(texts), _WINDOW)
            for ids in self._tokenizer(texts[start : start + _WINDOW])
        ]
        return np.array(lengths, dtype=np.int32)

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[tuple[Indices, "Tensor"]]:
        """Vectors with the positions of their texts, the longest texts first."""
        # By letters first, which is free: texts of a window then have about as many tokens.
        order = np.argsort([-len(text) for text in texts], kind="stable").astype(np.int64)
        windows = ahead(
            lambda start: self._tokenized(texts, order[start : start + _WINDOW], max_length),
            range(0, len(order), _WINDOW),
            threads=1,
        )
        batches = (
            (window, batch)
            for window in windows
            for batch in token_batches(window.lengths, _TOKENS[self._device])
        )
        if self._device == "cpu":
            with one_core_a_thread() as (threads, prepare):
                yield from ahead(self._vectors, batches, threads=threads, prepare=prepare)
        else:
            yield from ahead(self._vectors, batches, threads=1)

    def _tokenized(self, texts: Sequence[str], positions: Indices, max_length: int) -> _Window:
        uncut = self._tokenizer([texts[position] for position in positions])
        ids = [self._cut(one, max_length) for one in uncut]
        lengths = np.array([len(one) for one in ids], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable")
        return _Window(positions[order], [ids[i] for i in order], lengths[order])

    def _vectors(self, part: tuple[_Window, slice]) -> tuple[Indices, "Tensor"]:
        window, batch = part
        packed = np.concatenate(window.ids[batch])
        return window.positions[batch], self._tower(packed, window.lengths[batch])

    def _cut(self, ids: list[int], max_length: int) -> NDArray[np.int64]:
        """Cut as open_clip does; then drop what follows the first end token.

        A text may spell out the end token. open_clip's tower pools at the first one, which
        nothing after it can reach.
        """
        if len(ids) > max_length:
            ids = [*ids[: max_length - 1], self._end]
        return np.array(ids[: ids.index(self._end) + 1], dtype=np.int64)


class WholeText:
    """Any other text tower of open_clip, run by open_clip on its full context.

    Parameters
    ----------
    tokenizer : callable
        open_clip's own tokenizer of the model.
    encode : callable
        The model's ``encode_text``.
    context : int
        Tokens of every text, padding included.
    device : str
    """

    def __init__(
        self, tokenizer: Any, encode: Callable[["Tensor"], "Tensor"], *, context: int, device: str
    ) -> None:
        self.limits = (context, context)
        self._tokenizer = tokenizer
        self._encode = encode
        self._device = device

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut."""
        if hasattr(self._tokenizer, "encode"):
            counts = [len(self._tokenizer.encode(text)) + 2 for text in texts]
        else:  # one of transformers, wrapped
            cleaned = [self._tokenizer.clean_fn(text) for text in texts]
            counts = [len(ids) for ids in self._tokenizer.tokenizer(cleaned)["input_ids"]]
        return np.array(counts, dtype=np.int32)

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[tuple[Indices, "Tensor"]]:
        """Vectors with the positions of their texts, in order."""
        import torch

        for start in range(0, len(texts), _WHOLE_BATCH):
            batch = list(texts[start : start + _WHOLE_BATCH])
            with torch.inference_mode():
                vectors = self._encode(
                    self._tokenizer(batch, context_length=max_length).to(self._device)
                )
            yield np.arange(start, start + len(batch), dtype=np.int64), vectors


def text_side(model: Any, tokenizer: Any, device: str) -> TextSide:
    """Choose how a model's texts are embedded, by what its text tower is."""
    from open_clip.tokenizer import SimpleTokenizer

    context = int(model.context_length)
    if isinstance(tokenizer, SimpleTokenizer) and tokenizer.reduction_fn is None:
        tower = TextTower.of(model, tokenizer.eot_token_id)
        if tower is not None:
            return PackedText(
                ClipTokenizer(tokenizer),
                tower,
                end=tokenizer.eot_token_id,
                context=context,
                device=device,
            )
    return WholeText(tokenizer, model.encode_text, context=context, device=device)
