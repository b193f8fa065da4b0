"""`e5`: multilingual-e5-small, which reads about a hundred languages.

E5 models were trained with a prompt before every text. Their authors advise ``query: `` for
both texts of a symmetric comparison, as of posts with posts, and ``passage: `` for texts that
answer questions. Here every text gets ``query: ``, since a post has one vector in the space,
whatever it is compared with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from embedstore.encoders.base import Encoder, check_settings, fingerprint
from embedstore.encoders.runtime.devices import choose_device, choose_dtype
from embedstore.encoders.text.checkpoint import Architecture
from embedstore.encoders.text.encoder import TransformerEncoder, load_folder
from embedstore.encoders.text.forward import TorchNetwork, forward_when_needed
from embedstore.encoders.text.model_config import ModelConfig, Pooling, read_model_config
from embedstore.encoders.text.piece_tokenizer import PieceTokenizer
from embedstore.encoders.weights import bundled
from embedstore.encoders.weights.e5 import E5File, read
from embedstore.encoders.weights.hub import model_folder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from embedstore.encoders.text.bert_numpy import NumpyBert

PROMPT = "query: "
"""Text before every text."""


def load(weights: str, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load multilingual-e5-small from its registry package, or another E5 model.

    Parameters
    ----------
    weights : str
        ``bundled``, a folder, or a name on the hub; one without an owner is a model of
        intfloat, who trained E5.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    settings : mapping
        As for `embedstore.encoders.text.encoder.load_minilm`.

    Raises
    ------
    EncoderError
        A setting or the device can't be used.
    WeightsError
        The weights are missing, unreachable or altered.
    """
    if weights != bundled.NAME:
        model_config = read_model_config(model_folder(weights, owner="intfloat", encoder="e5"))
        return load_folder("e5", weights, replace(model_config, prompt=PROMPT), device, settings)
    check_settings("e5", settings, ("dtype", "max_length", "pooling"))
    return _load_bundled(bundled.find(bundled.E5), device, settings)


def _load_bundled(file: Path, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load the model of the registry package."""
    model = read(file)
    limit = int(model.config["max_position_embeddings"])
    model_config: ModelConfig = _BundledConfig(
        file.parent, file.parent, model.config, "mean", limit, PROMPT
    )
    if pooling := settings.get("pooling"):
        model_config = model_config.with_pooling(pooling)
    assert model_config.pooling is not None
    dtype = settings.get("dtype")
    forward = forward_when_needed(
        Architecture.of(model.config).dim,
        device,
        dtype,
        load_torch=partial(_load_torch, model, model_config.pooling, device, dtype),
        load_numpy=partial(_load_numpy, model, model_config.pooling),
    )
    return TransformerEncoder(
        "e5",
        bundled.NAME,
        model_config=model_config,
        forward=forward,
        tokenizer=cast("Tokenizer", PieceTokenizer(model.pieces)),
        max_length=settings.get("max_length") or limit,
    )


def _load_torch(model: E5File, pooling: Pooling, device: str, dtype: str | None) -> TorchNetwork:
    import torch

    from embedstore.encoders.runtime.four_bits import FourBitRows, unpack
    from embedstore.encoders.text.bert import Bert

    on = choose_device(device)
    precision = choose_dtype(dtype, on)
    tensors = {name: torch.from_numpy(values) for name, values in model.tensors.items()}
    network = Bert(
        {name: unpack(t) if t.dtype == torch.uint8 else t for name, t in tensors.items()},
        model.config,
        pooling=pooling,
        device=on,
        dtype=precision,
        words=FourBitRows(model.words, device=on, dtype=precision),
    )
    return TorchNetwork(network, on, precision)


def _load_numpy(model: E5File, pooling: Pooling) -> "NumpyBert":
    from embedstore.encoders.runtime.four_bits import FourBitArray, unpack_array
    from embedstore.encoders.text.bert_numpy import NumpyBert

    return NumpyBert(
        {
            name: unpack_array(values) if values.dtype == np.uint8 else values
            for name, values in model.tensors.items()
        },
        model.config,
        pooling=pooling,
        words=FourBitArray(model.words),
    )


@dataclass(frozen=True)
class _BundledConfig(ModelConfig):
    """Configuration of the registry package's single file."""

    @property
    def joint(self) -> str:
        """Hash of everything that decides what a vector means, except the maximum length."""
        return fingerprint("e5", "unit length", str(self.pooling), self.prompt, bundled.E5.sha256)
