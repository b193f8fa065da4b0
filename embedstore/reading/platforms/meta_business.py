"""Meta Business Suite's content exports: Instagram and Facebook; posts, reels, stories."""

from collections.abc import Callable

from embedstore.reading.fields.kinds import to_kind
from embedstore.reading.fields.links import read_link
from embedstore.reading.fields.texts import longest
from embedstore.reading.paths import Cells, Derived, find_column, present
from embedstore.reading.platforms.meta_headers import names_of, place_of
from embedstore.reading.platforms.spec import Layout, Pages

_STORIES = ("stor", "histor", "verhaal")


def _derived(function: Callable[[Cells], object], *columns: str) -> Derived:
    names = names_of(*columns)
    return Derived(" | ".join(names), function, names)


def _values(row: Cells, *columns: str) -> list[object]:
    """Return what a row has in columns, whatever their language."""
    found = (find_column(name, row) for name in names_of(*columns))
    return [row[column] for column in found if column is not None and present(row[column])]


def _caption(row: Cells) -> str | None:
    # Which of the two has the caption depends on the kind of post; one repeats the other's
    # beginning.
    return longest(_values(row, "Description", "Title"))


def _kind(row: Cells) -> str | None:
    for value in _values(row, "Post type"):
        name = str(value).casefold()
        if "reel" in name:
            return "reel"
        if any(word in name for word in _STORIES):
            return "story"
        return to_kind(value) or "own"
    return None


def _platform(row: Cells) -> str:
    for value in _values(row, "Permalink"):
        if (link := read_link(value)) is not None:
            return link.platform
    kinds = _values(row, "Post type")
    return "instagram" if any(str(kind).upper().startswith("IG") for kind in kinds) else "facebook"


PAGES: tuple[Pages, ...] = ()
LAYOUTS = (
    Layout(
        name="Meta Business Suite, Instagram",
        platform="instagram",
        signs=(
            place_of("Post ID"),
            place_of("Account username"),
            place_of("Publish time"),
            place_of("Permalink"),
            place_of("Post type"),
        ),
        fields={
            "id": place_of("Post ID"),
            "username": place_of("Account username"),
            "created_at": place_of("Publish time"),
            "text": place_of("Description"),
            "kind": _derived(_kind, "Post type"),
            "permalink": place_of("Permalink"),
            "likes": place_of("Likes"),
            "comments": place_of("Comments"),
            "shares": place_of("Shares"),
            "views": place_of("Views"),
            "impressions": place_of("Impressions"),
            "reach": place_of("Reach"),
            "bookmarks": place_of("Saves"),
            "clicks": place_of("Link clicks"),
            "video_views": place_of("Plays", "Video plays"),
        },
        surplus=names_of("Date", "Data comment"),
        order="month-first",
    ),
    Layout(
        name="Meta Business Suite, Facebook",
        platform="facebook",
        signs=(
            place_of("Post ID"),
            place_of("Page ID"),
            place_of("Page name"),
            place_of("Publish time"),
            place_of("Permalink"),
        ),
        fields={
            "id": place_of("Post ID"),
            "platform": Derived(" | ".join(names_of("Permalink")), _platform),
            "username": place_of("Page name"),
            "created_at": place_of("Publish time"),
            "text": _derived(_caption, "Title", "Description"),
            "kind": _derived(_kind, "Post type"),
            "lang": "",
            "permalink": place_of("Permalink"),
            "likes": place_of("Likes", "Reactions"),
            "comments": place_of("Comments"),
            "shares": place_of("Shares"),
            "views": place_of("Views"),
            "impressions": place_of("Impressions"),
            "reach": place_of("Reach"),
            "clicks": place_of("Total clicks"),
            "video_views": place_of("3-second video views", "3-Second Video Views"),
        },
        surplus=names_of("Date", "Data comment"),
        order="month-first",
    ),
    Layout(
        name="Meta Business Suite, Facebook videos",
        platform="facebook",
        signs=(
            place_of("Video asset ID"),
            place_of("Page name"),
            place_of("Publish time"),
            place_of("Title"),
        ),
        fields={
            "id": place_of("Video asset ID", "Universal video ID"),
            "username": place_of("Page name"),
            "created_at": place_of("Publish time"),
            "text": _derived(_caption, "Title", "Description"),
            "permalink": place_of("Permalink"),
            "likes": place_of("Reactions"),
            "comments": place_of("Comments"),
            "shares": place_of("Shares"),
            "views": place_of("Views"),
            "reach": place_of("Reach"),
            "video_views": place_of("3-second video views", "3-Second Video Views"),
        },
        surplus=names_of("Date", "Data comment"),
        order="month-first",
    ),
)
