"""Exact neighbours in blocks equal those from the whole matrix of scores."""

from typing import Any

import numpy as np
import pytest
from made_store import clustered

from embedstore.arrays import unit
from embedstore.index import brute_force
from embedstore.index.brute_force import Barred, nearest


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute_force, "_QUERIES", {"cpu": 7})
    monkeypatch.setattr(brute_force, "_VECTORS", {"cpu": 13})


VECTORS = unit(clustered(60, seed=3))
QUERIES = unit(clustered(20, seed=4))


def whole(allowed: Any, k: int) -> tuple[Any, Any]:
    scores = np.where(allowed, QUERIES @ VECTORS.T, -np.inf)
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, rows, 1)
    return best, np.where(np.isneginf(best), -1, rows)


@pytest.mark.parametrize("k", [1, 5, 60])
def test_blocks_find_what_the_whole_matrix_does(k: int) -> None:
    scores, rows = nearest(QUERIES, VECTORS, k)
    expected, expected_rows = whole(True, k)
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    np.testing.assert_array_equal(rows, expected_rows)


def test_a_query_finds_nothing_beyond_its_reach() -> None:
    reach = np.array([0, 1, 2, 12, 13, 14, 26, 60] * 3)[:20]
    scores, rows = nearest(QUERIES, VECTORS, 5, reach=reach)
    expected, expected_rows = whole(np.arange(60)[None] < reach[:, None], 5)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert (rows[0] == -1).all()
    assert np.isneginf(scores[0]).all()


def test_barred_groups_and_too_high_scores_are_left_out() -> None:
    ours, theirs = np.arange(20) % 3, np.arange(60) % 3
    others, more = np.arange(20) % 5, np.arange(60) % 5
    pairs = [Barred(ours, theirs), Barred(others, more)]
    scores, rows = nearest(QUERIES, VECTORS, 5, barred=pairs, below=0.7)
    allowed = (ours[:, None] != theirs) & (others[:, None] != more)
    expected, expected_rows = whole(allowed & (QUERIES @ VECTORS.T < 0.7), 5)
    np.testing.assert_array_equal(rows, expected_rows)
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_nothing_among_nothing() -> None:
    scores, rows = nearest(QUERIES, VECTORS[:0], 3)
    assert scores.shape == rows.shape == (20, 3)
    assert (rows == -1).all()
    assert nearest(QUERIES[:0], VECTORS, 3)[1].shape == (0, 3)


def test_of_equal_scores_at_the_edge_the_earlier_row_is_found() -> None:
    vectors = np.tile(np.eye(4, dtype=np.float32)[:1], (50, 1))
    vectors[7] = 2 * vectors[7]
    queries = np.eye(4, dtype=np.float32)[[0, 0, 1]]
    for count in (1, 3):
        _, rows = nearest(queries[:count], vectors, 5, reach=np.full(count, 40))
        assert rows[0].tolist() == [7, 0, 1, 2, 3]
