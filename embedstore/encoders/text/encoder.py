"""Text encoders on transformers: `minilm` and `distilbert`.

Texts are tokenized in Rust and go through the model in packed batches: see
`embedstore.encoders.runtime.packing`.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import Encoder, Output
from embedstore.encoders.readability import Readability, judge
from embedstore.encoders.runtime.budget import Budget
from embedstore.encoders.runtime.devices import Device, DType, choose_device, choose_dtype
from embedstore.encoders.runtime.packing import TOKENS, WINDOW, Ids, packed
from embedstore.encoders.runtime.unit import unit_vectors
from embedstore.encoders.text.recipe import Recipe, length_fingerprint, read_recipe
from embedstore.encoders.weights import bundled
from embedstore.encoders.weights.hub import model_folder
from embedstore.errors import EncoderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from embedstore.encoders.text.bert import Network

BUNDLED = "bundled"
"""Name of the weights of `minilm` that ship in a package of the registry."""

DISTILBERT = "distilbert-base-uncased"


class TransformerEncoder:
    """Texts to unit vectors by a transformer.

    Parameters
    ----------
    name, weights : str
        As `load_encoder` knows them.
    recipe : Recipe
        What the model's folder says.
    network : Network
        Its forward pass, pooling included.
    tokenizer : tokenizers.Tokenizer
        Without padding or truncation.
    device, dtype : str
        Where the network computes, and in what precision.
    max_length : int
        Tokens that are kept of a text, special tokens included.
    """

    def __init__(
        self,
        name: str,
        weights: str,
        *,
        recipe: Recipe,
        network: "Network",
        tokenizer: "Tokenizer",
        device: Device,
        dtype: DType,
        max_length: int,
    ) -> None:
        self.name = name
        self.weights = weights
        self.device: str = device
        self.dtype: str = dtype
        self._budget = Budget(TOKENS[device])
        self._recipe = recipe
        self._network = network
        self._tokenizer = tokenizer
        self._joint = recipe.joint
        self._set_max_length(max_length)

    def _set_max_length(self, max_length: int) -> None:
        shortest = self._tokenizer.num_special_tokens_to_add(False) + 1
        if not shortest <= max_length <= self._recipe.limit:
            raise EncoderError(
                f"max_length {max_length} can't be used with {self.name} ({self.weights}):"
                f" it reads from {shortest} to {self._recipe.limit} tokens"
            )
        self.max_length = max_length
        self._cutting = copy.deepcopy(self._tokenizer)
        self._cutting.enable_truncation(max_length)
        self.settings: dict[str, Any] = {"max_length": max_length}
        if self._recipe.pooling is not None:
            self.settings["pooling"] = self._recipe.pooling
        fingerprint = length_fingerprint(self._joint, max_length)
        self.outputs: tuple[Output, ...] = (
            Output(self.name, self._network.dim, fingerprint, self._joint),
        )

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        Raises
        ------
        EncoderError
            The model can't read as many tokens.
        """
        other = copy.copy(self)
        other._set_max_length(max_length)
        return other

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut; shape (n,)."""
        lengths = np.empty(len(texts), dtype=np.int32)
        for start in range(0, len(texts), WINDOW):
            window = self._readable(texts[start : start + WINDOW])
            encodings = self._tokenizer.encode_batch_fast(window)
            lengths[start : start + len(window)] = [len(encoding) for encoding in encodings]
        return lengths

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        unknown = _unknown_token(self._tokenizer)
        found = Readability()
        for start in range(0, len(texts), WINDOW):
            window = [_repaired(text) for text in texts[start : start + WINDOW]]
            found += judge(window, self._tokenizer.encode_batch(window), unknown)
        return found

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts` in their order, shape (n, dim), float32, of unit length."""
        vectors = np.empty((len(texts), self._network.dim), dtype=np.float32)
        for positions, batch in self.encode_batches(texts):
            vectors[positions] = batch
        return vectors

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Vectors batch by batch as they are ready, the longest texts first.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for positions, outputs in packed(
            texts, self._token_ids, self._network, device=self.device, budget=self._budget
        ):
            yield (
                positions,
                unit_vectors(outputs(), encoder=self.name, weights=self.weights, dtype=self.dtype),
            )

    def _token_ids(self, texts: Sequence[str]) -> list[Ids]:
        encodings = self._cutting.encode_batch_fast(self._readable(texts))
        # A tokenizer without special tokens makes nothing of an empty text: one token then.
        return [np.array(encoding.ids or [0], dtype=np.int64) for encoding in encodings]

    def _readable(self, texts: Sequence[str]) -> list[str]:
        """Texts as the tokenizer takes them: valid Unicode, the prompt before them."""
        return [self._recipe.prompt + _repaired(text) for text in texts]


def _unknown_token(tokenizer: "Tokenizer") -> int | None:
    # Unigram models don't tell their token for unknown; all that are in use call it so.
    name = getattr(tokenizer.model, "unk_token", None) or "<unk>"
    number: int | None = tokenizer.token_to_id(name)
    return number


def _repaired(text: str) -> str:
    """Join halves of surrogate pairs; what is left alone becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def load_minilm(weights: str | None, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load all-MiniLM-L6-v2, or any model of sentence-transformers by hub name or folder.

    A hub name without an owner means one of sentence-transformers' own models.
    Settings: `pooling` (mean, cls or max; the model's own if not said), `max_length`, and
    `dtype` (auto, float32, bfloat16 or float16), which is no part of a space.

    Raises
    ------
    EncoderError
        A setting or the device can't be used, or the model needs code of its own.
    WeightsError
        The weights are missing, unreachable or altered.
    """
    if weights is None or weights == BUNDLED:
        weights = BUNDLED
        folder = bundled.find(bundled.MINILM).parent
    else:
        folder = model_folder(weights, owner="sentence-transformers", encoder="minilm")
    return load_folder("minilm", weights, read_recipe(folder), device, settings)


def load_distilbert(weights: str | None, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load DistilBERT by hub name or folder, ``distilbert-base-uncased`` if not said.

    Settings as for `load_minilm`, but `pooling` is ``cls`` if not said.

    Raises
    ------
    EncoderError
        A setting or the device can't be used, or the model is no DistilBERT or BERT.
    WeightsError
        The weights are missing or unreachable.
    """
    weights = weights or DISTILBERT
    recipe = read_recipe(model_folder(weights, encoder="distilbert"))
    return load_folder("distilbert", weights, recipe, device, {"pooling": "cls", **settings})


def load_folder(
    name: str, weights: str, recipe: Recipe, device: str, settings: Mapping[str, Any]
) -> Encoder:
    """Load a model of `transformers` from the folder that a recipe describes.

    Parameters
    ----------
    name, weights : str
        The encoder's name, and its weights as the user named them.
    recipe : Recipe
        What the folder says.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    settings : mapping
        `pooling`, `max_length`, `dtype`; see `load_minilm`.

    Raises
    ------
    EncoderError
        A setting or the device can't be used, or the model needs code of its own.
    WeightsError
        The weights can't be read.
    """
    known = {"pooling", "max_length", "dtype"}
    if unknown := sorted(settings.keys() - known):
        raise EncoderError(
            f"{name} has no setting {unknown[0]!r}: it has {', '.join(sorted(known))}"
        )
    if pooling := settings.get("pooling"):
        recipe = recipe.with_pooling(pooling)
    on = choose_device(device)
    dtype = choose_dtype(settings.get("dtype"), on)
    network: Network
    if recipe.pooling is None:
        from embedstore.encoders.text.module_stack import Stack

        network = stack = Stack(recipe, device=on, dtype=dtype)
        tokenizer = copy.deepcopy(stack.tokenizer)
    else:
        from embedstore.encoders.text.bert import Bert, read_tensors

        tensors = read_tensors(recipe.transformer)
        network = Bert(tensors, recipe.config, pooling=recipe.pooling, device=on, dtype=dtype)
        tokenizer = _tokenizer(recipe)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return TransformerEncoder(
        name,
        weights,
        recipe=recipe,
        network=network,
        tokenizer=tokenizer,
        device=on,
        dtype=dtype,
        max_length=settings.get("max_length") or recipe.limit,
    )


def _tokenizer(recipe: Recipe) -> "Tokenizer":
    from tokenizers import Tokenizer

    file = recipe.transformer / "tokenizer.json"
    if file.is_file():
        return Tokenizer.from_file(str(file))
    # Older folders have a vocabulary only; transformers knows how to read each kind.
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(
        recipe.transformer, trust_remote_code=False, local_files_only=True
    )
    return copy.deepcopy(loaded.backend_tokenizer)
