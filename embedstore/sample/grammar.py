r"""Phrases with slots, expanded by a stream of random integers.

The notation is small. ``{name}`` is a phrase of the list ``name``, the same one wherever the
name occurs in a text; ``{name2}`` is another one of that list; ``{^name}`` starts with a capital;
``{name:bare}`` loses its article and ``{name:upper}`` shouts. ``[a|b|]`` is one of the
alternatives, the last of them empty. ``\n`` breaks the line. In a list, ``phrase :: more`` ties
phrases to one: a text that names the product says something true of that product.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

TIED = {"benefit": "product"}
"""The lists whose phrases may be tied to a phrase of another list."""

_TOKEN = re.compile(r"\{(\^?)([a-z_]+)(\d?)(?::([a-z]+))?\}|\[([^\[\]]*)\]")
_ARTICLE = re.compile(r"^(?:an?|the|our) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a phrase that another phrase fills."""

    key: str
    name: str
    change: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives in a phrase."""

    options: tuple[Phrase, ...]


Phrase: TypeAlias = "tuple[str | Slot | Choice, ...]"


def read_words(text: str) -> dict[str, tuple[str, ...]]:
    """Read lists of phrases: ``@name`` opens a list, a line or `` | `` separates its phrases.

    What stands before the first list is a remark.
    """
    lists: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if line.startswith("@"):
            current = lists.setdefault(line[1:], [])
        elif line.strip():
            current.extend(phrase.strip() for phrase in line.split(" | "))
    return {name: tuple(phrases) for name, phrases in lists.items()}


def compile_phrase(text: str) -> Phrase:
    """Take a phrase apart into its words, slots and alternatives."""
    parts: list[str | Slot | Choice] = []
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()].replace("\\n", "\n"))
        capital, name, digit, change, options = match.groups()
        if options is not None:
            parts.append(Choice(tuple(compile_phrase(option) for option in options.split("|"))))
        else:
            parts.append(Slot(name + digit, name, "capital" if capital else change or ""))
        end = match.end()
    if end < len(text):
        parts.append(text[end:].replace("\\n", "\n"))
    return tuple(parts)


def _changed(text: str, change: str) -> str:
    if change == "capital":
        return text[:1].upper() + text[1:]
    if change == "bare":
        return _ARTICLE.sub("", text)
    if change == "upper":
        return text.upper()
    return text


class Grammar:
    """Lists of phrases, ready to be expanded.

    Parameters
    ----------
    *sources : mapping of str to sequence of str
        Lists of phrases by name; a later source replaces a list of the same name.
    """

    def __init__(self, *sources: Mapping[str, Sequence[str]]) -> None:
        self._lists: dict[str, tuple[Phrase, ...]] = {}
        self._ties: dict[str, tuple[tuple[Phrase, ...], ...]] = {}
        for source in sources:
            for name, phrases in source.items():
                self._add(name, phrases)

    def _add(self, name: str, phrases: Iterable[str]) -> None:
        pieces = [phrase.split(" :: ") for phrase in phrases]
        self._lists[name] = tuple(compile_phrase(first) for first, *_ in pieces)
        self._ties[name] = tuple(tuple(compile_phrase(p) for p in rest) for _, *rest in pieces)

    def phrases(self, name: str) -> tuple[Phrase, ...]:
        """Return the phrases of a list, or none when there is no such list."""
        return self._lists.get(name, ())

    def expand(self, phrase: Phrase, bound: dict[str, str], draw: Callable[[], int]) -> str:
        """Fill every slot of a phrase.

        Parameters
        ----------
        phrase : tuple
            What to expand.
        bound : dict of str to str
            Slots that have their words already; those filled here are added.
        draw : callable
            Gives the next random integer, 0 or more.

        Raises
        ------
        KeyError
            If a slot is neither bound nor the name of a list.
        """
        out: list[str] = []
        for part in phrase:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, Slot):
                words = bound.get(part.key)
                if words is None:
                    words = self._fill(part.key, part.name, bound, draw)
                out.append(_changed(words, part.change) if part.change else words)
            else:
                options = part.options
                out.append(self.expand(options[draw() % len(options)], bound, draw))
        return "".join(out)

    def _fill(self, key: str, name: str, bound: dict[str, str], draw: Callable[[], int]) -> str:
        options = self._lists[name]
        if (owner := TIED.get(name)) is not None:
            if owner not in bound:
                self._fill(owner, owner, bound, draw)
            options = (*self._ties[owner][int(bound["#" + owner])], *options)
        index = draw() % len(options)
        words = self.expand(options[index], bound, draw)
        if key != name and words == bound.get(name):
            words = self.expand(options[(index + 1) % len(options)], bound, draw)
        bound[key] = words
        if key in TIED.values():
            bound["#" + key] = str(index)
        return words
