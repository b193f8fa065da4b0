"""Images that lie beside the input file: only those, and the network never."""

import hashlib
import os
from pathlib import Path

import pytest
from web_server import connected, picture

from embedstore.fetch import FailureClass, Fetched, FetchFailure, FetchLimits, read_local

GOOD = picture()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Folder of an input file, with one image in a folder below and a secret outside."""
    (tmp_path / "secret.jpg").write_bytes(GOOD)
    base = tmp_path / "posts"
    (base / "images").mkdir(parents=True)
    (base / "images" / "a b.jpg").write_bytes(GOOD)
    return base


def failure(path_text: str, base: Path, limits: FetchLimits | None = None) -> FetchFailure:
    result = read_local(path_text, base, base.parent / "media", limits)
    assert isinstance(result, FetchFailure), result
    assert list((base.parent / "media").iterdir()) == []
    return result


@pytest.mark.parametrize("path_text", ["images/a b.jpg", "./images/../images/a b.jpg"])
def test_an_image_below_the_input_files_folder_is_copied(path_text: str, base: Path) -> None:
    connected.clear()
    result = read_local(path_text, base, base.parent / "media")
    sha256 = hashlib.sha256(GOOD).hexdigest()
    path = base.parent / "media" / sha256[:2] / sha256
    assert result == Fetched(path_text, sha256, path, "image/jpeg", len(GOOD))
    assert path.read_bytes() == GOOD
    assert connected == []


def test_a_link_that_stays_inside_is_followed(base: Path) -> None:
    (base / "link.jpg").symlink_to("images/a b.jpg")
    assert isinstance(read_local("link.jpg", base, base.parent / "media"), Fetched)


def test_the_input_files_folder_may_itself_be_a_link(base: Path) -> None:
    link = base.parent / "linked"
    link.symlink_to(base)
    assert isinstance(read_local("images/a b.jpg", link, base.parent / "media"), Fetched)


@pytest.mark.parametrize(
    "path_text",
    ["../secret.jpg", "images/../../secret.jpg", "/etc/passwd", "C:\\x.jpg", "\\\\host\\x.jpg"],
)
def test_a_path_out_of_the_folder_is_refused(path_text: str, base: Path) -> None:
    result = failure(path_text, base)
    assert result.failure is FailureClass.OUTSIDE_FOLDER
    assert result.retry_after_s is None


def test_links_out_of_the_folder_are_refused(base: Path) -> None:
    (base / "file.jpg").symlink_to("../secret.jpg")
    (base / "folder").symlink_to("..")
    for path_text in ("file.jpg", "folder/secret.jpg"):
        assert failure(path_text, base).failure is FailureClass.OUTSIDE_FOLDER


@pytest.mark.parametrize(
    "path_text", ["file:///etc/passwd", "file:x.jpg", "http://127.0.0.1/x.jpg", "data:,x"]
)
def test_a_url_is_no_local_path(path_text: str, base: Path) -> None:
    connected.clear()
    assert failure(path_text, base).failure is FailureClass.REFUSED_SCHEME
    assert connected == []


@pytest.mark.parametrize("path_text", ["absent.jpg", "images", "a\0b.jpg", "x" * 5000, "loop", ""])
def test_what_is_no_readable_file_is_refused(path_text: str, base: Path) -> None:
    (base / "loop").symlink_to("loop")
    result = failure(path_text, base)
    assert result.failure in (FailureClass.MISSING_FILE, FailureClass.NOT_AN_IMAGE)


def test_a_pipe_or_a_device_is_never_read(base: Path) -> None:
    os.mkfifo(base / "pipe.jpg")
    assert failure("pipe.jpg", base).failure is FailureClass.NOT_AN_IMAGE


def test_the_limits_on_bytes_and_pixels_apply(base: Path) -> None:
    (base / "text.jpg").write_bytes(b"not an image, though its name says so " * 9)
    assert failure("text.jpg", base).failure is FailureClass.NOT_AN_IMAGE
    few_bytes, few_pixels = FetchLimits(max_bytes=100), FetchLimits(max_pixels=100)
    assert failure("images/a b.jpg", base, few_bytes).failure is FailureClass.TOO_LARGE
    assert failure("images/a b.jpg", base, few_pixels).failure is FailureClass.BOMB
