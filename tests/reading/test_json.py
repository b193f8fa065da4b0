"""JSON of any shape to rows."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import cells, problems, read, write

from embedstore.errors import InputError
from embedstore.reading.formats import json_stream, open_table
from embedstore.reading.formats.json_stream import Document, documents
from embedstore.reading.formats.text import RECORD_LIMIT
from embedstore.reading.rows import Row


def test_json_lines_may_differ_in_their_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", '{"id": 1, "text": "a"}\n\n{"lang": "de", "id": 2}\n')
    with open_table(path) as table:
        assert table.columns == ["id", "text", "lang"]
        assert list(table.rows) == [
            Row(1, {"id": 1, "text": "a"}, '{"id": 1, "text": "a"}'),
            Row(3, {"lang": "de", "id": 2}, '{"lang": "de", "id": 2}'),
        ]


def test_the_first_thousand_lines_decide_the_columns_and_later_keys_are_kept(
    tmp_path: Path,
) -> None:
    lines = [json.dumps({"id": number}) for number in range(1000)] + ['{"id": 1000, "late": 1}']
    with open_table(write(tmp_path / "a.jsonl", "\n".join(lines))) as table:
        assert table.columns == ["id"]
        assert list(table.rows)[-1].cells == {"id": 1000, "late": 1}  # type: ignore[union-attr]


def test_large_ids_and_non_finite_numbers_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"id": 1234567890123456789, "a": NaN, "b": [Infinity]}')
    assert cells(read(path)) == [[1234567890123456789, None, [None]]]


def test_lone_surrogates_in_json_are_replaced_and_pairs_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", r'{"id": "\ud83d\ude00", "text": "cut \ud83d"}')
    assert cells(read(path)) == [["😀", "cut \ufffd"]]


def test_lines_that_are_no_json_objects_are_refused(tmp_path: Path) -> None:
    lines = ['{"id": 1}', "{nope", "[1]", '{"a": "\xff"}', "1" * 5000, "[" * 100_000, '{"id": 2}']
    rows = read(write(tmp_path / "a.jsonl", "\n".join(lines).encode("latin-1")))
    assert cells(rows) == [[1], [2]]
    assert problems(rows) == [
        (2, "not valid JSON: Expecting property name enclosed in double quotes at character 2"),
        (3, "a JSON value that is not an object"),
        (4, "bytes that are not utf-8: name the file's own with --encoding"),
        (5, "not valid JSON: a number too long, or values nested too deeply"),
        (6, "not valid JSON: a number too long, or values nested too deeply"),
    ]


POSTS = [{"id": 1234567890123456789, "text": "a"}, {"id": 2**70, "text": "é\n}{][🚨"}]
SHAPES: dict[str, Callable[[list[Any]], str]] = {
    "array": json.dumps,
    "pretty array": lambda posts: json.dumps(posts, indent=2),
    "array, an element a line": lambda posts: f"[\n{', '.join(map(json.dumps, posts))}\n]\n",
    "lines": lambda posts: "\n".join(map(json.dumps, posts)),
    "lines of commas": lambda posts: ",\n".join(map(json.dumps, posts)),
    "one after the other": lambda posts: "".join(map(json.dumps, posts)),
    "pretty, one after the other": lambda posts: "\n".join(
        json.dumps(post, indent=1) for post in posts
    ),
    "script": lambda posts: f"window.YTD.tweets.part0 = {json.dumps(posts, indent=1)};",
    "older script": lambda posts: f"Grailbird.data.tweets_2015_03 = \n {json.dumps(posts)}",
    "arrays in an array": lambda posts: json.dumps([posts[:1], posts[1:]]),
    "pages, a line each": lambda posts: f"{json.dumps(posts[:1])}\n{json.dumps(posts[1:])}",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.js", "a.txt"])
def test_posts_are_read_from_json_of_any_shape_and_name(
    tmp_path: Path, shape: str, name: str
) -> None:
    path = write(tmp_path / name, SHAPES[shape](POSTS))
    assert [row.cells for row in read(path) if isinstance(row, Row)] == POSTS


@pytest.mark.parametrize("shape", SHAPES)
def test_a_broken_post_costs_itself_alone(tmp_path: Path, shape: str) -> None:
    posts = [{"id": number, "text": "a", "media": [{"x": 1}]} for number in range(20)]
    whole = SHAPES[shape](posts)
    broken = whole.replace('"id": 7', '"id": oops', 1)
    assert broken != whole
    rows = read(write(tmp_path / "a.json", broken))
    kept = [row.cells["id"] for row in rows if isinstance(row, Row)]
    if shape == "pages, a line each":  # a line is what is decoded
        assert problems(rows)
    else:
        assert kept == [number for number in range(20) if number != 7]
        (problem,) = problems(rows)
        assert problem[1].startswith("not valid JSON: Expecting value")


def test_lines_of_documents_are_those_of_the_file(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.json", json.dumps(POSTS, indent=2)))
    assert [row.line for row in rows] == [2, 6]
    assert rows[0].raw == '{\n    "id": 1234567890123456789,\n    "text": "a"\n  }'


def test_an_array_that_was_cut_off_gives_its_posts_and_says_so(tmp_path: Path) -> None:
    whole = json.dumps(POSTS * 2, indent=1)
    for end in (len(whole) - 1, len(whole) - 5, len(whole) - 20):
        rows = read(write(tmp_path / "a.json", whole[:end]))
        assert len(cells(rows)) == 3 + (end == len(whole) - 1)
        assert "the file ends in the middle" in problems(rows)[-1][1]


def test_log_lines_between_json_lines_are_rejected(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.jsonl", 'INFO: started\n{"id": 1}\n{"id": 2}\nINFO: end'))
    assert cells(rows) == [[1], [2]]
    assert [line for line, _ in problems(rows)] == [1, 4]


def test_an_object_of_lists_larger_than_memory_is_read_in_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_stream, "DOCUMENT_LIMIT", 2_000)
    monkeypatch.setattr(json_stream, "_PIECE", 100)
    monkeypatch.setattr(json_stream, "_LIST_PIECE", 500)
    posts = [{"id": number, "text": "[{" * (number % 9)} for number in range(300)]
    text = json.dumps({"meta": {"a": 1}, "deep": {"n": 5, "posts": posts}, "end": 1}, indent=1)
    found = list(documents(pieces(text)))
    assert all(document.reason is None for document in found)
    assert len(found) > 10
    assert all(document.value["meta"] == {"a": 1} for document in found)
    assert [post for document in found for post in document.value["deep"]["posts"]] == posts


def test_an_object_of_objects_larger_than_memory_is_read_in_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_stream, "DOCUMENT_LIMIT", 2_000)
    monkeypatch.setattr(json_stream, "_PIECE", 100)
    monkeypatch.setattr(json_stream, "_LIST_PIECE", 500)
    posts = {str(number): {"id": number} for number in range(300)}
    found = list(documents(pieces(json.dumps(posts))))
    merged: dict[str, Any] = {}
    for document in found:
        merged |= document.value
    assert (merged, len(found) > 5) == (posts, True)


def test_a_value_too_long_is_rejected_and_what_follows_is_read(tmp_path: Path) -> None:
    huge = "y" * (9 << 20)
    text = json.dumps([{"id": 1}, {"id": 2, "text": huge}, {"id": 3}])
    rows = read(write(tmp_path / "a.json", text))
    assert cells(rows) == [[1], [3]]
    assert all(len(row.raw) <= RECORD_LIMIT + 1 for row in rows)
    assert "longer than" in problems(rows)[0][1]


def test_a_post_longer_than_a_record_may_be_is_rejected(tmp_path: Path) -> None:
    lines = [{"id": 1}, {"id": 2, "text": "y" * RECORD_LIMIT}, {"id": 3}]
    rows = read(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines))))
    assert cells(rows) == [[1], [3]]
    assert problems(rows) == [(2, f"longer than {RECORD_LIMIT:,} characters")]


def test_bytes_that_are_no_utf8_cost_the_post_they_are_in(tmp_path: Path) -> None:
    text = '[{"id": 1, "text": "caf\xe9"}, {"id": 2, "text": "tea"}]'.encode("latin-1")
    rows = read(write(tmp_path / "a.json", text))
    assert cells(rows) == [[2, "tea"]]
    assert problems(rows) == [(1, "bytes that are not utf-8: name the file's own with --encoding")]
    rows = read(write(tmp_path / "a.json", text), encoding="latin-1")
    assert cells(rows) == [[1, "café"], [2, "tea"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("shape", ["array", "lines", "script"])
def test_encodings_of_json_are_told_by_its_bytes(tmp_path: Path, shape: str, encoding: str) -> None:
    text = SHAPES[shape](POSTS).encode(encoding)
    assert [row.cells for row in read(write(tmp_path / "a", text)) if isinstance(row, Row)] == POSTS


@pytest.mark.parametrize("text", ["[]", "[1, 2]", "{}", "[{}]", "window.YTD.tweets.part0 = [ ]"])
def test_json_without_posts_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"no JSON object in it|holds no JSON objects"):
        read(write(tmp_path / "a.json", text))


def pieces(text: str, size: int = 7) -> Callable[[int], str]:
    """A stream that gives little at a time."""
    position = 0

    def next_piece(wanted: int) -> str:
        nonlocal position
        start, position = position, position + min(size, wanted)
        return text[start:position]

    return next_piece


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
objects = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, min_size=1)


@given(st.lists(objects, min_size=1, max_size=6), st.sampled_from(sorted(SHAPES)), st.booleans())
def test_documents_are_the_same_however_the_stream_is_cut(
    posts: list[dict[str, Any]], shape: str, ascii_only: bool
) -> None:
    text = SHAPES[shape](posts)
    if not ascii_only:
        text = text.encode("ascii").decode("unicode_escape") if "\\" not in text else text

    def found(size: int) -> Iterator[Document]:
        return documents(pieces(text, size))

    whole = list(found(len(text)))
    assert [document.value for document in whole] == posts
    for size in (1, 3, 10):
        assert list(found(size)) == whole


BETWEEN = re.compile(r"(?:[\s,;\[\]]|export\s+default\s|[\w.$\[\]\"' ]+=\s*)*")


@settings(max_examples=200)
@given(st.text(st.sampled_from('{}[]":,\\n1 \n-eNaInfinityutrfals=w.x"'), max_size=60))
def test_any_text_is_split_to_its_end(text: str) -> None:
    found = list(documents(pieces(text)))
    left = text
    for document in found:
        assert document.raw is not None
        between, _, left = left.partition(document.raw) if document.raw else ("", "", left)
        assert BETWEEN.fullmatch(between)
    assert BETWEEN.fullmatch(left)
