"""Cells to values: ids, texts, dates, counts, media and JSON.

Each ``to_*`` function takes whatever a file format delivers (strings from CSV;
numbers, dates and nested values from the others), returns ``None`` for a missing
value, and raises :class:`InputError` for one that can't be used.
"""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from embedstore.errors import InputError

# What spreadsheets, pandas, R and SQL dumps write where there is no value. Not applied
# to texts and account names: "None" is a possible tweet and @null a real account.
MISSING_WORDS = frozenset({"", "nan", "none", "null", "nat", "na", "n/a", "<na>", "\\n"})
MISSING_MEDIA = MISSING_WORDS | {"[]", "{}"}

FIRST_YEAR, LAST_YEAR = 1990, 2100
MAX_COUNT = 2**63 - 1
# Above this, neighbouring integers share one 64-bit float.
EXACT_FLOAT = 2**53

_EPOCH = datetime(1970, 1, 1)
_FIRST_SECOND = (datetime(FIRST_YEAR, 1, 1) - _EPOCH).total_seconds()
_END_SECOND = (datetime(LAST_YEAR + 1, 1, 1) - _EPOCH).total_seconds()
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TWITTER = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})", re.ASCII
)
_ZONE_NAME = re.compile(r"\s*(?:UTC|GMT)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.0*)?", re.ASCII)
_ROUNDED_ID = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

_DATE_FORMS = (
    "expected ISO 8601, Twitter's form, or epoch seconds or milliseconds, "
    f"between {FIRST_YEAR} and {LAST_YEAR}"
)
_COUNT_FORM = "is not a whole number of 0 or more"
_ROUNDED = "is a rounded number, its last digits are lost: export ids as text"


def shown(value: object, limit: int = 60) -> str:
    """Put a value in quotation marks for a message, cut at `limit` characters."""
    text = plain_text(value)
    return f'"{text[:limit]}…"' if len(text) > limit else f'"{text}"'


def is_missing(value: object) -> bool:
    """Tell whether a cell is empty: ``None``, NaN or nothing but white space."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or value != value


def to_id(value: object) -> str | None:
    """Read an id: a string or an integer of any size, kept as a string.

    Raises
    ------
    InputError
        If it is neither, or a number that was rounded on its way (a float of 2**53 or
        more, or a spreadsheet's ``1.23E+18``): distinct posts would share it.
    """
    if isinstance(value, bytes):
        value = _decode(value)
    if isinstance(value, str):
        text = value.strip()
        if len(text) < 5 and text.lower() in MISSING_WORDS:
            return None
        if "+" in text and _ROUNDED_ID.fullmatch(text):
            raise InputError(f"{shown(text)} {_ROUNDED}")
        return text
    if is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) >= EXACT_FLOAT:
        raise InputError(f"{shown(value)} {_ROUNDED}")
    number = _integral(value)
    if number is None:
        raise InputError(f"{shown(value)} is neither a whole number nor text")
    return str(number)


def to_text(value: object) -> str | None:
    """Read a text, exactly as given; white space alone is no text."""
    if isinstance(value, bytes):
        value = _decode(value)
    if isinstance(value, str):
        return None if value.isspace() else value or None
    return None if is_missing(value) else plain_text(value)


def to_label(value: object) -> str | None:
    """Read a short text such as a name: without white space at its ends."""
    text = value if isinstance(value, str) else to_text(value)
    return None if text is None else text.strip() or None


def to_media(value: object) -> str | None:
    """Read a media field: a string exactly as given, anything nested as JSON."""
    if isinstance(value, bytes):
        value = _decode(value)
    if isinstance(value, str):
        return None if value.strip().lower() in MISSING_MEDIA else value
    if is_missing(value) or value in ([], {}, ()):
        return None
    return plain_text(value)


def to_count(value: object) -> int | None:
    """Read a number of likes, comments and so on.

    ``12``, ``"12"``, ``"12.0"`` and ``"1,234"`` are counts.

    Raises
    ------
    InputError
        If it is negative, has a fraction, or is no number.
    """
    if isinstance(value, str):
        if len(value) < 19 and value.isdecimal():
            return int(value)
        text = value.strip()
        if text.lower() in MISSING_WORDS:
            return None
        number = _count_in(text)
    elif is_missing(value):
        return None
    else:
        number = _integral(value)
    if number is None or not 0 <= number <= MAX_COUNT:
        raise InputError(f"{shown(value)} {_COUNT_FORM}")
    return number


def to_time(value: object) -> datetime | None:
    """Read a moment.

    Returns
    -------
    datetime or None
        In UTC and without a zone. A value without a zone is taken as UTC.

    Raises
    ------
    InputError
        If it is in no known form, or outside the years 1990 to 2100.
    """
    try:
        moment = _moment(value.strip() if isinstance(value, str) else value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, ArithmeticError):
        # Looked for last, since nearly all values are dates.
        if is_missing(value) or str(value).strip().lower() in MISSING_WORDS:
            return None
        moment = datetime.min
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InputError(f"{shown(value)} is not a date that can be read: {_DATE_FORMS}")
    return moment


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
    number = _integral(value)
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


def _integral(value: object) -> int | None:
    """Return a number's value as int when nothing is lost by that."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < EXACT_FLOAT else None
    if isinstance(value, Decimal) and value.is_finite():
        # A tiny literal such as 1E+999999999 must not be expanded.
        return int(value) if value.adjusted() < 40 and value == value.to_integral_value() else None
    return None


def _count_in(text: str) -> int | None:
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if "_" in text:  # Python reads 1_000; nobody writes it
        return None
    try:
        return int(text) if len(text) < 20 else None
    except ValueError:
        pass
    try:
        return _integral(float(text))
    except ValueError:
        return None


def _moment(value: object) -> datetime:
    """Return any supported form as a datetime, with or without a zone."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        if value.isdecimal() and len(value) != 8:  # eight digits are ISO's 20180630
            return _from_epoch(Decimal(value))
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return _from_other_text(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, float | Decimal):
        return _from_epoch(Decimal(value))
    raise ValueError


def _from_other_text(value: str) -> datetime:
    if _NUMBER.fullmatch(value):
        return _from_epoch(Decimal(value))
    if found := _TWITTER.fullmatch(value):
        # strptime would need English month names in the user's locale.
        month, day, clock, zone, year = found.groups()
        return datetime.fromisoformat(
            f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{clock}{zone}"
        )
    if zone_name := _ZONE_NAME.search(value):
        return datetime.fromisoformat(value[: zone_name.start()] + "+00:00")
    raise ValueError


def _from_epoch(number: Decimal) -> datetime:
    """Tell seconds from milliseconds by size: within 1990 to 2100 they never overlap."""
    for seconds in (number, number / 1000):
        if _FIRST_SECOND <= seconds < _END_SECOND:
            return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    raise ValueError


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value


def _decode(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(value)} is not UTF-8 text") from error
