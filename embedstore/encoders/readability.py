"""Count the texts that an encoder can't read, judged by what its tokenizer makes of them.

A tokenizer that does not know a script has two ways out. It replaces a word by one token for
"unknown", so that all such words are the same to the model; or it spells the word letter by
letter, of which the model has learned nothing. Ideographs and Korean syllables are words or parts
of words by themselves, so that one token each is no spelling.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self

WARN_SHARE = 0.05
"""Share of unreadable texts from which on a user should be told before they are encoded."""

_EXAMPLES = 3
_EXAMPLE_LENGTH = 30

# Placeholders, addresses and names say nothing about the language of a text.
_PASSED_OVER = re.compile(r"<\w+>|https?://\S+|@\w+")

_SYLLABLES = (range(0x3400, 0xA000), range(0xAC00, 0xD7A4), range(0x20000, 0x32000))
"""Ideographs, Korean syllables, rarer ideographs."""


@dataclass(frozen=True)
class Readability:
    """How many texts an encoder can't read. Counts of parts of a collection can be added.

    Attributes
    ----------
    texts : int
        Texts that were judged; they should be distinct.
    unreadable : int
        Texts whose letters are mostly unknown or spelled one by one; without letters, whose
        characters are.
    sequences : Counter
        Hash of an unreadable text's tokens → how many have the same, and so the same vector.
    examples : tuple of str
        The beginnings of a few unreadable ones.
    """

    texts: int = 0
    unreadable: int = 0
    sequences: Counter[bytes] = field(default_factory=Counter)
    examples: tuple[str, ...] = ()

    def __add__(self, other: Self) -> "Readability":
        """Join the counts of two disjoint collections."""
        return Readability(
            self.texts + other.texts,
            self.unreadable + other.unreadable,
            self.sequences + other.sequences,
            (self.examples + other.examples)[:_EXAMPLES],
        )

    @property
    def share(self) -> float:
        """Divide the unreadable texts by all; 0 where there are none."""
        return self.unreadable / self.texts if self.texts else 0.0

    @property
    def collapsed(self) -> int:
        """Count the unreadable texts that have the same vector as another one."""
        return sum(count for count in self.sequences.values() if count > 1)

    def sentence(self, encoder: str) -> str:
        """Say it in a sentence or two; empty if every text can be read."""
        if not self.unreadable:
            return ""
        such = ", ".join(repr(example) for example in self.examples)
        said = (
            f"{encoder} can't read {self.unreadable:,} of {self.texts:,} texts"
            f" ({self.share:.1%}), such as {such}"
        )
        if self.collapsed:
            said += f"; {self.collapsed:,} of them have the same vector as another"
        if encoder != "e5":
            said += ". For other languages add a multilingual space: `--space multilingual=e5`"
        return said


def judge(texts: Sequence[str], encodings: Iterable[Any], unknown: int | None) -> Readability:
    """Count the texts that can't be read.

    Parameters
    ----------
    texts : sequence of str
        What was tokenized.
    encodings : iterable of tokenizers.Encoding
        Their tokens, with offsets into `texts`, special tokens or not.
    unknown : int, optional
        The token for what the tokenizer does not know, if it has one.
    """
    sequences: Counter[bytes] = Counter()
    examples: list[str] = []
    unreadable = 0
    for text, encoding in zip(texts, encodings, strict=True):
        ids: list[int] = encoding.ids
        if text.isascii() and unknown not in ids:
            continue
        if not is_unreadable(text, encoding.offsets, [id_ == unknown for id_ in ids]):
            continue
        unreadable += 1
        sequences[hashlib.blake2b(repr(ids).encode(), digest_size=8).digest()] += 1
        if len(examples) < _EXAMPLES:
            examples.append(text[:_EXAMPLE_LENGTH])
    return Readability(len(texts), unreadable, sequences, tuple(examples))


def is_unreadable(text: str, offsets: Sequence[tuple[int, int]], unknown: Sequence[bool]) -> bool:
    """Tell if most letters of a text are unknown to a tokenizer, or spelled one by one.

    Placeholders such as ``<hyperlink>``, addresses and mentions are passed over. Where a text has
    no letters or digits beside them, all its characters count.

    Parameters
    ----------
    text : str
        The text.
    offsets : sequence of (int, int)
        First character and end of each token in `text`.
    unknown : sequence of bool
        If the token stands for something unknown.
    """
    left = _PASSED_OVER.sub(lambda match: " " * len(match[0]), text)
    judged = [at for at, character in enumerate(left) if character.isalnum()]
    if not judged:
        judged = [at for at, character in enumerate(left) if not character.isspace()]
    lost = _unknown(offsets, unknown) | _split(offsets) | _spelled(text, offsets)
    return 2 * sum(at in lost for at in judged) > len(judged)


def _unknown(offsets: Sequence[tuple[int, int]], unknown: Sequence[bool]) -> set[int]:
    """Find the characters in unknown tokens."""
    tokens = zip(offsets, unknown, strict=True)
    return {at for (start, end), flag in tokens if flag for at in range(start, end)}


def _split(offsets: Sequence[tuple[int, int]]) -> set[int]:
    """Find the characters that take several tokens: their bytes, or parts of a syllable."""
    counts = Counter(at for start, end in offsets for at in range(start, end))
    return {at for at, tokens in counts.items() if tokens > 1}


def _spelled(text: str, offsets: Sequence[tuple[int, int]]) -> set[int]:
    """Find the letters that are tokens of their own, next to others such in the same word."""
    singles = [start for start, end in offsets if end - start == 1 and _is_letter(text[start])]
    spelled: set[int] = set()
    for one, next_one in pairwise(singles):
        # Signs of vowels may stand in between: some tokenizers drop them.
        between = text[one + 1 : next_one]
        if not any(character.isalnum() or character.isspace() for character in between):
            spelled |= {one, next_one}
    return spelled


def _is_letter(character: str) -> bool:
    return character.isalpha() and not any(ord(character) in span for span in _SYLLABLES)
