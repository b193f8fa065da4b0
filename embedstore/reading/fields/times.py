"""Moments: read where they are unambiguous, asked for where they aren't.

Whether ``03/04/2021`` is in March or in April is told by the other values of its column, by the
platform that wrote it, or by ``--date-format``; it is never guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from embedstore.errors import InputError
from embedstore.reading.fields.clocks import (
    FIRST_YEAR,
    LAST_YEAR,
    NUMBERS,
    WHITE,
    Day,
    Order,
    Precision,
    check_words,
    combine,
    in_order,
    is_day,
    named_day,
    orders_of,
    plain,
    read_clock,
    read_zone,
    split_day,
    take_clock,
    without_weekday,
)
from embedstore.reading.fields.epochs import (
    may_be_serial,
    read_digits,
    read_number,
    read_number_text,
)
from embedstore.reading.values import MISSING_WORDS, is_missing, shown

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
_PARENTHESES = re.compile(r"\([^()]*\)")
_CJK_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]", re.ASCII)
_CJK_NO_YEAR = re.compile(r"\d{1,2}\s*[月월]\s*\d{1,2}\s*[日일]", re.ASCII)
_RELATIVE = re.compile(
    r"\d+\s?(?:s|sec|m|min|h|hr|d|w|wk|mo|y|yr|day|hour|minute|week|month|year)s?(?: ago)?"
    r"|yesterday|today|now|just now|gestern|heute|ayer|hoy|hier|vor \d.*|hace \d.*|il y a .*"
    r"|\d+.{0,3}前|刚刚|昨天.*|今天.*",
    re.IGNORECASE,
)


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
    _days: dict[str, Day] = field(default_factory=dict)

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
                if may_be_serial(text):
                    self._numbers += 1
                elif self.order is None and self.pattern is None:
                    found = NUMBERS.search(text)
                    if found and found[2] != "." and len(found[1]) < 3 and len(found[4]) > 1:
                        self._look_at(found, text)
            elif isinstance(value, datetime):
                self._values += 1
                self._midnights += not (value.hour or value.minute or value.second)
            elif isinstance(value, int | float) and value == value:
                self._values += 1
                self._numbers += may_be_serial(str(value))

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
            return read_digits(text, excel=self.excel)
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
        if (moment := read_number_text(text, excel=self.excel)) is not None:
            return moment
        return self._from_words(text)

    def _read_value(self, value: object) -> tuple[datetime, Precision]:
        if isinstance(value, datetime):
            return value, "second"
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day), "day"
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, int):
            return read_digits(str(value), excel=self.excel) if value >= 0 else _fail()
        if isinstance(value, float | Decimal):
            return read_number(Decimal(value), excel=self.excel)
        raise ValueError

    def _look_at(self, found: re.Match[str], text: str) -> None:
        """Keep the orders in which a date of numbers is one, as all before it were."""
        readings = {order: in_order(found, order) for order in orders_of(found)}
        possible = {order for order, day in readings.items() if is_day(day)}
        if not possible:
            return
        self._orders = possible if self._orders is None else self._orders & possible
        if len({readings[order] for order in possible}) > 1:
            self._ambiguous = text

    def _from_words(self, text: str) -> tuple[datetime, Precision]:
        """Read dates of numbers and of names, with or without a clock and a zone."""
        head, rest = split_day(text)
        if head is not None:
            # The same day comes in many rows.
            day = self._days.get(head)
            if day is None:
                day = self._day(head, text)
                if len(self._days) > 10_000:
                    self._days.clear()
                self._days[head] = day
            clock = read_clock(rest)
            if clock is not None:
                return combine(day, clock)
        return self._slowly(text)

    def _slowly(self, text: str) -> tuple[datetime, Precision]:
        written = plain(text)
        rest = _PARENTHESES.sub(" ", written)
        clock, rest = take_clock(rest)
        if found := _CJK_DATE.search(rest):
            day = int(found[1]), int(found[2]), int(found[3])
            check_words(rest[: found.start()] + " " + without_weekday(rest[found.end() :]))
            return combine(day, clock)
        if _CJK_NO_YEAR.search(rest):
            raise InputError(f"{shown(text)} has no year")
        rest = WHITE.sub(" ", rest).strip()
        if found := NUMBERS.search(rest):
            check_words(rest[: found.start()] + " " + rest[found.end() :])
            return combine(self._in_order(found, text), clock)
        return combine(named_day(rest, text), clock)

    def _day(self, head: str, text: str) -> Day:
        found = NUMBERS.fullmatch(head)
        if found is None:
            raise ValueError
        return self._in_order(found, text)

    def _in_order(self, found: re.Match[str], text: str) -> Day:
        if len(found[1]) == 4:
            day = int(found[1]), int(found[3]), int(found[4])
        elif len(found[1]) == 3 or len(found[4]) == 1:
            raise ValueError
        elif self.order is not None:
            day = in_order(found, self.order)
            if not is_day(day):
                raise ValueError
        elif found[2] == ".":
            # Who writes dots writes the day first.
            day = in_order(found, "day-first")
        else:
            days = {in_order(found, order) for order in orders_of(found)}
            days = {day for day in days if is_day(day)}
            if len(days) > 1:
                raise InputError(
                    f"{shown(text)} can be read in two ways: say which with --date-format "
                    "day-first or month-first"
                )
            (day,) = days or [(0, 0, 0)]
        return day


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


def _complaint(value: object, text: str) -> str:
    hint = ""
    if _RELATIVE.fullmatch(text):
        hint = "; it is relative to when it was read"
    else:
        number = text or (str(value) if type(value) in (int, float) else "")
        if may_be_serial(number):
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
