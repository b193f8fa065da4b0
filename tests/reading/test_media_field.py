"""`parse_media`: every spelling of the media field, whole and damaged."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from embedstore.reading.media_field import MediaItem, parse_media

ADOBE = Path(__file__).parents[3] / "shared" / "data" / "adobe"

VIDEO = (
    "Video(thumbnailUrl='https://pics.example/t.jpg', variants=["
    "VideoVariant(contentType='application/x-mpegURL', url='https://v.example/pl/a.m3u8', "
    "bitrate=None), "
    "VideoVariant(contentType='video/mp4', url='https://v.example/vid/480x270/b.mp4', "
    "bitrate=288000), "
    "VideoVariant(contentType='video/mp4', url='https://v.example/vid/1280x720/c.mp4', "
    "bitrate=2176000)], duration=140.144, views=46572)"
)
PHOTO = (
    "Photo(previewUrl='https://pics.example/p?name=small', "
    "fullUrl='https://pics.example/p?name=large')"
)
GIF = (
    "Gif(thumbnailUrl='https://pics.example/g.jpg', variants=[VideoVariant("
    "contentType='video/mp4', url='https://v.example/g.mp4', bitrate=0)])"
)


def places(raw: str | None) -> list[tuple[str, str]]:
    items, _ = parse_media(raw)
    return [(item.kind, item.url) for item in items]


@pytest.mark.parametrize("name", ["company", "time"])
def test_no_item_of_the_challenges_files_is_lost(name: str) -> None:
    path = ADOBE / f"behaviour_simulation_test_{name}.xlsx"
    if not path.exists():
        pytest.skip(f"{path} isn't there")
    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    rows = sheet.to_python()
    column = rows[0].index("media")
    texts = [str(row[column]) for row in rows[1:]]
    expected = Counter(k for text in texts for k in re.findall(r"\b(Photo|Video|Gif)\(", text))
    found: Counter[str] = Counter()
    for text in texts:
        items, problems = parse_media(text)
        assert problems == []
        found.update(item.kind.capitalize() for item in items)
        pictures = re.findall(r"(?:fullUrl|thumbnailUrl)='([^']*)'", text)
        assert [item.url for item in items] == pictures
        assert [item.views for item in items if item.kind == "video"] == [
            None if views == "None" else int(views)
            for views in re.findall(r"views=(\d+|None)", text)
        ]
    assert found == expected


def test_a_photo_a_video_and_a_gif_of_the_challenge_are_read_in_order() -> None:
    items, problems = parse_media(f"[{PHOTO}, {VIDEO}, {GIF}]")
    assert problems == []
    assert items == [
        MediaItem("photo", "https://pics.example/p?name=large"),
        MediaItem("video", "https://pics.example/t.jpg", 1280, 720, 140.144, 46572),
        MediaItem("gif", "https://pics.example/g.jpg"),
    ]


@pytest.mark.parametrize("text", [None, "", "  ", "[]", "nan", "None", "null", "{}", "[None]"])
def test_a_post_without_media_has_no_items_and_no_problem(text: str | None) -> None:
    assert parse_media(text) == ([], [])


def test_a_cell_that_was_cut_off_keeps_the_items_before_the_cut() -> None:
    whole = f"[{PHOTO}, {PHOTO}, {VIDEO}]"
    items, problems = parse_media(whole[: whole.index("Video(") + 20])
    assert [item.kind for item in items] == ["photo", "photo"]
    assert problems == ["cut off after 2 items"]


def test_a_video_cut_off_after_its_thumbnail_is_kept_without_its_numbers() -> None:
    items, problems = parse_media(f"[{VIDEO}"[:120])
    assert items == [MediaItem("video", "https://pics.example/t.jpg")]
    assert problems == ["cut off after 1 item"]


def test_a_photo_cut_off_within_its_full_url_keeps_its_preview() -> None:
    cut = f"[{PHOTO}"[:-20]
    assert places(cut) == [("photo", "https://pics.example/p?name=small")]


@given(st.integers(0, len(f"[{PHOTO}, {VIDEO}, {GIF}]")))
def test_every_cut_says_so_and_never_invents_a_url(length: int) -> None:
    whole = f"[{PHOTO}, {VIDEO}, {GIF}]"
    items, problems = parse_media(whole[:length])
    assert all(f"'{item.url}'" in whole for item in items)
    if 0 < length < len(whole):
        assert problems == [f"cut off after {len(items)} item{'' if len(items) == 1 else 's'}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/x.jpg", ["https://a.example/x.jpg"]),
        (
            "https://a.example/x.jpg https://b.example/y",
            ["https://a.example/x.jpg", "https://b.example/y"],
        ),
        (
            "https://a.example/x,https://b.example/y|https://c.example/z;http://d.example/",
            [
                "https://a.example/x",
                "https://b.example/y",
                "https://c.example/z",
                "http://d.example/",
            ],
        ),
        ("https://a.example/w_1,h_2/x.jpg", ["https://a.example/w_1,h_2/x.jpg"]),
        ("//cdn.example/x.jpg", ["https://cdn.example/x.jpg"]),
        (
            "['https://a.example/x', \"https://b.example/y\"]",
            ["https://a.example/x", "https://b.example/y"],
        ),
        (r'["https:\/\/a.example\/x"]', ["https://a.example/x"]),
        ("[https://a.example/x.jpg, y.png]", ["https://a.example/x.jpg", "y.png"]),
        ("('a.jpg', 'b.jpg')", ["a.jpg", "b.jpg"]),
        ("photo.jpg", ["photo.jpg"]),
        ("images/a.jpg, images/b.jpeg", ["images/a.jpg", "images/b.jpeg"]),
        ("my holiday.jpg|other one.png", ["my holiday.jpg", "other one.png"]),
        ("a.jpg b.webp", ["a.jpg", "b.webp"]),
        ("ftp://a.example/x.jpg", ["ftp://a.example/x.jpg"]),
    ],
)
def test_urls_and_paths_are_found_in_plain_text_and_lists(text: str, expected: list[str]) -> None:
    items, problems = parse_media(text)
    assert [item.url for item in items] == expected
    assert problems == []


def test_text_that_names_no_picture_is_a_problem_that_quotes_it() -> None:
    assert parse_media("see below") == (
        [],
        ["neither a URL nor the path of an image: 'see below'"],
    )


def test_the_kind_of_a_bare_url_follows_its_suffix() -> None:
    text = "https://a.example/x.gif https://a.example/y.mp4?t=1 https://a.example/z.JPG:large"
    assert [kind for kind, _ in places(text)] == ["gif", "video", "photo"]


@pytest.mark.parametrize(
    ("url", "size"),
    [
        ("https://a.example/x?w=640&h=480", (640, 480)),
        ("https://a.example/x?width=640", (640, None)),
        ("https://a.example/s640x480/x.jpg", (640, 480)),
        ("https://a.example/x_1080x1350.jpg", (1080, 1350)),
        ("https://a.example/ab12x34cd.jpg", (None, None)),
    ],
)
def test_a_size_in_a_url_is_kept(url: str, size: tuple[int | None, int | None]) -> None:
    [item], _ = parse_media(url)
    assert (item.width, item.height) == size


def test_json_of_a_platforms_interface_is_read() -> None:
    text = json.dumps(
        {
            "url": "https://social.example/status/1",
            "extended_entities": {
                "media": [
                    {
                        "type": "video",
                        "url": "https://t.example/1",
                        "media_url_https": "https://p.example/v.jpg",
                        "original_info": {"width": 1920, "height": 1080},
                        "video_info": {"duration_millis": 1500},
                        "public_metrics": {"view_count": 7},
                    },
                    {"type": "animated_gif", "preview_image_url": "https://p.example/g.jpg"},
                    {"type": "photo", "url": "https://p.example/p.jpg", "width": 3, "height": 4},
                ]
            },
        }
    )
    items, problems = parse_media(text)
    assert problems == []
    assert items == [
        MediaItem("video", "https://p.example/v.jpg", 1920, 1080, 1.5, 7),
        MediaItem("gif", "https://p.example/g.jpg"),
        MediaItem("photo", "https://p.example/p.jpg", 3, 4),
    ]


def test_an_object_without_a_url_is_a_problem() -> None:
    assert parse_media("[Photo(altText='a cup')]") == ([], ["a Photo without a URL"])


def test_code_in_the_field_is_not_run() -> None:
    text = "[__import__('os').system('touch pwned.jpg')]"
    parse_media(text)
    assert not Path("pwned.jpg").exists()


def test_numbers_that_no_column_can_hold_are_left_out() -> None:
    digits = "9" * 5000
    text = f"Video(thumbnailUrl='a.jpg', duration=1e999, views={digits}, width=-3)"
    assert parse_media(text)[0] == [MediaItem("video", "a.jpg")]


def test_half_a_surrogate_pair_becomes_text_that_can_be_stored() -> None:
    [item], _ = parse_media('["https://a.example/\\ud83d.jpg"]')
    assert item.url.encode() == b"https://a.example/\xef\xbf\xbd.jpg"
    assert places('["\\ud83d\\ude00.jpg"]') == [("photo", "😀.jpg")]


@pytest.mark.parametrize(
    "unit",
    ["[", "(a", "[Photo(", "\\", "['\\", "{'a':[", "http://", "a.", "1x", "1", "?", "=", "[a,"],
)
def test_a_megabyte_of_hostile_text_is_read_to_its_end(unit: str) -> None:
    items, problems = parse_media((unit * 1_000_000)[:1_000_000])
    assert items or problems


fragments = st.sampled_from(
    [*"[](){}'\",:=|\\ \n-", "Photo(", "Gif(", "url=", "http://a", ".jpg", "None", "1e9"]
)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(fragments, max_size=40).map("".join)))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    items, problems = parse_media(text)
    assert all(item.url for item in items)
    assert all(isinstance(problem, str) for problem in problems)


urls = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=30).map(
    "https://a.example/".__add__
)
counts = st.integers(0, 2**63 - 1)


def photo_repr(url: str) -> str:
    return f"Photo(previewUrl='https://a.example/small', fullUrl={url!r})"


def video_repr(url: str, duration: float, views: int) -> str:
    return (
        f"Video(thumbnailUrl={url!r}, variants=[VideoVariant(contentType='video/mp4', "
        f"url='https://v.example/a.mp4', bitrate=None)], duration={duration!r}, views={views})"
    )


@given(
    st.lists(
        st.one_of(
            urls.map(lambda url: (photo_repr(url), ("photo", url, None, None))),
            st.tuples(urls, st.floats(0, 1e6), counts).map(
                lambda video: (video_repr(*video), ("video", *video))
            ),
        ),
        max_size=6,
    )
)
def test_what_the_challenges_repr_says_is_read_back(
    made: list[tuple[str, tuple[str, str, float | None, int | None]]],
) -> None:
    items, problems = parse_media("[" + ", ".join(text for text, _ in made) + "]")
    assert problems == []
    assert [(i.kind, i.url, i.duration, i.views) for i in items] == [want for _, want in made]


@given(st.lists(urls, max_size=6), st.booleans())
def test_lists_of_urls_are_read_back_from_json_and_python(
    made: list[str], ascii_only: bool
) -> None:
    for text in (json.dumps(made, ensure_ascii=ascii_only), repr(made)):
        items, problems = parse_media(text)
        assert [item.url for item in items] == made
        assert problems == []


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://pbs.twimg.com/media/A-b?format=jpg&name=thumb", "?format=jpg&name=small"),
        ("https://pbs.twimg.com/media/A-b?format=png&name=360x360", "?format=png&name=small"),
        ("https://pbs.twimg.com/media/A-b?name=tiny&format=jpg", "?name=small&format=jpg"),
        ("https://pbs.twimg.com/media/A-b.jpg:thumb", ".jpg:small"),
        ("https://pbs.twimg.com/media/A-b.jpg:large", ".jpg:large"),
        ("https://pbs.twimg.com/media/A-b?format=jpg&name=orig", "?format=jpg&name=orig"),
        ("https://pbs.twimg.com/media/A-b.jpg", ".jpg"),
    ],
)
def test_crops_of_twitters_pictures_become_their_small_size(url: str, wanted: str) -> None:
    (item,), problems = parse_media(url)
    assert (item.url, problems) == (f"https://pbs.twimg.com/media/A-b{wanted}", [])


def test_pictures_of_scrapers_and_of_carousels_are_found() -> None:
    raw = (
        '{"childPosts": [{"type": "Image", "displayUrl": "https://a/1.jpg"},'
        ' {"type": "Video", "displayUrl": "https://a/2.jpg", "videoUrl": "https://a/2.mp4"}]}'
    )
    items, problems = parse_media(raw)
    assert [(item.kind, item.url) for item in items] == [
        ("photo", "https://a/1.jpg"),
        ("video", "https://a/2.jpg"),
    ]
    assert problems == []
    (item,), _ = parse_media('[{"thumb": "https://a/t", "fullsize": "https://a/f"}]')
    assert item.url == "https://a/f"
