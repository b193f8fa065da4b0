"""Which encoders are offered, and what their listing says."""

import pytest

from embedstore.encoders import FACTORIES
from embedstore.encoders.catalogue import MODELS, available, install
from embedstore.errors import InputError


def test_every_encoder_is_listed_and_the_language_model_beside_them() -> None:
    assert {model.encoder for model in MODELS} == {*FACTORIES, "smollm2"}
    assert available()["encoder"].to_pylist() == [model.encoder for model in MODELS]


def test_an_encoder_that_needs_nothing_installs_and_loads() -> None:
    assert install("hash").startswith("hash is here and loads")


def test_an_unknown_encoder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="choose from minilm"):
        install("word2vec")
