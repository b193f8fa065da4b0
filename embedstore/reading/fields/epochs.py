"""Moments that are written as numbers: epochs, Excel's days, and digits without separators."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from embedstore.errors import InputError
from embedstore.reading.fields.clocks import FIRST_YEAR, LAST_YEAR, Precision
from embedstore.reading.values import shown

_EPOCH = datetime(1970, 1, 1)
_FIRST_SECOND = (datetime(FIRST_YEAR, 1, 1) - _EPOCH).total_seconds()
_END_SECOND = (datetime(LAST_YEAR + 1, 1, 1) - _EPOCH).total_seconds()
# Excel counts days from here; its first days of 1900 don't matter.
_EXCEL_ZERO = datetime(1899, 12, 30)
_FIRST_SERIAL = (datetime(FIRST_YEAR, 1, 1) - _EXCEL_ZERO).days
_END_SERIAL = (datetime(LAST_YEAR + 1, 1, 1) - _EXCEL_ZERO).days
_DECIMAL = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d\d?)", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d[0-2]\d[0-5]\d(?:[0-5]\d)?", re.ASCII)


def may_be_serial(text: str) -> bool:
    """Tell whether a decimal number may be one of Excel's days."""
    return bool(_DECIMAL.fullmatch(text)) and _FIRST_SERIAL <= float(text) < _END_SERIAL


def read_number_text(text: str, *, excel: bool) -> tuple[datetime, Precision] | None:
    """Read a number with a fraction or an exponent; None if it is no such number.

    Raises
    ------
    InputError
        If it was rounded, so that its time is lost.
    ValueError
        If it is no moment.
    """
    if _DECIMAL.fullmatch(text):
        return read_number(Decimal(text), excel=excel)
    if found := _SCIENTIFIC.fullmatch(text):
        digits = 1 + len(found[2] or "")
        # 1.22E+12 lost the hour and the day.
        if int(found[3]) + 1 - digits > (3 if int(found[3]) >= 11 else 0):
            raise InputError(f"{shown(text)} is a rounded number: its time is lost")
        return _from_epoch(Decimal(text.replace(",", ".")))
    return None


def read_digits(text: str, *, excel: bool) -> tuple[datetime, Precision]:
    """Read a whole number: ``20180630``, ``20180630101500``, an epoch or one of Excel's days.

    Raises
    ------
    ValueError
        If it is no moment.
    """
    if len(text) in (12, 14) and _COMPACT.fullmatch(text):
        text += "00" if len(text) == 12 else ""
        return datetime.fromisoformat(f"{text[:8]}T{text[8:]}"), "second"
    if len(text) == 8:
        return datetime.fromisoformat(text), "day"
    return read_number(Decimal(text), excel=excel)


def read_number(number: Decimal, *, excel: bool) -> tuple[datetime, Precision]:
    """Read an epoch, or one of Excel's days where `excel` says so or it has a fraction.

    Raises
    ------
    ValueError
        If it is no moment.
    """
    if _FIRST_SERIAL <= number < _END_SERIAL and (excel or number % 1):
        # A serial with a fraction can be nothing else; Excel rounds it to a few digits.
        seconds = round(float(number) * 86_400)
        moment = _EXCEL_ZERO + timedelta(seconds=seconds)
        return moment, "second" if number % 1 else "day"
    return _from_epoch(number)


def _from_epoch(number: Decimal) -> tuple[datetime, Precision]:
    """Tell seconds from milliseconds by size: within 1990 to 2100 they never overlap."""
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        seconds = number / unit
        if _FIRST_SECOND <= seconds < _END_SECOND:
            return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000)), "second"
    raise ValueError
