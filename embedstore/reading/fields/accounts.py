"""Who posted: a name as it is written, whatever it is wrapped in."""

import re

from embedstore.reading.fields.ids import unwrap
from embedstore.reading.fields.texts import to_label

ACCOUNT_NAMES = (
    "screen_name",
    "username",
    "userName",
    "handle",
    "acct",
    "unique_id",
    "uniqueId",
    "login",
    "nickname",
    "name",
    "displayname",
)
"""Where nested objects have an account's name, best first."""
_PROFILE = re.compile(
    r"https?://(?:www\.|m\.|mobile\.)?(?:twitter\.com|x\.com|instagram\.com|tiktok\.com|"
    r"threads\.net|bsky\.app/profile)/(@?[\w.-]+)/?(?:\?.*)?",
    re.IGNORECASE,
)


def to_username(value: object) -> str | None:
    """Read an account's name: from text, from a profile's address or from a nested account.

    Raises
    ------
    InputError
        Of bytes that are no UTF-8.
    """
    if isinstance(value, dict):
        named = (value.get(name) for name in ACCOUNT_NAMES)
        return next((found for found in map(to_label, named) if found), None)
    name = to_label(value)
    if name is None:
        return None
    if name[0] in "='’":
        name = unwrap(name) or None
    elif "://" in name and (profile := _PROFILE.fullmatch(name)):
        return profile[1]
    return name
