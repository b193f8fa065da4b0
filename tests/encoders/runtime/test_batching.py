from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.encoders.runtime.batching import choose_max_length, token_batches

LENGTHS = st.lists(st.integers(1, 600), min_size=1, max_size=300)


@given(LENGTHS, st.integers(8, 512))
def test_a_maximum_length_keeps_to_the_limit_and_covers_nearly_all(
    lengths: list[int], limit: int
) -> None:
    array = np.array(lengths, dtype=np.int32)
    chosen = choose_max_length(array, limit)
    assert 1 <= chosen <= limit
    assert chosen == limit or chosen % 8 == 0
    assert chosen == limit or (array <= chosen).mean() >= 0.999


@pytest.mark.parametrize(
    ("lengths", "chosen"),
    [([30] * 100, 32), ([32] * 100, 32), ([33] * 100, 40), ([20] * 9999 + [500], 24), ([500], 256)],
)
def test_a_maximum_length_is_the_shortest_multiple_of_eight_that_covers(
    lengths: list[int], chosen: int
) -> None:
    assert choose_max_length(np.array(lengths, dtype=np.int32), 256) == chosen


def test_without_texts_the_maximum_length_is_the_limit() -> None:
    assert choose_max_length(np.array([], dtype=np.int32), 256) == 256


@given(st.lists(st.integers(0, 50)), st.integers(1, 120))
def test_batches_cover_all_texts_in_order_within_the_budget(
    lengths: list[int], budget: int
) -> None:
    batches = list(token_batches(lengths, lambda: budget))
    assert [i for batch in batches for i in range(batch.start, batch.stop)] == list(
        range(len(lengths))
    )
    for batch in batches:
        assert sum(lengths[batch]) <= budget or batch.stop - batch.start == 1
    for batch, after in pairwise(batches):
        assert sum(lengths[batch]) + lengths[after.start] > budget
