"""A model folder with a cut or damaged file is refused in one sentence."""

import shutil
from pathlib import Path

import pytest

from embedstore.encoders import load_encoder
from embedstore.encoders.weights.bundled import MINILM, find
from embedstore.errors import WeightsError


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "model.safetensors"])
def test_a_damaged_model_folder_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    try:
        folder = find(MINILM).parent
    except WeightsError:
        pytest.skip("the bundled weights are not installed")
    shutil.copytree(folder, tmp_path / "model")
    damaged = tmp_path / "model" / name
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    with pytest.raises(WeightsError) as found:
        load_encoder("minilm", str(tmp_path / "model"))
    assert "\n" not in str(found.value)
    assert str(tmp_path) in str(found.value)
