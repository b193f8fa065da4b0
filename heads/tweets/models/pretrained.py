"""Pretrained language models: where one is, whether it is the same one, and how its posts end."""

import hashlib
from pathlib import Path
from typing import Any

from embedstore.encoders.weights import smollm2
from embedstore.errors import EncoderError, WeightsError

SEPARATOR = "\n---\n"


def base_folder(name: str) -> str:
    """Locate a model: the installed SmolLM2, a folder, or a name for the hub.

    Raises
    ------
    WeightsError
        SmolLM2 isn't installed.
    """
    if name != "smollm2":
        return name
    if not smollm2.is_here():
        raise WeightsError(
            "SmolLM2 isn't installed: run `embedstore models install smollm2`, or use"
            " `--decoder small`"
        )
    return str(smollm2.folder())


def weights_hash(name: str) -> str:
    """Hash a local model's weights (SHA-256); empty for one of the hub, known by its name."""
    digest = hashlib.sha256()
    files = sorted(Path(base_folder(name)).glob("*.safetensors"))
    for file in files:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest() if files else ""


def import_peft() -> Any:
    """Import the package `peft`, or name the extra it comes with."""
    try:
        import peft
    except ImportError as error:
        raise EncoderError(
            "fine-tuned language models need the package `peft`: install the extra `tweets`"
            " (`pip install 'embedstore[tweets]'`)"
        ) from error
    return peft


def separator(name: str, tokenizer: Any) -> tuple[list[int], list[int]]:
    """Tokenise the separator of posts; returns its tokens, and those of them that end a post.

    A model whose rule of dashes is no single token ends its posts as it ends a document.
    """
    whole: list[int] = tokenizer(SEPARATOR, add_special_tokens=False)["input_ids"]
    for place, token in enumerate(whole):
        if "---" in tokenizer.decode([token]):
            return whole, whole[: place + 1]
    if tokenizer.eos_token_id is None:
        raise EncoderError(f"the tokenizer of {name!r} has no token that ends a text: use another")
    return [tokenizer.eos_token_id], [tokenizer.eos_token_id]
