import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from embedstore.encoders.clip.tokenizer import ClipTokenizer


@cache
def original(**settings: Any) -> Any:
    # Imported here: it takes seconds, and every worker imports this file.
    from open_clip.tokenizer import SimpleTokenizer

    return SimpleTokenizer(**settings)


@cache
def tokenizer() -> ClipTokenizer:
    return ClipTokenizer(original())


def ours(texts: list[str]) -> list[list[int]]:
    return tokenizer()(texts)


def theirs(text: str) -> list[int]:
    peer = original()
    return [peer.sot_token_id, *peer.encode(text), peer.eot_token_id]


@pytest.mark.parametrize(
    "name",
    [
        "train.csv",
        "captions.csv",
        "behaviour_simulation_test_company.xlsx",
        "behaviour_simulation_test_time.xlsx",
    ],
)
def test_real_tweets_have_the_ids_that_open_clip_gives_them(adobe: Path, name: str) -> None:
    if name.endswith(".csv"):
        with (adobe / name).open(encoding="utf-8", newline="") as lines:
            texts = {value for row in csv.DictReader(lines) for value in row.values()}
    else:
        rows = CalamineWorkbook.from_path(adobe / name).get_sheet_by_index(0).to_python()
        column = rows[0].index("content")
        texts = {str(row[column]) for row in rows[1:]}
    # A third of the texts: open_clip takes seconds for thousands.
    ordered = sorted(texts)[::3]
    wrong = [text for text, ids in zip(ordered, ours(ordered), strict=True) if ids != theirs(text)]
    assert len(ordered) > 600
    assert wrong == []


awkward = st.sampled_from(
    ["'s", "'S", "'ſ", "'ll", "’re", "&amp;", "&amp;lt;", "<start_of_text>", "<END_OF_TEXT>", "_",
     "ſtart", "İ", "ı", "ﬆ", "ß", "\u200d", "\ufe0f", "\x1c", "\x85", "\u00a0", "\u2028", "\ud83d",
     "\ude00", "🏳️‍🌈", "👍🏽", "é", "e\u0301", "½", "٣", "ⅷ", "𝟘", "日本", "\u0378", "\U0001fae9",
     "\U00010d40", "â€™", "!!!", "…", " ", "\n", "\x1b[31m", "#", "@", "1", "23", "a", "Z"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(st.text(max_size=8), awkward), max_size=12).map("".join))
def test_any_text_has_the_ids_that_open_clip_gives_it(text: str) -> None:
    assert ours([text]) == [theirs(text)]


@settings(max_examples=200)
@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_ascii_text_has_the_ids_that_open_clip_gives_it(text: str) -> None:
    assert ours([text]) == [theirs(text)]


def test_characters_of_every_plane_have_the_ids_that_open_clip_gives_them() -> None:
    # Some are newer than one of the two Unicode tables, and letters in the other.
    texts = [f"a{chr(point)}1{chr(point)}" for point in range(0x80, 0x110000, 97)]
    assert ours(texts) == [theirs(text) for text in texts]


def test_texts_with_a_special_token_spelled_out_stay_in_their_places() -> None:
    texts = ["before", "a <end_of_text> b", "!<start_of_text>", "after"]
    assert ours(texts) == [theirs(text) for text in texts]
    assert ours([]) == []


def test_a_tokenizer_that_keeps_capitals_is_followed_too() -> None:
    keeping = original(clean="whitespace")
    text = "It'S  IT'LL Be &amp; so"
    assert ClipTokenizer(keeping)([text])[0][1:-1] == keeping.encode(text)
