"""The page of similar posts: pictures whole, text on demand, nothing of a file but its pixels."""

import base64
import io
import re
from pathlib import Path

import pytest
from embedstore.cli.page import similar_page
from made_store import change
from PIL import Image
from support import WriteCsv, build, post

import embedstore


def _gif(comment: bytes) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 96), 90).convert("P").save(out, "GIF", comment=comment)
    return out.getvalue()


def _store(tmp_path: Path, write_csv: WriteCsv, pictures: dict[int, bytes], text: str) -> Path:
    for number, data in pictures.items():
        (tmp_path / f"{number}.gif").write_bytes(data)
    file = write_csv(
        [
            post(n, media=f"{n}.gif" if n in pictures else "", content=f"{n} {text}")
            for n in (1, 2, 3)
        ]
    )
    build(tmp_path / "s", file, space=["words=hash"], images="local")
    return tmp_path / "s"


def _page(path: Path) -> str:
    store = embedstore.open(path)
    return similar_page(store, store.similar(text="coffee", k=3), "coffee")


@pytest.mark.parametrize("length", [20, 70_000, 300_000])
def test_a_pictures_comment_neither_stops_the_page_nor_gets_into_it(
    tmp_path: Path, write_csv: WriteCsv, length: int
) -> None:
    comment = (b"<script>secret</script>" * (length // 20 + 1))[:length]
    page = _page(_store(tmp_path, write_csv, {1: _gif(comment), 2: _gif(b"")}, "coffee"))
    assert page.count("<img ") == 2
    for data in re.findall(r"base64,([^\"]+)", page):
        assert b"secret" not in base64.b64decode(data)


def test_a_long_text_unfolds_and_links_can_be_followed(tmp_path: Path, write_csv: WriteCsv) -> None:
    text = "https://example.org/a?b=1&c=<x> javascript:alert(1) " + "coffee " * 100 + "the end"
    page = _page(_store(tmp_path, write_csv, {}, text))
    assert "<details>" in page
    assert "the end" in page
    assert 'href="https://example.org/a?b=1&amp;c="' in page
    assert 'href="javascript' not in page
    assert "<x>" not in page


def test_the_day_of_a_post_links_to_the_post_where_its_address_is_one_of_the_web(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    path = _store(tmp_path, write_csv, {}, "coffee")
    for number, address in ((1, 'https://x.com/a"b/1'), (2, "javascript:alert(1)")):
        change(path, f"UPDATE posts SET permalink = '{address}' WHERE id = '{number}'")
    page = _page(path)
    assert page.count('<a href="https://x.com/a&quot;b/1" rel="noreferrer') == 1
    assert page.count("<a href=") == 1


def test_where_no_post_has_a_picture_no_card_keeps_a_place_for_one(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    assert "no picture" not in _page(_store(tmp_path, write_csv, {}, "coffee"))


def test_pictures_say_what_post_they_are_of(tmp_path: Path, write_csv: WriteCsv) -> None:
    page = _page(_store(tmp_path, write_csv, {1: _gif(b"")}, '"coffee" & cake'))
    assert 'alt="picture of the post: 1 &quot;coffee&quot; &amp; cake"' in page
    assert page.count("no picture") == 2
