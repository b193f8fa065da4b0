"""X Analytics: tweet activity of 2019, and content and post analytics of today."""

from embedstore.reading.platforms.spec import Layout, Pages

PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="X Analytics",
        platform="x",
        signs=("Post id", "Post text", "Post Link", "Impressions", "Reposts"),
        fields={
            "id": "Post id",
            "created_at": "Date",
            "text": "Post text",
            "permalink": "Post Link",
            "likes": "Likes",
            "comments": "Replies",
            "shares": "Reposts",
            "impressions": "Impressions",
            "bookmarks": "Bookmarks",
            "clicks": "URL Clicks",
            "video_views": "Video views|Media views",
            "views": "",
        },
    ),
    Layout(
        name="X Analytics of 2019",
        platform="x",
        signs=("Tweet id", "Tweet permalink", "Tweet text", "impressions", "retweets"),
        fields={
            "id": "Tweet id",
            "created_at": "time",
            "text": "Tweet text",
            "permalink": "Tweet permalink",
            "likes": "likes",
            "comments": "replies",
            "shares": "retweets",
            "impressions": "impressions",
            "clicks": "url clicks",
            "video_views": "media views",
            "views": "",
        },
    ),
)
