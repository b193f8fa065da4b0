"""Pages of posts in no platform's own shape: ``{"data": [...]}`` and the like."""

from collections.abc import Iterator

from embedstore.reading.platforms.spec import Document, Pages

_KEYS = ("data", "posts", "items", "results", "tweets", "records", "documents", "hits", "videos")


def _unfold(page: Document) -> Iterator[Document] | None:
    if len(page) > 12:
        return None  # a post with a list in it
    for key in _KEYS:
        items = page.get(key)
        if isinstance(items, list) and items and all(map(_is_object, items)):
            if _names_fields(page):
                return None
            return (_whole(item) for item in items)
    return None


def _is_object(item: object) -> bool:
    return isinstance(item, dict)


def _names_fields(page: Document) -> bool:
    """Tell whether a document is itself a post, and its list something of it."""
    names = {str(name).casefold().replace("_", "") for name in page}
    return bool(names & {"text", "fulltext", "caption", "message", "content", "createdat"})


def _whole(item: Document) -> Document:
    # Elasticsearch wraps what it found.
    source = item.get("_source")
    return source if isinstance(source, dict) else item


PAGES = (Pages(_KEYS, _unfold),)
