import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.text.encoder import TransformerEncoder
from embedstore.errors import EncoderError, WeightsError

ODD_TEXTS = [
    "",
    " ",
    "a",
    "😀😀😀",
    "word " * 10_000,
    "w" * 10_000,
    "שלום עולם, مرحبا بالعالم",
    "nul \0 characters \0",
    "half a pair \ud83d and a whole one \ud83d\ude00",
    "\ufeff\u200b\u202e",
]

TWEETS = [
    "our new roast is here. <hyperlink>",
    "the quarterly report is out, thank you all",
    "rain in the morning, sun at noon ☀️",
]


def test_every_text_has_a_unit_vector(minilm: TextEncoder) -> None:
    vectors = minilm.encode(ODD_TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(ODD_TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_are_no_vectors(minilm: TextEncoder) -> None:
    assert minilm.encode([]).shape == (0, 384)
    assert list(minilm.encode_batches([])) == []
    assert minilm.token_lengths([]).shape == (0,)


@settings(max_examples=8)
@given(texts=st.lists(st.text(st.characters(codec=None), max_size=60), min_size=1, max_size=6))
def test_a_vector_does_not_depend_on_the_texts_beside_it(
    minilm: TextEncoder, texts: list[str]
) -> None:
    together = minilm.encode(texts + texts)
    np.testing.assert_allclose(together[: len(texts)], together[len(texts) :], atol=1e-5)
    alone = np.concatenate([minilm.encode([text]) for text in texts])
    np.testing.assert_allclose(together[: len(texts)], alone, atol=1e-5)


def test_each_position_comes_once_whatever_the_windows_and_batches(minilm: TextEncoder) -> None:
    texts = [TWEETS[i % 3][: i % 7] for i in range(2200)]
    short = minilm.with_max_length(8)
    batches = list(short.encode_batches(texts))
    assert len(batches) > 3
    at = np.concatenate([positions for positions, _ in batches])
    assert np.array_equal(np.sort(at), np.arange(len(texts)))
    vectors = np.empty((len(texts), 384), np.float32)
    for positions, batch in batches:
        vectors[positions] = batch
    np.testing.assert_allclose(vectors[:21], short.encode(texts[:21]), atol=1e-5)


def test_texts_that_mean_the_same_are_near(minilm: TextEncoder) -> None:
    first, second, other = minilm.encode(
        ["How can I cook rice?", "What is the way to boil rice?", "The report is due on Friday."]
    )
    assert first @ second > 0.7
    assert first @ other < 0.3


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_agrees_with_float32(minilm: TextEncoder, dtype: str) -> None:
    texts = TWEETS + ODD_TEXTS
    half = load_encoder("minilm", device="cpu", dtype=dtype)
    assert isinstance(half, TextEncoder)
    assert half.outputs == minilm.outputs
    assert (half.encode(texts) * minilm.encode(texts)).sum(axis=1).min() > 0.999


def test_token_lengths_count_special_tokens_and_are_not_cut(minilm: TextEncoder) -> None:
    assert list(minilm.token_lengths(["", "hello world", "word " * 1000])) == [2, 4, 1002]


def test_what_is_beyond_the_maximum_length_does_not_count(minilm: TextEncoder) -> None:
    cut = minilm.with_max_length(5)
    same = cut.encode(["one two three four five", "one two three"])
    np.testing.assert_allclose(same[0], same[1], atol=1e-5)
    whole = minilm.encode(["one two three four five", "one two three"])
    assert whole[0] @ whole[1] < 0.99


def test_another_maximum_length_is_another_fingerprint_in_the_same_joint_space(
    minilm: TextEncoder,
) -> None:
    cut = minilm.with_max_length(64)
    assert (cut.max_length, minilm.max_length) == (64, 256)
    assert cut.outputs[0].fingerprint != minilm.outputs[0].fingerprint
    assert cut.outputs[0].joint == minilm.outputs[0].joint
    again = load_encoder("minilm", cut.weights, dtype="float32", **cut.settings)
    assert again.outputs == cut.outputs
    assert json.loads(json.dumps(cut.settings)) == cut.settings


@pytest.mark.parametrize("max_length", [0, 2, 257])
def test_a_maximum_length_that_the_model_cannot_read_is_an_error(
    minilm: TextEncoder, max_length: int
) -> None:
    with pytest.raises(EncoderError, match=r"reads from 3 to 256 tokens"):
        minilm.with_max_length(max_length)


def test_an_unknown_setting_is_an_error_that_names_the_known_ones(minilm_folder: Path) -> None:
    with pytest.raises(EncoderError, match="no setting 'poolin': it has dtype, max_length, poo"):
        load_encoder("minilm", str(minilm_folder), poolin="mean")


def test_a_copy_of_the_folder_is_the_same_space(minilm: TextEncoder, minilm_folder: Path) -> None:
    encoder = load_encoder("minilm", str(minilm_folder), dtype="float32")
    assert encoder.outputs == minilm.outputs
    assert encoder.weights == str(minilm_folder)


@pytest.fixture
def broken(minilm_folder: Path, tmp_path: Path) -> Path:
    """A copy of the folder whose files may be changed."""
    return Path(shutil.copytree(minilm_folder, tmp_path / "broken"))


def test_weights_without_a_tensor_are_an_error_that_names_it(broken: Path) -> None:
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 7}))
    with pytest.raises(WeightsError, match=r"lack the tensor 'encoder\.layer\.6\.attention"):
        load_encoder("minilm", str(broken))


def test_vectors_that_are_not_finite_are_an_error(broken: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(broken / "model.safetensors")
    tensors["embeddings.LayerNorm.weight"] *= float("nan")
    save_file(tensors, broken / "model.safetensors")
    encoder = load_encoder("minilm", str(broken))
    assert isinstance(encoder, TransformerEncoder)
    with pytest.raises(EncoderError, match="not finite"):
        encoder.encode(["hello"])


def test_pickled_weights_load_only_as_tensors(broken: Path, minilm: TextEncoder) -> None:
    import torch
    from safetensors.torch import load_file

    tensors = load_file(broken / "model.safetensors")
    (broken / "model.safetensors").unlink()
    torch.save(tensors, broken / "pytorch_model.bin")
    encoder = load_encoder("minilm", str(broken), dtype="float32")
    assert isinstance(encoder, TextEncoder)
    np.testing.assert_allclose(encoder.encode(TWEETS), minilm.encode(TWEETS), atol=1e-6)
    torch.save({"weights": Path("an object that is no tensor")}, broken / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="can't be read as tensors"):
        load_encoder("minilm", str(broken))
