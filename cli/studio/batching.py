"""Answer questions that arrive at once in one go.

No thread and no delay of its own: the first to ask works for all that wait by then, and those
that come meanwhile are the next batch.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Self, TypeVar

import numpy as np
from embedstore.cli.studio.work import asked as asked_by
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import Encoder, ImageEncoder, Output, TextEncoder
from embedstore.encoders.readability import Readability
from embedstore.encoders.text.forward import FEW_TEXTS

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_TEXTS = FEW_TEXTS
"""Texts of one batch. More would be computed by torch, whose import takes seconds in which no
other question is answered."""

REMEMBERED = 2048
"""Vectors of recent texts that are kept, 3 MB at 384 dimensions."""


MOST_REMEMBERED = 64
"""Texts of one call that are remembered: those of a person, not of a file."""


class _Asked(Generic[Item, Result]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = False
        self.result: Result | None = None
        self.error: BaseException | None = None


class Batches(Generic[Item, Result]):
    """Calls a function of many items for items that threads bring one by one.

    Parameters
    ----------
    answer : callable
        Gives one result an item. If it raises, each item is tried alone, so that none spoils
        those of others.
    most : int
        Items of one batch.
    """

    def __init__(self, answer: Callable[[list[Item]], Sequence[Result]], most: int) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[_Asked[Item, Result]] = []
        self._adding = threading.Lock()
        self._working = threading.Lock()

    def __call__(self, item: Item) -> Result:
        """Return the result of one item."""
        asked: _Asked[Item, Result] = _Asked(item)
        with self._adding:
            self._waiting.append(asked)
        while not asked.done:
            with self._working:
                if not asked.done:
                    with self._adding:
                        batch, self._waiting = (
                            self._waiting[: self._most],
                            self._waiting[self._most :],
                        )
                    self._work(batch)
        if asked.error is not None:
            raise asked.error
        return asked.result  # type: ignore[return-value]

    def _work(self, batch: list[_Asked[Item, Result]]) -> None:
        # Who works for others goes on when nobody waits for its own answer any more.
        token = asked_by.set(None)
        try:
            for asked, result in zip(
                batch, self._answer([asked.item for asked in batch]), strict=True
            ):
                asked.result = result
        except BaseException as error:
            if len(batch) == 1:
                batch[0].error = error
            else:
                for asked in batch:
                    self._work([asked])
        finally:
            asked_by.reset(token)
            for asked in batch:
                asked.done = True


class BatchedTexts:
    """An encoder of texts whose concurrent short calls are one call, and which remembers texts.

    Parameters
    ----------
    encoder : TextEncoder
        The encoder.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._one: Batches[str, Vectors] = Batches(
            lambda texts: list(encoder.encode(texts)), MOST_TEXTS
        )
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self.name: str = encoder.name
        self.weights: str = encoder.weights
        self.settings: dict[str, Any] = encoder.settings
        self.outputs: tuple[Output, ...] = encoder.outputs
        self.max_length: int = encoder.max_length

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts; see `TextEncoder.encode`."""
        if not 0 < len(texts) <= MOST_REMEMBERED:
            return self._encoder.encode(texts)
        with self._lock:
            known = {text: self._recent[text] for text in texts if text in self._recent}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            some = [self._one(fresh[0])] if len(fresh) == 1 else self._encoder.encode(fresh)
            known |= zip(fresh, some, strict=True)
        with self._lock:
            for text in known:
                self._recent[text] = known[text]
                self._recent.move_to_end(text)
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)
        return np.stack([known[text] for text in texts])

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Encode many texts; see `TextEncoder.encode_batches`."""
        return self._encoder.encode_batches(texts)

    def runs_on(self) -> tuple[str, str]:
        """Return where and in what precision it computes."""
        return self._encoder.runs_on()

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation."""
        return self._encoder.token_lengths(texts)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the encoder can't read, by its tokenizer."""
        return self._encoder.readability(texts)

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length."""
        return type(self)(self._encoder.with_max_length(max_length))


class _BatchedBoth(BatchedTexts):
    """The same for an encoder of texts and images."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__(encoder)
        assert isinstance(encoder, ImageEncoder)
        self.encode_images = encoder.encode_images


def batched(encoder: Encoder) -> Encoder:
    """Batch an encoder's short calls; one of images alone stays as it is."""
    if not isinstance(encoder, TextEncoder):
        return encoder
    return _BatchedBoth(encoder) if isinstance(encoder, ImageEncoder) else BatchedTexts(encoder)
