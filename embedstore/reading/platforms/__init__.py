"""What the files of each platform look like: one module for each.

A module lists its `LAYOUTS`: how a file is recognised by its columns or keys, and where each
field is. JSON that comes in pages, or wraps posts, is taken apart by the module's `PAGES`.
To add a platform, write a module and name it here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from embedstore.reading.paths import Cells, find_source, present
from embedstore.reading.platforms import (
    bluesky,
    crowdtangle,
    facebook,
    instagram,
    linkedin,
    mastodon,
    meta_business,
    pages,
    reddit,
    tiktok,
    tools,
    weibo,
    x_analytics,
    x_api_v1,
    x_api_v2,
    x_archive,
    x_scrapers,
    youtube,
)
from embedstore.reading.platforms.spec import Layout, Pages

_MODULES = (
    *(x_api_v2, x_api_v1, x_archive, x_analytics, x_scrapers, meta_business, crowdtangle),
    *(instagram, facebook, linkedin, tiktok, youtube, bluesky, mastodon, reddit, weibo, tools),
)
LAYOUTS: tuple[Layout, ...] = tuple(layout for module in _MODULES for layout in module.LAYOUTS)
"""All kinds of files that are recognised."""

_PAGES: dict[str, list[Pages]] = {}
for _module in (*_MODULES, pages):
    for _each in _module.PAGES:
        for _key in _each.keys:
            _PAGES.setdefault(_key, []).append(_each)
_MARKS = frozenset(_PAGES)

# So many rows decide; a row may lack what others have.
_ROWS = 200


def unfold(document: dict[str, Any]) -> Iterator[dict[str, Any]] | None:
    """Give the posts of a JSON document that holds several or wraps one; None if it is a post."""
    if _MARKS.isdisjoint(document):
        return None
    for key in document:
        for each in _PAGES.get(key, ()):
            posts = each.unfold(document)
            if posts is not None:
                return posts
    return None


def members_with_posts(members: Sequence[str]) -> list[str]:
    """Return the files of a known kind of archive that hold posts; none if it is no such."""
    for known in (x_archive.is_member, instagram.is_member, mastodon.is_member):
        if found := [name for name in members if known(name)]:
            return found
    return []


def choose_layout(columns: Sequence[str], rows: Sequence[Cells]) -> Layout | None:
    """Recognise whose file it is by its columns and the keys of its first rows.

    Returns
    -------
    Layout or None
        Of those whose signs are all there, the one with most of them.
    """
    rows = rows[:_ROWS]
    known: dict[str, bool] = {}
    best: Layout | None = None
    for layout in LAYOUTS:
        if best is not None and len(layout.signs) <= len(best.signs):
            continue
        if all(_is_there(sign, columns, rows, known) for sign in layout.signs):
            best = layout
    return best


def _is_there(
    sign: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], known: dict[str, bool]
) -> bool:
    if sign not in known:
        sources = (find_source(path, columns) for path in sign.split("|"))
        known[sign] = any(
            not source.steps or any(present(source.get(cells)) for cells in rows)
            for source in sources
            if source is not None
        )
    return known[sign]
