"""Bluesky: feeds and searches of its API, and Jetstream's lines."""

from collections.abc import Iterator

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Document, Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at


def _unfold_feed(page: Document) -> Iterator[Document] | None:
    feed = page.get("feed")
    if not isinstance(feed, list):
        return None
    return (_item(item) for item in feed if isinstance(item, dict))


def _unfold_item(document: Document) -> Iterator[Document] | None:
    post = document.get("post")
    if isinstance(post, dict) and str(post.get("uri", "")).startswith("at://"):
        return iter([_item(document)])
    return None


def _unfold_posts(page: Document) -> Iterator[Document] | None:
    posts = page.get("posts")
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        return None
    if not all(str(post.get("uri", "")).startswith("at://") for post in posts):
        return None
    return iter(posts)


def _item(item: Document) -> Document:
    post = item.get("post")
    if not isinstance(post, dict):
        return item
    reason = item.get("reason")
    return {**post, "reason": reason} if isinstance(reason, dict) and "by" in reason else post


def _unfold_commit(event: Document) -> Iterator[Document] | None:
    commit = event.get("commit")
    if not isinstance(commit, dict):
        return None
    if commit.get("collection") != "app.bsky.feed.post" or not isinstance(
        record := commit.get("record"), dict
    ):
        return iter(())  # likes, follows and deletions are no posts
    author = event.get("did")
    post = {
        "uri": f"at://{author}/{commit['collection']}/{commit.get('rkey')}",
        "cid": commit.get("cid"),
        "author": {"did": author},
        "record": record,
    }
    return iter([post])


def _id(post: Cells) -> object:
    by = object_at(post, "reason", "by")
    if not by:
        return post.get("uri")
    # The same post is in the feeds of all who repost it.
    again = object_at(post, "reason").get("uri")
    return again or f"{post.get('uri')}#{by.get('did') or by.get('handle')}"


def _author(post: Cells) -> object:
    author = object_at(post, "reason", "by") or object_at(post, "author")
    return author.get("handle") or author.get("did")


def _embedded(post: Cells) -> str:
    return str(object_at(post, "record", "embed").get("$type", ""))


def _kind(post: Cells) -> str:
    if object_at(post, "reason"):
        return "repost"
    if object_at(post, "record", "reply"):
        return "reply"
    return "quote" if _embedded(post).startswith("app.bsky.embed.record") else "own"


def _parent(post: Cells) -> object:
    if object_at(post, "reason"):
        return post.get("uri")
    reply = object_at(post, "record", "reply", "parent").get("uri")
    embed = object_at(post, "record", "embed", "record")
    return reply or embed.get("uri") or object_at(embed, "record").get("uri")


def _media(post: Cells) -> object:
    embed = object_at(post, "embed")
    for place in (embed, object_at(embed, "media")):
        images = place.get("images")
        if isinstance(images, list) and images:
            return [
                {"type": "photo", "url": image.get("fullsize") or image.get("thumb")}
                for image in images
                if isinstance(image, dict)
            ]
        if isinstance(place.get("thumbnail"), str):
            return [{"type": "video", "url": place["thumbnail"]}]
    return None


def _permalink(post: Cells) -> str | None:
    author, uri = object_at(post, "author"), str(post.get("uri") or "")
    name = author.get("handle") or author.get("did")
    return f"https://bsky.app/profile/{name}/post/{uri.rpartition('/')[2]}" if name else None


PAGES = (
    Pages(("feed",), _unfold_feed),
    Pages(("post",), _unfold_item),
    Pages(("posts",), _unfold_posts),
    Pages(("commit",), _unfold_commit),
)
LAYOUTS = (
    Layout(
        name="Bluesky",
        platform="bluesky",
        signs=("uri", "author.did|author.handle", "record.text", "record.createdAt"),
        fields={
            "id": Derived("uri", _id, ("uri", "cid")),
            "username": Derived("author.handle | author.did", _author),
            "created_at": "record.createdAt",
            "text": "record.text",
            "kind": Derived("record.text | record.reply | record.embed | reason", _kind),
            "lang": "record.langs[0]",
            "parent_id": Derived(
                "record.reply.parent.uri | record.embed.record.uri | reason", _parent
            ),
            "permalink": Derived("uri", _permalink),
            "followers": "author.followersCount",
            "media_raw": Derived("embed.images | embed.media | embed.thumbnail", _media),
            "likes": "likeCount",
            "comments": "replyCount",
            "shares": "repostCount",
            "quotes": "quoteCount",
            "bookmarks": "bookmarkCount",
        },
    ),
)
