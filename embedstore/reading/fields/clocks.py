"""The parts of a moment that is written out: a day, a clock and a zone."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from embedstore.errors import InputError
from embedstore.reading.fields.calendars import (
    AFTER_NOON,
    BEFORE_NOON,
    FILLERS,
    MONTHS,
    PLACES,
    WEEKDAYS,
    ZONES,
)
from embedstore.reading.values import shown

Order = Literal["day-first", "month-first", "year-first"]
Precision = Literal["day", "minute", "second"]
Day = tuple[int, int, int]
Clock = tuple[int, int, int, int, Precision, tzinfo | None]

FIRST_YEAR, LAST_YEAR = 1990, 2100
# A two-digit year is not further ahead than this, which tells 27.08.21 from 2027.
_NEXT_YEAR = datetime.now(UTC).year + 1 - 2000
_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})(?:\s*(?::|[hH](?![A-Za-z])|[時时点시])\s*|\.(?=\d\d(?:\.\d\d)?(?:\s|$)))(\d{2})?(?:\s*[:.分분]\s*"
    r"(\d{2}))?(?:[.,](\d{1,9}))?\s*(?:秒|초|分|분)?",
    re.ASCII,
)
_HOUR = re.compile(r"(?<!\d)(\d{1,2})\s?(?=[ap]\.?\s?m\b)", re.IGNORECASE | re.ASCII)
_OFFSET = re.compile(
    # One digit of hours only after a name, as in UTC+2.
    r"(?:\b(?:UTC|GMT)\s*)?(?<![\d/.-])([+\-−])(\d{2}|(?<=[CT][+\-−])\d):?(\d{2})?\b",
    re.ASCII,
)
_IANA = re.compile(
    r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US)/[A-Za-z_/]+"
)
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*\.?")
WHITE = re.compile(r"[\s\u00a0\u202f\u2009\u200e\u200f\u202a-\u202e·•|,]+")
NUMBERS = re.compile(
    r"(?<![\d])(\d{1,4})\s?([/.\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{1,2})(?!\d)", re.ASCII
)
_SIMPLE_CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII
)
# Turkish and Azeri capitals.
_DOTLESS = str.maketrans({"\u0307": None})


@lru_cache(maxsize=64)
def read_zone(name: str) -> tzinfo:
    """Return the time zone of a name (``Europe/Paris``, ``EST``) or an offset (``+02:00``).

    Raises
    ------
    InputError
        If there is none of that name.
    """
    text = name.strip()
    if found := re.fullmatch(
        r"(?:UTC|GMT)?\s*([+\-−])(\d{1,2})(?::?(\d{2}))?", text, re.IGNORECASE
    ):
        return _offset(found[1], found[2], found[3])
    text = PLACES.get(text.upper(), text)
    if text.upper() in ZONES:
        return timezone(timedelta(hours=ZONES[text.upper()]))
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f'there is no time zone "{name}": expected a name such as Europe/Paris, an '
            "abbreviation such as EST, or an offset such as +02:00"
        ) from error


def orders_of(found: re.Match[str]) -> Sequence[Order]:
    """List the orders in which a date of numbers may be."""
    if len(found[4]) == 2:
        return "day-first", "month-first", "year-first"
    return "day-first", "month-first"


def in_order(found: re.Match[str], order: Order) -> Day:
    """Read a date of numbers in one order: year, month, day."""
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    if order == "year-first":
        return (first + 2000 if len(found[1]) <= 2 else first), second, third
    year = third if len(found[4]) == 4 else 2000 + third if third <= _NEXT_YEAR else 1900 + third
    return (year, second, first) if order == "day-first" else (year, first, second)


def is_day(day: Day) -> bool:
    """Tell whether there is such a day, not after the next year."""
    year, month, number = day
    if not (FIRST_YEAR <= year <= _NEXT_YEAR + 2000 and 1 <= month <= 12 and 1 <= number <= 31):
        return False
    try:
        date(year, month, number)
    except ValueError:
        return False
    return True


def split_day(text: str) -> tuple[str | None, str]:
    """Separate a date of numbers from what follows it."""
    head, blank, rest = text.partition(" ")
    head = head.rstrip(",")
    if not blank:
        head, _, rest = head.partition("T")
    return (head, rest) if 6 <= len(head) <= 10 and NUMBERS.fullmatch(head) else (None, "")


def read_clock(text: str) -> Clock | None:
    """Read a clock that is all there is."""
    if not text:
        return 0, 0, 0, 0, "day", None
    found = _SIMPLE_CLOCK.fullmatch(text)
    if found is None:
        return None
    hour = _hour(int(found[1]), found[5].lower() if found[5] else None)
    fraction = int((found[4] or "0").ljust(6, "0"))
    return (
        hour,
        int(found[2]),
        int(found[3] or 0),
        fraction,
        "second" if found[3] else "minute",
        None,
    )


def take_clock(text: str) -> tuple[Clock, str]:
    """Cut a clock, what half of the day it is in, and its zone out of a text."""
    zone: tzinfo | None = None
    if found := _IANA.search(text):
        zone = read_zone(found[0])
        text = text[: found.start()] + " " + text[found.end() :]
    found = _CLOCK.search(text)
    if found and not found[2] and found[0].strip()[-1:] in ("h", "H", ":"):
        found = None
    hour_alone = None if found else _HOUR.search(text)
    if found is None and hour_alone is None:
        return (0, 0, 0, 0, "day", zone), text
    if hour_alone is not None:
        hour, minute, second, fraction = int(hour_alone[1]), 0, 0, 0
        precision: Precision = "minute"
        before, after = text[: hour_alone.start()], text[hour_alone.end() :]
    else:
        assert found is not None
        hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
        fraction = int((found[4] or "0")[:6].ljust(6, "0"))
        precision = "second" if found[3] else "minute"
        before, after = text[: found.start()], text[found.end() :]
    if offset := _OFFSET.search(after):
        zone = _offset(offset[1], offset[2], offset[3])
        after = after[: offset.start()] + " " + after[offset.end() :]
    half: str | None = None
    kept: list[str] = []
    after = re.sub(r"\b([ap])\.\s?m\.?(?=\W|$)", r"\1m", after, flags=re.IGNORECASE)
    for place, part in enumerate((before, after)):
        position = 0
        pieces: list[str] = []
        for word in _WORD.finditer(part):
            name = word[0].rstrip(".")
            folded = name.casefold()
            if folded in AFTER_NOON or (folded in BEFORE_NOON and (place or not name.isascii())):
                half = "p" if folded in AFTER_NOON else "a"
                if folded == "中午":
                    half = None if hour == 12 else "p"
            elif zone is None and place and name.isupper() and name in ZONES:
                zone = timezone(timedelta(hours=ZONES[name]))
            elif zone is None and place and name in PLACES:
                zone = ZoneInfo(PLACES[name])
            elif name in ("GMT", "UTC") and place:
                pass
            else:
                continue
            pieces.append(part[position : word.start()])
            position = word.end()
        pieces.append(part[position:])
        kept.append(" ".join(pieces))
    return (_hour(hour, half), minute, second, fraction, precision, zone), " ".join(kept)


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if half == "p":
        return hour + 12 if hour < 12 else hour
    if hour > 12:
        raise ValueError
    return hour % 12


def _offset(sign: str, hours: str, minutes: str | None) -> tzinfo:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(offset if sign == "+" else -offset)


def combine(day: Day, clock: Clock) -> tuple[datetime, Precision]:
    """Make a moment of a day and a clock."""
    hour, minute, second, fraction, precision, zone = clock
    moment = datetime(*day, hour, minute, min(second, 59), fraction, tzinfo=zone)
    return moment, precision


def named_day(text: str, whole: str) -> Day:
    """Read a date that names its month: ``27 Aug 2008``, ``August 27, 2008``."""
    months: list[tuple[int, bool]] = []
    for word in _WORD.finditer(text):
        name = word[0].rstrip(".").casefold()
        folded = name.translate(_DOTLESS)
        number = MONTHS.get(name) or MONTHS.get(folded)
        if number is not None:
            months.append((number, name in WEEKDAYS))
        elif not _is_filler(name):
            raise ValueError
    if len(months) > 1:
        # "mar. 14 juil.": Tuesday, not March.
        months = [month for month in months if not month[1]]
    numbers = re.findall(r"\d+", text, re.ASCII)
    if len({number for number, _ in months}) != 1:
        raise ValueError
    month = months[0][0]
    if len(numbers) == 1 and len(numbers[0]) <= 2:
        raise InputError(f"{shown(whole)} has no year")
    if len(numbers) != 2:
        raise ValueError
    first, second = numbers
    if len(first) == 4 and len(second) <= 2:
        first, second = second, first
    if len(first) > 2:
        raise ValueError
    if len(second) == 2:
        return 2000 + int(second), month, int(first)
    return int(second), month, int(first)


def check_words(text: str) -> None:
    """Check that nothing but weekdays and the like stands beside a date."""
    if re.search(r"\d", text):
        raise ValueError
    for word in _WORD.finditer(text):
        if not _is_filler(word[0].rstrip(".").casefold()):
            raise ValueError


def _is_filler(name: str) -> bool:
    return (
        name in FILLERS
        or name in WEEKDAYS
        or name in ("th", "st", "nd", "rd", "er", "º", "ª", "nº", "t")
    )


def without_weekday(text: str) -> str:
    """Replace what East Asian dates say of the weekday by blanks."""
    return re.sub(
        r"[(（]?(?:星期|周|週)?[一二三四五六日天月火水木金土월화수목금토일](?:曜日|요일)?[)）]?",
        " ",
        text,
    )


def plain(text: str) -> str:
    """Write digits as ASCII, letters composed, and blanks of any width as blanks."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    return "".join(
        str(unicodedata.digit(character))
        if character.isdecimal() and not character.isascii()
        else " "
        if character in "\u202f\u00a0"
        else character
        for character in text
    )
