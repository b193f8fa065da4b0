"""X API v1.1, as research data sets and old crawls have it, and twitter-scraper's likes of it."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at, whole_text

_TEXT = "extended_tweet.full_text | note_tweet.text | full_text | text | retweeted_status"
_OTHERS = (
    "retweeted_status | in_reply_to_status_id_str | in_reply_to_status_id | quoted_status"
    " | quoted_status_id_str | is_quote_status"
)
_TEXT_COLUMNS = ("text", "full_text", "extended_tweet", "note_tweet")
_MEDIA = (
    ("extended_tweet", "extended_entities"),
    ("extended_entities",),
    ("extended_tweet", "entities"),
    ("entities",),
)


def _text(tweet: Cells) -> str | None:
    return whole_text(tweet, object_at(tweet, "retweeted_status"))


def _kind(tweet: Cells) -> str:
    text = tweet.get("full_text") or tweet.get("text")
    if tweet.get("retweeted_status") or (isinstance(text, str) and text.startswith("RT @")):
        return "repost"
    if _reply(tweet):
        return "reply"
    return "quote" if tweet.get("is_quote_status") or tweet.get("quoted_status") else "own"


def _reply(tweet: Cells) -> object:
    return tweet.get("in_reply_to_status_id_str") or tweet.get("in_reply_to_status_id")


def _parent(tweet: Cells) -> object:
    for name in ("retweeted_status", "quoted_status"):
        other = object_at(tweet, name)
        if name == "quoted_status" and _reply(tweet):
            break
        if other:
            return other.get("id_str") or other.get("id")
    return _reply(tweet) or tweet.get("quoted_status_id_str") or tweet.get("quoted_status_id")


def _media(tweet: Cells) -> object:
    for path in _MEDIA:
        media = object_at(tweet, *path).get("media")
        if isinstance(media, list) and media:
            return media
    return None


def _unfold(page: Document) -> Iterator[Document] | None:
    statuses = page.get("statuses")
    if not isinstance(statuses, list):
        return None
    return (status for status in statuses if isinstance(status, dict))


def _unfold_result(document: Document) -> Iterator[Document] | None:
    """Take apart what X's own pages load: a tweet in ``legacy``, beside its account."""
    legacy = document.get("legacy")
    if not isinstance(legacy, dict) or "full_text" not in legacy:
        return None
    account = object_at(document, "core", "user_results", "result")
    note = object_at(document, "note_tweet", "note_tweet_results", "result")
    tweet = {"id_str": document.get("rest_id"), **legacy}
    if isinstance(text := note.get("text"), str):
        tweet["full_text"] = text
    user = {**object_at(account, "legacy"), **object_at(account, "core")}
    return iter([tweet | {"user": user, "views": document.get("views")}])


_FIELDS: dict[str, str | Derived] = {
    "id": "id_str|id",
    "username": "user.screen_name|screen_name|username",
    "created_at": "created_at",
    "text": Derived(_TEXT, _text, _TEXT_COLUMNS),
    "kind": Derived(_OTHERS, _kind),
    "lang": "lang",
    "parent_id": Derived(_OTHERS, _parent),
    "followers": "user.followers_count",
    "media_raw": Derived(
        "extended_entities.media | extended_tweet.extended_entities.media | entities.media",
        _media,
        ("extended_entities",),
    ),
    "likes": "favorite_count",
    "comments": "reply_count",
    "shares": "retweet_count",
    "quotes": "quote_count",
    "views": "ext_views.count|views.count",
    "bookmarks": "bookmark_count",
}
_SURPLUS = (
    *("id", "id_str", "text", "full_text", "extended_tweet", "truncated", "display_text_range"),
    *("in_reply_to_status_id", "in_reply_to_status_id_str", "quoted_status_id"),
    *("in_reply_to_user_id",),
)

PAGES = (Pages(("statuses",), _unfold), Pages(("legacy",), _unfold_result))
LAYOUTS = (
    Layout(
        name="X API v1.1",
        platform="x",
        signs=(
            "id_str",
            "created_at",
            "full_text|text",
            "user.screen_name|favorite_count|extended_entities|noteTweetId",
        ),
        fields=_FIELDS,
        surplus=_SURPLUS,
    ),
    # Some dumps leave id_str out.
    Layout(
        name="X API v1.1",
        platform="x",
        signs=(
            "id",
            "full_text|extended_tweet.full_text|text",
            "favorite_count",
            "user.screen_name",
        ),
        fields=_FIELDS,
        surplus=_SURPLUS,
    ),
)
