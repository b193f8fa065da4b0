"""The media field: kept as it came, for :mod:`embedstore.reading.media_field` to read."""

from embedstore.reading.values import MISSING_WORDS, decode, is_missing, plain_text

_MISSING = MISSING_WORDS | {"[]", "{}", "()"}


def to_media(value: object) -> str | None:
    """Read a media field: a string exactly as given, anything nested as JSON.

    Raises
    ------
    InputError
        Of bytes that are no UTF-8.
    """
    if isinstance(value, bytes):
        value = decode(value)
    if isinstance(value, str):
        return None if value.strip().lower() in _MISSING else value
    if is_missing(value) or value in ([], {}, ()):
        return None
    return plain_text(value)
