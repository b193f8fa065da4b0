"""KV cache of a language model that is writing, with room for the tokens to come.

The library's own cache is copied whole for every token that is written. The class below imports
nothing of ours, as in `heads.tweets.models.attention`.
"""

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicLayer


class RoomyLayer(DynamicLayer):
    """A layer's keys and values in memory that is taken once.

    Parameters
    ----------
    layer : DynamicLayer
        Cache of the prompts, tensors of shape (B, H, L, D).
    count : int
        Texts that are written for each prompt.
    room : int
        Tokens that will be written at most.
    """

    def __init__(self, layer: DynamicLayer, count: int, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        assert layer.keys is not None
        assert layer.values is not None
        self.device, self.is_initialized = layer.keys.device, True
        self._length = layer.keys.shape[-2]
        self._keys = _with_room(layer.keys, count, room)
        self._values = _with_room(layer.values, count, room)
        self._look()

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> Any:
        """Take up the keys and values of new tokens; returns all."""
        end = self._length + key_states.shape[-2]
        self._keys[..., self._length : end, :] = key_states
        self._values[..., self._length : end, :] = value_states
        self._length = end
        self._look()
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Select the texts that go on."""
        self._keys, self._values = self._keys[indices], self._values[indices]
        self._look()

    def _look(self) -> None:
        """Show the tokens so far to the library."""
        self.keys = self._keys[..., : self._length, :]
        self.values = self._values[..., : self._length, :]


def spread(cache: Any, count: int, room: int) -> None:
    """Turn a cache of prompts into one of `count` texts for each, in place.

    Layers of other kinds, such as those that look at a window only, stay what they are.
    """
    for place, layer in enumerate(cache.layers):
        if type(layer) is DynamicLayer:
            cache.layers[place] = RoomyLayer(layer, count, room)
        else:
            layer.batch_repeat_interleave(count)


def _with_room(part: Tensor, count: int, room: int) -> Tensor:
    """Copy keys or values for `count` texts each, with room for more tokens."""
    batch, heads, length, size = part.shape
    found = torch.empty((batch, count, heads, length + room, size), dtype=part.dtype,
                        device=part.device)  # fmt: skip
    found[..., :length, :] = part[:, None]
    return found.flatten(0, 1)
