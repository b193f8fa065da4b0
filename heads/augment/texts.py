"""Another wording of a text: some words by synonyms, some left out (Wei and Zou, 2019)."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from heads.augment.lexicon import Lexicon

REPLACED = 0.2
"""Share of the words that have synonyms and get one."""

DROPPED = 0.1
"""Share of the plain words that are left out."""

USED = 5
"""Times that a word has to be said in a store for it to stand in for another."""

_PLAIN = re.compile(r"(\W*)([A-Za-z]+)(\W*)")
_SPECIAL = re.compile(r"[@#<>/\\&]|://")


def vocabulary(texts: Iterable[str]) -> set[str]:
    """Collect the lower-case words that are said at least `USED` times."""
    count = Counter(word for text in texts for word in re.findall(r"[a-z]+", text.lower()))
    return {word for word, times in count.items() if times >= USED}


def reword(text: str, lexicon: Lexicon, random: np.random.Generator) -> str:
    """Reword a text; mentions, hashtags, links, placeholders and numbers stay as they are.

    At least one word of a text that has any stays.
    """
    parts = re.split(r"(\s+)", text)
    out: list[str] = []
    kept = 0
    for place, part in enumerate(parts):
        plain = None if place % 2 or _SPECIAL.search(part) else _PLAIN.fullmatch(part)
        if plain is None:
            kept += bool(part.strip())
            out.append(part)
            continue
        before, word, after = plain.groups()
        last = not kept and not any(rest.strip() for rest in parts[place + 1 :])
        if random.random() < DROPPED and not last:
            out.append("")
            continue
        kept += 1
        others = lexicon.get(word.lower(), ())
        if others and random.random() < REPLACED:
            other = others[int(random.integers(len(others)))]
            word = other.upper() if word.isupper() and len(word) > 1 else other
            if plain[2][0].isupper():
                word = word[0].upper() + word[1:]
        out.append(before + word + after)
    return re.sub(r"[ \t]{2,}", " ", "".join(out)).strip()
