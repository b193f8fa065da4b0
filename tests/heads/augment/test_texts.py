"""Reworded texts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heads.augment import texts

WORDS = st.lists(
    st.sampled_from(
        ["good", "BIG", "Day,", "@cnn", "#sale", "<mention>", "http://a.b/c", "2020", "&amp;", "é"]
    ),
    min_size=1,
    max_size=12,
)


@given(WORDS, st.integers(0, 2**32))
def test_a_reworded_text_keeps_its_marks_in_order_and_is_never_empty(
    words: list[str], seed: int
) -> None:
    synonyms = {"good": ("fine",), "big": ("large",), "day": ("date",)}
    found = texts.reword(" ".join(words), synonyms, np.random.default_rng(seed))
    plain = {"good", "big", "day,", "fine", "large", "date,"}
    marks = [word for word in words if word.lower() not in plain]
    assert [word for word in found.split() if word.lower() not in plain] == marks
    assert found
    again = texts.reword(" ".join(words), synonyms, np.random.default_rng(seed))
    assert found == again


def test_a_synonym_is_written_as_the_word_was() -> None:
    synonyms = {"big": ("large",)}
    found = {
        texts.reword("x Big, BIG big", synonyms, np.random.default_rng(seed)) for seed in range(200)
    }
    assert {word for text in found for word in text.split()} == {
        "x", "Big,", "BIG", "big", "Large,", "LARGE", "large",
    }  # fmt: skip
