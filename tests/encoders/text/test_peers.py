"""Our vectors beside those of transformers and sentence-transformers."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.text.module_stack import ModuleStack
from embedstore.errors import WeightsError

TEXTS = [
    "our new roast is here. <hyperlink> #coffee @roastery",
    "",
    "a",
    "Ünïcödé, 日本語, 😀 and CAPITALS",
    "a long text " * 200,
]


@pytest.fixture(scope="module")
def peer(minilm_folder: Path) -> Any:
    """The same model as sentence-transformers runs it."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(minilm_folder), device="cpu")


def loaded(name: str, folder: Path, **settings: str) -> TextEncoder:
    encoder = load_encoder(name, str(folder), device="cpu", dtype="float32", **settings)
    assert isinstance(encoder, TextEncoder)
    return encoder


def test_minilm_gives_the_vectors_of_sentence_transformers(minilm: TextEncoder, peer: Any) -> None:
    np.testing.assert_allclose(minilm.encode(TEXTS), peer.encode(TEXTS), atol=1e-5)


def test_distilbert_gives_the_first_token_of_transformers(distilbert_folder: Path) -> None:
    import torch
    from transformers import DistilBertModel

    encoder = loaded("distilbert", distilbert_folder)
    model = DistilBertModel.from_pretrained(distilbert_folder).eval()
    for text, vector in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        ids = encoder._truncating_tokenizer.encode(text).ids  # type: ignore[attr-defined]
        with torch.inference_mode():
            first = model(torch.tensor([ids])).last_hidden_state[0, 0].numpy()
        np.testing.assert_allclose(vector, first / np.linalg.norm(first), atol=1e-5)


def test_a_stack_of_more_modules_is_run_by_sentence_transformers(peer: Any, tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense

    torch.manual_seed(0)
    stack = SentenceTransformer(modules=[peer[0], peer[1], Dense(384, 64)], device="cpu")
    stack.save(str(tmp_path / "dense"))
    encoder = loaded("minilm", tmp_path / "dense")
    assert isinstance(encoder._forward.torch.network, ModuleStack)  # type: ignore[attr-defined]
    assert encoder.outputs[0].dim == 64
    assert encoder.settings == {"max_length": 256}
    expected = stack.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_another_architecture_is_run_by_sentence_transformers(
    minilm_folder: Path, tmp_path: Path
) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import RobertaConfig, RobertaModel

    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        pad_token_id=0,
        max_position_embeddings=514,
    )
    RobertaModel(config).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(minilm_folder / name, tmp_path)
    encoder = loaded("minilm", tmp_path)
    assert encoder.max_length == 512
    peer = SentenceTransformer(str(tmp_path), device="cpu")
    expected = peer.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_a_model_class_of_a_hub_is_never_run(minilm_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(minilm_folder, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "made_up", "auto_map": {"AutoConfig": "code.C", "AutoModel": "code.M"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(WeightsError, match="running code that comes with the model, which is nev"):
        load_encoder("minilm", str(folder))
    assert not (tmp_path / "ran").exists()
