"""Which column of a file is which field of a post."""

import re
from collections.abc import Iterable, Mapping, Sequence

from embedstore.errors import ColumnsError, InputError

# Field -> names its column goes by, best first. The first is the field's own name; the
# challenge's names come next. Compared without case, spaces, underscores and hyphens.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("id", "tweet_id", "post_id", "status_id", "id_str", "shortcode"),
    "username": (
        "username",
        "user",
        "account",
        "screen_name",
        "user_screen_name",
        "handle",
        "author",
        "author_username",
    ),
    "company": ("company", "inferred company", "company_name", "brand", "brand_name"),
    "created_at": (
        "created_at",
        "date",
        "timestamp",
        "time",
        "datetime",
        "posted_at",
        "published_at",
    ),
    "text": (
        "text",
        "content",
        "tweet",
        "full_text",
        "tweet_text",
        "post_text",
        "caption",
        "message",
    ),
    "media_raw": (
        "media_raw",
        "media",
        "media_url",
        "media_urls",
        "image_url",
        "image_urls",
        "image",
        "images",
        "photo",
        "picture",
    ),
    "likes": (
        "likes",
        "favorite_count",
        "like_count",
        "favorites",
        "favourites",
        "favourite_count",
        "likes_count",
    ),
    "comments": ("comments", "replies", "reply_count", "comment_count", "comments_count"),
    "shares": ("shares", "retweets", "retweet_count", "share_count", "reposts", "repost_count"),
    "quotes": ("quotes", "quote_count", "quote_tweets"),
    "views": ("views", "view_count", "impressions", "impression_count"),
}
REQUIRED = ("text", "id")


def _fold(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()


_FIELD_OF = {_fold(name): field for field, names in SYNONYMS.items() for name in names}


def unique_names(names: Iterable[object]) -> list[str]:
    """Header cells to names that can be told apart.

    A column without a name becomes ``column 3``; a second ``text`` becomes ``text (2)``.
    """
    unique: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(names, 1):
        stem = name = str(cell).strip() or f"column {position}"
        copies = 1
        while name in taken:
            copies += 1
            name = f"{stem} ({copies})"
        taken.add(name)
        unique.append(name)
    return unique


def parse_mapping(items: Sequence[str]) -> dict[str, str]:
    """Read the values of ``--map``: ``["text=body"]`` gives ``{"text": "body"}``.

    A field may be named by any of its synonyms, such as ``date`` or ``media``.

    Raises
    ------
    InputError
        If an item is not of the form FIELD=COLUMN, names no field, or names one twice.
    """
    mapping: dict[str, str] = {}
    for item in items:
        name, equals, column = item.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise InputError(
                f'--map "{item}" is not of the form FIELD=COLUMN, for example text=body'
            )
        field = field_named(name)
        if field in mapping:
            raise InputError(f"--map names the field {field} twice: {mapping[field]} and {column}")
        mapping[field] = column.strip()
    return mapping


def recognise(
    columns: Sequence[str], mapping: Mapping[str, str] | None = None, *, name: str
) -> dict[str, str]:
    """Decide which column holds which field.

    An explicit mapping comes first, then a field's own name, then its synonyms in
    order. Of two columns for one field the better is used; the other belongs to none.

    Parameters
    ----------
    columns
        The header.
    mapping
        Field (or a synonym of it) to column, as :func:`parse_mapping` returns it.
    name
        The file, for messages.

    Returns
    -------
    dict
        Field to column, in the order of :data:`SYNONYMS`, for the fields found.

    Raises
    ------
    ColumnsError
        If a mapped column is missing, or no column holds the text or the id.
    """
    chosen: dict[str, str] = {}
    for key, wanted in (mapping or {}).items():
        column = _find(wanted, columns)
        if column is None:
            raise ColumnsError(
                f'{name} has no column "{wanted}", which --map {key}={wanted} asks for. '
                f"{_found(columns)}"
            )
        if column in chosen.values():
            raise ColumnsError(f'--map uses the column "{column}" of {name} for two fields')
        chosen[field_named(key)] = column
    mapped = set(chosen.values())
    free = [column for column in columns if column not in mapped]
    for field, names in SYNONYMS.items():
        if field not in chosen:
            candidates = (_find(synonym, free) for synonym in names)
            column = next((found for found in candidates if found is not None), None)
            if column is not None:
                chosen[field] = column
    if missing := [field for field in REQUIRED if field not in chosen]:
        remedy = " ".join(f"--map {field}=COLUMN" for field in missing)
        raise ColumnsError(
            f"{name} has no {' and no '.join(missing)} column that can be recognised. "
            f"{_found(columns)} Say which it is with {remedy}."
        )
    return {field: chosen[field] for field in SYNONYMS if field in chosen}


def score(columns: Sequence[str]) -> int:
    """Count the fields of a post that a list of names has columns for.

    Used to find the row of a table that names the columns, and the sheet that has posts.
    """
    return len({_FIELD_OF.get(_fold(name)) for name in columns} - {None})


def field_named(name: str) -> str:
    """Return the field of that name, or of which that is a synonym.

    Raises
    ------
    InputError
        If there is none.
    """
    field = _FIELD_OF.get(_fold(name))
    if field is None:
        raise InputError(f'"{name.strip()}" is no field. The fields are: {", ".join(SYNONYMS)}')
    return field


def _find(wanted: str, columns: Sequence[str]) -> str | None:
    """Return the column of that very name, or else the first that folds to it."""
    wanted = wanted.strip()
    if wanted in columns:
        return wanted
    folded = _fold(wanted)
    return next((column for column in columns if _fold(column) == folded), None)


def _found(columns: Sequence[str]) -> str:
    listed = ", ".join(f'"{column}"' for column in columns[:40])
    more = f" and {len(columns) - 40} more" if len(columns) > 40 else ""
    return f"Columns found: {listed}{more}."
