"""Facebook: the Graph API, and Apify's scraper."""

from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Layout, Pages


def _apify_media(post: Cells) -> object:
    media = post.get("media")
    found = [
        item.get("thumbnail") or item.get("photo_image", {}).get("uri") or item.get("image", {})
        for item in (media if isinstance(media, list) else [])
        if isinstance(item, dict)
    ]
    addresses = [item.get("uri") if isinstance(item, dict) else item for item in found]
    return [address for address in addresses if address] or None


PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="Facebook Graph API",
        platform="facebook",
        signs=("id", "created_time", "message|story", "permalink_url|from.name|from.id"),
        fields={
            "id": "id",
            "username": "from.username|from.name",
            "created_at": "created_time",
            "text": "message|story",
            "permalink": "permalink_url",
            "media_raw": "full_picture|attachments.data[].media.image.src",
            "likes": "reactions.summary.total_count|likes.summary.total_count",
            "comments": "comments.summary.total_count",
            "shares": "shares.count",
            # An object about them: their number is taken for the likes.
            "reactions": "",
        },
    ),
    Layout(
        name="Apify's Facebook scraper",
        platform="facebook",
        signs=("postId", "pageName|user.name", "text", "time|timestamp", "likes"),
        fields={
            "id": "postId",
            "username": "pageName|user.name",
            "created_at": "time|timestamp",
            "text": "text",
            "permalink": "url|topLevelUrl",
            "media_raw": Derived("media.thumbnail", _apify_media, ("media",)),
            "likes": "likes",
            "comments": "comments",
            "shares": "shares",
            "video_views": "viewsCount",
        },
        reactions={
            kind: f"reaction{kind.capitalize()}Count"
            for kind in ("like", "love", "care", "haha", "wow", "sad", "angry")
        },
        surplus=("timestamp",),
    ),
)
