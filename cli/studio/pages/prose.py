"""Values as people read them: counts, times, multiples of the usual, and texts of posts."""

import re
from datetime import datetime

from markupsafe import Markup, escape

EVEN = 1.1
"""Multiple up to which a post did as usual; its inverse is the other end."""

_PIECE = re.compile(
    r"(?P<link>https?://[^\s<>\"]+)|<(?P<stand_in>hyperlink|mention)>|(?P<tag>#\w+)"
)


def count(value: float | None) -> str:
    """Write a count in full: ``12,345``."""
    return "–" if value is None else f"{value:,.0f}"


def number(value: float | None) -> str:
    """Write a count short enough for a card: ``12.3K``."""
    if value is None:
        return "–"
    for unit, least in (("M", 1e6), ("K", 1e4)):
        if abs(value) >= least:
            # 12.3K and 123K alike say three digits.
            amount = value / (1e6 if unit == "M" else 1e3)
            return f"{amount:.3g}{unit}" if amount < 1000 else f"{amount:,.0f}{unit}"
    return f"{value:,.0f}"


def percent(share: float | None) -> str:
    """Write a share: ``62%``, and never a certainty that is none."""
    if share is None:
        return "–"
    if 0.995 <= share < 1:
        return "over 99%"
    if 0 < share <= 0.005:
        return "under 1%"
    return f"{share:.0%}"


def multiple(value: float) -> str:
    """Write a multiple: ``1.4×``, ``0.62×``, ``23×``."""
    if value >= 10:
        return f"{value:,.0f}×"
    return f"{value:.1f}×" if value >= 1 else f"{value:.2g}×"


def usual(value: float | None) -> str:
    """Say how a post did beside its account's usual."""
    if value is None:
        return ""
    return "as usual" if tone(value) == "even" else f"{multiple(value)} usual"


def tone(value: float | None) -> str:
    """Name the side of the usual that a multiple is on: above, even or below."""
    if value is None or 1 / EVEN <= value <= EVEN:
        return "even"
    return "above" if value > 1 else "below"


def day(value: datetime | None) -> str:
    """Write a date: ``4 Mar 2021``."""
    return "" if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """Write a date with its time of day in UTC: ``4 Mar 2021, 18:05``."""
    return "" if value is None else f"{day(value)}, {value:%H:%M}"


def post_text(text: str | None) -> Markup:
    """Write a post's text: links of the web become links, stand-ins and hashtags are marked.

    Everything that a user wrote is escaped; no other address becomes a link.
    """
    pieces, at = [], 0
    for found in _PIECE.finditer(text or ""):
        pieces.append(escape((text or "")[at : found.start()]))
        at = found.end()
        if address := found["link"]:
            pieces.append(
                Markup('<a href="{0}" rel="noreferrer noopener nofollow" target="_blank">{0}</a>')
                .format(address)
            )  # fmt: skip
        elif found["stand_in"]:
            word = "link" if found["stand_in"] == "hyperlink" else "@someone"
            pieces.append(Markup('<span class="stand-in">{}</span>').format(word))
        else:
            pieces.append(Markup('<span class="tag">{}</span>').format(found["tag"]))
    return Markup("").join([*pieces, escape((text or "")[at:])])
