"""Texts: the clean one that is embedded, and the one that came.

Undone, once: HTML entities (``Fish &amp; chips``), and UTF-8 that was read as Latin-1 or as
Windows' code pages (``cafÃ©``). Emoji, quotation marks and typography stay as they are.
"""

import html
import re
from collections.abc import Callable, Iterable
from functools import cache, partial

from embedstore.reading.values import decode, is_missing, plain_text

# With their semicolon alone: `?a=1&copy=2` is an address.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
# What every UTF-8 sequence that was read in another encoding has: its first byte as one
# character, and a character of those bytes that go on. Anything else needs no closer look.
_MAYBE_MOJIBAKE = re.compile(
    "[ÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðВГРСТЎЏвгрсЂЃ√¬┬├Γ≡]"
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac"
    "\u2122\u0400-\u045f\u0490\u0491\u2116\u2020-\u2030\u00c0-\u00ff\u2211\u220f\u03c0\u2264\u2265ƒΩ¼½╗╝║]"
)


def to_text(value: object) -> str | None:
    """Read a text, exactly as given; white space alone is no text.

    Raises
    ------
    InputError
        Of bytes that are no UTF-8.
    """
    if isinstance(value, bytes):
        value = decode(value)
    if isinstance(value, str):
        return None if value.isspace() else value or None
    return None if is_missing(value) else plain_text(value)


def clean_text(text: str) -> str:
    """Undo HTML entities and mojibake, each once.

    Source: :func:`html.unescape`; ftfy (Speer, 2019), its step ``fix_encoding``.
    """
    if "&" in text:
        text = _ENTITY.sub(_unescape, text)
    if not text.isascii() and _MAYBE_MOJIBAKE.search(text):
        text = _fix_encoding()(text)
    return text


@cache
def _fix_encoding() -> Callable[[str], str]:
    # Here, since few files have such texts and its tables take a moment to load.
    import ftfy

    return partial(
        ftfy.fix_encoding,
        config=ftfy.TextFixerConfig(
            unescape_html=False,
            remove_terminal_escapes=False,
            fix_encoding=True,
            restore_byte_a0=True,
            replace_lossy_sequences=True,
            decode_inconsistent_utf8=True,
            fix_c1_controls=False,
            fix_latin_ligatures=False,
            fix_character_width=False,
            uncurl_quotes=False,
            fix_line_breaks=False,
            fix_surrogates=False,
            remove_control_chars=False,
            normalization=None,
            explain=False,
        ),
    )


def to_label(value: object) -> str | None:
    """Read a short text such as a name: without white space at its ends."""
    text = value if isinstance(value, str) else to_text(value)
    return None if text is None else text.strip() or None


def longest(texts: Iterable[object]) -> str | None:
    """Choose the longest of several versions of a text, the first of equally long ones."""
    found = [text for text in texts if isinstance(text, str) and text and not text.isspace()]
    return max(found, key=len, default=None)


def _unescape(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])
