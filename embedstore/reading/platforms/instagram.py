"""Instagram: Instaloader, an account's own download, the Graph API, and Apify's scraper."""

import re
from collections.abc import Iterator
from typing import Any

from embedstore.reading.fields.texts import longest
from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at

_MEMBER = re.compile(r"(?:^|/)(?:posts(?:_\d+)?|reels|stories|igtv_videos)\.json$")
_FOLDER = re.compile(r"(?:^|/)(?:content|media)/")
_OWN_LISTS = {
    "ig_reels_media": "reel",
    "ig_stories": "story",
    "ig_igtv_media": "own",
    "ig_posts": "own",
}
_NUMBER = re.compile(r"\d{10,}")


def is_member(name: str) -> bool:
    """Tell whether a file of an account's download holds posts."""
    return bool(_MEMBER.search(name) and _FOLDER.search(name))


def _unfold_node(document: Document) -> Iterator[Document] | None:
    node = document.get("node")
    if isinstance(node, dict) and ("instaloader" in document or "shortcode" in node):
        return iter([node])
    return None


def _unfold_download(document: Document) -> Iterator[Document] | None:
    for key, kind in _OWN_LISTS.items():
        if isinstance(items := document.get(key), list):
            return (_entry(item, kind) for item in items if isinstance(item, dict))
    return None


def _entry(item: Document, kind: str) -> Document:
    return {**item, "kind": kind} if "media" in item else {"media": [item], "kind": kind}


def _edges(node: Cells, name: str) -> list[Any]:
    edges = object_at(node, name).get("edges")
    return [edge["node"] for edge in edges or [] if isinstance(edge, dict) and "node" in edge]


def _node_text(node: Cells) -> object:
    captions = _edges(node, "edge_media_to_caption")
    texts = [each.get("text") for each in captions if isinstance(each, dict)]
    caption = node.get("caption")
    return longest([*texts, caption.get("text") if isinstance(caption, dict) else caption])


def _node_media(node: Cells) -> object:
    children = _edges(node, "edge_sidecar_to_children")
    found = [_node_picture(child) for child in children if isinstance(child, dict)]
    return found or ([_node_picture(node)] if node.get("display_url") else None)


def _node_picture(node: Cells) -> dict[str, Any]:
    video = bool(node.get("is_video"))
    return {
        "type": "video" if video else "photo",
        "url": node.get("display_url") or node.get("thumbnail_src"),
        **{key: node[key] for key in ("dimensions", "video_duration") if node.get(key)},
    }


def _node_kind(node: Cells) -> str:
    return "reel" if node.get("product_type") == "clips" else "own"


def _download_item(entry: Cells) -> Cells:
    media = entry.get("media")
    first = media[0] if isinstance(media, list) and media else {}
    return first if isinstance(first, dict) else {}


def _download_text(entry: Cells) -> str | None:
    text = longest((entry.get("title"), _download_item(entry).get("title")))
    if text is None:
        return None
    try:
        # Instagram writes each byte of UTF-8 as a character of its own.
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _download_id(entry: Cells) -> str | None:
    numbers = _NUMBER.findall(str(_download_item(entry).get("uri") or "").rpartition("/")[2])
    return str(numbers[-1]) if numbers else None


def _download_time(entry: Cells) -> object:
    return entry.get("creation_timestamp") or _download_item(entry).get("creation_timestamp")


def _download_media(entry: Cells) -> list[dict[str, Any]] | None:
    media = entry.get("media")
    items = media if isinstance(media, list) else []
    return [{"path": item["uri"]} for item in items if isinstance(item, dict) and "uri" in item]


def _download_kind(entry: Cells) -> object:
    uri = str(_download_item(entry).get("uri") or "")
    return entry.get("kind") or (
        "story" if "/stories/" in uri else "reel" if "/reels/" in uri else "own"
    )


def _apify_media(post: Cells) -> object:
    children = post.get("childPosts")
    found = [
        {"type": child.get("type", "Image"), "url": child["displayUrl"]}
        for child in (children if isinstance(children, list) else [])
        if isinstance(child, dict) and child.get("displayUrl")
    ]
    if found:
        return found
    images = post.get("images")
    if isinstance(images, list) and images:
        return images
    if not post.get("displayUrl"):
        return None
    return [{"type": post.get("type", "Image"), "url": post["displayUrl"]}]


def _apify_kind(post: Cells) -> str:
    return "reel" if post.get("productType") == "clips" else "own"


def _graph_media(post: Cells) -> object:
    children = object_at(post, "children").get("data")
    items = children if isinstance(children, list) and children else [post]
    found = [
        {
            "type": item.get("media_type") or "IMAGE",
            "url": item.get("thumbnail_url") or item.get("media_url"),
        }
        for item in items
        if isinstance(item, dict) and (item.get("thumbnail_url") or item.get("media_url"))
    ]
    return found or None


def _graph_kind(post: Cells) -> str:
    kinds = {"REELS": "reel", "STORY": "story"}
    return kinds.get(str(post.get("media_product_type")), "own")


PAGES = (
    Pages(("node",), _unfold_node),
    Pages(tuple(_OWN_LISTS), _unfold_download),
)
LAYOUTS = (
    Layout(
        name="Instaloader",
        platform="instagram",
        signs=("shortcode", "taken_at_timestamp|edge_media_to_caption", "display_url"),
        fields={
            "id": "id",
            "username": "owner.username",
            "created_at": "taken_at_timestamp",
            "text": Derived(
                "edge_media_to_caption.edges[0].node.text | caption",
                _node_text,
                ("edge_media_to_caption", "caption"),
            ),
            "kind": Derived("shortcode | product_type", _node_kind),
            "media_raw": Derived(
                "edge_sidecar_to_children | display_url",
                _node_media,
                ("display_url", "edge_sidecar_to_children"),
            ),
            "followers": "owner.edge_followed_by.count",
            "likes": "edge_media_preview_like.count|edge_liked_by.count",
            "comments": "edge_media_to_comment.count|edge_media_to_parent_comment.count"
            "|edge_media_preview_comment.count",
            "video_views": "video_view_count|video_play_count",
        },
        surplus=("display_resources", "thumbnail_resources", "thumbnail_src", "media_preview"),
    ),
    Layout(
        name="Instaloader CSV",
        platform="instagram",
        signs=("shortcode", "caption", "likes", "date_utc|date_local|date|timestamp", "typename"),
        fields={
            "id": "shortcode|mediaid",
            "username": "owner_username|profile|username",
            "created_at": "date_utc|timestamp|date|date_local",
            "text": "caption",
            "media_raw": "url|display_url",
            "likes": "likes",
            "comments": "comments",
            "video_views": "video_view_count|video_play_count",
        },
        surplus=("mediaid",),
    ),
    Layout(
        name="Instagram download",
        platform="instagram",
        signs=("media[0].uri", "media[0].creation_timestamp"),
        fields={
            "id": Derived("media[0].uri", _download_id),
            "created_at": Derived(
                "creation_timestamp | media[0].creation_timestamp",
                _download_time,
                ("creation_timestamp",),
            ),
            "text": Derived("title | media[0].title", _download_text, ("title",)),
            "kind": Derived("media[0].uri", _download_kind, ("kind",)),
            "media_raw": Derived("media.uri", _download_media),
            "username": "",
        },
    ),
    Layout(
        name="Apify's Instagram scraper",
        platform="instagram",
        signs=("shortCode", "ownerUsername", "caption", "timestamp"),
        fields={
            "id": "id|shortCode",
            "username": "ownerUsername",
            "created_at": "timestamp",
            "text": "caption",
            "kind": Derived("shortCode | productType", _apify_kind),
            "permalink": "url",
            "media_raw": Derived(
                "childPosts.displayUrl | images | displayUrl",
                _apify_media,
                ("childPosts", "images", "displayUrl"),
            ),
            "likes": "likesCount",
            "comments": "commentsCount",
            "shares": "sharesCount|reshareCount",
            "video_views": "videoPlayCount|videoViewCount",
            "views": "",
        },
    ),
    Layout(
        name="Instagram Graph API",
        platform="instagram",
        signs=("id", "media_type", "timestamp", "permalink", "like_count|comments_count|caption"),
        fields={
            "id": "id",
            "username": "username|owner.username",
            "created_at": "timestamp",
            "text": "caption",
            "kind": Derived("media_product_type", _graph_kind, ("media_product_type",)),
            "permalink": "permalink",
            "media_raw": Derived(
                "children.data | media_url",
                _graph_media,
                ("children", "media_url", "thumbnail_url", "media_type"),
            ),
            "likes": "like_count",
            "comments": "comments_count",
        },
    ),
)
