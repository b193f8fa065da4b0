"""What a text model's folder says of itself, read without loading the model.

A folder of sentence-transformers lists its modules in ``modules.json``; any other
folder of transformers holds a bare model.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from embedstore.encoders.base import file_sha256, fingerprint
from embedstore.encoders.weights.hub import weight_files
from embedstore.errors import EncoderError, WeightsError

Pooling = Literal["mean", "cls", "max"]

POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "max")

UNLIMITED = 1 << 20
"""Stands for the limit of a model that names none."""

_VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)

_OWN_CODE = "sentence_transformers."

_MODULE = "[0-9]*_*"
"""Folder names of modules, such as ``1_Pooling``."""


@dataclass(frozen=True)
class Recipe:
    """How texts become vectors, as far as a model's folder says.

    Attributes
    ----------
    folder : Path
        The model's folder.
    transformer : Path
        The folder of its transformer with ``config.json``: mostly the same one.
    config : dict
        The transformer's ``config.json``.
    pooling : {"mean", "cls", "max"} or None
        How a text's tokens become one vector; None if only sentence-transformers can run
        the model: another architecture than BERT's, or more modules than these.
    limit : int
        Longest text that it reads, in tokens, special tokens included.
    prompt : str
        What goes before every text.
    """

    folder: Path
    transformer: Path
    config: Mapping[str, Any]
    pooling: Pooling | None
    limit: int
    prompt: str = ""

    @property
    def joint(self) -> str:
        """Hash of all that decides what a vector means except for the maximum length.

        Vectors of equal `joint` may be compared: those of one model at different
        maximum lengths, and whatever else was projected into its space.
        """
        if not (weights := _weights(self.folder) | _weights(self.transformer)):
            raise WeightsError(
                f"{self.folder} holds no weights: expected model.safetensors beside config.json"
            )
        vocabulary = [self.transformer / name for name in _VOCABULARIES]
        if vocabulary[0].is_file():
            del vocabulary[1:]
        described = {self.transformer / "config.json"}
        if self.pooling is None:
            described |= {self.folder / "modules.json", *self.folder.glob(f"{_MODULE}/config.json")}
            described |= {self.transformer / "sentence_bert_config.json"}
        parts = [
            f"{file.relative_to(self.folder).as_posix()} {file_sha256(file)}"
            for file in [*sorted(weights), *vocabulary, *sorted(described)]
            if file.is_file()
        ]
        return fingerprint("unit length", str(self.pooling), self.prompt, *parts)

    def fingerprint(self, max_length: int) -> str:
        """Hash of all that decides what a vector means, the maximum length among it."""
        return length_fingerprint(self.joint, max_length)

    def with_pooling(self, pooling: str) -> "Recipe":
        """Choose another pooling than the folder's own.

        Raises
        ------
        EncoderError
            There is no such pooling, or the folder has modules that it can't replace.
        """
        if pooling not in POOLINGS:
            raise EncoderError(f"there is no pooling {pooling!r}: choose {', '.join(POOLINGS)}")
        if self.pooling is None:
            raise EncoderError(
                f"the pooling of {self.folder} can't be chosen: it is no plain BERT or DistilBERT,"
                f" but a {self.config.get('model_type')} model or a stack of more modules;"
                " load it as minilm and without a pooling"
            )
        return replace(self, pooling=pooling)


def length_fingerprint(joint: str, max_length: int) -> str:
    """Add the maximum length to a `Recipe.joint`."""
    return fingerprint(joint, f"max_length {max_length}")


def read_recipe(folder: Path) -> Recipe:
    """Read how a model's folder makes vectors.

    Raises
    ------
    WeightsError
        The folder holds no model.
    EncoderError
        It asks for code that is not sentence-transformers' own: that is never run.
    """
    modules: list[dict[str, str]] = _json(folder / "modules.json", default=[])
    for module in modules:
        if not module["type"].startswith(_OWN_CODE):
            raise EncoderError(
                f"{folder / 'modules.json'} asks for {module['type']!r}: code that comes with"
                " a model is never run, only modules of sentence-transformers are"
            )
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    transformer = folder / modules[0]["path"] if modules else folder
    config: dict[str, Any] = _json(transformer / "config.json", default={})
    if not config:
        raise WeightsError(f"{folder} holds no model: expected a config.json and weights in it")
    described: dict[str, Any] = _json(transformer / "sentence_bert_config.json", default={})
    prompts: dict[str, Any] = _json(folder / "config_sentence_transformers.json", default={})
    prompt = (prompts.get("prompts") or {}).get(prompts.get("default_prompt_name")) or ""

    pooling: Pooling | None = None
    if _is_plain_bert(config) and not prompt and not described.get("do_lower_case"):
        if not kinds:
            pooling = "mean"  # what sentence-transformers adds to a bare model
        elif kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
            pooling = _pooling(_json(folder / modules[1]["path"] / "config.json", default={}))
    return Recipe(
        folder, transformer, config, pooling, _limit(transformer, config, described), prompt
    )


def _is_plain_bert(config: Mapping[str, Any]) -> bool:
    """Whether `embedstore.encoders.text.bert` computes what the config describes, to the letter."""
    return (
        config.get("model_type") in ("bert", "distilbert")
        and config.get("hidden_act", config.get("activation", "gelu")) == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and "auto_map" not in config
    )


def _pooling(config: Mapping[str, Any]) -> Pooling | None:
    """The pooling of a ``Pooling`` module, if it is one of `POOLINGS` and nothing more."""
    if mode := config.get("pooling_mode"):
        modes = [mode] if isinstance(mode, str) else list(mode)
    else:
        names = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max"}
        on = [key for key, value in config.items() if key.startswith("pooling_mode_") and value]
        modes = [names.get(key.removeprefix("pooling_mode_"), key) for key in on]
    return next((name for name in POOLINGS if modes == [name]), None)


def _limit(transformer: Path, config: Mapping[str, Any], described: Mapping[str, Any]) -> int:
    tokenizer: dict[str, Any] = _json(transformer / "tokenizer_config.json", default={})
    limits = [
        described.get("max_seq_length") or tokenizer.get("model_max_length"),
        config.get("max_position_embeddings"),
    ]
    return int(min([limit for limit in limits if limit], default=UNLIMITED))


def _weights(folder: Path) -> set[Path]:
    modules = {*folder.glob(f"{_MODULE}/model.safetensors"), *folder.glob(f"{_MODULE}/*.bin")}
    return {*weight_files(folder), *modules}


def _json(file: Path, *, default: Any) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else default
