"""Pages of posts in no platform's own shape: ``{"data": [...]}`` and the like."""

from collections.abc import Iterator

from embedstore.reading.platforms.spec import Document, Pages

_LISTS = (
    *("data", "posts", "items", "results", "tweets", "records", "documents", "hits", "videos"),
    *("statuses", "medias", "media_list", "edges", "comments", "list", "aweme_list", "rows"),
)
# What lists are wrapped in.
_WRAPS = ("data", "response", "result", "results", "body", "payload", "hits", "user", "timeline")
_DEEPEST = 4
_SELVES = frozenset({"text", "fulltext", "caption", "message", "content", "createdat", "body"})


def _unfold(page: Document) -> Iterator[Document] | None:
    if len(page) > 12 or _is_post(page):
        return None  # a post with a list in it
    items = _find(page, 0)
    return None if items is None else (_whole(item) for item in items)


def _find(page: Document, depth: int) -> list[Document] | None:
    for key in _LISTS:
        items = page.get(key)
        if isinstance(items, list) and items and all(map(_is_object, items)):
            return items
    for key in _WRAPS if depth < _DEEPEST else ():
        inner = page.get(key)
        if isinstance(inner, dict) and (found := _find(inner, depth + 1)) is not None:
            return found
    return None


def _is_object(item: object) -> bool:
    return isinstance(item, dict)


def _is_post(page: Document) -> bool:
    """Tell whether a document is itself a post, and its list something of it."""
    return any(
        str(name).casefold().replace("_", "") in _SELVES and isinstance(value, str)
        for name, value in page.items()
    )


def _whole(item: Document) -> Document:
    # Elasticsearch and GraphQL wrap what they found.
    for key in ("_source", "node"):
        if isinstance(inner := item.get(key), dict):
            return inner
    return item


PAGES = (Pages((*_LISTS, *_WRAPS), _unfold),)
