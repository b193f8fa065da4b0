"""Seeded CLIPs of open_clip for tests: small ones of every kind, and their weights.

open_clip is imported where it is used: every worker imports the test files of all.
"""

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch
from safetensors.torch import save_file

from embedstore.encoders import load_encoder
from embedstore.encoders.clip.encoder import ClipEncoder

_VISION = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16}
_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2}

PACKED: dict[str, dict[str, Any]] = {
    "small-plain": {},
    "small-quick": {"quick_gelu": True},
    "small-custom": {"custom_text": True},
    "small-eos": {"text_cfg": {"pool_type": "eos", "eos_id": 49407}},
    "small-scaled": {"text_cfg": {"ls_init_value": 0.1}},
    "small-bias": {"custom_text": True, "text_cfg": {"proj_bias": True}},
}
"""Architectures whose text tower is CLIP's own."""

WHOLE: dict[str, dict[str, Any]] = {
    "small-both-ways": {"custom_text": True, "text_cfg": {"no_causal_mask": True}},
    "small-last": {"text_cfg": {"pool_type": "last"}},
    "small-other-eos": {"text_cfg": {"pool_type": "eos", "eos_id": 49406}},
    "small-class-token": {"custom_text": True, "text_cfg": {"embed_cls": True}},
}
"""Architectures whose text tower needs its full context."""


@cache
def register() -> None:
    """Tell open_clip of the small architectures."""
    import open_clip

    folder = Path(mkdtemp(prefix="clips-"))
    for name, changes in (PACKED | WHOLE).items():
        config = {"embed_dim": 32, "vision_cfg": _VISION} | changes
        config["text_cfg"] = _TEXT | changes.get("text_cfg", {})
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)


def random_clip(architecture: str) -> Any:
    """open_clip's model with seeded random weights, in which every bias matters."""
    import open_clip

    register()
    torch.manual_seed(0)
    model = open_clip.create_model(architecture).eval()
    with torch.no_grad():
        for name, values in model.named_parameters():
            if name.endswith("bias"):
                values.normal_(std=0.1)
    return model


def our_clip(architecture: str, model: Any, folder: Path, **settings: Any) -> ClipEncoder:
    """Our encoder with the model's weights, in float32 unless said otherwise."""
    file = folder / f"{architecture}.safetensors"
    if not file.exists():
        save_file(model.state_dict(), file)
    settings = {"dtype": "float32"} | settings
    encoder = load_encoder("clip", f"{architecture}:{file}", device="cpu", **settings)
    assert isinstance(encoder, ClipEncoder)
    return encoder
