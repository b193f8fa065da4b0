"""From texts to CLIP's text vectors: packed batches where the tower allows them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.clip.text_tower import TextTower
from embedstore.encoders.clip.tokenizer import ClipTokenizer
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.packing import TOKENS, WINDOW, Ids, Outputs, packed
from embedstore.encoders.runtime.transfer import to_host

if TYPE_CHECKING:
    from torch import Tensor

_WHOLE_BATCH = 64
"""Texts in one batch where each takes the full context."""

SHORTEST = 3
"""Start token, one token of the text, end token."""


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

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        ...

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[Outputs]:
        """Positions of texts, and what waits for their vectors, (n, dim), not normalised."""
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
        self._budget = Budget(TOKENS[device])

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut."""
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
        """Positions with what waits for their vectors, the longest texts first."""

        def token_ids(texts: Sequence[str]) -> list[Ids]:
            return [self._cut(ids, max_length) for ids in self._tokenizer(texts)]

        return packed(texts, token_ids, self._tower, device=self._device, budget=self._budget)

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

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts; these tokenizers don't tell where their tokens are in a text."""
        return Readability(len(texts))

    def batches(self, texts: Sequence[str], max_length: int) -> Iterator[Outputs]:
        """Positions with what waits for their vectors, in order."""
        import torch

        for start in range(0, len(texts), _WHOLE_BATCH):
            batch = list(texts[start : start + _WHOLE_BATCH])
            with torch.inference_mode():
                vectors = self._encode(
                    self._tokenizer(batch, context_length=max_length).to(self._device)
                )
            yield np.arange(start, start + len(batch), dtype=np.int64), to_host(vectors)


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
