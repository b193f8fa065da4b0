"""Ids: exact text, or refused.

An id that a spreadsheet or a float rounded would be shared by distinct posts, so it is worse
than none. What merely guards an id against such programs is undone.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from embedstore.errors import InputError
from embedstore.reading.values import (
    EXACT_FLOAT,
    MISSING_WORDS,
    decode,
    integral,
    is_missing,
    shown,
)

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+", re.ASCII)
_ROUNDED_REASON = "is a rounded number, its last digits are lost: export ids as text"
_QUOTED = re.compile(r'"([^"]+)"')
_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
_GROUPED = re.compile(r"\d{1,3}(?:([,. '’\u00a0\u202f])\d{3})(?:\1\d{3})+", re.ASCII)
_FRACTION = re.compile(r"(\d{10,})\.0*", re.ASCII)
_NOT_DIGIT = re.compile(r"\D", re.ASCII)

# Excel keeps fifteen digits of a number and writes zeros for the rest.
_EXCEL_DIGITS = 15
# Shorter ids end in that many zeros by chance too often.
_LONG = 18
_SUSPICIOUS_SHARE = 0.2
_SUSPICIOUS_IDS = 3


def to_id(value: object) -> str | None:
    """Read an id: a string or an integer of any size, kept as a string.

    Undone: ``="17"`` and ``'17`` (guards against Excel), grouped digits of long numbers
    (``1,700,000,000,000,012,341``), a needless ``.0`` after ten digits or more.

    Raises
    ------
    InputError
        If it is neither, or a number that was rounded on its way (a float of 2**53 or
        more, or ``1.23E+18``): distinct posts would share it.
    """
    if isinstance(value, bytes):
        value = decode(value)
    if isinstance(value, str):
        if value.isdigit() and value.isascii():
            return value
        return _from_text(unwrap(value))
    if is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) >= EXACT_FLOAT:
        raise InputError(f"{shown(value)} {_ROUNDED_REASON}")
    number = integral(value)
    if number is None:
        raise InputError(f"{shown(value)} is neither a whole number nor text")
    return str(number)


def unwrap(text: str) -> str:
    """Remove white space and what guards a cell against Excel: ``="…"``, ``"…"`` and ``'…``."""
    text = text.strip()
    if text.startswith("="):
        found = _FORMULA.fullmatch(text)
        return found[1].replace('""', '"').strip() if found else text
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1].strip()
    if len(text) > 1 and text[0] in "'’" and text.count(text[0]) == 1:
        return text[1:].strip()
    return text


def exact_of(number: object, text: object) -> object:
    """Choose between an id as a number and as text: a number may have been rounded.

    Returns
    -------
    object
        The text where there is one; else the number.
    """
    return number if is_missing(text) or text == "" else text


def is_rounded_by_excel(identity: str) -> bool | None:
    """Tell whether a long number has no more than fifteen digits that aren't zeros.

    Returns
    -------
    bool or None
        None of an id that is no long number.
    """
    if len(identity) < _LONG or not identity.isdecimal():
        return None
    return identity.endswith("0" * (len(identity) - _EXCEL_DIGITS))


class RoundedIds:
    """Counts long ids, and those that end in zeros as Excel's do."""

    def __init__(self) -> None:
        self.long = 0
        self.rounded = 0

    def count(self, ids: Iterable[str | None]) -> None:
        """Look at some ids."""
        for identity in ids:
            if identity is not None and len(identity) >= _LONG:
                rounded = is_rounded_by_excel(identity)
                if rounded is not None:
                    self.long += 1
                    self.rounded += rounded

    @property
    def warning(self) -> str | None:
        """A sentence if many of them were rounded."""
        if self.rounded < _SUSPICIOUS_IDS or self.rounded < self.long * _SUSPICIOUS_SHARE:
            return None
        return (
            f"{self.rounded:,} of {self.long:,} long ids end in zeros after fifteen digits, as "
            "spreadsheets round them: distinct posts may share one. Export the file again and "
            "don't save it from a spreadsheet, or use --id auto"
        )


def repair(
    ids: list[str | None],
    cells: Sequence[object],
    links: Sequence[object],
    problems: dict[int, str],
) -> None:
    """Replace rounded ids by those of the posts' own addresses, which nothing rounds.

    Parameters
    ----------
    ids
        Ids by row; changed.
    cells
        What they were read from.
    links
        Ids in the addresses of the posts.
    problems
        What is wrong with ids, by row; what is mended is taken out.
    """
    for place, link in enumerate(links):
        if isinstance(link, str) and link != ids[place] and _rounds_to(link, cells[place]):
            ids[place] = link
            problems.pop(place, None)


def _rounds_to(identity: str, cell: object) -> bool:
    """Tell whether a number is what became of a long id when it was rounded."""
    if len(identity) <= _EXCEL_DIGITS or not identity.isdecimal():
        return False
    text = unwrap(cell) if isinstance(cell, str) else str(cell)
    if text.isdecimal():
        if len(text) != len(identity):
            return False
        head = _EXCEL_DIGITS - 1
        by_sheet = not text[_EXCEL_DIGITS:].strip("0") and text[:head] == identity[:head]
        # A float prints as its own value or, in JavaScript, as 17 digits and zeros.
        as_float = int(float(text)) == int(text) or text.endswith("00")
        return by_sheet or (as_float and float(text) == float(identity))
    found = _ROUNDED.fullmatch(text)
    if found is None:
        return False
    digits = len(re.split("[eE]", text)[0]) - 2
    return float(text.replace(",", ".")) == float(f"{int(identity):.{max(digits, 0)}E}")


def auto_id(username: str | None, created_at: datetime | None, content: str | None) -> str:
    """Make a stable id of what a post is: the same post always gets the same.

    Parameters
    ----------
    username
        The account; case and a leading ``@`` don't matter.
    created_at
        When, in UTC.
    content
        The clean text, else the media field.

    Returns
    -------
    str
        ``auto-`` and the first 32 hexadecimal digits of the SHA-256 of the three, each ended
        by a zero byte.
    """
    account = (username or "").strip().lstrip("@").casefold()
    moment = created_at.isoformat() if created_at is not None else ""
    key = "".join(f"{part}\0" for part in (account, moment, content or ""))
    return "auto-" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _from_text(text: str) -> str | None:
    if len(text) < 5 and text.lower() in MISSING_WORDS:
        return None
    if not text[:1].isdecimal():
        return text
    if _ROUNDED.fullmatch(text):
        raise InputError(f"{shown(text)} {_ROUNDED_REASON}")
    if whole := _FRACTION.fullmatch(text):
        return whole[1]
    if _GROUPED.fullmatch(text):
        return _NOT_DIGIT.sub("", text)
    return text
