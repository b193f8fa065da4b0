"""Options are checked once, for Python and the command alike."""

from typing import Any

import pytest

from embedstore.building.options import BuildOptions
from embedstore.errors import InputError
from embedstore.fetch import FetchLimits


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"models": "bundle"}, "models is one of 'hub', 'bundled', not 'bundle'"),
        ({"images": "all"}, "images is one of 'fetch', 'local', 'none', not 'all'"),
        ({"device": "tpu"}, "device is one of 'auto', 'cpu', 'cuda', not 'tpu'"),
        ({"only": ["retweet"]}, "no kind 'retweet': choose from 'own', 'reply', 'quote'"),
        ({"only": "own"}, r"only is a list: write only=\['own'\]"),
        ({"space": "words=hash"}, r"space is a list: write space=\['words=hash'\]"),
        ({"address": "auto"}, "goes with --engine ray"),
        ({"modles": "hub"}, "there is no option 'modles': choose from 'address'"),
    ],
)
def test_what_an_option_can_not_be_is_named_with_what_it_can_be(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        BuildOptions.of(None, settings)


def test_options_of_building_and_of_reading_are_given_side_by_side() -> None:
    options = BuildOptions.of(
        None,
        {"models": "bundled", "source": None, "mapping": {"text": "body"}, "observed_at": "file",
         "encoding": None, "limits": None},
    )  # fmt: skip
    assert options.models == "bundled"
    assert options.read.mapping == {"text": "body"}
    assert options.read.observed_at == "file"
    assert options.limits == FetchLimits()


def test_options_as_one_object_leave_no_room_for_others() -> None:
    options = BuildOptions(source="x")
    assert BuildOptions.of(options, {}) is options
    with pytest.raises(InputError, match="images belongs into the options that are given"):
        BuildOptions.of(options, {"images": "none"})
    with pytest.raises(InputError, match="options are BuildOptions, not dict"):
        BuildOptions.of({"source": "x"}, {})  # type: ignore[arg-type]
