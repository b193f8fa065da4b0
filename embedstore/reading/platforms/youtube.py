"""YouTube: Studio's table, the account's download, the Data API, and Apify's scraper."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.markup import titled
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at

_SIZES = ("maxres", "standard", "high", "medium", "default")


def _unfold(page: Document) -> Iterator[Document] | None:
    items = page.get("items")
    if not str(page.get("kind", "")).startswith("youtube#") or not isinstance(items, list):
        return None
    return (item for item in items if isinstance(item, dict))


def _api_id(video: Cells) -> object:
    identity = video.get("id")
    if isinstance(identity, dict):
        return identity.get("videoId")
    return object_at(video, "contentDetails").get("videoId") or identity


def _api_text(video: Cells) -> str | None:
    snippet = object_at(video, "snippet")
    return titled(snippet.get("title"), snippet.get("description"))


def _api_media(video: Cells) -> object:
    thumbnails = object_at(video, "snippet", "thumbnails")
    for size in _SIZES:
        if url := object_at(thumbnails, size).get("url"):
            return [{"type": "video", "url": url}]
    return None


def _apify_text(video: Cells) -> str | None:
    return titled(video.get("title"), video.get("text") or video.get("description"))


def _apify_media(video: Cells) -> object:
    url = video.get("thumbnailUrl")
    return [{"type": "video", "url": url}] if url else None


def _apify_kind(video: Cells) -> str:
    return "reel" if video.get("type") == "shorts" or "/shorts/" in str(video.get("url")) else "own"


def _reject(row: Cells) -> str | None:
    for column in ("Content", "Video", "Inhalte", "Contenu", "Contenido"):
        if str(row.get(column, "")).strip().casefold() in ("total", "gesamt"):
            return "the sum of all rows, and no post"
    return None


def _takeout_text(video: Cells) -> str | None:
    return titled(
        video.get("Video Title (Original)") or video.get("Video Title"),
        video.get("Video Description (Original)") or video.get("Video Description"),
    )


PAGES = (Pages(("items",), _unfold),)
LAYOUTS = (
    Layout(
        name="YouTube Studio",
        platform="youtube",
        signs=("Content|Video", "Video title", "Video publish time", "Views"),
        fields={
            "id": "Content|Video",
            "created_at": "Video publish time",
            "text": "Video title",
            "likes": "Likes",
            "comments": "Comments added|Comments",
            "shares": "Shares",
            "views": "Views",
            "impressions": "Impressions",
            "username": "",
        },
        reject=_reject,
    ),
    Layout(
        name="YouTube download",
        platform="youtube",
        signs=(
            "Video ID",
            "Video Title (Original)|Video Title",
            "Video Create Timestamp|Video Publish Timestamp",
        ),
        fields={
            "id": "Video ID",
            "created_at": "Video Publish Timestamp|Video Create Timestamp",
            "text": Derived(
                "Video Title (Original) | Video Title | Video Description (Original)", _takeout_text
            ),
            "username": "Channel ID",
        },
        surplus=("Video Title (Original)", "Video Title"),
    ),
    Layout(
        name="YouTube Data API",
        platform="youtube",
        signs=("id", "snippet.title", "snippet.publishedAt"),
        fields={
            "id": Derived("id | id.videoId", _api_id, ("id", "etag")),
            "username": "snippet.channelTitle",
            "created_at": "snippet.publishedAt",
            "text": Derived("snippet.title | snippet.description", _api_text),
            "lang": "snippet.defaultAudioLanguage|snippet.defaultLanguage",
            "media_raw": Derived("snippet.thumbnails", _api_media),
            "likes": "statistics.likeCount",
            "comments": "statistics.commentCount",
            "views": "statistics.viewCount",
        },
    ),
    Layout(
        name="Apify's YouTube scraper",
        platform="youtube",
        signs=("id", "title", "channelName", "viewCount", "url"),
        fields={
            "id": "id",
            "username": "channelUsername|channelName",
            "created_at": "date|publishedAt",
            "text": Derived("title | text", _apify_text, ("title", "text", "description")),
            "kind": Derived("type | url", _apify_kind, ("type",)),
            "permalink": "url",
            "followers": "numberOfSubscribers",
            "media_raw": Derived("thumbnailUrl", _apify_media, ("thumbnailUrl",)),
            "likes": "likes",
            "comments": "commentsCount",
            "views": "viewCount",
        },
    ),
)
