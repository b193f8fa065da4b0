"""Masks, copies and repeats."""

import pytest

from heads.tweets.data.words import longest_shared, masked, refused, repeats, words


def test_placeholders_are_masked_and_are_no_words() -> None:
    text = "Hi <mention>, read <hyperlink> now"
    assert masked(text) == "Hi , read now"
    assert words(text) == ["hi", "read", "now"]


def test_the_longest_run_of_words_shared_with_any_neighbour() -> None:
    assert longest_shared("a b c d e", ["x b c d y", "d e"]) == 3
    assert longest_shared("a b", []) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<hyperlink> !!", "empty"),
        ("word " * 3, "repetitive"),
        ("we love our team and we love our team", "repetitive"),
        (" ".join(f"word{n}" for n in range(60)), "long"),
        ("one two three four five six seven eight", "copied"),
        ("one two three four five six seven", None),
    ],
)
def test_texts_that_may_not_be_shown(text: str, reason: str | None) -> None:
    assert refused(text, ["zero one two three four five six seven eight nine"]) == reason


def test_a_hyperlink_twice_is_no_repetition() -> None:
    assert not repeats("look <hyperlink> <hyperlink> <hyperlink>")


def test_a_row_of_mentions_is_one() -> None:
    assert repeats("thanks " + "<mention> " * 9)
    assert repeats("<mention>, <mention>, <mention> & <mention>")
    assert not repeats("<mention> <mention> and <mention> with <mention>")
