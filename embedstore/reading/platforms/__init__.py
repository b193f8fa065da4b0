"""What each platform's files look like."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any


def unfold(document: dict[str, Any]) -> Iterator[dict[str, Any]] | None:
    """Give the posts of a JSON document that holds several or wraps one; None if it is a post."""
    if len(document) == 1 and isinstance(post := document.get("tweet"), dict):
        return iter([post])
    return None


def members_with_posts(members: Sequence[str]) -> list[str]:
    """Return the files of a known kind of archive that hold posts; none if it is no such."""
    return [name for name in members if PurePosixPath(name).name in ("tweets.js", "note-tweet.js")]
