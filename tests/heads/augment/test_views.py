"""Other views of posts: what stays in them, where they are kept, and who never sees them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import embedstore
from embedstore.errors import InputError
from heads.augment import images, lexicon, texts
from heads.augment.views import VIEWS, gather_views, parse_kinds
from heads.data.features import Material
from heads.data.splits import parse_split, the_fold
from heads.likes.evaluate import AUGMENTED, evaluate_likes

SPLIT = "time:2021-06-01"


def test_words_between_two_semicolons_are_synonyms_and_phrases_are_none() -> None:
    found = lexicon.parse("1. Thing -- Adj. big, large, as big as a house; small, little [Lat.].\n")
    assert found == {
        "big": ("large",),
        "large": ("big",),
        "small": ("little",),
        "little": ("small",),
    }


def test_the_package_holds_english_words_with_synonyms() -> None:
    found = lexicon.load()
    assert len(found) > 20_000
    assert "rapid" in found["swift"]
    assert all(word not in others for word, others in found.items())
    some = lexicon.within(found, {"swift", "rapid", "tweet"})
    assert some == {"swift": ("rapid",), "rapid": ("swift",)}


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


def test_views_of_a_picture_differ_and_keep_most_of_it() -> None:
    image = Image.effect_noise((120, 80), 60).convert("L")
    views = [images.vary(image, np.random.default_rng(seed)) for seed in range(8)]
    for view in views:
        assert view.mode == "RGB"
        assert view.width * view.height >= 0.95 * images.SMALLEST * 120 * 80
        assert view.width / view.height == pytest.approx(1.5, rel=0.05)
    assert len({view.tobytes() for view in views}) == 8


def test_views_are_encoded_once_only_for_posts_that_are_learned_from_and_never_searched(
    store_path: Path, material: Material
) -> None:
    store = embedstore.open(store_path)
    fold = the_fold(material.posts, parse_split(SPLIT))
    rows = np.flatnonzero(fold.train)
    before = store.sql("SELECT count(*) AS n FROM vectors")["n"][0].as_py()
    asked = (store, material.posts, material.inputs, ("text",))
    found = gather_views(*asked, rows)
    assert len(found) == VIEWS
    steps: list[object] = []
    again = gather_views(*asked, rows, progress=steps.append)
    assert not steps
    for first, second in zip(found, again, strict=True):
        np.testing.assert_array_equal(first["words"], second["words"])
        assert np.isnan(first["words"][fold.test]).all()
        there = np.isfinite(first["words"][rows, 0])
        assert there.mean() > 0.95
        assert not np.array_equal(first["words"][rows], material.vectors["words"][rows])
    assert store.sql("SELECT count(*) AS n FROM vectors")["n"][0].as_py() == before
    kept = store.sql("SELECT count(*) AS n, count(DISTINCT content_id) AS c FROM augmented")
    assert kept["n"][0].as_py() == VIEWS * kept["c"][0].as_py()


def test_the_ladder_shows_what_other_views_bring_beside_the_stack(store_path: Path) -> None:
    found = evaluate_likes(
        embedstore.open(store_path), split=SPLIT, inputs="history,text", augment="text"
    )
    rows = {
        row["metric"]: row
        for row in found.rungs.to_pylist()
        if (row["rung"], row["history"]) == (AUGMENTED, "online")
    }
    gain = rows["gain over stack"]
    assert gain["low"] < gain["value"] < gain["high"]
    assert rows["log_rmse"]["value"] > 0


def test_what_can_not_be_augmented_is_named(store_path: Path) -> None:
    assert parse_kinds(None) == ()
    assert parse_kinds("image, text") == ("text", "image")
    with pytest.raises(InputError, match="'sound'"):
        parse_kinds("sound")
    with pytest.raises(InputError, match="no image to augment"):
        evaluate_likes(embedstore.open(store_path), split=SPLIT, augment="image")
