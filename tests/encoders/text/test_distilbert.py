from pathlib import Path

import numpy as np
import pytest

from embedstore.encoders import TextEncoder, load_encoder
from embedstore.errors import EncoderError, WeightsError

TEXTS = ["our new roast is here. <hyperlink>", "", "a", "rain ☀️ " * 30, "שלום"]


def loaded(folder: Path, **settings: str) -> TextEncoder:
    encoder = load_encoder("distilbert", str(folder), dtype="float32", **settings)
    assert isinstance(encoder, TextEncoder)
    return encoder


def test_mean_pooling_equals_the_model_whose_weights_it_has(
    minilm: TextEncoder, distilbert_folder: Path
) -> None:
    encoder = loaded(distilbert_folder, pooling="mean")
    np.testing.assert_allclose(encoder.encode(TEXTS), minilm.encode(TEXTS), atol=1e-4)


def test_the_first_token_is_the_default(minilm_folder: Path, distilbert_folder: Path) -> None:
    encoder = loaded(distilbert_folder)
    assert encoder.settings == {"max_length": 512, "pooling": "cls"}
    first_token = load_encoder("minilm", str(minilm_folder), pooling="cls", dtype="float32")
    assert isinstance(first_token, TextEncoder)
    np.testing.assert_allclose(encoder.encode(TEXTS), first_token.encode(TEXTS), atol=1e-4)


def test_each_pooling_is_a_space_of_its_own(distilbert_folder: Path) -> None:
    first, mean = loaded(distilbert_folder), loaded(distilbert_folder, pooling="mean")
    assert first.outputs[0].joint != mean.outputs[0].joint
    assert first.outputs[0].name == "distilbert"
    again = load_encoder("distilbert", first.weights, **first.settings)
    assert again.outputs == first.outputs


def test_a_folder_of_another_kind_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    with pytest.raises(EncoderError, match=r"a roberta model .*; load it as minilm"):
        load_encoder("distilbert", str(tmp_path))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds no model"):
        load_encoder("distilbert", str(tmp_path))
