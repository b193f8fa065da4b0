"""`open_image`: real and damaged files of every format, and what pixels come out."""

import struct
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import encoded, gradient
from PIL import Image
from support import DATA

from embedstore.errors import MediaError
from embedstore.images.decode import noise_image, open_image

INSTAGRAM = DATA / "instagram20" / "images"


def png_header(width: int, height: int) -> bytes:
    """Make a PNG that announces a size and has hardly any data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 95}),
        ("BMP", {}),
    ],
)
def test_every_format_is_decoded_to_its_pixels(kind: str, options: dict[str, object]) -> None:
    original = gradient(40, 30)
    image = open_image(encoded(original, kind, **options))
    assert (image.mode, image.size) == ("RGB", (40, 30))
    assert np.abs(np.asarray(image, int) - np.asarray(original, int)).mean() < 4


def test_a_gif_shows_its_first_frame() -> None:
    red, blue = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    image = open_image(encoded(red, "GIF", save_all=True, append_images=[blue]))
    assert image.getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    upright = gradient(32, 16)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = open_image(encoded(stored, "JPEG", quality=98, subsampling=0, exif=exif))
    assert image.size == (32, 16)
    assert np.abs(np.asarray(image, int) - np.asarray(upright, int)).mean() < 3


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_exif_leaves_the_picture_as_it_is() -> None:
    image = open_image(encoded(gradient(32, 16), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"))
    assert image.size == (32, 16)


def test_transparent_pixels_show_white() -> None:
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    half = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert open_image(encoded(clear, "PNG")).getpixel((1, 1)) == (255, 255, 255)
    assert open_image(encoded(half, "PNG")).getpixel((1, 1)) == (127, 127, 127)


def test_a_transparent_palette_colour_shows_white() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert open_image(encoded(image, "PNG", transparency=1)).getpixel((1, 1)) == (255, 255, 255)
    assert open_image(encoded(image, "PNG")).getpixel((1, 1)) == (10, 20, 30)


def test_16_bit_grey_keeps_its_upper_bits() -> None:
    levels = np.array([[0, 255, 256, 32768, 65535]] * 4, dtype=np.uint16)
    image = open_image(encoded(Image.fromarray(levels), "PNG"))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 0, 1, 128, 255]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "CMYK"])
def test_other_modes_come_out_as_rgb(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = open_image(encoded(Image.new("RGB", (8, 8), "white").convert(mode), kind))
    assert (image.mode, image.getpixel((4, 4))) == ("RGB", (255, 255, 255))


def test_a_path_is_read_and_left_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(gradient(8, 8), "PNG"))
    assert open_image(path).size == (8, 8)
    with pytest.raises(MediaError, match="can't be read"):
        open_image(tmp_path / "absent.png")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html><body>gone</body></html>", "a web page"),
        (b"\n  <html>", "a web page"),
        (b"not a picture at all, only text", "no image: it begins with 'not a picture at"),
        (b"BMW is a car maker, and this is text", "no image"),
        (b"%PDF-1.7 and so on, and so on, and on", "no image"),
        (b"\xff\xd8\xff", "cut off within its header"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(10) + b"\xff\xd9", "gives no size"),
        (b"\xff\xd8\xff" + b"\xff" * 100_000, "gives no size"),
        (b"\x89PNG\r\n\x1a\n" + bytes(24), "damaged header"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(20), "damaged header"),
        (b"GIF89a" + bytes(26), "0×0 pixels"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "of 1×1 pixels, expected at least 2×2"),
        (png_header(100_000, 100_000), "of 100000×100000 pixels, expected at most 50,000,000"),
        (png_header(300, 300), "can't be decoded"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        open_image(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_file_cut_in_half_is_refused(kind: str) -> None:
    data = encoded(noise_image(1, 64), kind)
    with pytest.raises(MediaError, match=f"image/{kind.lower()}"):
        open_image(data[: len(data) // 2])


def test_a_gif_frame_larger_than_the_screen_cannot_get_round_the_limit() -> None:
    data = bytearray(encoded(gradient(20, 20), "GIF"))
    frame = data.index(b",", 13 + 3 * 256 if data[10] & 0x80 else 13)
    data[frame + 5 : frame + 9] = struct.pack("<HH", 9000, 9000)
    with pytest.raises(MediaError, match="image/gif"):
        open_image(bytes(data))


@settings(max_examples=60)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]), st.data())
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_flipped_bytes_give_pixels_or_a_media_error(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(encoded(gradient(24, 24), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MediaError):
        assert open_image(bytes(damaged), max_pixels=1_000_000).mode == "RGB"


def resized(image: Image.Image) -> np.ndarray:
    scale = 224 / min(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=float)


def test_a_large_jpeg_is_decoded_small_within_the_stated_tolerance() -> None:
    paths = sorted(INSTAGRAM.glob("*.jpg"))[:30]
    if not paths:
        pytest.skip(f"{INSTAGRAM} isn't there")
    # Thirty photographs side by side have the fine detail of one large one.
    large = Image.new("RGB", (1600, 1200))
    for n, path in enumerate(paths):
        large.paste(open_image(path).resize((267, 240)), (n % 6 * 267, n // 6 * 240))
    data = encoded(large, "JPEG", quality=85)
    full, small = open_image(data), open_image(data, target=224)
    assert (full.size, small.size) == ((1600, 1200), (800, 600))
    difference = np.abs(resized(full) - resized(small))
    assert difference.mean() < 1.0
    assert np.percentile(difference, 99) <= 4


@given(st.integers(16, 900), st.integers(16, 900), st.integers(8, 300))
@settings(max_examples=25)
def test_the_smaller_side_stays_twice_the_target(width: int, height: int, target: int) -> None:
    small = open_image(encoded(Image.new("RGB", (width, height)), "JPEG"), target=target)
    assert min(small.size) >= min(2 * target, width, height)


def test_noise_is_the_same_for_a_seed_and_never_black() -> None:
    first = np.asarray(noise_image(7, 64))
    assert first.shape == (64, 64, 3)
    assert first.min() >= 1
    assert (first == np.asarray(noise_image(7, 64))).all()
    assert (first != np.asarray(noise_image(8, 64))).any()
    assert first.std() > 60


@pytest.mark.parametrize("kind", ["AVIF", "WEBP"])
def test_newer_formats_are_decoded(kind: str) -> None:
    image = gradient(64, 48)
    found = open_image(encoded(image, kind, quality=95))
    assert (found.mode, found.size) == ("RGB", (64, 48))
    difference = np.asarray(found).astype(int) - np.asarray(image).astype(int)
    assert np.abs(difference).mean() < 4


def test_heic_is_decoded_and_turned_with_its_extra() -> None:
    heif = pytest.importorskip("pillow_heif", reason="pip install 'embedstore[heif]'")
    heif.register_heif_opener()
    upright = gradient(64, 48)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(upright.rotate(90, expand=True), "HEIF", quality=95, exif=exif.tobytes())
    found = open_image(data)
    assert (found.mode, found.size) == ("RGB", (64, 48))
    difference = np.asarray(found).astype(int) - np.asarray(upright).astype(int)
    assert np.abs(difference).mean() < 6


def test_heic_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    # The boxes of a HEIC are those of an AVIF but for the brand.
    data = encoded(gradient(64, 48), "AVIF").replace(b"avif", b"heic")
    with pytest.raises(MediaError, match=r"pip install 'embedstore\[heif\]'"):
        open_image(data)


def test_avif_with_a_pillow_that_cannot_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedstore.images.decode.features.check", lambda _: False)
    with pytest.raises(MediaError, match="--upgrade pillow"):
        open_image(encoded(gradient(64, 48), "AVIF"))
