"""The forward pass of BERT and DistilBERT over packed texts: no padding, no mask.

The tokens of a batch lie one text after the other in a single matrix. All linear
layers work on that matrix whatever the lengths; attention stays within each text (see
`embedstore.encoders.runtime.attention`). Nothing is computed for padding because there is none, and
a text's vector does not depend on what else is in its batch.

The architecture is that of Devlin et al., "BERT" (2018), and Sanh et al.,
"DistilBERT" (2019). Plain torch suffices for it, which also loads in a third of the
time that the model classes of transformers take.
"""

from collections.abc import Callable, Mapping
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
from embedstore.encoders.runtime.linear import Linear, whole_blocks
from embedstore.encoders.runtime.transfer import to_device
from embedstore.encoders.text.recipe import Pooling
from embedstore.encoders.weights.hub import weight_files
from embedstore.errors import WeightsError


class Network(Protocol):
    """Token ids to one vector a text."""

    dim: int

    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Vectors of shape (n, dim).

        Parameters
        ----------
        ids : array, shape (sum of lengths,), int64
            Token ids of all texts, one text after the other.
        lengths : array, shape (n,), int64
            Tokens of each text, at least 1; equal lengths stand side by side.
        """
        ...


class Rows(Protocol):
    """A table of word embeddings that isn't a plain tensor, such as one in four bits."""

    def __getitem__(self, ids: Tensor) -> Tensor:
        """Return the rows of `ids`, shape (n, dim), on the network's device and in its dtype."""
        ...


@dataclass(frozen=True)
class _Names:
    """How a family of checkpoints calls its tensors."""

    embeddings_norm: str
    layer: str
    qkv: tuple[str, str, str]
    attention_out: str
    attention_norm: str
    up: str
    down: str
    out_norm: str


_NAMES = {
    "bert": _Names(
        embeddings_norm="embeddings.LayerNorm",
        layer="encoder.layer.",
        qkv=("attention.self.query", "attention.self.key", "attention.self.value"),
        attention_out="attention.output.dense",
        attention_norm="attention.output.LayerNorm",
        up="intermediate.dense",
        down="output.dense",
        out_norm="output.LayerNorm",
    ),
    "distilbert": _Names(
        embeddings_norm="embeddings.LayerNorm",
        layer="transformer.layer.",
        qkv=("attention.q_lin", "attention.k_lin", "attention.v_lin"),
        attention_out="attention.out_lin",
        attention_norm="sa_layer_norm",
        up="ffn.lin1",
        down="ffn.lin2",
        out_norm="output_layer_norm",
    ),
}

_EPSILON = 1e-12


_Affine = tuple[Tensor, Tensor]
"""Weight and bias."""


@dataclass(frozen=True)
class _Layer:
    qkv: Linear
    attention_out: Linear
    attention_norm: _Affine
    up: Linear
    down: Linear
    out_norm: _Affine


class Bert:
    """A BERT or DistilBERT with pooling.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        Its weights under the bare model's names; see `read_tensors`.
    config : mapping
        Its ``config.json``; `recipe` has checked that this class computes what it says.
    pooling : {"mean", "cls", "max"}
        How a text's tokens become one vector.
    device, dtype : str
        Where to compute, and in what precision.
    words : Rows, optional
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
        words: Rows | None = None,
    ) -> None:
        distil = config["model_type"] == "distilbert"
        self.dim: int = config["dim" if distil else "hidden_size"]
        self._heads: int = config["n_heads" if distil else "num_attention_heads"]
        self._epsilon: float = _EPSILON if distil else config.get("layer_norm_eps", _EPSILON)
        self._pooling = pooling
        self._device = torch.device(device)
        # The CPU's fused attention is slower in bfloat16 than plain products and softmax.
        self._fused = not (device == "cpu" and dtype == "bfloat16")
        self._load(
            tensors,
            words,
            _NAMES[config["model_type"]],
            layers=config["n_layers" if distil else "num_hidden_layers"],
            dtype=getattr(torch, dtype),
        )

    def _load(
        self,
        tensors: Mapping[str, Tensor],
        words: Rows | None,
        names: _Names,
        *,
        layers: int,
        dtype: torch.dtype,
    ) -> None:
        def tensor(name: str) -> Tensor:
            if name not in tensors:
                raise WeightsError(
                    f"the weights lack the tensor {name!r}, which config.json calls for:"
                    " the folder is no complete BERT or DistilBERT"
                )
            return tensors[name].float()

        def affine(*parts: str, scale: float = 1.0) -> _Affine:
            # `scale` is for the first part only: attention's scaling goes into the queries.
            scales = [scale] + [1.0] * (len(parts) - 1)
            pairs = list(zip(parts, scales, strict=True))
            weight = torch.cat([tensor(f"{part}.weight") * by for part, by in pairs])
            bias = torch.cat([tensor(f"{part}.bias") * by for part, by in pairs])
            return weight.to(self._device, dtype), bias.to(self._device, dtype)

        positions = tensor("embeddings.position_embeddings.weight")
        if "embeddings.token_type_embeddings.weight" in tensors:
            # Every token is of the first type here, so that its row belongs to each position.
            positions = positions + tensor("embeddings.token_type_embeddings.weight")[0]
        if words is None:
            words = tensor("embeddings.word_embeddings.weight").to(self._device, dtype)
        self._words: Rows = words
        self._positions = positions.to(self._device, dtype)
        self._embeddings_norm = affine(names.embeddings_norm)
        self._layers = []
        for number in range(layers):
            base = f"{names.layer}{number}."
            self._layers.append(
                _Layer(
                    qkv=Linear(
                        *affine(
                            *(base + part for part in names.qkv),
                            scale=(self.dim // self._heads) ** -0.5,
                        )
                    ),
                    attention_out=Linear(*affine(base + names.attention_out)),
                    attention_norm=affine(base + names.attention_norm),
                    up=Linear(*affine(base + names.up), gelu=True),
                    down=Linear(*affine(base + names.down)),
                    out_norm=affine(base + names.out_norm),
                )
            )

    @torch.inference_mode()
    def __call__(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        """Vectors of shape (n, dim), float32; see `Network`."""
        first = np.cumsum(lengths) - lengths
        position = np.arange(len(ids)) - np.repeat(first, lengths)
        packing = Packing(lengths, self._device)
        if self._device.type == "cpu":
            ids, position = whole_blocks(ids), whole_blocks(position)
        hidden = self._words[self._to_device(ids)] + self._positions[self._to_device(position)]
        hidden = self._norm(hidden, self._embeddings_norm)
        for layer in self._layers:
            context = attention(
                layer.qkv(hidden),
                packing,
                self._heads,
                scale=1.0,
                causal=False,
                fused=self._fused,
            )
            if self._pooling == "cls" and layer is self._layers[-1]:
                # Nothing looks at the other tokens any more.
                rows = self._to_device(first)
                context, hidden = context[rows], hidden[rows]
            hidden = self._norm(hidden + layer.attention_out(context), layer.attention_norm)
            hidden = self._norm(hidden + layer.down(layer.up(hidden)), layer.out_norm)
        if self._pooling == "cls":
            return hidden.float()
        pool: Callable[[Tensor], Tensor] = _mean if self._pooling == "mean" else _maximum
        return torch.cat(
            [
                pool(hidden[run.start : run.stop].view(run.texts, run.length, self.dim))
                for run in packing.runs
            ]
        )

    def _norm(self, hidden: Tensor, norm: _Affine) -> Tensor:
        return F.layer_norm(hidden, (self.dim,), *norm, self._epsilon)

    def _to_device(self, values: NDArray[np.int64]) -> Tensor:
        return to_device(values, self._device)


def _mean(tokens: Tensor) -> Tensor:
    return tokens.float().mean(1)


def _maximum(tokens: Tensor) -> Tensor:
    return tokens.float().amax(1)


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Read a folder's tensors under the bare model's names, whatever head was saved with it.

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
    return {_bare_name(name): tensor for name, tensor in tensors.items()}


def _bare_name(name: str) -> str:
    # Checkpoints of 2019 still say gamma and beta.
    name = name.removeprefix("bert.").removeprefix("distilbert.")
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )
