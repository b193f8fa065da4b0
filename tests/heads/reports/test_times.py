"""The same post at every hour, and a draft in other forms, by a head."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from embedstore.errors import InputError
from heads.reports.times import when
from heads.reports.variants import changed_texts, shorter, what_if


def test_every_hour_of_a_week_is_asked_once_and_the_best_comes_first(
    store_path: Path, fitted: str, busiest: str
) -> None:
    found = when(
        store_path, busiest, "a new tram line", start=datetime(2023, 1, 2), run=fitted,
        timezone="Asia/Kolkata",
    )  # fmt: skip
    assert len({(one.weekday, one.hour) for one in found}) == 168
    assert {one.at.minute for one in found} == {30}
    likes = [one.likes for one in found]
    assert likes == sorted(likes, reverse=True)
    assert np.median([one.multiple for one in found]) == pytest.approx(1, abs=0.01)
    assert all(one.low <= one.likes <= one.high for one in found)
    chances = [one.chance for one in found if one.chance is not None]
    assert chances == sorted(chances, reverse=True)


def test_a_draft_is_tried_with_a_picture_and_without_its_link(
    store_path: Path, fitted: str, busiest: str
) -> None:
    text = "Two tickets up for grabs. Reply with your score! #goals https://a.b/c"
    found = {one.change: one for one in what_if(store_path, busiest, text, run=fitted)}
    assert found["as written"].multiple == 1
    assert found["as written"].chance is None
    assert found["without the link"].text == text.replace(" https://a.b/c", "")
    assert found["with a photo"].text == found["with a video"].text == text
    assert np.isfinite([one.likes for one in found.values()]).all()


def test_a_picture_may_go_with_a_draft(
    store_path: Path, fitted: str, busiest: str, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "cup.png")
    text = "Two tickets up for grabs."
    found = what_if(store_path, busiest, text, image=tmp_path / "cup.png", run=fitted)
    assert [one.change for one in found] == ["as written", "shorter", "without the picture"]
    with pytest.raises(InputError, match="there is no text"):
        what_if(store_path, busiest, " ", run=fitted)


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_a_changed_text_is_another_one_and_never_empty(text: str) -> None:
    same = " ".join(text.split())
    for form in changed_texts(text).values():
        assert form
        assert form != same
        assert len(form) <= len(same)


def test_a_shorter_text_ends_with_a_sentence_where_it_has_two() -> None:
    assert shorter("One is here. Two is quite a bit longer than that.") == "One is here."
    assert shorter("one two three four") == "one two"
