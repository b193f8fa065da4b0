"""Inverted lists: how many, and how many of them a query looks into."""

import numpy as np
import pytest
from made_store import clustered

from embedstore.arrays import unit
from embedstore.index import inverted_lists, segments


@pytest.mark.parametrize(
    ("rows", "count"), [(1, 1), (100, 2), (20_000, 256), (300_000, 1024), (1_000_000, 2048)]
)
def test_lists_grow_with_the_root_and_each_has_enough_to_be_trained_on(
    rows: int, count: int
) -> None:
    assert inverted_lists.list_count(rows) == count


def test_texts_that_are_not_clustered_get_more_probes() -> None:
    faiss = segments.faiss_module()
    few, many = (
        inverted_lists.train(faiss, unit(clustered(4000, clusters=count)), 64).probes
        for count in (20, 4000)
    )
    assert few == inverted_lists.LEAST_PROBES < many <= 64


def test_an_index_is_made_anew_only_after_it_has_doubled() -> None:
    for rows in np.geomspace(60_000, 10**8, 50).astype(int):
        count = inverted_lists.list_count(int(rows))
        assert inverted_lists.fits(count, int(rows), 384)
        assert inverted_lists.fits(count, int(1.9 * rows), 384)
        assert not inverted_lists.fits(count, int(9 * rows), 384)
