"""TikTok: its exports, an account's download, its Research API, and scrapers."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at

_LISTS = (("Video", "Videos"), ("Post", "Posts"), ("Posts", "Posts"))


def _unfold_download(document: Document) -> Iterator[Document] | None:
    for path in _LISTS:
        videos = object_at(document, *path).get("VideoList")
        if isinstance(videos, list):
            # Any table may have a date, a link and likes: what comes from here is marked.
            return ({**video, "VideoList": True} for video in videos if isinstance(video, dict))
    return None


def _unfold_research(page: Document) -> Iterator[Document] | None:
    videos = object_at(page, "data").get("videos")
    if not isinstance(videos, list):
        return None
    return (video for video in videos if isinstance(video, dict))


def _apify_media(post: Cells) -> object:
    slides = post.get("slideshowImageLinks")
    if isinstance(slides, list) and slides:
        return [
            slide.get("downloadLink") or slide.get("tiktokLink")
            if isinstance(slide, dict)
            else slide
            for slide in slides
        ]
    video = object_at(post, "videoMeta")
    cover = video.get("coverUrl") or video.get("originalCoverUrl")
    if not cover:
        return None
    return [{"type": "video", "url": cover, "duration": video.get("duration")}]


def _item_media(post: Cells) -> object:
    video = object_at(post, "video")
    cover = video.get("originCover") or video.get("cover") or video.get("dynamicCover")
    if not isinstance(cover, str):
        return None
    return [{"type": "video", "url": cover, "duration": video.get("duration")}]


PAGES = (
    Pages(("Video", "Post", "Posts"), _unfold_download),
    Pages(("data",), _unfold_research),
)
LAYOUTS = (
    Layout(
        name="TikTok Studio",
        platform="tiktok",
        signs=("Video title", "Video link", "Post time", "Total likes|Total views"),
        fields={
            "created_at": "Post time",
            "text": "Video title",
            "permalink": "Video link",
            "likes": "Total likes",
            "comments": "Total comments",
            "shares": "Total shares",
            "views": "Total views",
            "bookmarks": "Add to favorites|Total favorites",
        },
    ),
    Layout(
        name="TikTok download",
        platform="tiktok",
        signs=("Date", "Link", "Likes", "VideoList"),
        fields={
            "created_at": "Date",
            "text": "Title|Description",
            "permalink": "Link",
            "likes": "Likes",
            "media_raw": "CoverImage",
        },
        surplus=("VideoList",),
    ),
    Layout(
        name="Apify's TikTok scraper",
        platform="tiktok",
        signs=("id", "authorMeta.name", "createTime|createTimeISO", "diggCount"),
        fields={
            "id": "id",
            "username": "authorMeta.name",
            "created_at": "createTimeISO|createTime",
            "text": "text",
            "lang": "textLanguage",
            "permalink": "webVideoUrl",
            "followers": "authorMeta.fans",
            "media_raw": Derived(
                "slideshowImageLinks | videoMeta.coverUrl", _apify_media, ("slideshowImageLinks",)
            ),
            "likes": "diggCount",
            "comments": "commentCount",
            "shares": "shareCount",
            "views": "playCount",
            "bookmarks": "collectCount",
            "video_views": "",
        },
        surplus=("createTime",),
    ),
    Layout(
        name="TikTok's web interface",
        platform="tiktok",
        signs=("id", "desc", "createTime", "stats.diggCount|statsV2.diggCount"),
        fields={
            "id": "id",
            "username": "author.uniqueId|author",
            "created_at": "createTime",
            "text": "desc",
            "lang": "textLanguage",
            "followers": "authorStats.followerCount",
            "media_raw": Derived("video.cover", _item_media),
            "likes": "stats.diggCount|statsV2.diggCount",
            "comments": "stats.commentCount|statsV2.commentCount",
            "shares": "stats.shareCount|statsV2.shareCount",
            "views": "stats.playCount|statsV2.playCount",
            "bookmarks": "stats.collectCount|statsV2.collectCount",
            "video_views": "",
        },
    ),
    Layout(
        name="TikTok Research API",
        platform="tiktok",
        signs=("id", "video_description", "create_time", "region_code|username"),
        fields={
            "id": "id",
            "username": "username",
            "created_at": "create_time",
            "text": "video_description",
            "likes": "like_count",
            "comments": "comment_count",
            "shares": "share_count",
            "views": "view_count",
            "bookmarks": "favorites_count",
        },
    ),
)
