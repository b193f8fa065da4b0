"""Text encoders on transformers: `minilm` and `distilbert`.

Texts are tokenized in Rust and run through the model in packed batches: see
`embedstore.encoders.runtime.texts`, and for a few texts `embedstore.encoders.text.forward`.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import (
    Encoder,
    Output,
    check_settings,
    gather,
    length_fingerprint,
)
from embedstore.encoders.readability import Readability, judge
from embedstore.encoders.runtime.devices import choose_device, choose_dtype
from embedstore.encoders.runtime.normalise import normalise
from embedstore.encoders.runtime.texts import WINDOW, TokenIds, forward_texts
from embedstore.encoders.text.checkpoint import Architecture, bare_name
from embedstore.encoders.text.forward import Forward, TorchNetwork, forward_when_needed
from embedstore.encoders.text.model_config import ModelConfig, read_model_config
from embedstore.encoders.weights import bundled
from embedstore.encoders.weights.hub import model_folder, weight_files
from embedstore.encoders.weights.mapped import Tensors, map_tensors
from embedstore.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from embedstore.encoders.text.bert_numpy import NumpyBert


class TransformerEncoder:
    """Encoder of texts into unit vectors by a transformer.

    Parameters
    ----------
    name, weights : str
        As `load_encoder` takes them.
    model_config : ModelConfig
        Configuration of the model's folder.
    forward : Forward
        Forward pass of the model, pooling included.
    tokenizer : tokenizers.Tokenizer
        Tokenizer without padding or truncation.
    max_length : int
        Longest text in tokens, special tokens included.
    """

    def __init__(
        self,
        name: str,
        weights: str,
        *,
        model_config: ModelConfig,
        forward: Forward,
        tokenizer: "Tokenizer",
        max_length: int,
    ) -> None:
        self.name = name
        self.weights = weights
        self._model_config = model_config
        self._forward = forward
        self._tokenizer = tokenizer
        self._joint = model_config.joint
        self._set_max_length(max_length)

    def _set_max_length(self, max_length: int) -> None:
        """Take a maximum length, and with it the truncating tokenizer and the fingerprint."""
        shortest = self._tokenizer.num_special_tokens_to_add(False) + 1
        if not shortest <= max_length <= self._model_config.limit:
            raise EncoderError(
                f"max_length {max_length} can't be used with {self.name} ({self.weights}):"
                f" it reads from {shortest} to {self._model_config.limit} tokens"
            )
        self.max_length = max_length
        self._truncating_tokenizer = copy.deepcopy(self._tokenizer)
        self._truncating_tokenizer.enable_truncation(max_length)
        self.settings: dict[str, Any] = {"max_length": max_length}
        if self._model_config.pooling is not None:
            self.settings["pooling"] = self._model_config.pooling
        fingerprint = length_fingerprint(self._joint, max_length)
        self.outputs: tuple[Output, ...] = (
            Output(self.name, self._forward.dim, fingerprint, self._joint),
        )

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        Raises
        ------
        EncoderError
            The model can't read texts of this length.
        """
        other = copy.copy(self)
        other._set_max_length(max_length)
        return other

    def runs_on(self) -> tuple[str, str]:
        """Load the model into torch, and return its device and the precision it computes in."""
        return self._forward.torch.device, self._forward.torch.dtype

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation, shape (n,), int32."""
        lengths = np.empty(len(texts), dtype=np.int32)
        for start in range(0, len(texts), WINDOW):
            window = self._clean(texts[start : start + WINDOW])
            encodings = self._tokenizer.encode_batch_fast(window)
            lengths[start : start + len(window)] = [len(encoding) for encoding in encodings]
        return lengths

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        unknown = _unknown_token(self._tokenizer)
        found = Readability()
        for start in range(0, len(texts), WINDOW):
            window = [_repair_surrogates(text) for text in texts[start : start + WINDOW]]
            found += judge(window, self._tokenizer.encode_batch(window), unknown)
        return found

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts into unit vectors in their order, shape (n, dim), float32."""
        return gather(self.encode_batches(texts), (len(texts), self._forward.dim))

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Encode texts, the longest first, and yield each batch as soon as it is ready.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        numpy = self._forward.numpy(len(texts))
        if numpy is not None:
            if texts:
                ids = self._tokenize(texts)
                outputs = numpy(np.concatenate(ids), np.array([len(one) for one in ids]))
                yield np.arange(len(texts)), self._normalise(outputs, "float32")
            return
        loaded = self._forward.torch
        for positions, wait in forward_texts(
            texts, self._tokenize, loaded.network, device=loaded.device, budget=loaded.budget
        ):
            yield positions, self._normalise(wait(), loaded.dtype)

    def _normalise(self, outputs: Vectors, dtype: str) -> Vectors:
        return normalise(outputs, encoder=self.name, weights=self.weights, dtype=dtype)

    def _tokenize(self, texts: Sequence[str]) -> list[TokenIds]:
        """Tokenize and truncate texts."""
        encodings = self._truncating_tokenizer.encode_batch_fast(self._clean(texts))
        # Without special tokens an empty text has no token: give it one.
        return [np.array(encoding.ids or [0], dtype=np.int64) for encoding in encodings]

    def _clean(self, texts: Sequence[str]) -> list[str]:
        """Make texts valid Unicode, and put the prompt before them."""
        return [self._model_config.prompt + _repair_surrogates(text) for text in texts]


def _unknown_token(tokenizer: "Tokenizer") -> int | None:
    # Unigram models don't tell their token for unknown; all that are in use call it so.
    name = getattr(tokenizer.model, "unk_token", None) or "<unk>"
    number: int | None = tokenizer.token_to_id(name)
    return number


def _repair_surrogates(text: str) -> str:
    """Join the two halves of each surrogate pair, and replace a lone half by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def load_minilm(weights: str, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load all-MiniLM-L6-v2, or any model of sentence-transformers.

    Parameters
    ----------
    weights : str
        ``bundled``, a folder, or a name on the hub; one without an owner is a model of
        sentence-transformers.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    settings : mapping
        ``pooling`` (mean, cls or max; the model's own if not said), ``max_length``, and
        ``dtype`` (auto, float32, bfloat16 or float16), which is no part of a space.

    Raises
    ------
    EncoderError
        A setting or the device can't be used, or the model needs code of its own.
    WeightsError
        The weights are missing, unreachable or altered.
    """
    if weights == bundled.NAME:
        folder = bundled.find(bundled.MINILM).parent
    else:
        folder = model_folder(weights, owner="sentence-transformers", encoder="minilm")
    return load_folder("minilm", weights, read_model_config(folder), device, settings)


def load_distilbert(weights: str, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load DistilBERT or BERT.

    Parameters
    ----------
    weights : str
        A folder, or a name on the hub.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    settings : mapping
        As for `load_minilm`, but the pooling is ``cls`` if not said.

    Raises
    ------
    EncoderError
        A setting or the device can't be used, or the model is no DistilBERT or BERT.
    WeightsError
        The weights are missing or unreachable.
    """
    model_config = read_model_config(model_folder(weights, encoder="distilbert"))
    return load_folder("distilbert", weights, model_config, device, {"pooling": "cls", **settings})


def load_folder(
    name: str, weights: str, model_config: ModelConfig, device: str, settings: Mapping[str, Any]
) -> Encoder:
    """Load a model from the folder that a configuration describes.

    Parameters
    ----------
    name, weights : str
        As `load_encoder` takes them.
    model_config : ModelConfig
        Configuration of the folder.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    settings : mapping
        ``pooling``, ``max_length`` and ``dtype``, as for `load_minilm`.

    Raises
    ------
    EncoderError
        A setting or the device can't be used, or the model needs code of its own.
    WeightsError
        The weights can't be read.
    """
    check_settings(name, settings, ("pooling", "max_length", "dtype"))
    if pooling := settings.get("pooling"):
        model_config = model_config.with_pooling(pooling)
    forward, tokenizer = _load_model(model_config, device, settings.get("dtype"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return TransformerEncoder(
        name,
        weights,
        model_config=model_config,
        forward=forward,
        tokenizer=tokenizer,
        max_length=settings.get("max_length") or model_config.limit,
    )


def _load_model(
    model_config: ModelConfig, device: str, dtype: str | None
) -> tuple[Forward, "Tokenizer"]:
    """Load the model's tokenizer, and its forward pass unless that can wait for the first texts.

    BERT and DistilBERT run on packed batches, anything else by sentence-transformers.
    """
    if model_config.pooling is None:
        from embedstore.encoders.text.module_stack import ModuleStack

        on = choose_device(device)
        precision = choose_dtype(dtype, on)
        stack = ModuleStack(model_config, device=on, dtype=precision)
        loaded = TorchNetwork(stack, on, precision)
        return Forward(stack.dim, lambda: loaded), copy.deepcopy(stack.tokenizer)
    tokenizer = _load_tokenizer(model_config)
    files = weight_files(model_config.transformer)
    if any(file.suffix != ".safetensors" for file in files):
        # Only torch reads pickles; it is to say now if it can't.
        loaded = _load_bert(model_config, device, dtype)
        return Forward(loaded.network.dim, lambda: loaded), tokenizer
    tensors: Tensors = {}
    for file in files:
        tensors |= map_tensors(file)
    tensors = {bare_name(name): tensor for name, tensor in tensors.items()}
    architecture = Architecture.of(model_config.config)
    architecture.check(tensors)
    forward = forward_when_needed(
        architecture.dim,
        device,
        dtype,
        load_torch=lambda: _load_bert(model_config, device, dtype),
        load_numpy=lambda: _load_numpy_bert(model_config, tensors),
    )
    return forward, tokenizer


def _load_bert(model_config: ModelConfig, device: str, dtype: str | None) -> TorchNetwork:
    from embedstore.encoders.text.bert import Bert, read_tensors

    assert model_config.pooling is not None
    on = choose_device(device)
    precision = choose_dtype(dtype, on)
    network = Bert(
        read_tensors(model_config.transformer),
        model_config.config,
        pooling=model_config.pooling,
        device=on,
        dtype=precision,
    )
    return TorchNetwork(network, on, precision)


def _load_numpy_bert(model_config: ModelConfig, tensors: Tensors) -> "NumpyBert":
    from embedstore.encoders.text.bert_numpy import NumpyBert

    assert model_config.pooling is not None
    return NumpyBert(tensors, model_config.config, pooling=model_config.pooling)


def _load_tokenizer(model_config: ModelConfig) -> "Tokenizer":
    """Load the tokenizer of a transformer's folder, without running code from it."""
    from tokenizers import Tokenizer

    file = model_config.transformer / "tokenizer.json"
    if file.is_file():
        return Tokenizer.from_file(str(file))
    # Older folders hold only a vocabulary; transformers converts each kind of them.
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(
        model_config.transformer, trust_remote_code=False, local_files_only=True
    )
    return copy.deepcopy(loaded.backend_tokenizer)
