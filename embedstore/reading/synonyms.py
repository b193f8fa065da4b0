"""What columns call the fields of a post."""

from collections.abc import Sequence

from embedstore.errors import InputError
from embedstore.reading.paths import fold

# Field -> names its column goes by, best first. The first is the field's own name; the
# challenge's names come next. Compared without case, spaces, underscores and hyphens.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "tweet_id", "post_id", "status_id", "id_str", "tweet_id_str", "shortcode"),
        *("message_id", "media_id", "video_id", "twitter_id", "note_id", "item_id", "aweme_id"),
    ),
    "username": (
        *("username", "user", "account", "screen_name", "user_screen_name", "handle", "author"),
        *("author_username", "user_name", "user_username", "account_username", "owner_username"),
        *("account_name", "page_name", "profile", "profile_name", "author_name", "author_handle"),
        *("from_user", "user_handle", "page", "channel_title", "channel_name", "nickname"),
        *("account_handle", "twitter_handle", "creator", "owner", "poster"),
    ),
    "company": ("company", "inferred company", "company_name", "brand", "brand_name"),
    "created_at": (
        *("created_at", "date", "timestamp", "time", "datetime", "posted_at", "published_at"),
        *("created", "created_time", "create_time", "created_utc", "created_date", "creation_time"),
        *("post_date", "post_time", "posted", "posted_on", "date_posted", "publish_date"),
        *("publish_time", "published", "published_date", "date_published", "pub_date"),
        *("post_created", "post_created_at", "tweet_date", "tweet_created_at", "taken_at"),
        *("upload_date", "sent_at", "date_time", "date_utc", "timestamp_utc", "created_at_utc"),
        *("date_created", "post_publish_date", "published_time", "tweet_time", "tweet_created"),
        *("publication_date", "datum", "fecha", "data", "发布时间", "create_date"),
    ),
    "text": (
        *("text", "content", "tweet", "full_text", "tweet_text", "post_text", "caption", "message"),
        *("body", "post", "description", "post_content", "message_text", "post_message"),
        *("status_text", "tweet_content", "raw_content", "text_content", "selftext", "desc"),
        *("clean_text", "original_text", "texto", "微博正文", "正文", "title"),
    ),
    "platform": ("platform", "network", "social_network", "social_media", "site_name", "channel"),
    "kind": ("kind", "post_type", "tweet_type", "content_type", "media_type", "type"),
    "lang": ("lang", "language", "language_code", "lang_code", "post_lang"),
    "parent_id": (
        *("parent_id", "in_reply_to_status_id_str", "in_reply_to_status_id", "in_reply_to_id"),
        *("in_reply_to_tweet_id", "reply_to_id", "in_reply_to", "replied_to_id"),
        *("quoted_status_id_str", "quoted_status_id", "retweeted_id", "retweet_id"),
        *("retweeted_status_id", "quoted_id"),
    ),
    "permalink": (
        *("permalink", "post_url", "tweet_url", "post_link", "url", "permalink_url", "link"),
        *("tweet_permalink", "post_permalink", "tweet_link", "video_link", "video_url"),
        *("share_url", "web_url"),
    ),
    "followers": (
        *("followers", "followers_count", "follower_count", "user_followers_count"),
        *("user_followers", "author_followers", "followers_at_posting", "subscriber_count"),
        *("number_of_followers", "account_followers"),
    ),
    "media_raw": (
        *("media_raw", "media", "media_url", "media_urls", "image_url", "image_urls", "image"),
        *("images", "photo", "picture", "photos", "pictures", "thumbnail", "thumbnail_url"),
        *("display_url", "full_picture", "photo_url", "thumbnails"),
    ),
    "likes": (
        *("likes", "favorite_count", "like_count", "favorites", "favourites", "favourite_count"),
        *("likes_count", "favorites_count", "favs", "nlikes", "num_likes", "total_likes"),
        *(
            "number_of_likes",
            "public_metrics_like_count",
            "hearts",
            "heart_count",
            "digg_count",
            "thumbs_up",
            "liked_count",
        ),
        *("reaction_count", "reactions_count", "total_reactions", "点赞数"),
    ),
    "comments": (
        *("comments", "replies", "reply_count", "comment_count", "comments_count"),
        *("replies_count", "nreplies", "num_comments", "num_replies", "total_comments"),
        *("number_of_comments", "public_metrics_reply_count", "评论数"),
    ),
    "shares": (
        *("shares", "retweets", "retweet_count", "share_count", "reposts", "repost_count"),
        *("retweets_count", "reposts_count", "nretweets", "num_shares", "total_shares"),
        *("shares_count", "rt_count", "num_retweets", "reblogs_count", "reshares"),
        *("number_of_shares", "public_metrics_retweet_count", "转发数"),
    ),
    "quotes": (
        *("quotes", "quote_count", "quote_tweets", "quotes_count", "num_quotes"),
        "public_metrics_quote_count",
    ),
    "views": (
        *("views", "view_count", "views_count", "total_views", "post_views", "num_views"),
        *("number_of_views", "viewcount"),
    ),
    "bookmarks": (
        *("bookmarks", "bookmark_count", "saves", "save_count", "saved", "saves_count"),
        *("bookmarks_count", "collect_count", "bookmarked_count", "public_metrics_bookmark_count"),
    ),
    "impressions": (
        *("impressions", "impression_count", "impressions_count", "total_impressions"),
        *("post_impressions", "lifetime_post_total_impressions", "public_metrics_impression_count"),
    ),
    "reach": ("reach", "post_reach", "total_reach", "people_reached", "lifetime_post_total_reach"),
    "clicks": (
        *("clicks", "total_clicks", "post_clicks", "click_count", "link_clicks", "url_clicks"),
    ),
    "video_views": (
        *("video_views", "video_view_count", "plays", "play_count", "video_play_count"),
        *("video_plays", "media_views"),
    ),
    "reactions": ("reactions", "reactions_by_type", "reaction_counts"),
    "observed_at": (
        *("observed_at", "scraped_at", "collected_at", "crawled_at", "fetched_at", "retrieved_at"),
        *("retrieved_on", "scrape_date", "scrape_time", "collection_date", "date_collected"),
        *("downloaded_at", "crawl_time", "snapshot_date"),
    ),
}

_FIELD_OF = {fold(name): field for field, names in SYNONYMS.items() for name in names}


def score(columns: Sequence[str]) -> int:
    """Count the fields of a post that a list of names has columns for.

    Used to find the row of a table that names the columns, and the sheet that has posts.
    """
    return len(fields_of(columns))


def fields_of(columns: Sequence[str]) -> set[str]:
    """List the fields of a post that a list of names has columns for."""
    return {field for name in columns if (field := _FIELD_OF.get(fold(name))) is not None}


def field_named(name: str) -> str:
    """Return the field of that name, or of which that is a synonym.

    Raises
    ------
    InputError
        If there is none.
    """
    named = _FIELD_OF.get(fold(name))
    if named is None:
        raise InputError(f'"{name.strip()}" is no field. The fields are: {", ".join(SYNONYMS)}')
    return named


def parse_mapping(items: Sequence[str]) -> dict[str, str]:
    """Read the values of ``--map`` and ``--set``: ``["text=body"]`` gives ``{"text": "body"}``.

    A field may be named by any of its synonyms, such as ``date`` or ``media``.

    Raises
    ------
    InputError
        If an item is not of the form FIELD=COLUMN, names no field, or names one twice.
    """
    mapping: dict[str, str] = {}
    for item in items:
        name, equals, column = item.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise InputError(
                f'--map "{item}" is not of the form FIELD=COLUMN, for example text=body'
            )
        named = field_named(name)
        if named in mapping:
            raise InputError(f"--map names the field {named} twice: {mapping[named]} and {column}")
        mapping[named] = column.strip()
    return mapping


def rank(named: str, column: str) -> int:
    """Return the place of a column's name among the synonyms of a field."""
    folded = fold(column)
    return next((r for r, name in enumerate(SYNONYMS[named]) if fold(name) == folded), 0)
