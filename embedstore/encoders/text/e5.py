"""`e5`: multilingual-e5-small, which reads about a hundred languages.

E5 models were trained with a prompt before every text. Their authors advise ``query: `` for
both texts of a symmetric comparison, as of posts with posts, and ``passage: `` for texts that
answer questions. Here every text gets ``query: ``, since a post has one vector in the space,
whatever it is compared with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from embedstore.encoders.base import Encoder, check_settings, fingerprint
from embedstore.encoders.runtime.devices import choose_device, choose_dtype
from embedstore.encoders.text.encoder import TransformerEncoder, load_folder
from embedstore.encoders.text.model_config import ModelConfig, read_model_config
from embedstore.encoders.weights import bundled
from embedstore.encoders.weights.e5 import Pieces, read
from embedstore.encoders.weights.hub import model_folder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

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
    import torch

    from embedstore.encoders.runtime.four_bits import FourBitRows, unpack
    from embedstore.encoders.text.bert import Bert

    model = read(file)
    limit = int(model.config["max_position_embeddings"])
    model_config: ModelConfig = _BundledConfig(
        file.parent, file.parent, model.config, "mean", limit, PROMPT
    )
    if pooling := settings.get("pooling"):
        model_config = model_config.with_pooling(pooling)
    assert model_config.pooling is not None
    on = choose_device(device)
    dtype = choose_dtype(settings.get("dtype"), on)
    tensors = {name: torch.from_numpy(values) for name, values in model.tensors.items()}
    network = Bert(
        {name: unpack(t) if t.dtype == torch.uint8 else t for name, t in tensors.items()},
        model.config,
        pooling=model_config.pooling,
        device=on,
        dtype=dtype,
        words=FourBitRows(model.words, device=on, dtype=dtype),
    )
    return TransformerEncoder(
        "e5",
        bundled.NAME,
        model_config=model_config,
        network=network,
        tokenizer=cast("Tokenizer", PieceTokenizer(model.pieces)),
        device=on,
        dtype=dtype,
        max_length=settings.get("max_length") or limit,
    )


@dataclass(frozen=True)
class _BundledConfig(ModelConfig):
    """Configuration of the registry package's single file."""

    @property
    def joint(self) -> str:
        """Hash of everything that decides what a vector means, except the maximum length."""
        return fingerprint("e5", "unit length", str(self.pooling), self.prompt, bundled.E5.sha256)


@dataclass(frozen=True)
class Tokens:
    """The tokens of one text, as far as they are kept.

    Attributes
    ----------
    ids : list of int
        Their numbers, ``<s>`` and ``</s>`` included.
    """

    ids: list[int]

    def __len__(self) -> int:
        return len(self.ids)


class PieceTokenizer:
    """XLM-R's tokenizer, with the methods of `tokenizers.Tokenizer` that an encoder calls.

    SentencePiece cleans a text by NFKC, with a few characters treated otherwise, splits it at
    spaces and cuts each word into the pieces that are likeliest together (Kudo, 2018,
    "Subword Regularization"). Copies share the 180 MB that the vocabulary takes.

    Parameters
    ----------
    pieces : Pieces
        The vocabulary.
    """

    def __init__(self, pieces: Pieces) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers, processors

        self._end = pieces.end
        self._limit: int | None = None
        self._rust = Tokenizer(models.Unigram(pieces.scores, unk_id=pieces.unknown))
        self._rust.normalizer = _normalizer(pieces.replaced)
        self._rust.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
        )
        self._rust.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            special_tokens=[("<s>", pieces.start), ("</s>", pieces.end)],
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Make a copy with a limit of its own; the vocabulary never changes and is shared."""
        other = type(self).__new__(type(self))
        other.__dict__ |= self.__dict__
        return other

    def enable_truncation(self, max_length: int) -> None:
        """Keep so many tokens of a text, ``</s>`` the last of them."""
        self._limit = max_length

    def num_special_tokens_to_add(self, is_pair: bool) -> int:
        """Count the tokens that are put around every text."""
        return self._rust.num_special_tokens_to_add(is_pair)

    def cleaned(self, text: str) -> str:
        """Clean a text as is done before it is split."""
        return str(self._rust.normalizer.normalize_str(text))

    @property
    def model(self) -> Any:
        """The model of the tokenizer in Rust."""
        return self._rust.model

    def token_to_id(self, token: str) -> int | None:
        """Return the number of a piece."""
        number: int | None = self._rust.token_to_id(token)
        return number

    def encode_batch(self, texts: Sequence[str]) -> list[Any]:
        """Tokenize texts in full, with the place of each token in its text."""
        encodings: list[Any] = self._rust.encode_batch(texts)
        return encodings

    def encode_batch_fast(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokenize texts, and truncate those that are too long."""
        return [self._kept(encoding.ids) for encoding in self._rust.encode_batch_fast(texts)]

    def _kept(self, ids: list[int]) -> Tokens:
        if self._limit is not None and len(ids) > self._limit:
            return Tokens([*ids[: self._limit - 1], self._end])
        return Tokens(ids)


def _normalizer(replaced: Mapping[str, str]) -> Any:
    """Make the cleaning of texts that the table `replaced` describes for single characters.

    All its entries but a few follow NFKC, which composes accents that stand after their letter
    as well, as SentencePiece does.
    """
    from unicodedata import normalize

    from tokenizers import Regex, normalizers

    own = {a: b for a, b in replaced.items() if normalize("NFKC", a) != b}
    steps: list[Any] = [
        # NFKC would make a plain tilde of it, but East Asian posts are full of it, and it has a
        # piece of its own. The other character is for private use and in no text.
        normalizers.Replace("～", "\ue000"),
        normalizers.NFKC(),
        normalizers.Replace("\ue000", "～"),
    ]
    for result in sorted(set(own.values())):
        characters = "".join(f"\\x{{{ord(a):x}}}" for a, b in own.items() if b == result)
        steps.append(normalizers.Replace(Regex(f"[{characters}]"), result))
    return normalizers.Sequence(steps)
