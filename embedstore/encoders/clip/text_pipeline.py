"""Tokenization and forward pass of CLIP's texts, in packed batches where the tower allows."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.clip.text_tower import TextTower
from embedstore.encoders.clip.tokenizer import ClipTokenizer
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.texts import (
    BATCH_TOKENS,
    WINDOW,
    Outputs,
    TokenIds,
    forward_texts,
)
from embedstore.encoders.runtime.transfer import to_host

if TYPE_CHECKING:
    from torch import Tensor

_PADDED_BATCH = 64
"""Texts in one batch if all are padded to the full context."""

SHORTEST = 3
"""Shortest maximum length: start token, one token of the text, end token."""


class TextPipeline(Protocol):
    """Tokenization and forward pass of a CLIP's texts.

    Attributes
    ----------
    limits : tuple of int
        Smallest and largest maximum length that it can use.
    """

    limits: tuple[int, int]

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation, shape (n,), int32."""
        ...

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        ...

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[Outputs]:
        """Run texts through the tower.

        Yields
        ------
        positions : array, shape (m,), int64
            Positions in `texts` of one batch.
        outputs : callable
            Waits for their vectors, shape (m, dim), float32, not normalised.
        """
        ...


class PackedTextPipeline:
    """CLIP's own text tower, on packed batches.

    Parameters
    ----------
    tokenizer : ClipTokenizer
        Tokenizer without truncation.
    tower : TextTower
        Forward pass over packed texts.
    end : int
        Id of the end token.
    context : int
        Longest text that the tower reads, in tokens.
    device : {"cpu", "cuda"}
        Where the tower is.
    """

    def __init__(
        self, tokenizer: ClipTokenizer, tower: TextTower, *, end: int, context: int, device: str
    ) -> None:
        self.limits = (SHORTEST, context)
        self._tokenizer = tokenizer
        self._tower = tower
        self._end = end
        self._device = device
        self._budget = Budget(BATCH_TOKENS[device])

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation, shape (n,), int32."""
        lengths = [
            len(ids)
            for start in range(0, len(texts), WINDOW)
            for ids in self._tokenizer(texts[start : start + WINDOW])
        ]
        return np.array(lengths, dtype=np.int32)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        found = Readability()
        for start in range(0, len(texts), WINDOW):
            found += self._tokenizer.readability(texts[start : start + WINDOW])
        return found

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[Outputs]:
        """Run texts through the tower, the longest first; see `TextPipeline`."""

        def tokenize(texts: Sequence[str]) -> list[TokenIds]:
            return [self._truncate(ids, max_length) for ids in self._tokenizer(texts)]

        return forward_texts(texts, tokenize, self._tower, device=self._device, budget=self._budget)

    def _truncate(self, ids: list[int], max_length: int) -> NDArray[np.int64]:
        """Truncate as open_clip does, and drop all tokens after the first end token.

        A text may spell out the end token. open_clip's tower pools at the first one, and no
        later token can change its vector.
        """
        if len(ids) > max_length:
            ids = [*ids[: max_length - 1], self._end]
        return np.array(ids[: ids.index(self._end) + 1], dtype=np.int64)


class PaddedTextPipeline:
    """Any other text tower, run by open_clip on texts padded to the full context.

    Parameters
    ----------
    tokenizer : callable
        open_clip's own tokenizer of the model.
    encode : callable
        The model's ``encode_text``.
    context : int
        Tokens of every text, padding included.
    device : {"cpu", "cuda"}
        Where the model is.
    """

    def __init__(
        self, tokenizer: Any, encode: Callable[["Tensor"], "Tensor"], *, context: int, device: str
    ) -> None:
        self.limits = (context, context)
        self._tokenizer = tokenizer
        self._encode = encode
        self._device = device

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation, shape (n,), int32."""
        if hasattr(self._tokenizer, "encode"):
            counts = [len(self._tokenizer.encode(text)) + 2 for text in texts]
        else:  # a tokenizer of transformers, wrapped by open_clip
            cleaned = [self._tokenizer.clean_fn(text) for text in texts]
            counts = [len(ids) for ids in self._tokenizer.tokenizer(cleaned)["input_ids"]]
        return np.array(counts, dtype=np.int32)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts; these tokenizers don't tell where their tokens are in a text."""
        return Readability(len(texts))

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[Outputs]:
        """Run texts through the tower in their order; see `TextPipeline`."""
        import torch

        for start in range(0, len(texts), _PADDED_BATCH):
            batch = list(texts[start : start + _PADDED_BATCH])
            with torch.inference_mode():
                vectors = self._encode(
                    self._tokenizer(batch, context_length=max_length).to(self._device)
                )
            yield np.arange(start, start + len(batch), dtype=np.int64), to_host(vectors)


def choose_text_pipeline(model: Any, tokenizer: Any, device: str) -> TextPipeline:
    """Choose packed batches for CLIP's own text tower, and padded ones for any other.

    Parameters
    ----------
    model : open_clip.CLIP
        The whole model, on its device.
    tokenizer : callable
        open_clip's tokenizer of the model.
    device : {"cpu", "cuda"}
        Where the model is.
    """
    from open_clip.tokenizer import SimpleTokenizer

    context = int(model.context_length)
    if isinstance(tokenizer, SimpleTokenizer) and tokenizer.reduction_fn is None:
        tower = TextTower.of(model, tokenizer.eot_token_id)
        if tower is not None:
            return PackedTextPipeline(
                ClipTokenizer(tokenizer),
                tower,
                end=tokenizer.eot_token_id,
                context=context,
                device=device,
            )
    return PaddedTextPipeline(tokenizer, model.encode_text, context=context, device=device)
