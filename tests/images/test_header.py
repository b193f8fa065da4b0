"""`read_header`: format and size of real and damaged files."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import encoded, gradient

from embedstore.errors import MediaError
from embedstore.images.decode import open_image
from embedstore.images.header import read_header, sniff

AVIF = encoded(gradient(33, 21), "AVIF")


@pytest.mark.parametrize(
    ("kind", "width", "height"),
    [
        (k, w, h)
        for k in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
        for w, h in ((2, 3), (301, 17))
    ],
)
def test_the_header_agrees_with_the_decoder(kind: str, width: int, height: int) -> None:
    header = read_header(io.BytesIO(encoded(gradient(width, height), kind)))
    assert header.media_type == f"image/{kind.lower()}"
    assert (header.width, header.height) == (width, height)


def test_the_header_of_lossless_and_animated_webp_is_read() -> None:
    frames = [gradient(33, 21), gradient(33, 21).rotate(180)]
    for data in (
        encoded(frames[0], "WEBP", lossless=True),
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        encoded(frames[0].convert("RGBA"), "WEBP", exif=b"Exif\0\0"),
    ):
        header = read_header(io.BytesIO(data))
        assert (header.width, header.height) == (33, 21)


def test_stray_bytes_between_a_jpegs_segments_are_skipped() -> None:
    data = encoded(gradient(33, 21), "JPEG")
    end = 4 + int.from_bytes(data[4:6], "big")  # of the first segment
    padded = data[:end] + b"\0\0\x12\xff\0\xff\xff" + data[end:]
    assert read_header(io.BytesIO(padded)).width == 33
    assert open_image(padded).size == (33, 21)


@given(st.binary(max_size=64))
def test_random_bytes_never_break_the_header_reader(data: bytes) -> None:
    for start in (
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF....WEBP",
        b"GIF89a",
        b"BM",
        AVIF[:32],
        AVIF[:200],
    ):
        try:
            header = read_header(io.BytesIO(start + data))
        except MediaError:
            continue
        assert sniff((start + data)[:32]) == header.media_type
        assert min(header.width, header.height) > 0


@given(st.integers(0, len(AVIF) - 1), st.integers(0, 255))
def test_a_changed_byte_of_an_avif_is_read_or_refused(at: int, value: int) -> None:
    changed = bytearray(AVIF)
    changed[at] = value
    try:
        header = read_header(io.BytesIO(changed))
    except MediaError:
        return
    assert min(header.width, header.height) > 0


def test_an_avif_that_announces_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    at = AVIF.index(b"ispe") + 8
    hostile = AVIF[:at] + (60_000).to_bytes(4, "big") * 2 + AVIF[at + 8 :]
    with pytest.raises(MediaError, match="60000×60000 pixels, expected at most"):
        open_image(hostile)


def test_other_files_of_the_same_container_are_no_images() -> None:
    assert sniff(b"\0\0\0\x20ftypisom\0\0\0\0isomiso2avc1mp41") is None
