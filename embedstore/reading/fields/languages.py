"""The language of a post: as its platform says it, else detected where that is sure."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

# Twitter says so of posts without words; others of what they don't know.
_NONE = frozenset(
    {"und", "qme", "qst", "qht", "qam", "qct", "zxx", "art", "mis", "mul", "xx", "un", "xxx"}
)
# Tags that were replaced.
_NEWER = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
_NAMES = {
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "portuguese": "pt",
    "italian": "it",
    "dutch": "nl",
    "japanese": "ja",
    "korean": "ko",
    "chinese": "zh",
    "arabic": "ar",
    "russian": "ru",
    "hindi": "hi",
    "indonesian": "id",
    "turkish": "tr",
    "polish": "pl",
    "swedish": "sv",
    "thai": "th",
    "vietnamese": "vi",
}
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")

# Fewer letters say too little; of scripts of few languages, fewer are enough.
_LETTERS = 20
_LETTERS_OF_OTHER_SCRIPTS = 8
# Of the text, that must be in the one language.
_PERCENT = 80
_MOST = 400
# What isn't the author's language: links, mentions, tags, and placeholders for them.
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|<\w+>|&\w+;|\bRT\b")
_LETTER = re.compile(r"[^\W\d_]")
_OTHER_LETTER = re.compile(r"[\u0370-\U0003ffff]")


def to_language(value: object) -> str | None:
    """Read a language: the primary tag of BCP 47, as in ``pt`` of ``pt-BR`` or ``Portuguese``."""
    if not isinstance(value, str):
        return None
    found = _TAG.fullmatch(value.strip())
    if found is None:
        return _NAMES.get(value.strip().lower())
    tag = found[1].lower()
    return None if tag in _NONE else _NEWER.get(tag, tag)


def detect(texts: Sequence[str | None]) -> list[str | None]:
    """Detect the languages of texts; None where there are few letters, or it is not sure.

    Source: Google's Compact Language Detector 2, in pycld2. Where that isn't installed, no
    language is detected.
    """
    if (detector := _detector()) is None:
        return [None] * len(texts)
    return [None if text is None else _detect(text, detector) for text in texts]


def _detect(text: str, detector: Any) -> str | None:
    words = _NO_WORDS.sub(" ", text[:_MOST])
    letters = _LETTER.findall(words) if len(words) >= _LETTERS_OF_OTHER_SCRIPTS else ()
    if len(letters) < _LETTERS:
        others = sum(map(bool, map(_OTHER_LETTER.match, letters)))
        if others < _LETTERS_OF_OTHER_SCRIPTS:
            return None
    try:
        sure, _, found = detector.detect(words)
    except (ValueError, detector.error):
        # Control characters and what no text has.
        return None
    _, tag, percent, _ = found[0]
    return to_language(tag) if sure and percent >= _PERCENT else None


@cache
def _detector() -> Any:
    # Here, since its tables take a moment to load.
    try:
        import pycld2
    except ImportError:
        return None
    return pycld2
