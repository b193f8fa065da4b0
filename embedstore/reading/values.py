"""What all values have in common: missing ones, numbers that stay exact, JSON.

What is special to ids, times, counts and so on is in :mod:`embedstore.reading.fields`.
"""

import json
import re
from datetime import date, time
from decimal import Decimal

from embedstore.errors import InputError

# What spreadsheets, pandas, R and SQL dumps write where there is no value. Not applied
# to texts and account names: "None" is a possible tweet and @null a real account.
MISSING_WORDS = frozenset({"", "nan", "none", "null", "nat", "na", "n/a", "<na>", "\\n"})

# Above this, neighbouring integers share one 64-bit float.
EXACT_FLOAT = 2**53

_SURROGATE = re.compile("[\ud800-\udfff]")


def shown(value: object, limit: int = 60) -> str:
    """Put a value in quotation marks for a message, cut at `limit` characters."""
    text = plain_text(value)
    return f'"{text[:limit]}…"' if len(text) > limit else f'"{text}"'


def is_missing(value: object) -> bool:
    """Tell whether a cell is empty: ``None``, NaN or nothing but white space."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or value != value


def to_json(value: object) -> str:
    """Write a value as valid JSON: NaN and infinities become null.

    Raises
    ------
    InputError
        If it is nested more deeply than Python can follow.
    """
    try:
        try:
            return _JSON.encode(value)
        except ValueError:
            return _JSON.encode(_finite(value))
    except RecursionError as error:
        raise InputError("values are nested too deeply") from error


def plain_text(value: object) -> str:
    """Write any value as text: numbers without a needless ``.0``, nested values as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | dict | tuple | bool):
        return to_json(value)
    number = integral(value)
    return str(value if number is None else number)


def without_surrogates(value: object) -> object:
    r"""Replace lone surrogates, which no UTF-8 can hold, by U+FFFD, however deeply nested.

    JSON may bring them: ``"\ud83d"`` is half of an emoji that was cut in two.
    """
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {
            _SURROGATE.sub("\ufffd", key): without_surrogates(item) for key, item in value.items()
        }
    return value


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=plain_text)


def integral(value: object) -> int | None:
    """Return a number's value as int when nothing is lost by that, else None."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT_FLOAT else None
    if isinstance(value, Decimal) and value.is_finite():
        # A tiny literal such as 1E+999999999 must not be expanded.
        return int(value) if value.adjusted() < 40 and value == value.to_integral_value() else None
    return None


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value


def words(listed: str) -> frozenset[str]:
    """Make a set of words that are separated by blanks."""
    return frozenset(listed.split())


def decode(value: bytes) -> str:
    """Decode UTF-8.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(value)} is not UTF-8 text") from error
