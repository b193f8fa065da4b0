"""Meta Business Suite's content exports: Instagram and Facebook; posts, reels, stories."""

from embedstore.reading.fields.links import read_link
from embedstore.reading.fields.texts import longest
from embedstore.reading.paths import Cells, Derived
from embedstore.reading.platforms.spec import Layout, Pages


def _caption(row: Cells) -> str | None:
    # Which of the two has the caption depends on the kind of post; one repeats the other's
    # beginning.
    return longest((row.get("Description"), row.get("Title")))


def _platform(row: Cells) -> str:
    link = read_link(row.get("Permalink"))
    if link is not None:
        return link.platform
    return "instagram" if str(row.get("Post type", "")).upper().startswith("IG") else "facebook"


PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="Meta Business Suite, Instagram",
        platform="instagram",
        signs=("Post ID", "Account username", "Publish time", "Permalink", "Post type"),
        fields={
            "id": "Post ID",
            "username": "Account username",
            "created_at": "Publish time",
            "text": "Description",
            "kind": "Post type",
            "permalink": "Permalink",
            "likes": "Likes",
            "comments": "Comments",
            "shares": "Shares",
            "views": "Views",
            "impressions": "Impressions",
            "reach": "Reach",
            "bookmarks": "Saves",
            "clicks": "Link clicks",
            "video_views": "Plays|Video plays",
        },
        surplus=("Date", "Data comment"),
        order="month-first",
    ),
    Layout(
        name="Meta Business Suite, Facebook",
        platform="facebook",
        signs=("Post ID", "Page ID", "Page name", "Publish time", "Permalink"),
        fields={
            "id": "Post ID",
            "platform": Derived("Permalink", _platform),
            "username": "Page name",
            "created_at": "Publish time",
            "text": Derived("Title | Description", _caption, ("Title", "Description")),
            "kind": "Post type",
            "lang": "",
            "permalink": "Permalink",
            "likes": "Likes|Reactions",
            "comments": "Comments",
            "shares": "Shares",
            "views": "Views",
            "impressions": "Impressions",
            "reach": "Reach",
            "clicks": "Total clicks",
            "video_views": "3-second video views|3-Second Video Views",
        },
        surplus=("Date", "Data comment"),
        order="month-first",
    ),
    Layout(
        name="Meta Business Suite, Facebook videos",
        platform="facebook",
        signs=("Video asset ID", "Page name", "Publish time", "Title"),
        fields={
            "id": "Video asset ID|Universal video ID",
            "username": "Page name",
            "created_at": "Publish time",
            "text": Derived("Title | Description", _caption, ("Title", "Description")),
            "permalink": "Permalink",
            "likes": "Reactions",
            "comments": "Comments",
            "shares": "Shares",
            "views": "Views",
            "reach": "Reach",
            "video_views": "3-second video views|3-Second Video Views",
        },
        surplus=("Date", "Data comment"),
        order="month-first",
    ),
)
