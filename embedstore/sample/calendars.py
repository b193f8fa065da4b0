"""The calendar of the made-up years: holidays, what a date says, which topics it favours."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
from numpy.typing import NDArray

FIRST_DAY = dt.date(2018, 1, 1)
LAST_DAY = dt.date(2022, 12, 31)
N_DAYS = (LAST_DAY - FIRST_DAY).days + 1

TOPICS = (
    "launch", "hiring", "charity", "climate", "sale", "customer", "event", "tip", "outage",
    "behind", "sports", "results", "animals", "ask", "milestone", "holiday",
)  # fmt: skip
"""What a post can be about."""

WEIGHT = (1.3, 1.0, 0.9, 0.8, 1.2, 0.8, 1.2, 1.0, 0.6, 0.9, 0.6, 0.5, 0.5, 0.8, 0.5, 1.0)
"""How often each topic comes up, before account, company and date have their say."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SEASONS = ("winter", "spring", "summer", "fall")


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def holidays_of(year: int) -> dict[str, tuple[dt.date, int]]:
    """Return a year's holidays: the date, and how many days before it posts begin."""
    return {
        "New Year": (dt.date(year, 1, 1), 0),
        "Valentine's Day": (dt.date(year, 2, 14), 1),
        "International Women's Day": (dt.date(year, 3, 8), 0),
        "Mother's Day": (_nth_weekday(year, 5, 6, 2), 2),
        "Father's Day": (_nth_weekday(year, 6, 6, 3), 1),
        "the Fourth of July": (dt.date(year, 7, 4), 0),
        "Labor Day": (_nth_weekday(year, 9, 0, 1), 0),
        "Halloween": (dt.date(year, 10, 31), 2),
        "Thanksgiving": (_nth_weekday(year, 11, 3, 4), 2),
        "Christmas": (dt.date(year, 12, 25), 6),
    }


@cache
def holiday_on(day: int) -> str | None:
    """Name the holiday that posts of a day (counted from the first) may mark."""
    date = FIRST_DAY + dt.timedelta(day)
    for name, (at, before) in holidays_of(date.year).items():
        if at - dt.timedelta(before) <= date <= at:
            return name
    return "New Year" if (date.month, date.day) == (1, 2) else None


@cache
def words_of(day: int) -> dict[str, str]:
    """Return the slots that a date fills."""
    date = FIRST_DAY + dt.timedelta(day)
    quarter, year = (date.month - 1) // 3, date.year
    reported = f"Q{quarter or 4} {year if quarter else year - 1}"
    return {
        "year": str(year),
        "lastyear": str(year - 1),
        "nextyear": str(year + 1),
        "today": _WEEKDAYS[date.weekday()],
        "month": _MONTHS[date.month - 1],
        "nextmonth": _MONTHS[date.month % 12],
        "season": _SEASONS[date.month % 12 // 3],
        "rq": reported,
        "rq_tag": reported.replace(" ", ""),
    }


@cache
def topic_weights() -> NDArray[np.float64]:
    """Return the log weight of every topic on every day, shape ``(days, topics)``."""
    weights = np.tile(np.log(WEIGHT), (N_DAYS, 1))
    column = {topic: i for i, topic in enumerate(TOPICS)}
    for day in range(N_DAYS):
        date = FIRST_DAY + dt.timedelta(day)
        row = weights[day]
        row[column["holiday"]] = 2.6 if holiday_on(day) else -np.inf
        thanksgiving = _nth_weekday(date.year, 11, 3, 4)
        if 1 <= (date - thanksgiving).days <= 4:
            row[column["sale"]] += 2.0
        if (date - thanksgiving).days == 5:
            row[column["charity"]] += 2.0
        if date.month == 12:
            row[column["charity"]] += 0.5
        if date.month == 4 and 20 <= date.day <= 23:
            row[column["climate"]] += 1.8
        in_season = date.month in (1, 4, 7, 10) and date.day >= 15
        row[column["results"]] += 1.0 if in_season else -1.2
        if date.weekday() >= 4:
            row[column["ask"]] += 0.4
        if date.weekday() >= 5:
            row[column["sports"]] += 0.6
            row[column["results"]] -= 2.0
            row[column["hiring"]] -= 0.7
        if date.weekday() == 1:
            row[column["tip"]] += 0.4
    return weights
