"""The media field of a post: which pictures, videos and GIFs it names.

Five spellings are understood, and told apart by how they begin:

- the challenge's Python repr, ``[Photo(previewUrl='…', fullUrl='…'), Video(…), Gif(…)]``;
- a list of URLs, as Python or JSON writes it;
- JSON objects, as the platforms' interfaces return them (``type``, ``url``,
  ``media_url_https``, ``width``, …), also nested (``{"media": […]}``);
- plain URLs, separated by whitespace, commas, semicolons or ``|``;
- local paths, relative to the input file.

A video or GIF is represented by its thumbnail. Of Twitter's pictures, tiny and cropped sizes
are replaced by the small one of 680 pixels.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from embedstore.reading.literals import Node, Value, read_values

Kind = Literal["photo", "video", "gif"]

_IMAGE_SUFFIXES = ("jpg", "jpeg", "jfif", "png", "webp", "gif", "bmp", "avif", "heic", "heif")
_VIDEO_SUFFIXES = ("mp4", "m4v", "mov", "webm", "mkv", "avi", "m3u8")
_NOTHING = frozenset({"", "[]", "{}", "()", "none", "null", "nan", "n/a", "na", "-", "<na>"})

# In order of preference: the full picture first, a link to a page last.
_PICTURE_FIELDS = (
    "fullUrl",
    "media_url_https",
    "media_url",
    "thumbnailUrl",
    "thumbnail_url",
    "preview_image_url",
    "thumbnail_src",
    "thumbnail",
    "display_url",
    "displayUrl",
    "fullsize",
    "coverUrl",
    "image_url",
    "imageUrl",
    "image",
    "previewUrl",
    "preview_url",
    "thumb",
    "src",
    "url",
    "path",
    "file",
)
_CONTAINERS = (
    "media",
    "extended_entities",
    "entities",
    "includes",
    "attachments",
    "images",
    "photos",
    "childPosts",
    "carousel_media",
    "children",
    "videos",
    "items",
    "data",
)
_TYPES = ("type", "media_type", "kind", "__typename")

_BEFORE_URL = re.compile(r"[,;|](?=[A-Za-z][A-Za-z0-9+.-]{1,20}://)|\s")
_BETWEEN_PATHS = re.compile(r"[,;|\n\t]")
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{2,5})(?=[?#:]|$)")
_SIZE_IN_PATH = re.compile(r"(?<![0-9A-Za-z])s?([1-9][0-9]{1,4})x([1-9][0-9]{1,4})(?![0-9A-Za-z])")
_WIDTH_IN_QUERY = re.compile(r"[?&](?:w|width)=([1-9][0-9]{0,4})(?![0-9])")
_HEIGHT_IN_QUERY = re.compile(r"[?&](?:h|height)=([1-9][0-9]{0,4})(?![0-9])")
# Twitter's smaller sizes: a crop of 150 pixels, and previews of links.
_TINY_TWITTER = re.compile(
    r"(?P<picture>//pbs\.twimg\.com/media/[^?:]+(?:\?(?:[^#]*&)?name=|:))"
    r"(?:thumb|tiny|\d{2,3}x\d{2,3})(?=&|$)"
)
_MAX_COUNT = 2**63 - 1
_SHOWN = 60


@dataclass(frozen=True)
class MediaItem:
    """One picture, video or GIF of a post.

    Attributes
    ----------
    kind : {"photo", "video", "gif"}
        What the post shows.
    url : str
        Where its picture is (for videos and GIFs the thumbnail): a URL, or a path
        relative to the input file.
    width, height : int or None
        Pixels, where the field or the URL says so; a video's, not its thumbnail's.
    duration : float or None
        Length of a video in seconds.
    views : int or None
        How often a video was seen. An *outcome* like the likes, counted after posting:
        it may be stored, and must never be a feature.
    """

    kind: Kind
    url: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    views: int | None = None


def parse_media(raw: str | None) -> tuple[list[MediaItem], list[str]]:
    """Read a post's media field.

    Parameters
    ----------
    raw : str or None
        The field as the input file has it, in any of the spellings above, possibly cut
        off. Nothing in it is ever evaluated, and hostile text takes linear time.

    Returns
    -------
    items : list of MediaItem
        In the order of the field. An item that was cut off is kept when a URL of its
        picture is whole.
    problems : list of str
        What couldn't be read, such as ``cut off after 3 items``; empty when all is well.
    """
    text = (raw or "").strip()
    if text.lower() in _NOTHING:
        return [], []
    if text[0] not in "[{(\"'" and not re.match(r"[A-Za-z_]\w*\s*\(", text):
        return _plain_items(text)
    values, cut, unreadable = read_values(text)
    problems: list[str] = []
    items = [item for value in values for item in _items(value, problems)]
    if not items and not cut:
        # `[https://a/b.jpg, c.jpg]`: brackets around text without quotes.
        plain, _ = _plain_items(re.sub(r"[\[\](){}'\"]", " ", text).strip())
        if plain:
            return plain, []
    if cut:
        problems.append(f"cut off after {len(items)} item{'' if len(items) == 1 else 's'}")
    elif unreadable is not None:
        problems.append(
            f"not understood from character {unreadable + 1}: {_shown(text, unreadable)}"
        )
    return items, problems


def _plain_items(text: str) -> tuple[list[MediaItem], list[str]]:
    """Read URLs or paths that stand side by side, without quotes."""
    items: list[MediaItem] = []
    problems: list[str] = []
    for piece in _pieces(text):
        if _looks_like_a_place(piece):
            items.append(_from_url(piece))
        else:
            problems.append(f"neither a URL nor the path of an image: {_shown(piece)}")
    return items, problems


def _pieces(text: str) -> Iterator[str]:
    if "://" in text:
        # A comma or a bar may be part of a URL: it separates only before the next one.
        for piece in _BEFORE_URL.split(text):
            if piece := piece.strip(",;|"):
                yield piece
        return
    for part in _BETWEEN_PATHS.split(text):
        words = part.split()
        if len(words) > 1 and all(_suffix(word) for word in words):
            yield from words
        elif words:  # one path, which may hold spaces
            yield part.strip()


def _looks_like_a_place(text: str) -> bool:
    return "://" in text or text.startswith("//") or bool(_suffix(text))


def _suffix(url: str) -> str | None:
    """Return the suffix of an image or a video in a URL's or a path's last part."""
    last = url.split("?")[0].split("#")[0].rpartition("/")[2]
    match = _SUFFIX.search(last[-16:])
    suffix = match.group(1).lower() if match else ""
    return suffix if suffix in _IMAGE_SUFFIXES or suffix in _VIDEO_SUFFIXES else None


def _from_url(url: str, kind: Kind | None = None) -> MediaItem:
    if url.startswith("//"):
        url = f"https:{url}"
    if "pbs.twimg.com" in url:
        url = _TINY_TWITTER.sub(r"\g<picture>small", url)
    if kind is None:
        suffix = _suffix(url)
        kind = "gif" if suffix == "gif" else "video" if suffix in _VIDEO_SUFFIXES else "photo"
    width, height = _size_in_url(url)
    return MediaItem(kind, url, width, height)


def _size_in_url(url: str) -> tuple[int | None, int | None]:
    path, _, query = url.partition("?")
    wide, high = _WIDTH_IN_QUERY.search(f"?{query}"), _HEIGHT_IN_QUERY.search(f"?{query}")
    if wide or high:
        return int(wide[1]) if wide else None, int(high[1]) if high else None
    found = _SIZE_IN_PATH.search(path)
    return (int(found[1]), int(found[2])) if found else (None, None)


def _items(value: Value, problems: list[str]) -> Iterator[MediaItem]:
    """Items in a value that was read, depth first; the reader bounds the depth."""
    if isinstance(value, str):
        if _looks_like_a_place(value.strip()):
            yield _from_url(value.strip())
        elif value.strip().lower() not in _NOTHING:
            problems.append(f"neither a URL nor the path of an image: {_shown(value)}")
        return
    if not isinstance(value, Node):
        return
    if not value.name and not value.fields:
        for element in value.elements:
            yield from _items(element, problems)
        return
    for name in _CONTAINERS:
        within: list[str] = []
        found = list(_items(value.fields.get(name), within))
        if found:
            yield from found
            problems += within
            return
    item = _from_node(value)
    if item is not None:
        yield item
    elif value.whole:
        problems.append(f"a {value.name or 'media object'} without a URL")


def _from_node(node: Node) -> MediaItem | None:
    kind = _kind(node)
    url = next(filter(None, (_place(node.fields.get(name)) for name in _PICTURE_FIELDS)), None)
    if url is None:
        return None
    item = _from_url(url, kind)
    sizes = [
        node,
        *(n for n in map(node.fields.get, ("original_info", "dimensions")) if isinstance(n, Node)),
    ]
    width = next(filter(None, (_pixels(n, "width", "w") for n in sizes)), None)
    height = next(filter(None, (_pixels(n, "height", "h") for n in sizes)), None)
    if width is None and height is None:
        width, height = _largest_variant(node) or (item.width, item.height)
    return MediaItem(item.kind, item.url, width, height, _duration(node), _views(node))


def _kind(node: Node) -> Kind | None:
    said = [node.name, *(text for text in map(node.fields.get, _TYPES) if isinstance(text, str))]
    words = " ".join(said).lower()
    if "gif" in words:
        return "gif"
    if "video" in words or node.fields.get("is_video") is True:
        return "video"
    if "photo" in words or "image" in words:
        return "photo"
    return None


def _place(value: Value) -> str | None:
    return value.strip() if isinstance(value, str) and _looks_like_a_place(value.strip()) else None


def _pixels(node: Node, *names: str) -> int | None:
    for name in names:
        value = _count(node.fields.get(name))
        if value is not None and 0 < value < 2**31:
            return value
    return None


def _largest_variant(node: Node) -> tuple[int, int] | None:
    """Size of the largest of a video's variants, from their URLs."""
    variants = node.fields.get("variants")
    sizes = [
        (int(found[1]), int(found[2]))
        for variant in (variants.elements if isinstance(variants, Node) else [])
        if isinstance(variant, Node) and isinstance(url := variant.fields.get("url"), str)
        if (found := _SIZE_IN_PATH.search(url.partition("?")[0]))
    ]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _duration(node: Node) -> float | None:
    info = node.fields.get("video_info")
    inner = info.fields if isinstance(info, Node) else {}
    for value, scale in (
        (node.fields.get("duration"), 1.0),
        (node.fields.get("video_duration"), 1.0),
        (node.fields.get("duration_ms"), 1000.0),
        (inner.get("duration_millis"), 1000.0),
    ):
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            seconds = float(value) / scale
            return seconds if math.isfinite(seconds) else None
    return None


def _views(node: Node) -> int | None:
    metrics = node.fields.get("public_metrics")
    inner = metrics.fields if isinstance(metrics, Node) else {}
    for value in (node.fields.get("views"), node.fields.get("view_count"), inner.get("view_count")):
        count = _count(value)
        if count is not None:
            return count
    return None


def _count(value: Value) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT:
        return value
    return None


def _shown(text: str, start: int = 0) -> str:
    piece = text[start : start + _SHOWN]
    return repr(piece) + ("…" if start + _SHOWN < len(text) else "")
