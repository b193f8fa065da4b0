"""LinkedIn's page analytics: the sheet of all posts."""

from embedstore.reading.platforms.spec import Layout, Pages

PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="LinkedIn page analytics",
        platform="linkedin",
        signs=(
            "Post title|Update title",
            "Post link|Update link",
            "Created date",
            "Impressions",
        ),
        # Who posted for the page isn't the account: the file doesn't name it.
        fields={
            "created_at": "Created date",
            "text": "Post title|Update title",
            "permalink": "Post link|Update link",
            "kind": "Post type|Update type",
            "likes": "Likes|Reactions",
            "comments": "Comments",
            "shares": "Reposts|Shares",
            "impressions": "Impressions",
            "clicks": "Clicks",
            "video_views": "Views",
            "views": "",
            "username": "",
        },
        order="month-first",
    ),
)
