"""Counts of likes, comments and so on, in the spellings of people and platforms.

A column has one reading: whether ``144.000`` is a hundred and forty-four or as many thousands
is told by its other values.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from embedstore.errors import InputError
from embedstore.reading.values import MISSING_WORDS, integral, is_missing, shown, words

MAX_COUNT = 2**63 - 1

# What platforms write where they hide a number, or where there is none.
HIDDEN = MISSING_WORDS | {
    *("-", "--", "---", "–", "—", "−", ".", "…", "...", "*", "x", "[]", "{}", "-1", "-1.0"),
    *("hidden", "private", "disabled", "off", "unavailable", "not available", "not applicable"),
    *("#n/a", "n.a.", "n.d.", "k.a.", "s.o.", "nil", "undefined", "unknown", "none available"),
}

_SCALES: dict[str, int] = {
    scale: 10**power
    for power, names in {
        3: "k thousand tsd tsd. mil mille mila tys tys. тыс тыс. тис тис. rb ribu bin b.th 千 천",
        4: "万 萬 만 w",
        5: "lakh lac lakhs",
        6: "m mm mn mln mio mio. mill mill. million millions millionen millones milhões mi mi. "
        "milioni jt juta млн млн. milyon mn.",
        7: "crore cr crores",
        8: "亿 億 억",
        9: "b bn billion billions mrd mrd. md mds mld mld. млрд млрд. milyar bi bi.",
    }.items()
    for scale in names.split()
}
_WORDS = words(
    "like likes comment comments share shares view views reply replies retweet retweets repost "
    "reposts quote quotes reaction reactions save saves play plays click clicks follower followers "
    "favorite favorites favourite favourites bookmark bookmarks impression impressions people "
    "times mal gefällt aufrufe kommentare visualizaciones vistas vues visualizações curtidas "
    "comentários comentarios commentaires me-gusta j’aime mi-piace visualizzazioni 次 回 件 人 赞 "
    "いいね 명 개"
)
_NUMBER = re.compile(r"\+?(\d[\d.,'’ ]*)(.*)", re.DOTALL)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f\u200e\u200f]+")
_SPACED = re.compile(r"\d{1,3}(?:([ '’])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_GROUPED = {sign: re.compile(rf"[1-9]\d{{0,2}}(?:\{sign}\d{{3}})+") for sign in ".,"}
_INDIAN = re.compile(r"[1-9]\d?(?:,\d{2})*,\d{3}")

# Arabic separators: of thousands, and of a fraction.
_ARABIC = str.maketrans("٬٫", ",.")

_FORM = "is not a whole number of 0 or more"


@dataclass
class _Evidence:
    """How often a separator was seen where only one reading makes sense."""

    grouping: int = 0
    decimal: int = 0
    unclear: int = 0


@dataclass
class CountReader:
    """Reads the counts of one column, once it has seen some of them."""

    _evidence: dict[str, _Evidence] = field(
        default_factory=lambda: {".": _Evidence(), ",": _Evidence()}
    )
    _plain_thousands: int = 0
    _plain: int = 0

    def learn(self, values: Iterable[object]) -> None:
        """Look at values of the column, to tell thousands from decimals."""
        for value in values:
            if not isinstance(value, str):
                continue
            if value.isdecimal():
                self._plain += 1
                self._plain_thousands += len(value) > 3
            elif "." in value or "," in value:
                self._look_at(value.strip())

    @property
    def undecided(self) -> bool:
        """Whether there are values that only the rest of the column can explain."""
        seen = self._evidence["."]
        return bool(seen.unclear and not seen.grouping and not seen.decimal)

    def read(self, value: object) -> int | None:
        """Read a number; None where it is missing or hidden.

        Raises
        ------
        InputError
            If it is negative, has a fraction, or is no number.
        """
        if isinstance(value, str):
            if len(value) < 19 and value.isdecimal():
                return int(value)
            text = value.strip()
            if text.lower() in HIDDEN:
                return None
            number = self._from_text(text)
        elif is_missing(value) or value == [] or value == {}:
            return None
        else:
            number = integral(value)
            if number == -1:  # what Instagram's scrapers give for hidden likes
                return None
        if number is None or not 0 <= number <= MAX_COUNT:
            raise InputError(f"{shown(value)} {_FORM}")
        return number

    def _look_at(self, text: str) -> None:
        for sign, other in (".,", ",."):
            seen = self._evidence[sign]
            if sign not in text:
                continue
            before, _, after = text.rpartition(sign)
            if other in text:
                # 1.234,5: the last of two separators is the decimal one.
                last = text.rfind(sign) > text.rfind(other)
                seen.decimal += last
                seen.grouping += not last
            elif not (before.isdecimal() and after.isdecimal()):
                seen.grouping += sign in before and _GROUPED[sign].fullmatch(text) is not None
            elif len(after) != 3 or before.startswith("0") or len(before) > 3:
                seen.decimal += 1
            elif after != "000":
                seen.grouping += 1
            else:
                seen.unclear += 1

    def _from_text(self, text: str) -> int | None:
        if "_" in text or len(text) > 60:  # Python reads 1_000; nobody writes it
            return None
        if text[:1] in "0123456789" and text[-1] in "0123456789" and "e" in text.lower():
            return _scientific(text)
        text = _SPACES.sub(" ", text.translate(_ARABIC))
        found = _NUMBER.fullmatch(text)
        if found is None:
            return None
        scale = _scale(found[2].strip().lower())
        if scale is None:
            return None
        number = self._number(found[1].strip(" '’"), scaled=scale > 1)
        if number is None:
            return None
        number *= scale
        whole: int = number.numerator
        return whole if number.denominator == 1 else None

    def _number(self, text: str, *, scaled: bool) -> Fraction | None:
        if " " in text or "'" in text or "’" in text:
            if not _SPACED.fullmatch(text):
                return None
            text = re.sub(r"[ '’]", "", text)
        if text.isdecimal():
            return Fraction(int(text)) if len(text) < 20 else None
        dots, commas = text.count("."), text.count(",")
        if dots and commas:
            decimal, grouping = (".", ",") if text.rfind(".") > text.rfind(",") else (",", ".")
            whole, _, part = text.rpartition(decimal)
            if not part.isdecimal() or not _is_grouped(whole, grouping):
                return None
            return _fraction(whole.replace(grouping, ""), part)
        sign = "." if dots else ","
        if dots + commas > 1:
            return Fraction(int(text.replace(sign, ""))) if _is_grouped(text, sign) else None
        whole, _, part = text.partition(sign)
        if not whole.isdecimal() or (part and not part.isdecimal()):
            return None
        if self._groups(sign, whole, part, scaled=scaled):
            return Fraction(int(whole + part))
        return _fraction(whole, part)

    def _groups(self, sign: str, whole: str, part: str, *, scaled: bool) -> bool:
        """Tell whether the one separator of a number marks thousands."""
        if len(part) != 3 or len(whole) > 3 or whole.startswith("0"):
            return False
        if scaled:
            return sign == ","
        if part != "000":
            # A count has no fraction.
            return True
        seen = self._evidence[sign]
        if seen.grouping and seen.decimal:
            if sign == ",":
                return True
            raise InputError(
                f'"{whole}{sign}{part}" may be {int(whole):,} or {int(whole + part):,}: its column '
                "uses dots both for thousands and for fractions"
            )
        if sign == ",":
            return not seen.decimal
        return bool(
            seen.grouping or (not seen.decimal and self._plain > 0 and self._plain_thousands == 0)
        )


def to_count(value: object) -> int | None:
    """Read one count, without a column to explain it."""
    return CountReader().read(value)


def _scale(unit: str) -> int | None:
    """Return the factor that the words after a number stand for, None of unknown ones."""
    if not unit:
        return 1
    if unit in _SCALES:
        return _SCALES[unit]
    scale, _, word = unit.partition(" ")
    if scale in _SCALES and word in _WORDS:
        return _SCALES[scale]
    if unit in _WORDS:
        return 1
    # 1.5万次
    return _SCALES.get(unit[0]) if unit[1:] in _WORDS and not unit.isascii() else None


def _scientific(text: str) -> int | None:
    try:
        return integral(float(text))
    except ValueError:
        return None


def _is_grouped(text: str, sign: str) -> bool:
    return bool(_GROUPED[sign].fullmatch(text) or (sign == "," and _INDIAN.fullmatch(text)))


def _fraction(whole: str, part: str) -> Fraction:
    return Fraction(int(whole + part), 10 ** len(part))
