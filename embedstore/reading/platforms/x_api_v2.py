"""X API v2: pages as they are received, streams, tweets with their joins made, twarc's CSV."""

from collections.abc import Iterator
from typing import Any

from embedstore.reading.fields.texts import longest
from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at, own_text, whole_text

_KINDS = {"retweeted": "repost", "replied_to": "reply", "quoted": "quote"}


def _referenced(tweet: Cells, kind: str) -> Cells:
    references = tweet.get("referenced_tweets")
    for reference in references if isinstance(references, list) else []:
        if isinstance(reference, dict) and reference.get("type") == kind:
            return reference
    return {}


def _reference(tweet: Cells, kind: str) -> object:
    # twarc's CSV has a column for each.
    return _referenced(tweet, kind).get("id") or tweet.get(f"referenced_tweets.{kind}.id")


def _kind(tweet: Cells) -> str:
    found = (kind for name, kind in _KINDS.items() if _reference(tweet, name))
    return next(found, "own")


def _parent(tweet: Cells) -> object:
    found = (_reference(tweet, name) for name in _KINDS)
    return next((identity for identity in found if identity), None)


def _text(tweet: Cells) -> str | None:
    text = whole_text(tweet, _referenced(tweet, "retweeted"))
    return longest((text, tweet.get("note_tweet.text")))


def _media(tweet: Cells) -> object:
    media = object_at(tweet, "attachments").get("media") or tweet.get("attachments.media")
    return media or None


def _unfold(page: Document) -> Iterator[Document] | None:
    """Give the tweets of a page, each with its account, its media and what it refers to."""
    data = page.get("data")
    if not isinstance(data, dict | list):
        return iter(()) if _is_empty(page) else None
    tweets = [data] if isinstance(data, dict) else data
    if tweets and not all(isinstance(tweet, dict) and _is_tweet(tweet) for tweet in tweets):
        return None
    included = object_at(page, "includes")
    users = _by(included.get("users"), "id")
    media = _by(included.get("media"), "media_key")
    others = _by(included.get("tweets"), "id")
    others |= {str(tweet.get("id")): tweet for tweet in tweets}
    return (_join(tweet, users, media, others) for tweet in tweets)


def _is_tweet(tweet: Document) -> bool:
    return "id" in tweet and ("text" in tweet or "public_metrics" in tweet or "author_id" in tweet)


def _is_empty(page: Document) -> bool:
    """Tell a page without tweets from a line of a stream that is an error."""
    meta = page.get("meta")
    return isinstance(meta, dict) and "result_count" in meta and "errors" not in page


def _by(items: object, key: str) -> dict[str, Document]:
    found = items if isinstance(items, list) else []
    return {str(item[key]): item for item in found if isinstance(item, dict) and key in item}


def _join(
    tweet: Document,
    users: dict[str, Document],
    media: dict[str, Document],
    others: dict[str, Document],
) -> Document:
    joined = dict(tweet)
    author = users.get(str(tweet.get("author_id")))
    if author is not None:
        joined.setdefault("author", author)
    attachments = tweet.get("attachments")
    if isinstance(attachments, dict) and "media" not in attachments:
        keys = attachments.get("media_keys")
        found = [media[key] for key in map(str, keys or []) if key in media]
        if found:
            joined["attachments"] = {**attachments, "media": found}
    references = tweet.get("referenced_tweets")
    if isinstance(references, list):
        joined["referenced_tweets"] = [
            {**_short(others.get(str(reference.get("id")), {})), **reference}
            for reference in references
            if isinstance(reference, dict)
        ]
    return joined


def _short(tweet: Document) -> dict[str, Any]:
    """Keep of a tweet that another refers to what the other's fields need."""
    text = longest([own_text(tweet)])
    return {key: tweet[key] for key in ("author_id", "created_at") if key in tweet} | (
        {"text": text} if text else {}
    )


def _reject(line: Cells) -> str | None:
    if "id" in line or not isinstance(errors := line.get("errors"), list):
        return None
    titles = [str(error.get("title")) for error in errors if isinstance(error, dict)]
    return f"an error of the interface instead of a post: {', '.join(titles) or errors}"


PAGES = (Pages(("data", "includes", "errors", "meta"), _unfold),)
LAYOUTS = (
    Layout(
        name="X API v2",
        platform="x",
        signs=("id", "text", "public_metrics.like_count|public_metrics.retweet_count|author_id"),
        fields={
            "id": "id",
            "username": "author.username|user.username|username|author_username|author_id",
            "created_at": "created_at",
            "text": Derived(
                "note_tweet.text | text | referenced_tweets.text",
                _text,
                ("text", "note_tweet", "note_tweet.text"),
            ),
            "kind": Derived("referenced_tweets.type", _kind),
            "lang": "lang",
            "parent_id": Derived("referenced_tweets.id", _parent),
            "followers": "author.public_metrics.followers_count",
            "media_raw": Derived("attachments.media", _media, ("attachments", "attachments.media")),
            "likes": "public_metrics.like_count",
            "comments": "public_metrics.reply_count",
            "shares": "public_metrics.retweet_count",
            "quotes": "public_metrics.quote_count",
            "bookmarks": "public_metrics.bookmark_count",
            "impressions": "public_metrics.impression_count"
            "|non_public_metrics.impression_count|organic_metrics.impression_count",
            "clicks": "non_public_metrics.url_link_clicks|organic_metrics.url_link_clicks",
            "observed_at": "__twarc.retrieved_at",
        },
        surplus=("edit_history_tweet_ids", "referenced_tweets", "author_id", "__twarc"),
        reject=_reject,
    ),
)
