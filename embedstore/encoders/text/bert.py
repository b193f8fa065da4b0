"""Forward pass of BERT and DistilBERT over packed texts: no padding, no mask.

The tokens of a batch lie one text after the other in a single matrix. Linear layers take
the whole matrix; attention stays within each text (`embedstore.encoders.runtime.attention`).
A text's vector does not depend on the other texts of its batch.

The architecture is that of Devlin et al., "BERT" (2018), and Sanh et al., "DistilBERT"
(2019). It is written in plain torch, which loads in a third of the time that the model
classes of transformers take.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (the name everyone uses)

from embedstore.encoders.runtime.attention import Packing, attention
from embedstore.encoders.runtime.devices import Device, DType
from embedstore.encoders.runtime.linear import Linear, pad_to_block
from embedstore.encoders.runtime.transfer import to_device
from embedstore.encoders.text.checkpoint import (
    POSITIONS,
    TOKEN_TYPES,
    WORDS,
    Architecture,
    TensorNames,
    bare_name,
    missing,
)
from embedstore.encoders.text.model_config import Pooling
from embedstore.encoders.weights.hub import weight_files
from embedstore.errors import WeightsError


class Network(Protocol):
    """Forward pass of a text model over packed texts.

    Attributes
    ----------
    dim : int
        Dimensions of its vectors.
    """

    dim: int

    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Compute one vector a text.

        Parameters
        ----------
        ids : array, shape (sum of lengths,), int64
            Token ids of all texts, one text after the other.
        lengths : array, shape (n,), int64
            Tokens of each text, at least 1; texts of equal length are consecutive.

        Returns
        -------
        Tensor, shape (n, dim)
            Vectors, not normalised.
        """
        ...


class WordEmbeddings(Protocol):
    """Table of word embeddings: a tensor, or one in another form, such as in four bits."""

    def __getitem__(self, ids: Tensor) -> Tensor:
        """Return the rows of `ids`, shape (n, dim), on the network's device in its precision."""
        ...


_Affine = tuple[Tensor, Tensor]
"""Weight and bias."""


@dataclass(frozen=True)
class _Layer:
    """One transformer layer."""

    qkv: Linear
    attention_out: Linear
    attention_norm: _Affine
    up: Linear
    down: Linear
    out_norm: _Affine


class Bert:
    """BERT or DistilBERT with pooling.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        Its weights, named as in the model without a task head; see `read_tensors`.
    config : mapping
        Its ``config.json``. `embedstore.encoders.text.model_config` has checked that this
        class computes what it describes.
    pooling : {"mean", "cls", "max"}
        Pooling of the token vectors.
    device : {"cpu", "cuda"}
        Where to compute.
    dtype : {"float32", "bfloat16", "float16"}
        Precision to compute in.
    words : WordEmbeddings, optional
        The word embeddings, if they are not among the tensors.

    Raises
    ------
    WeightsError
        A tensor is missing.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        config: Mapping[str, Any],
        *,
        pooling: Pooling,
        device: Device,
        dtype: DType,
        words: WordEmbeddings | None = None,
    ) -> None:
        self._shape = shape = Architecture.of(config)
        self.dim = shape.dim
        self._pooling = pooling
        self._device = torch.device(device)
        # The CPU's fused attention is slower in bfloat16 than plain products and softmax.
        self._fused = not (device == "cpu" and dtype == "bfloat16")
        checkpoint = _Checkpoint(tensors, self._device, getattr(torch, dtype))
        if words is None:
            words = checkpoint.cast(WORDS)
        self._words: WordEmbeddings = words
        self._positions = checkpoint.positions()
        self._embeddings_norm = checkpoint.affine(shape.names.embeddings_norm)
        self._layers = [
            checkpoint.layer(shape.names, number, query_scale=(shape.dim // shape.heads) ** -0.5)
            for number in range(shape.layers)
        ]

    @torch.inference_mode()
    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Compute vectors of shape (n, dim), float32; see `Network`."""
        first = np.cumsum(lengths) - lengths
        packing = Packing(lengths, self._device)
        hidden = self._embed(ids, np.arange(len(ids)) - np.repeat(first, lengths))
        for layer in self._layers:
            context = attention(
                layer.qkv(hidden),
                packing,
                self._shape.heads,
                scale=1.0,
                causal=False,
                fused=self._fused,
            )
            if self._pooling == "cls" and layer is self._layers[-1]:
                # After the last attention only the first token of each text is needed.
                rows = self._to_device(first)
                context, hidden = context[rows], hidden[rows]
            hidden = self._norm(hidden + layer.attention_out(context), layer.attention_norm)
            hidden = self._norm(hidden + layer.down(layer.up(hidden)), layer.out_norm)
        return hidden.float() if self._pooling == "cls" else self._pool(hidden, packing)

    def _embed(self, ids: NDArray[np.int64], positions: NDArray[np.int64]) -> Tensor:
        """Add word and position embeddings, and normalise them."""
        if self._device.type == "cpu":
            ids, positions = pad_to_block(ids), pad_to_block(positions)
        hidden = self._words[self._to_device(ids)] + self._positions[self._to_device(positions)]
        return self._norm(hidden, self._embeddings_norm)

    def _pool(self, hidden: Tensor, packing: Packing) -> Tensor:
        """Take the mean or the maximum over the tokens of each text."""
        pooled = []
        for group in packing.groups:
            tokens = hidden[group.start : group.stop].view(group.texts, group.length, self.dim)
            tokens = tokens.float()
            pooled.append(tokens.mean(1) if self._pooling == "mean" else tokens.amax(1))
        return torch.cat(pooled)

    def _norm(self, hidden: Tensor, norm: _Affine) -> Tensor:
        return F.layer_norm(hidden, (self.dim,), *norm, self._shape.epsilon)

    def _to_device(self, values: NDArray[np.int64]) -> Tensor:
        return to_device(values, self._device)


class _Checkpoint:
    """Weights of a BERT or DistilBERT.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        The weights, named as in the model without a task head.
    device : torch.device
        Where to put tensors.
    dtype : torch.dtype
        Precision to cast them to.
    """

    def __init__(
        self, tensors: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype
    ) -> None:
        self._tensors = tensors
        self._device = device
        self._dtype = dtype

    def cast(self, name: str) -> Tensor:
        """Return a tensor on the device, in its precision."""
        return self._tensor(name).to(self._device, self._dtype)

    def positions(self) -> Tensor:
        """Return the position embeddings, with the embedding of the only token type added."""
        positions = self._tensor(POSITIONS)
        if TOKEN_TYPES in self._tensors:
            # Every token is of the first type.
            positions = positions + self._tensor(TOKEN_TYPES)[0]
        return positions.to(self._device, self._dtype)

    def affine(self, *parts: str, scale: float = 1.0) -> _Affine:
        """Concatenate the weights and biases of some parts, and scale those of the first one."""
        scales = [scale] + [1.0] * (len(parts) - 1)
        pairs = list(zip(parts, scales, strict=True))
        weight = torch.cat([self._tensor(f"{part}.weight") * by for part, by in pairs])
        bias = torch.cat([self._tensor(f"{part}.bias") * by for part, by in pairs])
        return weight.to(self._device, self._dtype), bias.to(self._device, self._dtype)

    def layer(self, names: TensorNames, number: int, *, query_scale: float) -> _Layer:
        """Build a layer; the scale of attention is multiplied into its queries."""
        base = f"{names.layer}{number}."
        qkv = self.affine(*(base + part for part in names.qkv), scale=query_scale)
        return _Layer(
            qkv=Linear(*qkv),
            attention_out=Linear(*self.affine(base + names.attention_out)),
            attention_norm=self.affine(base + names.attention_norm),
            up=Linear(*self.affine(base + names.up), gelu=True),
            down=Linear(*self.affine(base + names.down)),
            out_norm=self.affine(base + names.out_norm),
        )

    def _tensor(self, name: str) -> Tensor:
        if name not in self._tensors:
            raise missing(name)
        return self._tensors[name].float()


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Read a folder's tensors, named as in the model without a task head.

    Raises
    ------
    WeightsError
        A file holds something else than tensors.
    """
    tensors: dict[str, Tensor] = {}
    for file in weight_files(folder):
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors |= load_file(file)
        else:
            try:
                tensors |= torch.load(file, map_location="cpu", weights_only=True)
            except (UnpicklingError, RuntimeError, EOFError) as error:
                raise WeightsError(
                    f"{file} can't be read as tensors, and nothing else is ever unpickled"
                ) from error
    return {bare_name(name): tensor for name, tensor in tensors.items()}
