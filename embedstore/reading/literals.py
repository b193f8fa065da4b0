"""A tolerant reader of written-down values: Python reprs, JSON, and what is left of them.

One small grammar covers both: strings, numbers, constants, lists, objects, and calls
such as ``Photo(fullUrl='…')``, which are read as a name with fields and never called.
It takes linear time, keeps its own stack, and reads what it can of text that is cut off.
"""

import re
from dataclasses import dataclass, field

MAX_DEPTH = 24
"""Brackets within brackets that are followed; deeper ones are skipped."""


@dataclass
class Node:
    """A list, an object or a call.

    Attributes
    ----------
    name : str
        The name of a call, else empty.
    fields : dict of str to value
        Keyword arguments of a call, or an object's members.
    elements : list of values
        Positional arguments, or a list's elements.
    whole : bool
        False when the text ended inside it.
    """

    name: str = ""
    fields: "dict[str, Value]" = field(default_factory=dict)
    elements: "list[Value]" = field(default_factory=list)
    whole: bool = False


Value = str | int | float | bool | Node | None

# Possessive quantifiers: no part of a token is ever tried twice.
_TOKEN = re.compile(
    r"""
      (?P<space>\s++)
    | (?P<open>(?P<call>[A-Za-z_][\w.]*+)?+\s*+[\[({])
    | (?P<close>[\])}])
    | (?P<comma>,)
    | (?P<colon>[:=])
    | (?P<string>[uUbBrR]?(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"))
    | (?P<cut>[uUbBrR]?['"].*+)
    | (?P<number>[-+]?(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?)
    | (?P<word>[A-Za-z_][\w.]*+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\n": ""}
_CONSTANTS: dict[str, bool | None] = {
    "None": None,
    "null": None,
    "True": True,
    "true": True,
    "False": False,
    "false": False,
}
_LONGEST_INT = 19


def read_values(text: str) -> tuple[list[Value], bool, int | None]:
    """Read the values in `text`, one after another.

    Returns
    -------
    values : list
        What stands at the top level.
    cut : bool
        Whether the text ends inside a bracket or a string.
    unreadable : int or None
        Position of the first character that fits nowhere.
    """
    reader = _Reader()
    for token in _TOKEN.finditer(text):
        reader.take(token)
    cut = reader.cut or bool(reader.stack)
    reader.close_all()
    return reader.top.elements, cut, reader.unreadable


class _Reader:
    def __init__(self) -> None:
        self.top = Node()
        self.stack: list[tuple[Node, str | None]] = []  # open nodes, and the key each stands under
        self.node = self.top
        self.key: str | None = None
        self.word: str | None = None  # a bare word that may turn out to be a key
        self.skipped = 0
        self.cut = False
        self.unreadable: int | None = None

    def take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        text = token.group()
        if self.skipped and kind not in ("open", "close"):
            return
        if kind == "open":
            self._open(token)
        elif kind == "close":
            self._close(token)
        elif kind == "colon":
            self._colon(token)
        elif kind == "comma":
            self.key = self.word = None
        elif kind == "string":
            self._put(_unquote(text))
        elif kind == "cut":
            self.cut = True
        elif kind == "number":
            self._put(_number(text))
        elif kind == "word":
            if text in _CONSTANTS:
                self._put(_CONSTANTS[text])
            else:
                self.word = text
        elif kind == "other":
            self._stumble(token)

    def close_all(self) -> None:
        """Close what the text left open."""
        while self.stack:
            self._leave(whole=False)

    def _put(self, value: Value) -> None:
        if self.key is None:
            self.node.elements.append(value)
        else:
            self.node.fields[self.key] = value
            self.key = None

    def _open(self, token: re.Match[str]) -> None:
        if self.skipped or len(self.stack) >= MAX_DEPTH:
            self.skipped += 1
            self._stumble(token)
            return
        self.stack.append((self.node, self.key))
        self.node, self.key, self.word = Node(token.group("call") or ""), None, None

    def _close(self, token: re.Match[str]) -> None:
        if self.skipped:
            self.skipped -= 1
        elif self.stack:
            self._leave(whole=True)
        else:
            self._stumble(token)

    def _leave(self, *, whole: bool) -> None:
        done, done.whole = self.node, whole
        self.node, self.key = self.stack.pop()
        self.word = None
        self._put(done)

    def _colon(self, token: re.Match[str]) -> None:
        """Turn what stands before ``:`` or ``=`` into the key of what follows."""
        last = self.word
        if last is None and self.node.elements and isinstance(self.node.elements[-1], str):
            last = str(self.node.elements.pop())
        if last is None or self.key is not None:
            self._stumble(token)
        else:
            self.key, self.word = last, None

    def _stumble(self, token: re.Match[str]) -> None:
        if self.unreadable is None:
            self.unreadable = token.start()


def _unquote(text: str) -> str:
    """Text of a quoted string; half of a surrogate pair becomes U+FFFD."""
    inside = text[text.index(text[-1]) + 1 : -1]
    if "\\" not in inside:
        return inside
    inside = _ESCAPE.sub(_unescape, inside)
    return inside.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(match: re.Match[str]) -> str:
    if match.group(4) is not None:
        return _SINGLE.get(match.group(4), match.group(4))
    code = int(match.group(1) or match.group(2) or match.group(3), 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _number(text: str) -> int | float:
    """Read an int of up to 19 digits, else a float: converting longer ints isn't linear."""
    if len(text) <= _LONGEST_INT and text.lstrip("+-").isdigit():
        return int(text)
    return float(text)
