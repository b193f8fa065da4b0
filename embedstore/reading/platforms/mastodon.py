"""Mastodon: statuses of its API, and the outbox of an account's archive."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.markup import text_of
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at


def is_member(name: str) -> bool:
    """Tell whether a file of an archive holds posts."""
    return name.rpartition("/")[2] == "outbox.json"


def _unfold(page: Document) -> Iterator[Document] | None:
    items = page.get("orderedItems")
    if not isinstance(items, list):
        return None
    return (item for item in items if isinstance(item, dict))


def _boosted(status: Cells) -> Cells:
    return object_at(status, "reblog")


def _text(status: Cells) -> object:
    content = _boosted(status).get("content") or status.get("content")
    return text_of(content) if isinstance(content, str) else None


def _kind(status: Cells) -> str:
    if _boosted(status):
        return "repost"
    if status.get("in_reply_to_id"):
        return "reply"
    return "quote" if status.get("quote") else "own"


def _parent(status: Cells) -> object:
    quoted = object_at(status, "quote")
    quoted = object_at(quoted, "quoted_status") or quoted
    return _boosted(status).get("id") or status.get("in_reply_to_id") or quoted.get("id")


def _media(status: Cells) -> object:
    items = _boosted(status).get("media_attachments") or status.get("media_attachments")
    found = [
        {
            "type": "photo" if item.get("type") == "image" else item.get("type"),
            "url": (item.get("url") if item.get("type") == "image" else None)
            or item.get("preview_url")
            or item.get("url"),
        }
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    ]
    return found or None


def _note(activity: Cells, key: str) -> object:
    return object_at(activity, "object").get(key)


def _note_text(activity: Cells) -> object:
    content = _note(activity, "content")
    return text_of(content) if isinstance(content, str) else None


def _note_media(activity: Cells) -> object:
    items = _note(activity, "attachment")
    found = [
        str(item["url"]).lstrip("/")
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and item.get("url")
    ]
    return found or None


def _actor(activity: Cells) -> object:
    return str(activity.get("actor") or "").rstrip("/").rpartition("/")[2] or None


def _note_id(activity: Cells) -> object:
    return str(_note(activity, "id") or "").rstrip("/").rpartition("/")[2] or None


def _reject(activity: Cells) -> str | None:
    if activity.get("type") == "Announce":
        return "a boost, whose text isn't in the archive"
    return None


PAGES = (Pages(("orderedItems",), _unfold),)
LAYOUTS = (
    Layout(
        name="Mastodon",
        platform="mastodon",
        signs=("id", "content", "account.acct|account.username", "favourites_count"),
        fields={
            "id": "id",
            "username": "account.acct|account.username",
            "created_at": "created_at",
            "text": Derived("content | reblog.content", _text, ("content",)),
            "kind": Derived("reblog | in_reply_to_id | quote", _kind),
            "lang": "language",
            "parent_id": Derived(
                "reblog.id | in_reply_to_id | quote", _parent, ("in_reply_to_id",)
            ),
            "permalink": "url|uri",
            "followers": "account.followers_count",
            "media_raw": Derived(
                "media_attachments | reblog.media_attachments", _media, ("media_attachments",)
            ),
            "likes": "favourites_count",
            "comments": "replies_count",
            "shares": "reblogs_count",
            "quotes": "quotes_count",
        },
    ),
    Layout(
        name="Mastodon archive",
        platform="mastodon",
        signs=("actor", "published", "object", "type"),
        fields={
            "id": Derived("object.id", _note_id),
            "username": Derived("actor", _actor),
            "created_at": "published",
            "text": Derived("object.content", _note_text),
            "kind": Derived(
                "object.inReplyTo", lambda row: "reply" if _note(row, "inReplyTo") else "own"
            ),
            "parent_id": "object.inReplyTo",
            "permalink": "object.url",
            "media_raw": Derived("object.attachment", _note_media),
        },
        surplus=("object", "to", "cc", "signature"),
        reject=_reject,
    ),
)
