"""The language of a post: as its platform says it, else detected where that is sure."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

# Twitter says so of posts without words; others of what they don't know.
_NONE = frozenset({"und", "qme", "qst", "qht", "qam", "qct", "zxx", "art", "mis", "mul", "xx"})
# Tags that were replaced.
_NEWER = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "no": "nb"}
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")

# Fewer letters say too little.
LETTERS = 20
CONFIDENCE = 0.9
# What isn't the author's language: links, mentions, tags, and placeholders for them.
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|<\w+>|&\w+;|\bRT\b")
_LETTER = re.compile(r"[^\W\d_]")
_MOST = 300


def to_language(value: object) -> str | None:
    """Read a language tag: the primary one of BCP 47, as in ``pt`` of ``pt-BR``."""
    if not isinstance(value, str):
        return None
    found = _TAG.fullmatch(value.strip())
    if found is None:
        return None
    tag = found[1].lower()
    return None if tag in _NONE else "no" if tag == "no" else _NEWER.get(tag, tag)


def detect(texts: Sequence[str | None]) -> list[str | None]:
    """Detect the languages of texts; None where there are few letters, or it is not sure.

    Source: Lui and Baldwin (2012), *langid.py*; the model of py3langid.
    """
    return [None if text is None else _detect(text) for text in texts]


def _detect(text: str) -> str | None:
    words = _NO_WORDS.sub(" ", text[: 2 * _MOST])[:_MOST]
    if len(words) < LETTERS or len(_LETTER.findall(words)) < LETTERS:
        return None
    language, confidence = _identifier().classify(words)
    return language if confidence >= CONFIDENCE and language != "zxx" else None


@cache
def _identifier() -> Any:
    # Here, since its model takes a moment to load.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
