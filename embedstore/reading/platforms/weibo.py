"""Weibo: the CSV of the usual crawlers, and JSON of its mobile pages."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.markup import text_of
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at

_ZONE = "Asia/Shanghai"


def _unfold(page: Document) -> Iterator[Document] | None:
    if isinstance(post := page.get("mblog"), dict):
        return iter([post])
    cards = object_at(page, "data").get("cards") or page.get("cards")
    if not isinstance(cards, list):
        return None
    posts = (card.get("mblog") for card in cards if isinstance(card, dict))
    return (post for post in posts if isinstance(post, dict))


def _text(post: Cells) -> object:
    text = object_at(post, "longText").get("longTextContent") or post.get("text")
    return text_of(text) if isinstance(text, str) else None


def _media(post: Cells) -> object:
    pictures = post.get("pics")
    if isinstance(pictures, str):
        return pictures or None
    found = [
        object_at(picture, "large").get("url") or picture.get("url")
        for picture in (pictures if isinstance(pictures, list) else [])
        if isinstance(picture, dict)
    ]
    return [url for url in found if url] or None


def _kind(post: Cells) -> str:
    return "repost" if post.get("retweeted_status") or post.get("retweet_id") else "own"


_CHINESE: dict[str, str | Derived] = {
    "id": "id|微博id|bid",
    "username": "用户昵称|昵称|screen_name",
    "created_at": "完整日期|发布时间|日期",
    "text": "微博正文|正文",
    "kind": Derived("retweet_id", _kind),
    "parent_id": "retweet_id",
    "permalink": "微博链接|链接",
    "media_raw": "图片url|原始图片url|微博图片url",
    "likes": "点赞数",
    "comments": "评论数",
    "shares": "转发数",
}

PAGES = (Pages(("mblog", "cards", "data"), _unfold),)
LAYOUTS = (
    Layout(
        name="Weibo CSV",
        platform="weibo",
        signs=("微博正文|正文", "发布时间|日期|完整日期", "点赞数", "转发数"),
        fields=_CHINESE,
        zone=_ZONE,
    ),
    Layout(
        name="Weibo",
        platform="weibo",
        signs=("id|idstr", "text", "attitudes_count", "reposts_count", "created_at"),
        fields={
            "id": "idstr|id|mid",
            "username": "user.screen_name|screen_name",
            "created_at": "created_at",
            "text": Derived("longText.longTextContent | text", _text, ("text", "longText")),
            "kind": Derived("retweeted_status", _kind),
            "parent_id": "retweeted_status.id|retweet_id",
            "followers": "user.followers_count",
            "media_raw": Derived("pics", _media, ("pics",)),
            "likes": "attitudes_count",
            "comments": "comments_count",
            "shares": "reposts_count",
        },
        surplus=("idstr", "mid", "id"),
        zone=_ZONE,
    ),
)
