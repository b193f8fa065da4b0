"""A device that is full gets smaller batches, and every result is there all the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedstore.encoders import load_encoder
from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.texts import forward_texts
from embedstore.encoders.text.encoder import TransformerEncoder
from embedstore.errors import EncoderError


class Small:
    """A model on a device with room for so many items."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.calls: list[int] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(len(items))
        if len(items) > self.room:
            raise torch.OutOfMemoryError("tried to allocate more than there is")
        return [10 * item for item in items]


def test_what_does_not_fit_is_halved_and_stays_halved() -> None:
    model, budget = Small(3), Budget(16)
    done = budget.run(model, list(range(16)))
    assert [(list(items), result) for items, result in done] == [
        ([start, start + 1], [10 * start, 10 * start + 10]) for start in range(0, 16, 2)
    ]
    assert budget.size == 2
    model.calls.clear()
    budget.run(model, [1, 2])
    assert model.calls == [2]


def test_batches_that_were_cut_before_it_showed_halve_nothing_further() -> None:
    model, budget = Small(4), Budget(8)
    for _ in range(3):
        budget.run(model, list(range(8)))
    assert budget.size == 4


def test_one_item_that_does_not_fit_is_an_error_with_a_remedy() -> None:
    with pytest.raises(EncoderError, match=r"more than there is; use `--device cpu`"):
        Budget(8).run(Small(0), [1, 2])


def test_other_errors_are_not_taken_for_a_full_device() -> None:
    def broken(_: Sequence[int]) -> None:
        raise RuntimeError("mat1 and mat2")

    with pytest.raises(RuntimeError, match="mat1"):
        Budget(8).run(broken, [1, 2])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_packed_texts_all_come_back_from_a_small_device(device: str) -> None:
    """The loop of a GPU too, around a network that is on the CPU."""
    room = 50

    def network(ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        if len(ids) > room:
            raise torch.OutOfMemoryError("full")
        firsts = ids[np.cumsum(lengths) - lengths]
        return torch.from_numpy(np.stack([firsts, lengths], axis=1))

    texts = ["x" * (1 + number % 9) for number in range(500)]
    budget = Budget(400)
    found = np.zeros((500, 2))
    for positions, outputs in forward_texts(
        texts,
        lambda some: [np.full(len(text), 7, dtype=np.int64) for text in some],
        network,
        device=device,
        budget=budget,
    ):
        found[positions] = outputs()
    assert (found == [[7, len(text)] for text in texts]).all()
    assert budget.size <= room


def test_an_encoder_goes_on_after_a_full_device_with_the_same_vectors(
    minilm: TransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"post number {number} about rice " * (1 + number % 3) for number in range(60)]
    encoder = load_encoder("minilm", device="cpu", dtype="float32")
    assert isinstance(encoder, TransformerEncoder)
    loaded = encoder._forward.torch
    whole = loaded.network

    def small(ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        if len(ids) > 128:
            raise torch.OutOfMemoryError("full")
        return whole(ids, lengths)

    small.dim = whole.dim  # type: ignore[attr-defined]
    monkeypatch.setattr(encoder._forward, "torch", replace(loaded, network=small))
    np.testing.assert_allclose(encoder.encode(texts), minilm.encode(texts), atol=1e-5)
