"""CrowdTangle's CSV of Facebook and of Instagram."""

from embedstore.reading.platforms.spec import Layout, Pages

_REACTIONS = {
    kind: kind.capitalize() for kind in ("love", "wow", "haha", "sad", "angry", "care")
} | {"like": "Likes"}

PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="CrowdTangle, Facebook",
        platform="facebook",
        signs=("Page Name|Group Name", "Post Created", "Total Interactions", "Message", "URL"),
        # It names no id: the address of a post ends with it.
        fields={
            "username": "User Name|Page Name|Group Name",
            "created_at": "Post Created",
            "text": "Message|Description|Image Text",
            "kind": "Type",
            "permalink": "URL",
            "followers": "Followers at Posting|Likes at Posting",
            "likes": "Likes",
            "comments": "Comments",
            "shares": "Shares",
            "views": "Total Views For All Crossposts|Total Views|Post Views",
            "id": "Post Id|Platform Id",
            "video_views": "Post Views",
        },
        reactions=_REACTIONS,
        surplus=("Post Created Date", "Post Created Time"),
    ),
    Layout(
        name="CrowdTangle, Instagram",
        platform="instagram",
        signs=("Account", "User Name", "Post Created", "Total Interactions", "Description", "URL"),
        fields={
            "id": "Post Id|Platform Id",
            "username": "User Name|Account",
            "created_at": "Post Created",
            "text": "Description|Title",
            "kind": "Type",
            "permalink": "URL",
            "followers": "Followers at Posting",
            "media_raw": "Photo",
            "likes": "Likes",
            "comments": "Comments",
            "views": "Views",
        },
        surplus=("Post Created Date", "Post Created Time"),
    ),
)
