"""JSON of any shape to rows: lines, arrays, objects one after the other, pages, archives."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec

from embedstore.errors import InputError
from embedstore.reading.formats.compression import Source
from embedstore.reading.formats.json_stream import (
    ASSIGNMENT,
    DOCUMENT_LIMIT,
    NOT_JSON,
    TOO_DEEP,
    documents,
)
from embedstore.reading.formats.text import (
    RECORD_LIMIT,
    TextFile,
    escape_bad_bytes,
    has_bad_bytes,
)
from embedstore.reading.platforms import unfold
from embedstore.reading.rows import EmptyError, Row, Table, Unreadable
from embedstore.reading.values import to_json, without_surrogates

# How much of a file decides its columns.
_LOOKAHEAD_ROWS = 1_000
_LOOKAHEAD_CHARACTERS = 1 << 23

_TOO_LONG = f"longer than {RECORD_LIMIT:,} characters"

# NaN and Infinity are Python's additions to JSON.
_careful = json.JSONDecoder(parse_constant=lambda _: None).decode
_fast = msgspec.json.Decoder().decode

_BEGINNING = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d\]-])")


def is_json(head: str) -> bool:
    """Tell whether a text's beginning is JSON, or JavaScript that assigns some."""
    head = head.lstrip()
    assigned = ASSIGNMENT.match(head)
    if _BEGINNING.match(head, assigned.end() if assigned else 0):
        return True
    lines = [line.strip() for line in head.splitlines()[:-1] if line.strip()]
    objects = sum(line.startswith("{") and line.endswith("}") for line in lines)
    # A log's line or a cut one may stand above.
    return objects * 2 > len(lines)


def read_json(source: Source, text: TextFile, head: str) -> Table:
    """Read posts from JSON; the columns are the keys of the first thousand.

    Parameters
    ----------
    source
        The file.
    text
        Its text.
    head
        The beginning of that.

    Raises
    ------
    InputError
        If there is no object in it.
    """
    name = source.name
    if _is_lines(head):
        rows, form = _line_rows(text), "JSON lines"
    else:
        rows, form = _document_rows(text), "JSON"
    ahead: list[Row | Unreadable] = []
    columns: dict[str, None] = {}
    size = 0
    for row in rows:
        ahead.append(row)
        size += len(row.raw)
        if isinstance(row, Row):
            columns |= dict.fromkeys(row.cells)
        if len(ahead) >= _LOOKAHEAD_ROWS or size >= _LOOKAHEAD_CHARACTERS:
            break
    if not ahead:
        raise EmptyError(f"{name} is empty: there is no JSON object in it")
    if not columns:
        first = ahead[0]
        reason = first.reason if isinstance(first, Unreadable) else "an empty object"
        raise InputError(
            f"{name} holds no JSON objects with a post's fields. Line {first.line}: {reason}"
        )
    return Table(
        name, f"{source.compression}{form}", list(columns), chain(ahead, rows), source.fraction
    )


def _is_lines(head: str) -> bool:
    """Tell whether there is one object a line."""
    if head.lstrip().startswith("[") or ASSIGNMENT.match(head.lstrip()):
        return False
    lines = head.split("\n")
    # The last may be cut.
    lines = [line for line in (lines[:-1] if len(lines) > 1 else lines) if line.strip()]
    if not lines:
        return False
    whole = [isinstance(_value(line), dict) for line in lines]
    return whole[0] or sum(whole) * 2 > len(whole)


def _value(text: str) -> object:
    try:
        return _careful(text)
    except (ValueError, RecursionError):
        return None


def _line_rows(file: TextFile) -> Iterator[Row | Unreadable]:
    for number, line in enumerate(file.lines(DOCUMENT_LIMIT), 1):
        raw = line.strip()
        if not raw:
            continue
        if len(line) > DOCUMENT_LIMIT:
            yield Unreadable(number, f"longer than {DOCUMENT_LIMIT:,} characters", _cut(raw))
            continue
        try:
            value = _fast(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            value = _decode_carefully(raw, file.encoding)
        if type(value) is dict and len(raw) <= RECORD_LIMIT and unfold(value) is None:
            yield Row(number, value, raw)  # nearly all
        else:
            yield from _rows(number, value, raw)


def _document_rows(file: TextFile) -> Iterator[Row | Unreadable]:
    for document in documents(file.read):
        raw, value, reason = document.raw, document.value, document.reason
        if raw is not None and has_bad_bytes(raw):
            reason = _bad_bytes(file.encoding)
        if reason is not None:
            yield Unreadable(document.line, reason, _cut(escape_bad_bytes(raw or "")))
            continue
        if raw is None or "\\u" in raw:
            value = without_surrogates(value)
        yield from _rows(document.line, value, raw)


class _NoValue:
    """Why a text is no JSON value."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _decode_carefully(raw: str, encoding: str) -> object:
    """Decode what the fast decoder refuses: NaN, halves of emoji; or say what is wrong."""
    if has_bad_bytes(raw):
        return _NoValue(_bad_bytes(encoding))
    try:
        value = _careful(raw)
        return without_surrogates(value) if "\\u" in raw else value
    except json.JSONDecodeError as error:
        return _NoValue(f"{NOT_JSON}: {error.msg} at character {error.colno}")
    except (ValueError, RecursionError):
        return _NoValue(TOO_DEEP)


def _rows(line: int, value: object, raw: str | None) -> Iterator[Row | Unreadable]:
    """Give the posts that a value holds: itself, or those of a page."""
    if isinstance(value, dict):
        posts = unfold(value)
        if posts is None:
            yield _post(line, value, raw)
            return
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        posts = chain.from_iterable(unfold(item) or [item] for item in value)
    else:
        reason = (
            value.reason if isinstance(value, _NoValue) else "a JSON value that is not an object"
        )
        yield Unreadable(line, reason, _cut(escape_bad_bytes(raw or "")))
        return
    first, second = next(posts, None), next(posts, None)
    if first is None:
        return  # a page without posts
    # What wraps one post is its text too.
    yield _post(line, first, raw if second is None else None)
    if second is not None:
        for post in chain([second], posts):
            yield _post(line, post, None)


def _post(line: int, cells: dict[str, Any], raw: str | None) -> Row | Unreadable:
    if raw is None:
        try:
            raw = to_json(cells)
        except InputError as error:
            return Unreadable(line, str(error), "")
    if len(raw) > RECORD_LIMIT:
        return Unreadable(line, _TOO_LONG, _cut(raw))
    return Row(line, cells, raw)


def _cut(raw: str) -> str:
    return raw[: RECORD_LIMIT + 1]


def _bad_bytes(encoding: str) -> str:
    return f"bytes that are not {encoding}: name the file's own with --encoding"
