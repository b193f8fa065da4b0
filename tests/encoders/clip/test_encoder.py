import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clips import PACKED, WHOLE, our_clip, random_clip
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from embedstore.encoders import ImageEncoder, TextEncoder, load_encoder
from embedstore.encoders.clip.encoder import ClipEncoder
from embedstore.errors import EncoderError, MediaError

SENTENCES = [
    "",
    "!",
    "a photo of a cat",
    "Big news for small teams &amp; their users 🎉 <hyperlink>",
    "what comes after <end_of_text> is never read",
    "word " * 120,
    *(f"{'more ' * length}words" for length in range(30)),
]

Pair = tuple[Any, ClipEncoder]
Array = NDArray[np.float32]


@pytest.fixture(scope="module", params=["ViT-B-32", "ViT-S-32-alt"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A real architecture: open_clip's model and our encoder."""
    model = random_clip(request.param)
    return model, our_clip(request.param, model, tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="module")
def small(folder: Path) -> ClipEncoder:
    return our_clip("small-plain", random_clip("small-plain"), folder)


@contextmanager
def on_one_core() -> Iterator[None]:
    # The peer's threads would wait for each other on a busy machine.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(threads)


def their_texts(model: Any, texts: list[str]) -> Array:
    import open_clip

    tokens = open_clip.get_tokenizer("ViT-B-32")(texts)
    with on_one_core():
        return np.asarray(model.encode_text(tokens, normalize=True))


def their_images(model: Any, images: list[Image.Image]) -> Array:
    import open_clip

    preprocess = open_clip.image_transform(model.visual.image_size, is_train=False)
    with on_one_core():
        batch = torch.stack([preprocess(image) for image in images])
        return np.asarray(model.encode_image(batch, normalize=True))


def our_images(encoder: ClipEncoder, images: list[bytes]) -> Array:
    found = dict(encoder.encode_images(images))
    rows = [found[position] for position in range(len(images))]
    return np.stack([row["clip"] for row in rows if isinstance(row, dict)])


def noise(height: int, width: int, seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def photo() -> Image.Image:
    """Soft colours, shapes with edges, some grain: 1,600 × 1,200."""
    image = noise(4, 5).resize((1600, 1200), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    draw.ellipse((300, 200, 900, 700), fill=(200, 30, 60))
    draw.rectangle((1000, 500, 1500, 1100), fill=(20, 90, 160))
    grain = np.random.default_rng(0).normal(0, 8, (1200, 1600, 1))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, form, **({"quality": 90} if form == "JPEG" else {}))
    return out.getvalue()


def test_real_tweets_get_the_vectors_that_open_clip_gives_them(pair: Pair, adobe: Path) -> None:
    model, ours = pair
    with (adobe / "train.csv").open(encoding="utf-8", newline="") as lines:
        texts = [row["content"] for row in csv.DictReader(lines)][::1000] + SENTENCES[:6]
    np.testing.assert_allclose(ours.encode(texts), their_texts(model, texts), atol=1e-4)


def test_images_get_the_vectors_that_open_clip_gives_them(pair: Pair) -> None:
    model, ours = pair
    images = [noise(224, 224), noise(300, 225), noise(97, 211), noise(640, 480)]
    vectors = our_images(ours, [encoded(image) for image in images])
    np.testing.assert_allclose(vectors, their_images(model, images), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("architecture", [*PACKED, *WHOLE])
def test_every_kind_of_text_tower_gives_what_open_clip_gives(
    architecture: str, folder: Path
) -> None:
    model = random_clip(architecture)
    ours = our_clip(architecture, model, folder)
    np.testing.assert_allclose(ours.encode(SENTENCES), their_texts(model, SENTENCES), atol=1e-5)
    # What needs its full context keeps it.
    assert ours.with_max_length(20).max_length == (20 if architecture in PACKED else 77)
    assert ours.token_lengths(SENTENCES[:3]).tolist() == [2, 3, 7]


def test_a_text_has_the_same_vector_in_any_company(small: ClipEncoder) -> None:
    together = small.encode(SENTENCES * 3)
    alone = np.concatenate([small.encode([text]) for text in SENTENCES])
    np.testing.assert_allclose(together, np.tile(alone, (3, 1)), atol=1e-5)


def test_batches_bring_every_position_once(small: ClipEncoder) -> None:
    texts = [f"{'word ' * (number % 40)}{number}" for number in range(300)]
    batches = list(small.encode_batches(texts))
    assert len(batches) > 1
    positions = np.concatenate([positions for positions, _ in batches])
    assert sorted(positions.tolist()) == list(range(300))
    assert all(vectors.dtype == np.float32 for _, vectors in batches)


def test_no_texts_give_no_vectors(small: ClipEncoder) -> None:
    assert small.encode([]).shape == (0, 32)
    assert small.token_lengths([]).shape == (0,)


def test_lengths_count_every_token_before_any_cut(small: ClipEncoder) -> None:
    assert small.token_lengths(["word " * 120, "", "two words"]).tolist() == [122, 2, 4]


def test_a_text_is_cut_to_the_maximum_length_with_its_end_token(small: ClipEncoder) -> None:
    short = small.with_max_length(5)
    vectors = short.encode(["one two three", "one two three four five"])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert small.max_length == 77


def test_the_maximum_length_makes_another_space_that_may_be_compared(small: ClipEncoder) -> None:
    (whole,), (short,) = small.outputs, small.with_max_length(16).outputs
    assert short.fingerprint != whole.fingerprint
    assert short.joint == whole.joint
    assert (whole.name, whole.dim) == ("clip", 32)


@pytest.mark.parametrize("length", [2, 78])
def test_a_maximum_length_that_the_tower_cannot_read_is_refused(
    small: ClipEncoder, length: int
) -> None:
    with pytest.raises(EncoderError, match=f"max_length {length} .* from 3 to 77 tokens"):
        small.with_max_length(length)


def test_its_own_settings_load_the_same_encoder_again(small: ClipEncoder) -> None:
    short = small.with_max_length(24)
    again = load_encoder("clip", short.weights, device="cpu", **short.settings)
    assert again.outputs == short.outputs
    assert isinstance(again, TextEncoder)
    assert isinstance(again, ImageEncoder)


def test_other_weights_or_another_activation_make_another_space(
    small: ClipEncoder, folder: Path
) -> None:
    same = our_clip("small-plain", None, folder)
    assert same.outputs == small.outputs
    other = random_clip("small-plain")
    with torch.no_grad():
        other.ln_final.weight[0] += 1e-3
    (folder / "other").mkdir()
    changed = our_clip("small-plain", other, folder / "other")
    quick = load_encoder("clip", f"small-quick:{folder / 'small-plain.safetensors'}", device="cpu")
    joints = {small.outputs[0].joint, changed.outputs[0].joint, quick.outputs[0].joint}
    assert len(joints) == 3


def test_an_unknown_setting_is_refused(folder: Path) -> None:
    with pytest.raises(EncoderError, match="clip has no setting 'pooling': it has dtype, max_l"):
        our_clip("small-plain", None, folder, pooling="mean")


def test_bfloat16_agrees_with_float32(pair: Pair) -> None:
    _, ours = pair
    texts, image = SENTENCES[:4], encoded(photo().resize((300, 225)))
    half = load_encoder("clip", ours.weights, device="cpu", dtype="bfloat16")
    assert isinstance(half, ClipEncoder)
    assert half.outputs == ours.outputs
    assert half.runs_on() == ("cpu", "bfloat16")
    assert (half.encode(texts) * ours.encode(texts)).sum(1).min() > 0.999
    assert (our_images(half, [image]) * our_images(ours, [image])).sum(1).min() > 0.999


def test_a_large_photo_decoded_small_keeps_its_vector(pair: Pair) -> None:
    model, ours = pair
    jpeg = encoded(photo(), "JPEG")
    expected = their_images(model, [Image.open(io.BytesIO(jpeg))])
    assert (our_images(ours, [jpeg]) * expected).sum() > 0.999


def test_files_bytes_and_generators_of_either_give_the_same(
    small: ClipEncoder, tmp_path: Path
) -> None:
    data = encoded(noise(50, 40))
    (tmp_path / "picture").write_bytes(data)
    found = dict(small.encode_images(item for item in (data, tmp_path / "picture", b"", data)))
    assert set(found) == {0, 1, 2, 3}
    assert isinstance(found[2], MediaError)
    vectors = [one["clip"] for one in found.values() if isinstance(one, dict)]
    assert vectors[0].shape == (32,)
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_vectors_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    broken = random_clip("small-plain")
    with torch.no_grad():
        broken.ln_final.bias[0] = float("nan")
    with pytest.raises(EncoderError, match=r"clip \(small-plain:.*not finite in float32"):
        our_clip("small-plain", broken, tmp_path).encode(["words"])
