"""The wording of the made-up posts, in text files beside this one.

``brands/NAME.txt`` holds what one brand says, ``common.txt`` what all of them draw on, and
``topics.txt``, ``holidays.txt`` and ``campaigns.txt`` whole posts.

A file is UTF-8 text. A line ``@name`` opens a list of phrases; the lines below it hold one
phrase each, or several with `` | `` between them. Blank lines, and what stands before the first
list, are for the reader of the file. :mod:`embedstore.sample.grammar` says what a phrase may
hold: ``{name}`` for a phrase of another list, ``[a|b|]`` for one of several alternatives, and
``phrase :: more`` for phrases that belong to one.

In ``topics.txt`` a phrase may open with letters and a bar, as ``pw|``: only brands with one of
these voices write it (``p`` playful, ``w`` warm, ``f`` formal, ``t`` technical), and with ``g``
only brands that sell goods. In ``campaigns.txt`` accounts of one brand write the same text, with
other words for ``{here}`` and ``{clock}``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from embedstore.sample.grammar import read_words


@cache
def words(name: str) -> dict[str, tuple[str, ...]]:
    """Read the lists of a file by its name without ``.txt``, such as ``brands/loafmoor``."""
    file = files(__name__).joinpath(f"{name}.txt")
    return read_words(file.read_text(encoding="utf-8"))
