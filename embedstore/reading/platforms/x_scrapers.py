"""X by scrapers: Apify's, and snscrape's JSON lines."""

from embedstore.reading.fields.texts import longest
from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at, whole_text


def _text(tweet: Cells) -> str | None:
    texts = ("fullText", "full_text", "rawContent", "renderedContent", "content", "text")
    text = longest(map(tweet.get, texts))
    other = tweet.get("retweet") or tweet.get("retweetedTweet")
    if not isinstance(other, dict):
        return text
    return whole_text({"text": text}, {"text": longest(map(other.get, texts))})


def _kind(tweet: Cells) -> str:
    if tweet.get("isRetweet") or tweet.get("retweetedTweet"):
        return "repost"
    if tweet.get("isReply") or tweet.get("inReplyToId") or tweet.get("inReplyToTweetId"):
        return "reply"
    return "quote" if tweet.get("isQuote") or tweet.get("quotedTweet") else "own"


def _parent(tweet: Cells) -> object:
    for name in ("retweet", "retweetedTweet"):
        if found := object_at(tweet, name).get("id"):
            return found
    reply = tweet.get("inReplyToId") or tweet.get("inReplyToTweetId")
    return reply or tweet.get("quoteId") or object_at(tweet, "quotedTweet").get("id")


def _media(tweet: Cells) -> object:
    for path in (("extendedEntities",), ("extended_entities",), ("entities",)):
        media = object_at(tweet, *path).get("media")
        if isinstance(media, list) and media:
            return media
    media = tweet.get("media")
    return media if isinstance(media, list) and media else None


_FIELDS: dict[str, str | Derived] = {
    "id": "id_str|id",
    "username": "author.userName|user.username|author.username",
    "text": Derived(
        "fullText | full_text | rawContent | content | text",
        _text,
        ("fullText", "full_text", "rawContent", "renderedContent", "content", "text"),
    ),
    "kind": Derived(
        "isRetweet | isReply | isQuote | retweetedTweet | inReplyToTweetId | quotedTweet",
        _kind,
        ("isRetweet", "isReply", "isQuote"),
    ),
    "lang": "lang",
    "parent_id": Derived(
        "inReplyToId | quoteId | inReplyToTweetId | retweetedTweet.id | quotedTweet.id",
        _parent,
        ("inReplyToId", "quoteId"),
    ),
    "permalink": "url|twitterUrl",
    "followers": "author.followers|user.followersCount",
    "media_raw": Derived(
        "extendedEntities.media | extended_entities.media | entities.media | media",
        _media,
        ("extendedEntities", "media"),
    ),
    "likes": "likeCount",
    "comments": "replyCount",
    "shares": "retweetCount",
    "quotes": "quoteCount",
    "views": "viewCount",
    "bookmarks": "bookmarkCount|bookmarkedCount",
}

PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="Apify's X scraper",
        platform="x",
        signs=("id", "createdAt", "likeCount", "retweetCount", "author.userName|author.username"),
        fields={**_FIELDS, "created_at": "createdAt"},
        surplus=("twitterUrl", "type", "id"),
    ),
    Layout(
        name="snscrape",
        platform="x",
        signs=("id", "date", "rawContent|content", "user.username", "likeCount"),
        fields={**_FIELDS, "created_at": "date"},
        surplus=("id_str", "id", "_type"),
    ),
)
