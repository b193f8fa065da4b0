"""Which spaces a build adds."""

import pytest

from embedstore.errors import InputError
from embedstore.storage import spaces


def _names(planned: list[spaces.Space]) -> list[str]:
    return [space.space for space in planned]


def test_a_new_store_without_a_wish_gets_the_hubs_models() -> None:
    assert _names(spaces.plan([])) == ["distilbert", "clip"]


def test_bundled_models_fill_a_text_space_and_two_image_spaces() -> None:
    planned = spaces.plan([], models="bundled")
    assert _names(planned) == ["minilm", "conse", "effnet"]
    assert [(space.texts, space.images) for space in planned] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_an_existing_store_keeps_its_own_spaces() -> None:
    existing = spaces.plan([], models="bundled")
    assert spaces.plan(existing) == []
    assert spaces.plan(existing, models="bundled") == []


def test_formatted_text_makes_a_space_beside() -> None:
    existing = spaces.plan([], models="bundled")
    [added] = spaces.plan(existing, text_field="formatted_text")
    assert (added.space, added.encoder, added.text_field) == (
        "minilm_formatted_text",
        "minilm",
        "formatted_text",
    )


def test_a_space_of_a_users_own_is_added_once() -> None:
    [mine] = spaces.plan([], spaces=["words=distilbert:/models/mine"])
    assert (mine.space, mine.encoder, mine.weights) == ("words", "distilbert", "/models/mine")
    assert spaces.plan([mine], spaces=["words=distilbert:/models/mine"]) == []


def test_a_name_that_is_taken_by_another_encoder_is_refused() -> None:
    existing = spaces.plan([], spaces=["words=hash"])
    with pytest.raises(InputError, match="'words' is there already, filled by hash"):
        spaces.plan(existing, spaces=["words=minilm"])


@pytest.mark.parametrize("item", ["words", "=hash", "Words=hash", "../x=hash", "a b=hash"])
def test_a_space_in_another_form_is_refused_with_the_form(item: str) -> None:
    with pytest.raises(InputError, match=r"NAME=ENCODER\[:WEIGHTS\]"):
        spaces.parse(item)


def test_an_unknown_encoder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="choose from minilm, conse, e5, distilbert"):
        spaces.parse("words=word2vec")
