import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedstore.encoders import TextEncoder, load_encoder
from embedstore.errors import EncoderError


def loaded(**options: int) -> TextEncoder:
    encoder = load_encoder("hash", **options)
    assert isinstance(encoder, TextEncoder)
    return encoder


HASH = loaded(dim=48)


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(codec=None), max_size=40), max_size=8))
def test_every_text_has_a_unit_vector_that_does_not_depend_on_its_neighbours(
    texts: list[str],
) -> None:
    vectors = HASH.encode(texts)
    assert vectors.shape == (len(texts), 48)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(HASH.encode([text])[0], vector)


def test_vectors_are_the_same_on_every_machine() -> None:
    vectors = loaded().encode(["Fresh coffee, all day ☕", "", "a", "coffee"])
    digest = hashlib.sha256(vectors.astype("<f4").tobytes()).hexdigest()
    assert digest.startswith("0f0fc36294736ad3")


def test_texts_that_share_words_are_nearer() -> None:
    first, second, other = loaded(dim=256).encode(
        ["new coffee at the roastery", "at the roastery: new Coffees!", "quarterly report is out"]
    )
    assert first @ second > 0.6
    assert first @ other < 0.3


def test_all_positions_come_once_from_batches() -> None:
    texts = [f"text number {number}" * 200 for number in range(300)]
    batches = list(loaded().encode_batches(texts))
    assert len(batches) > 1
    assert np.array_equal(np.concatenate([at for at, _ in batches]), np.arange(300))


def test_words_after_the_maximum_length_do_not_count() -> None:
    short = loaded(max_length=3)
    assert list(short.token_lengths(["one two three four", ""])) == [4, 0]
    assert np.array_equal(*short.encode(["one two three four five", "one two three"]))
    assert np.array_equal(
        short.with_max_length(4).encode(["one two three four five"]),
        loaded(max_length=4).encode(["one two three four"]),
    )


def test_dim_may_stand_in_the_place_of_weights() -> None:
    encoder = load_encoder("hash", "384")
    assert encoder.outputs[0].dim == 384
    again = load_encoder("hash", encoder.weights, **encoder.settings)
    assert again.outputs == encoder.outputs


def test_dim_and_maximum_length_are_part_of_the_fingerprint() -> None:
    outputs = [loaded(dim=d, max_length=m).outputs[0] for d, m in [(32, 8), (32, 9), (64, 8)]]
    assert len({output.fingerprint for output in outputs}) == 3
    assert outputs[0].joint == outputs[1].joint != outputs[2].joint


@pytest.mark.parametrize("dim", ["many", "0", "-3"])
def test_a_dim_that_is_no_number_is_an_error(dim: str) -> None:
    with pytest.raises(EncoderError, match="both must be whole numbers from 1"):
        load_encoder("hash", dim)


def test_an_unknown_setting_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(EncoderError, match="no setting 'size': it has dim, max_length"):
        load_encoder("hash", size=3)
