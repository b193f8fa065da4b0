"""A stream of JSON text to its values, one at a time, whatever holds them.

What stands at the top may be values one after the other, an array of them, or JavaScript that
assigns one (``window.YTD.tweets.part0 = [ … ]``). An object is given whole if it has room in
memory; from a larger one, such as a whole archive under one key, its lists are given in pieces,
each in an object like the one it came from: ``{"data": [first posts …]}``, ``{"data": [next …]}``.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from embedstore.reading.formats.text import RECORD_LIMIT, has_bad_bytes

DOCUMENT_LIMIT = 1 << 23
"""Characters that one document may have: a page of an API has some million."""

_PIECE = 1 << 19  # characters that are read at once
_LIST_PIECE = 1 << 20  # characters of a large object that are given at once

NOT_JSON = "not valid JSON"
TOO_DEEP = f"{NOT_JSON}: a number too long, or values nested too deeply"
_TOO_LONG = f"longer than {DOCUMENT_LIMIT:,} characters"
_CUT_OFF = "the file ends in the middle of a JSON value: it may have been cut off"
_BAD_BYTES = "bytes that can't be decoded: name the file's encoding with --encoding"

# NaN and Infinity are Python's additions to JSON.
_scan = json.JSONDecoder(parse_constant=lambda _: None).raw_decode

# The first of these that JavaScript needs before a value.
ASSIGNMENT = re.compile(r"(?:export\s+default\s|[\w.$\[\]\"' ]{1,200}=)\s*(?=[\[{])")
_SPACE = re.compile(r"[\s,;\x1e\ufeff]*")
_BLANK = re.compile(r"\s*")
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]]|\n[ \t]*(?=\{)')
_GARBAGE = re.compile(r"[^\n{\[\]]*")
_INDENT = re.compile(r"(?:\A|\n)([ \t]*)\Z")
# How far before the end of the text at hand an error may be that more text would mend:
# "-Infinity" and "\ud83d\ude00" come in pieces.
_REACH = 12
_REACH_OF_NAMES = 512  # characters before a value that JavaScript assigns


class Document(NamedTuple):
    """One value, or a stretch of text that is none.

    Attributes
    ----------
    line
        Where it begins, from 1.
    value
        What it says.
    raw
        Its text; ``None`` for a piece of a larger object.
    reason
        What is wrong with it; ``None`` if nothing is.
    """

    line: int
    value: Any
    raw: str | None
    reason: str | None


class _InvalidError(Exception):
    """The text at hand is no JSON."""


class _LargeError(Exception):
    """The value at hand has more than `DOCUMENT_LIMIT` characters."""


def documents(read: Callable[[int], str]) -> Iterator[Document]:
    """Split a stream into documents.

    Parameters
    ----------
    read
        Returns up to so many next characters, none at the end.

    Yields
    ------
    Document
        In the order of the text. What is wrong costs itself, not what follows.
    """
    text = _Text(read)
    depth = 0
    # To an array's elements it makes no difference that they stand in one.
    while text.skip(_SPACE):
        here = text.here()
        if here in "[]":
            depth += 1 if here == "[" else -1
            text.move(1)
            continue
        if here != "{" and (assignment := text.match(ASSIGNMENT)):
            text.move(len(assignment))
            continue
        line = text.mark()
        try:
            try:
                value, raw = text.value()
                yield Document(line, value, raw, None)
            except _LargeError:
                if here != "{":
                    raise _InvalidError(_TOO_LONG) from None
                yield from _members(text, line, lambda value: value)
        except _InvalidError as error:
            yield Document(line, None, text.resync(), str(error))
    if depth > 0:
        yield Document(text.mark(), None, "", _CUT_OFF)


def _members(text: "_Text", line: int, wrap: Callable[[Any], Any]) -> Iterator[Document]:
    """Give a large object in pieces, each of some members or of a part of one list."""
    text.move(1)
    members: dict[str, Any] = {}
    size = 0
    pieces = overflowed = False
    while text.skip(_SPACE) and text.here() != "}":
        key, _ = text.small_value()
        if not isinstance(key, str) or not text.skip_colon():
            raise _InvalidError(f"{NOT_JSON}: Expecting property name enclosed in double quotes")

        inside = _under(key, members, wrap)
        if text.here() == "[":
            pieces = True
            text.move(1)
            yield from _elements(text, inside)
            continue
        try:
            members[key], raw = text.value()
            size += len(raw)
        except _LargeError:
            if text.here() != "{":
                raise _InvalidError(_TOO_LONG) from None
            pieces = True
            yield from _members(text, line, inside)
        if size >= _LIST_PIECE:
            # Posts may also be members, under their ids.
            yield Document(line, wrap(members), None, None)
            members, size, overflowed = {}, 0, True
    if not text.here():
        raise _InvalidError(_CUT_OFF)
    text.move(1)
    if members and (overflowed or not pieces):
        yield Document(line, wrap(members), None, None)


def _under(key: str, members: dict[str, Any], wrap: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: wrap({**members, key: value})


def _elements(text: "_Text", wrap: Callable[[Any], Any]) -> Iterator[Document]:
    """Give a large object's list in pieces."""
    piece: list[Any] = []
    size = 0
    first = text.mark()
    while text.skip(_SPACE) and text.here() != "]":
        line = text.mark()
        try:
            value, raw = text.small_value()
        except _InvalidError as error:
            yield Document(line, None, text.resync(), str(error))
            continue
        if has_bad_bytes(raw):
            yield Document(line, None, raw, _BAD_BYTES)
            continue
        first = line if not piece else first
        piece.append(value)
        size += len(raw)
        if size >= _LIST_PIECE:
            yield Document(first, wrap(piece), None, None)
            piece, size = [], 0
    if piece:
        yield Document(first, wrap(piece), None, None)
    text.move(1)


class _Text:
    """The part of a stream that is at hand, and where reading is in it."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self._buffer = ""
        self._position = 0
        self._ended = False
        self._line = 1
        self._counted = 0  # up to where line ends are counted

    def here(self) -> str:
        """Return the next character, none at the end."""
        return self._buffer[self._position : self._position + 1]

    def move(self, count: int) -> None:
        """Move on by some characters."""
        self._position += count

    def mark(self) -> int:
        """Return the line that reading is in."""
        self._line += self._buffer.count("\n", self._counted, self._position)
        self._counted = self._position
        return self._line

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Skip what matches a pattern; tell whether anything follows."""
        while True:
            if found := pattern.match(self._buffer, self._position):
                self._position = found.end()
            if self._position < len(self._buffer):
                return True
            if not self._more():
                return False

    def skip_colon(self) -> bool:
        """Skip a colon and the space around it; tell whether it was there."""
        if not self.skip(_BLANK) or self.here() != ":":
            return False
        self.move(1)
        return self.skip(_BLANK)

    def match(self, pattern: re.Pattern[str]) -> str:
        """Return what matches a pattern here."""
        while len(self._buffer) - self._position < _REACH_OF_NAMES and self._more():
            pass
        found = pattern.match(self._buffer, self._position)
        return found[0] if found else ""

    def value(self) -> tuple[Any, str]:
        """Read one value; return it with its text.

        Raises
        ------
        _InvalidError
            There is none here.
        _LargeError
            It has more than `DOCUMENT_LIMIT` characters.
        """
        while True:
            try:
                value, end = _scan(self._buffer, self._position)
            except json.JSONDecodeError as error:
                problem, where = error.msg, error.pos
            except (ValueError, RecursionError):
                raise _InvalidError(TOO_DEEP) from None
            else:
                # A number at the end may go on.
                if end < len(self._buffer) or self._ended or not self._more():
                    raw = self._buffer[self._position : end]
                    self._position = end
                    return value, raw
                continue
            at_end = where >= len(self._buffer) - _REACH or problem.startswith("Unterminated")
            if not at_end:
                raise _InvalidError(f"{NOT_JSON}: {problem}")
            if len(self._buffer) - self._position > DOCUMENT_LIMIT:
                raise _LargeError
            if not self._more():
                raise _InvalidError(_CUT_OFF)

    def small_value(self) -> tuple[Any, str]:
        """Read one value; one that is too large is no better than one that is no JSON."""
        try:
            return self.value()
        except _LargeError:
            raise _InvalidError(_TOO_LONG) from None

    def resync(self) -> str:
        """Skip something that is no JSON; return it, cut to the length of a record.

        It ends where its brackets do, or where a line begins an object that is indented no
        more than it is.
        """
        skipped = ""
        indent = _INDENT.search(self._buffer, self._counted_line(), self._position)
        limit = len(indent[1]) if indent else -1
        if self.here() not in "{[":
            return self._skip_garbage()
        depth = 0
        while True:
            start = end = self._position
            for token in _TOKEN.finditer(self._buffer, start):
                end = token.end()
                sign = token[0][0]
                if sign in "{[":
                    depth += 1
                elif sign in "}]":
                    depth -= 1
                if (sign in "}]" and depth <= 0) or (sign == "\n" and len(token[0]) - 1 <= limit):
                    self._position = end
                    return (skipped + self._buffer[start:end])[: RECORD_LIMIT + 1]
            if len(self._buffer) - end > RECORD_LIMIT or self._ended:
                end = len(self._buffer)
            if len(skipped) <= RECORD_LIMIT:
                skipped += self._buffer[start:end]
            self._position = end
            if not self._more() and end == len(self._buffer):
                return skipped[: RECORD_LIMIT + 1]

    def _skip_garbage(self) -> str:
        skipped = self.here()
        self._position += 1
        while True:
            found = _GARBAGE.match(self._buffer, self._position)
            end = found.end() if found else self._position
            if len(skipped) <= RECORD_LIMIT:
                skipped += self._buffer[self._position : end]
            self._position = end
            if end < len(self._buffer) or not self._more():
                return skipped[: RECORD_LIMIT + 1]

    def _counted_line(self) -> int:
        return max(0, self._buffer.rfind("\n", 0, self._position))

    def _more(self) -> bool:
        """Read on; tell whether there was any."""
        if self._ended:
            return False
        self.mark()
        at_hand = len(self._buffer) - self._position
        piece = self._read(min(max(_PIECE, at_hand), DOCUMENT_LIMIT))
        self._buffer = self._buffer[self._position :] + piece
        self._position = self._counted = 0
        self._ended = not piece
        return not self._ended
