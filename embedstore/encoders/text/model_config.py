"""Configuration of a text model's folder, read without loading the model.

A folder of sentence-transformers lists its modules in ``modules.json``; any other
folder of transformers holds a single transformer.
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
"""Poolings that `embedstore.encoders.text.bert` computes."""

UNLIMITED = 1 << 20
"""Limit in tokens of a model whose files name none."""

_VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)

_TRUSTED_CODE = "sentence_transformers."

_MODULE = "[0-9]*_*"
"""Folder names of modules, such as ``1_Pooling``."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything about a text model but its weights.

    Attributes
    ----------
    folder : Path
        The model's folder.
    transformer : Path
        Folder with the transformer's ``config.json`` and tokenizer: mostly the same one.
    config : mapping
        The transformer's ``config.json``.
    pooling : {"mean", "cls", "max"} or None
        Pooling of the token vectors; None if only sentence-transformers can run the model,
        because of its architecture or of further modules.
    limit : int
        Longest text that the model reads, in tokens, special tokens included.
    prompt : str
        Text before every text.
    """

    folder: Path
    transformer: Path
    config: Mapping[str, Any]
    pooling: Pooling | None
    limit: int
    prompt: str = ""

    @property
    def joint(self) -> str:
        """Hash of everything that decides what a vector means, except the maximum length.

        Vectors of equal `joint` may be compared: those of one model at different maximum
        lengths, and vectors of other encoders that are projected into its space.

        Raises
        ------
        WeightsError
            The folder holds no weights.
        """
        parts = [
            f"{file.relative_to(self.folder).as_posix()} {file_sha256(file)}"
            for file in [*self._weights(), *self._vocabulary(), *self._config_files()]
            if file.is_file()
        ]
        return fingerprint("unit length", str(self.pooling), self.prompt, *parts)

    def _weights(self) -> list[Path]:
        """List the weights of the transformer and of all other modules."""
        weights = {
            file
            for folder in (self.folder, self.transformer)
            for file in (
                *weight_files(folder),
                *folder.glob(f"{_MODULE}/model.safetensors"),
                *folder.glob(f"{_MODULE}/*.bin"),
            )
        }
        if not weights:
            raise WeightsError(
                f"{self.folder} holds no weights: expected model.safetensors beside config.json"
            )
        return sorted(weights)

    def _vocabulary(self) -> list[Path]:
        """List the tokenizer's files; ``tokenizer.json`` alone says it all."""
        files = [self.transformer / name for name in _VOCABULARIES]
        return files[:1] if files[0].is_file() else files

    def _config_files(self) -> list[Path]:
        """List the files that configure the modules."""
        files = {self.transformer / "config.json"}
        if self.pooling is None:
            files |= {self.folder / "modules.json", *self.folder.glob(f"{_MODULE}/config.json")}
            files |= {self.transformer / "sentence_bert_config.json"}
        return sorted(files)

    def with_pooling(self, pooling: str) -> "ModelConfig":
        """Choose another pooling than the folder's own.

        Raises
        ------
        EncoderError
            There is no such pooling, or sentence-transformers has to run the model.
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


def read_model_config(folder: Path) -> ModelConfig:
    """Read the configuration of a model's folder.

    Raises
    ------
    WeightsError
        The folder holds no model.
    EncoderError
        It asks for code that is not sentence-transformers' own, which is never run.
    """
    modules: list[dict[str, str]] = _json(folder / "modules.json", default=[])
    for module in modules:
        if not module["type"].startswith(_TRUSTED_CODE):
            raise EncoderError(
                f"{folder / 'modules.json'} asks for {module['type']!r}: code that comes with"
                " a model is never run, only modules of sentence-transformers are"
            )
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    transformer = folder / modules[0]["path"] if modules else folder
    config: dict[str, Any] = _json(transformer / "config.json", default={})
    if not config:
        raise WeightsError(f"{folder} holds no model: expected a config.json and weights in it")
    options: dict[str, Any] = _json(transformer / "sentence_bert_config.json", default={})
    prompts: dict[str, Any] = _json(folder / "config_sentence_transformers.json", default={})
    prompt = (prompts.get("prompts") or {}).get(prompts.get("default_prompt_name")) or ""

    pooling: Pooling | None = None
    if _is_plain_bert(config) and not prompt and not options.get("do_lower_case"):
        if not kinds:
            pooling = "mean"  # as sentence-transformers does for a single transformer
        elif kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
            pooling = _read_pooling(_json(folder / modules[1]["path"] / "config.json", default={}))
    limit = _read_limit(transformer, config, options)
    return ModelConfig(folder, transformer, config, pooling, limit, prompt)


def _is_plain_bert(config: Mapping[str, Any]) -> bool:
    """Tell if `embedstore.encoders.text.bert` computes exactly what the config describes."""
    return (
        config.get("model_type") in ("bert", "distilbert")
        and config.get("hidden_act", config.get("activation", "gelu")) == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and "auto_map" not in config
    )


def _read_pooling(config: Mapping[str, Any]) -> Pooling | None:
    """Read the pooling of a ``Pooling`` module; None unless it is a single one of `POOLINGS`."""
    if mode := config.get("pooling_mode"):
        modes = [mode] if isinstance(mode, str) else list(mode)
    else:
        names = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max"}
        on = [key for key, value in config.items() if key.startswith("pooling_mode_") and value]
        modes = [names.get(key.removeprefix("pooling_mode_"), key) for key in on]
    return next((name for name in POOLINGS if modes == [name]), None)


def _read_limit(transformer: Path, config: Mapping[str, Any], options: Mapping[str, Any]) -> int:
    """Read the longest text in tokens: the smallest limit that any file names."""
    tokenizer: dict[str, Any] = _json(transformer / "tokenizer_config.json", default={})
    limits = [
        options.get("max_seq_length") or tokenizer.get("model_max_length"),
        config.get("max_position_embeddings"),
    ]
    return int(min([limit for limit in limits if limit], default=UNLIMITED))


def _json(file: Path, *, default: Any) -> Any:
    """Read a JSON file; return the default if there is none."""
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else default
