"""Reddit: Pushshift's lines of submissions and comments, and listings of its API."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.markup import titled
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at

_GONE = frozenset({"[deleted]", "[removed]", "[removed by reddit]", "[deleted by user]"})
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic")


def _unfold(page: Document) -> Iterator[Document] | None:
    if page.get("kind") in ("t1", "t3") and isinstance(data := page.get("data"), dict):
        return iter([data])
    children = object_at(page, "data").get("children")
    if page.get("kind") != "Listing" or not isinstance(children, list):
        return None
    posts = (object_at(child, "data") for child in children if isinstance(child, dict))
    return (dict(post) for post in posts if post)


def _text(post: Cells) -> str | None:
    text = post.get("selftext")
    gone = isinstance(text, str) and text.strip().casefold() in _GONE
    return titled(post.get("title"), None if gone else text)


def _body(comment: Cells) -> object:
    body = comment.get("body")
    return None if isinstance(body, str) and body.strip().casefold() in _GONE else body


def _author(post: Cells) -> object:
    author = post.get("author")
    return None if isinstance(author, str) and author in _GONE else author


def _parent(comment: Cells) -> object:
    parent = comment.get("parent_id") or comment.get("link_id")
    return parent[3:] if isinstance(parent, str) and parent[:3] in ("t1_", "t3_") else parent


def _media(post: Cells) -> object:
    url = post.get("url_overridden_by_dest") or post.get("url")
    if isinstance(url, str) and url.split("?")[0].lower().endswith(_PICTURES):
        return url
    return None


def _permalink(post: Cells) -> object:
    link = post.get("permalink")
    return f"https://www.reddit.com{link}" if isinstance(link, str) and link[:1] == "/" else link


_COMMON: dict[str, str | Derived] = {
    "id": "id",
    "username": Derived("author", _author, ("author",)),
    "created_at": "created_utc",
    "permalink": Derived("permalink", _permalink, ("permalink",)),
    "likes": "score|ups",
    "observed_at": "retrieved_on|retrieved_utc",
    "views": "",
}

PAGES = (Pages(("kind",), _unfold),)
LAYOUTS = (
    Layout(
        name="Reddit submissions",
        platform="reddit",
        signs=("id", "title", "subreddit", "created_utc", "num_comments|selftext|is_self"),
        fields=_COMMON
        | {
            "text": Derived("title | selftext", _text, ("title", "selftext")),
            "kind": Derived("subreddit", lambda _: "own"),
            "comments": "num_comments",
            "shares": "num_crossposts",
            "media_raw": Derived("url", _media),
        },
        surplus=("created", "selftext_html", "name"),
    ),
    Layout(
        name="Reddit comments",
        platform="reddit",
        signs=("id", "body", "subreddit", "created_utc", "link_id|parent_id"),
        fields=_COMMON
        | {
            "text": Derived("body", _body, ("body",)),
            "kind": Derived("subreddit", lambda _: "reply"),
            "parent_id": Derived("parent_id", _parent, ("parent_id",)),
        },
        surplus=("created", "body_html", "name"),
    ),
)
