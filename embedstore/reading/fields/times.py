"""Moments: read where they are unambiguous, asked for where they aren't.

Whether ``03/04/2021`` is in March or in April is told by the other values of its column, by the
platform that wrote it, or by ``--date-format``; it is never guessed.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from embedstore.errors import InputError
from embedstore.reading.fields.calendars import (
    AFTER_NOON,
    BEFORE_NOON,
    FILLERS,
    MONTHS,
    WEEKDAYS,
    ZONES,
)
from embedstore.reading.values import MISSING_WORDS, is_missing, shown

Order = Literal["day-first", "month-first", "year-first"]
Precision = Literal["day", "minute", "second"]

FIRST_YEAR, LAST_YEAR = 1990, 2100

_EPOCH = datetime(1970, 1, 1)
_FIRST_SECOND = (datetime(FIRST_YEAR, 1, 1) - _EPOCH).total_seconds()
_END_SECOND = (datetime(LAST_YEAR + 1, 1, 1) - _EPOCH).total_seconds()
# Excel counts days from here; its first days of 1900 don't matter.
_EXCEL_ZERO = datetime(1899, 12, 30)
_FIRST_SERIAL = (datetime(FIRST_YEAR, 1, 1) - _EXCEL_ZERO).days
_END_SERIAL = (datetime(LAST_YEAR + 1, 1, 1) - _EXCEL_ZERO).days
# A two-digit year is not further ahead than this, which tells 27.08.21 from 2027.
_NEXT_YEAR = datetime.now(UTC).year + 1 - 2000

_FORMS = (
    "expected ISO 8601, Twitter's form, or epoch seconds or milliseconds, "
    f"between {FIRST_YEAR} and {LAST_YEAR}"
)
_MONTH_NAMES = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_TWITTER = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d?) (\d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})", re.ASCII
)
_DECIMAL = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d\d?)", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d[0-2]\d[0-5]\d(?:[0-5]\d)?", re.ASCII)

_CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})(?:\s*(?::|[hH](?![A-Za-z])|[時时点시])\s*|\.(?=\d\d(?:\.\d\d)?(?:\s|$)))(\d{2})?(?:\s*[:.分분]\s*"
    r"(\d{2}))?(?:[.,](\d{1,9}))?\s*(?:秒|초|分|분)?",
    re.ASCII,
)
_HOUR = re.compile(r"(?<!\d)(\d{1,2})\s?(?=[ap]\.?\s?m\b)", re.IGNORECASE | re.ASCII)
_OFFSET = re.compile(r"(?:\b(?:UTC|GMT)\s*)?(?<![\d/.-])([+\-−])(\d{2}):?(\d{2})?\b", re.ASCII)
_IANA = re.compile(r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/[A-Za-z_/]+")
_PARENTHESES = re.compile(r"\([^()]*\)")
_CJK_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]", re.ASCII)
_CJK_NO_YEAR = re.compile(r"\d{1,2}\s*[月월]\s*\d{1,2}\s*[日일]", re.ASCII)
_NUMBERS = re.compile(
    r"(?<![\d])(\d{1,4})\s?([/.\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{1,2})(?!\d)", re.ASCII
)
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*\.?")
_WHITE = re.compile(r"[\s\u00a0\u202f\u2009\u200e\u200f\u202a-\u202e·•|,]+")
_RELATIVE = re.compile(
    r"\d+\s?(?:s|sec|m|min|h|hr|d|w|wk|mo|y|yr|day|hour|minute|week|month|year)s?(?: ago)?"
    r"|yesterday|today|now|just now|gestern|heute|ayer|hoy|hier|vor \d.*|hace \d.*|il y a .*"
    r"|\d+.{0,3}前|刚刚|昨天.*|今天.*",
    re.IGNORECASE,
)

_Day = tuple[int, int, int]


@dataclass
class TimeReader:
    """Reads the moments of one column, once it has seen some of them.

    Attributes
    ----------
    order
        Of day, month and year in dates of numbers alone; None where they are ambiguous.
    pattern
        For :meth:`datetime.datetime.strptime`.
    zone
        Of moments that name none.
    excel
        Whether numbers are Excel's days.
    usual
        The order of the platform that wrote the file, where its column doesn't tell.
    """

    order: Order | None = None
    pattern: str | None = None
    zone: tzinfo | None = None
    excel: bool = False
    usual: Order | None = None
    _orders: "set[Order] | None" = None
    _numbers: int = 0
    _values: int = 0
    _midnights: int = 0
    _moments: int = 0
    _ambiguous: str | None = None
    _days: dict[str, _Day] = field(default_factory=dict)

    @classmethod
    def of_options(
        cls, date_format: str | None, timezone: str | None, usual: Order | None = None
    ) -> "TimeReader":
        """Make a reader of what ``--date-format`` and ``--timezone`` say.

        Raises
        ------
        InputError
            If one of them can't be understood.
        """
        reader = cls(usual=usual, zone=None if timezone is None else read_zone(timezone))
        if date_format is None:
            return reader
        said = date_format.strip().lower().replace(" ", "-").replace("_", "-")
        order = _ORDERS.get(said)
        if order is not None:
            reader.order = order
        elif said == "excel":
            reader.excel = True
        elif "%" in date_format:
            reader.pattern = date_format
        else:
            raise InputError(
                f'--date-format "{date_format}" is none of day-first, month-first, year-first, '
                "excel, or a pattern such as %d/%m/%Y %H:%M"
            )
        return reader

    def learn(self, values: Iterable[object]) -> None:
        """Look at values of the column, to tell what is first in its dates."""
        for value in values:
            if isinstance(value, str):
                text = value.strip()
                if not text or text.isalpha():
                    continue
                self._values += 1
                self._midnights += text.endswith((" 00:00:00", " 0:00", " 00:00", "T00:00:00"))
                if text[4:5] == "-" or text.isalpha():
                    continue
                if _DECIMAL.fullmatch(text):
                    self._numbers += _FIRST_SERIAL <= float(text) < _END_SERIAL
                elif self.order is None and self.pattern is None:
                    found = _NUMBERS.search(text)
                    if found and found[2] != "." and len(found[1]) < 3 and len(found[4]) > 1:
                        self._look_at(found, text)
            elif isinstance(value, datetime):
                self._values += 1
                self._midnights += not (value.hour or value.minute or value.second)
            elif isinstance(value, int | float) and value == value:
                self._values += 1
                self._numbers += _FIRST_SERIAL <= value < _END_SERIAL

    @property
    def undecided(self) -> bool:
        """Whether there are values that only the rest of the column can explain."""
        return self.order is None and self._ambiguous is not None and len(self._orders or ()) > 1

    def settle(self, name: str, column: str) -> None:
        """Decide by what was seen.

        Parameters
        ----------
        name, column
            The file and the column, for messages.

        Raises
        ------
        InputError
            If the column can be read in two ways.
        """
        self.excel = self.excel or (0 < self._values <= 2 * self._numbers)
        if self.order is not None or not self._orders:
            return
        if len(self._orders) == 1:
            self.order = next(iter(self._orders))
        elif self.usual in self._orders:
            self.order = self.usual
        elif self._ambiguous is None:
            self.order = min(self._orders)  # all of them read alike
        else:
            raise InputError(
                f'{name}: the dates of "{column}" can be read in two ways, such as '
                f'"{self._ambiguous}", and no value tells which. Say it with --date-format '
                f"{' or '.join(sorted(self._orders))}"
            )

    @property
    def days_only(self) -> bool:
        """Whether all of many moments are midnights: dates whose time isn't known."""
        return self._values >= 5 and self._midnights == self._values

    def read(self, value: object) -> tuple[datetime, Precision] | None:
        """Read a moment.

        Returns
        -------
        tuple or None
            The moment, in UTC and without a zone, and how finely it is told. None of a
            missing value.

        Raises
        ------
        InputError
            If it is in no known form, ambiguous, or outside the years 1990 to 2100.
        """
        text = value.strip() if isinstance(value, str) else ""
        try:
            moment, precision = self._read_text(text) if text else self._read_value(value)
            if moment.tzinfo is not None:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            elif self.zone is not None and precision != "day":
                moment = moment.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)
        except InputError:
            raise
        except (ValueError, ArithmeticError):
            # Looked for last, since nearly all values are dates.
            if is_missing(value) or (text and text.lower() in MISSING_WORDS):
                return None
            moment, precision = datetime.min, "second"
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise InputError(_complaint(value, text))
        return moment, precision

    def _read_text(self, text: str) -> tuple[datetime, Precision]:
        if self.pattern is not None:
            try:
                return datetime.strptime(text, self.pattern), _precision_of(self.pattern)
            except ValueError:
                pass  # an Excel file has texts and dates in one column
        if text.isdecimal() and len(text) != 8:  # eight digits are ISO's 20180630
            return self._from_digits(text)
        try:
            return datetime.fromisoformat(text), _iso_precision(text)
        except ValueError:
            pass
        if found := _TWITTER.fullmatch(text):
            # strptime would need English month names in the user's locale.
            month, day, clock, zone, year = found.groups()
            number = _MONTH_NAMES.index(month) + 1
            return datetime.fromisoformat(
                f"{year}-{number:02}-{int(day):02}T{clock}{zone}"
            ), "second"
        if _DECIMAL.fullmatch(text):
            return self._from_number(Decimal(text))
        if found := _SCIENTIFIC.fullmatch(text):
            digits = 1 + len(found[2] or "")
            # 1.22E+12 lost the hour and the day.
            if int(found[3]) + 1 - digits > (3 if int(found[3]) >= 11 else 0):
                raise InputError(f"{shown(text)} is a rounded number: its time is lost")
            return _from_epoch(Decimal(text.replace(",", ".")))
        return self._from_words(text)

    def _read_value(self, value: object) -> tuple[datetime, Precision]:
        if isinstance(value, datetime):
            return value, "second"
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day), "day"
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, int):
            return self._from_digits(str(value)) if value >= 0 else _fail()
        if isinstance(value, float | Decimal):
            return self._from_number(Decimal(value))
        raise ValueError

    def _from_digits(self, text: str) -> tuple[datetime, Precision]:
        if len(text) in (12, 14) and _COMPACT.fullmatch(text):
            text += "00" if len(text) == 12 else ""
            moment = datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
            return moment, "second"
        if len(text) == 8:
            return datetime.fromisoformat(text), "day"
        return self._from_number(Decimal(text))

    def _from_number(self, number: Decimal) -> tuple[datetime, Precision]:
        if _FIRST_SERIAL <= number < _END_SERIAL and (self.excel or number % 1):
            # A serial with a fraction can be nothing else; Excel rounds it to a few digits.
            seconds = round(float(number) * 86_400)
            moment = _EXCEL_ZERO + timedelta(seconds=seconds)
            return moment, "second" if number % 1 else "day"
        return _from_epoch(number)

    def _look_at(self, found: re.Match[str], text: str) -> None:
        """Keep the orders in which a date of numbers is one, as all before it were."""
        readings = {order: _ordered(found, order) for order in _all_orders(found)}
        possible = {order for order, day in readings.items() if _is_day(day)}
        if not possible:
            return
        self._orders = possible if self._orders is None else self._orders & possible
        if len({readings[order] for order in possible}) > 1:
            self._ambiguous = text

    def _from_words(self, text: str) -> tuple[datetime, Precision]:
        """Read dates of numbers and of names, with or without a clock and a zone."""
        head, rest = _split_day(text)
        if head is not None:
            # The same day comes in many rows.
            day = self._days.get(head)
            if day is None:
                day = self._day(head, text)
                if len(self._days) > 10_000:
                    self._days.clear()
                self._days[head] = day
            clock = _read_clock(rest)
            if clock is not None:
                return _combine(day, clock)
        return self._slowly(text)

    def _slowly(self, text: str) -> tuple[datetime, Precision]:
        plain = _plain(text)
        rest = _PARENTHESES.sub(" ", plain)
        clock, rest = _take_clock(rest)
        if found := _CJK_DATE.search(rest):
            day = int(found[1]), int(found[2]), int(found[3])
            _no_words(rest[: found.start()] + " " + _weekdays_cut(rest[found.end() :]))
            return _combine(day, clock)
        if _CJK_NO_YEAR.search(rest):
            raise InputError(f"{shown(text)} has no year")
        rest = _WHITE.sub(" ", rest).strip()
        if found := _NUMBERS.search(rest):
            _no_words(rest[: found.start()] + " " + rest[found.end() :])
            return _combine(self._in_order(found, text), clock)
        return _combine(_named_day(rest, text), clock)

    def _day(self, head: str, text: str) -> _Day:
        found = _NUMBERS.fullmatch(head)
        if found is None:
            raise ValueError
        return self._in_order(found, text)

    def _in_order(self, found: re.Match[str], text: str) -> _Day:
        if len(found[1]) == 4:
            day = int(found[1]), int(found[3]), int(found[4])
        elif len(found[1]) == 3 or len(found[4]) == 1:
            raise ValueError
        elif self.order is not None:
            day = _ordered(found, self.order)
            if not _is_day(day):
                raise ValueError
        elif found[2] == ".":
            # Who writes dots writes the day first.
            day = _ordered(found, "day-first")
        else:
            days = {_ordered(found, order) for order in _all_orders(found)}
            days = {day for day in days if _is_day(day)}
            if len(days) > 1:
                raise InputError(
                    f"{shown(text)} can be read in two ways: say which with --date-format "
                    "day-first or month-first"
                )
            (day,) = days or [(0, 0, 0)]
        return day


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
    if text.upper() in ZONES:
        return timezone(timedelta(hours=ZONES[text.upper()]))
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f'there is no time zone "{name}": expected a name such as Europe/Paris, an '
            "abbreviation such as EST, or an offset such as +02:00"
        ) from error


def to_time(value: object) -> datetime | None:
    """Read one moment, without a column to explain it.

    Returns
    -------
    datetime or None
        In UTC and without a zone. A value without a zone is taken as UTC.

    Raises
    ------
    InputError
        If it is in no known form, ambiguous, or outside the years 1990 to 2100.
    """
    found = TimeReader().read(value)
    return None if found is None else found[0]


_ORDERS: dict[str, Order] = {
    **dict.fromkeys(("day-first", "dayfirst", "dmy", "d/m/y", "dd/mm/yyyy"), "day-first"),
    **dict.fromkeys(("month-first", "monthfirst", "mdy", "m/d/y", "mm/dd/yyyy"), "month-first"),
    **dict.fromkeys(("year-first", "yearfirst", "ymd", "y/m/d", "yyyy/mm/dd"), "year-first"),
}

_Clock = tuple[int, int, int, int, Precision, tzinfo | None]
_SIMPLE_CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII
)


def _complaint(value: object, text: str) -> str:
    hint = ""
    if _RELATIVE.fullmatch(text):
        hint = "; it is relative to when it was read"
    else:
        number = text or (str(value) if type(value) in (int, float) else "")
        if _DECIMAL.fullmatch(number) and _FIRST_SERIAL <= float(number) < _END_SERIAL:
            hint = ", or with --date-format excel Excel's days"
    return f"{shown(value)} is not a date that can be read: {_FORMS}{hint}"


def _fail() -> tuple[datetime, Precision]:
    raise ValueError


def _precision_of(pattern: str) -> Precision:
    if any(part in pattern for part in ("%S", "%s", "%c", "%X", "%T", "%f")):
        return "second"
    return "minute" if any(part in pattern for part in ("%M", "%H", "%I")) else "day"


def _iso_precision(text: str) -> Precision:
    if len(text) <= 10:
        return "day"
    # 2019-05-31 23:01 +0000, 2019-05-31T23:01:45, 20190531T230145
    if text[16:17] == ":" or (":" not in text[:16] and len(text) >= 15):
        return "second"
    return "minute"


def _from_epoch(number: Decimal) -> tuple[datetime, Precision]:
    """Tell seconds from milliseconds by size: within 1990 to 2100 they never overlap."""
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        seconds = number / unit
        if _FIRST_SECOND <= seconds < _END_SECOND:
            return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000)), "second"
    raise ValueError


def _all_orders(found: re.Match[str]) -> Sequence[Order]:
    return (
        ("day-first", "month-first", "year-first")
        if len(found[4]) == 2
        else (
            "day-first",
            "month-first",
        )
    )


def _ordered(found: re.Match[str], order: Order) -> _Day:
    first, second, third = int(found[1]), int(found[3]), int(found[4])
    if order == "year-first":
        return (first + 2000 if len(found[1]) <= 2 else first), second, third
    year = third if len(found[4]) == 4 else 2000 + third if third <= _NEXT_YEAR else 1900 + third
    return (year, second, first) if order == "day-first" else (year, first, second)


def _is_day(day: _Day) -> bool:
    year, month, number = day
    if not (FIRST_YEAR <= year <= _NEXT_YEAR + 2000 and 1 <= month <= 12 and 1 <= number <= 31):
        return False
    try:
        date(year, month, number)
    except ValueError:
        return False
    return True


def _split_day(text: str) -> tuple[str | None, str]:
    """Separate a date of numbers from what follows it."""
    head, blank, rest = text.partition(" ")
    head = head.rstrip(",")
    if not blank:
        head, _, rest = head.partition("T")
    return (head, rest) if 6 <= len(head) <= 10 and _NUMBERS.fullmatch(head) else (None, "")


def _read_clock(text: str) -> _Clock | None:
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


def _take_clock(text: str) -> tuple[_Clock, str]:
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


def _combine(day: _Day, clock: _Clock) -> tuple[datetime, Precision]:
    hour, minute, second, fraction, precision, zone = clock
    moment = datetime(*day, hour, minute, min(second, 59), fraction, tzinfo=zone)
    return moment, precision


def _named_day(text: str, whole: str) -> _Day:
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


def _no_words(text: str) -> None:
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


def _weekdays_cut(text: str) -> str:
    return re.sub(
        r"[(（]?(?:星期|周|週)?[一二三四五六日天月火水木金土월화수목금토일](?:曜日|요일)?[)）]?",
        " ",
        text,
    )


# Turkish and Azeri capitals.
_DOTLESS = str.maketrans({"\u0307": None})


def _plain(text: str) -> str:
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
