"""Tools that post to several platforms: Sprout Social, Hootsuite, Buffer, Metricool."""

from datetime import datetime

from embedstore.reading.fields.clocks import read_zone
from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Layout, Pages
from embedstore.reading.platforms.x_tweets import object_at


def _metricool_time(post: Cells) -> object:
    when = object_at(post, "publishedAt") or object_at(post, "created")
    moment, zone = when.get("dateTime"), when.get("timezone")
    if not isinstance(moment, str) or not isinstance(zone, str):
        return moment
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=read_zone(zone))).isoformat()


PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="Sprout Social",
        platform=None,
        signs=("Date", "Post ID", "Network", "Post Type", "Profile", "Post"),
        fields={
            "id": "Post ID",
            "platform": "Network",
            "username": "Profile",
            "created_at": "Date",
            "text": "Post",
            "kind": "Post Type|Content Type",
            "permalink": "Link",
            "likes": "Likes|Reactions|Favorites",
            "comments": "Comments|Comments (Total)|Replies|@Replies",
            "shares": "Shares|Reposts|Retweets",
            "impressions": "Impressions",
            "reach": "Reach",
            "clicks": "Post Clicks (All)|Post Link Clicks|Clicks",
            "bookmarks": "Saves",
            "video_views": "Video Views",
        },
    ),
    Layout(
        name="Hootsuite",
        platform=None,
        signs=(
            "Post message|Message",
            "Social network|Network|Post network",
            "Date|Date (GMT)|Post date",
            "Post permalink|Post link|Permalink",
        ),
        fields={
            "id": "Post ID",
            "platform": "Social network|Network|Post network",
            "username": "Social profile|Profile|Account|Social account",
            "created_at": "Date (GMT)|Post date|Date",
            "text": "Post message|Message",
            "permalink": "Post permalink|Post link|Permalink",
            "likes": "Likes|Reactions|Post likes|Post reactions",
            "comments": "Comments|Replies|Post comments",
            "shares": "Shares|Retweets|Reposts|Post shares",
            "impressions": "Impressions|Post impressions",
            "reach": "Reach|Post reach",
            "clicks": "Clicks|Link clicks",
            "video_views": "Video views",
        },
    ),
    Layout(
        name="Buffer",
        platform=None,
        signs=(
            "Text|Post text|Update text",
            "Service|Channel type",
            "Date|Sent at|Due at",
            "Clicks|Impressions|Reach",
        ),
        fields={
            "id": "Post ID|Id|Update ID",
            "platform": "Service|Channel type",
            "username": "Profile|Channel|Account",
            "created_at": "Sent at|Date|Due at",
            "text": "Text|Post text|Update text",
            "permalink": "Post link|Service link|Link",
            "likes": "Likes|Reactions|Favorites",
            "comments": "Comments|Replies|Mentions",
            "shares": "Shares|Retweets|Reposts",
            "impressions": "Impressions",
            "reach": "Reach",
            "clicks": "Clicks",
        },
    ),
    Layout(
        name="Metricool",
        platform=None,
        signs=(
            "postId|id",
            "publishedAt.dateTime|created.dateTime",
            "content|text",
        ),
        fields={
            "id": "postId|id",
            "created_at": Derived(
                "publishedAt.dateTime | created.dateTime",
                _metricool_time,
                ("publishedAt", "created"),
            ),
            "username": "userId|pageId|businessId",
            "text": "content|text",
            "kind": "type",
            "permalink": "url|link",
            "media_raw": "imageUrl|picture",
            "likes": "likes|reactions",
            "comments": "comments",
            "shares": "shares",
            "bookmarks": "saved",
            "impressions": "impressionsTotal|impressions",
            "reach": "reach|impressionsUnique",
            "clicks": "clicks",
            "video_views": "videoViewsTotal|videoViews",
        },
        surplus=("timestamp",),
    ),
)
