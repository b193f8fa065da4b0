import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from clips import our_clip, random_clip
from huggingface_hub import constants

from embedstore.encoders import load_encoder
from embedstore.encoders.clip.weights import DEFAULT, ClipWeights, parse
from embedstore.errors import WeightsError

REPOSITORY = "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (DEFAULT, ClipWeights("ViT-B-32", "laion2b_s34b_b79k", None)),
        ("RN50:a/b:c.pt", ClipWeights("RN50", None, Path("a/b:c.pt"))),
        ("RN50/openai:/w.bin", ClipWeights("RN50", "openai", Path("/w.bin"))),
    ],
)
def test_weights_are_named_by_architecture_tag_and_file(
    weights: str, expected: ClipWeights
) -> None:
    assert parse(weights) == expected


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("ViT-B-32", "expected ARCHITECTURE/TAG for weights from the hub"),
        ("/path/to/weights.safetensors", "expected ARCHITECTURE/TAG for weights"),
        ("ViT-B-33/openai", "open_clip knows no architecture 'ViT-B-33'"),
        ("ViT-B-32/laion", "knows no weights 'laion' of ViT-B-32: it knows openai, laion400m"),
    ],
)
def test_a_name_that_open_clip_does_not_know_is_refused(weights: str, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        load_encoder("clip", weights, device="cpu")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.safetensors', but there is no such file"):
        load_encoder("clip", f"RN50:{tmp_path}/gone.safetensors", device="cpu")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.npz").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"expected a file that ends in \.bin, \.pt, \.pth"):
        load_encoder("clip", f"RN50:{tmp_path}/weights.npz", device="cpu")


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    torch.save(random_clip("small-plain").state_dict(), tmp_path / "weights.pt")
    with pytest.raises(WeightsError, match="can't be loaded as small-scaled: "):
        load_encoder("clip", f"small-scaled:{tmp_path}/weights.pt", device="cpu")


def test_a_pickle_of_tensors_gives_the_same_vectors_as_safetensors(tmp_path: Path) -> None:
    model = random_clip("small-plain")
    expected = our_clip("small-plain", model, tmp_path).encode(["some words"])
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    pickled: Any = load_encoder(
        "clip", f"small-plain:{tmp_path}/weights.pt", device="cpu", dtype="float32"
    )
    assert (pickled.encode(["some words"]) == expected).all()


class Harmful:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (str(self.file), "w")


def test_code_inside_a_pickle_is_never_run(tmp_path: Path) -> None:
    random_clip("small-plain")
    weights, trace = tmp_path / "weights.bin", tmp_path / "trace"
    torch.save({"state_dict": Harmful(trace)}, weights)
    with pytest.raises(WeightsError, match="can't be loaded as small-plain"):
        load_encoder("clip", f"small-plain:{weights}", device="cpu")
    weights.write_bytes(pickle.dumps(Harmful(trace)))
    with pytest.raises(WeightsError, match="can't be loaded as small-plain"):
        load_encoder("clip", f"small-plain:{weights}", device="cpu")
    assert not trace.exists()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, and a hub at an address where nothing listens."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    return tmp_path


@pytest.mark.usefixtures("cache")
def test_a_hub_that_is_not_reached_ends_in_an_error_with_both_remedies() -> None:
    with pytest.raises(WeightsError, match="could not be fetched from the hub") as caught:
        load_encoder("clip", device="cpu")
    message = str(caught.value)
    assert f"--space NAME=clip:{DEFAULT}:/path/to/open_clip_model.safetensors" in message
    assert "--models bundled" in message


@pytest.mark.usefixtures("cache")
def test_a_tower_that_needs_the_hub_beside_its_weights_says_so(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").touch()
    with pytest.raises(WeightsError, match="needs roberta-base from the hub beside its weights"):
        load_encoder("clip", f"roberta-ViT-B-32:{tmp_path}/weights.bin", device="cpu")


@pytest.mark.parametrize("name", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_what_the_cache_has_is_not_asked_of_the_hub(cache: Path, name: str) -> None:
    snapshot = cache / REPOSITORY / "snapshots" / "1a25a446712ba5ee05982a381eed697ef9b435cf"
    snapshot.mkdir(parents=True)
    (snapshot / name).write_bytes(b"weights")
    (cache / REPOSITORY / "refs").mkdir()
    (cache / REPOSITORY / "refs" / "main").write_text(snapshot.name)
    assert parse(DEFAULT).path() == snapshot / name


def test_the_quick_activation_follows_the_tag() -> None:
    assert parse("ViT-B-32/openai:/path/to/weights.bin").quick_gelu
    assert not parse(DEFAULT).quick_gelu
