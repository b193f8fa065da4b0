"""Neighbours are earlier posts, never copies."""

import numpy as np
import pytest
from made_posts import online

from heads.data.features import Material
from heads.data.neighbours import NEAR_DUPLICATE, nearest_before


def test_neighbours_are_earlier_alike_and_no_copies(material: Material) -> None:
    posts, vectors = material.posts, material.likeness
    assert vectors is not None
    found = nearest_before(posts, online(posts), vectors, k=8)
    rows, places = np.nonzero(found.row >= 0)
    others = found.row[rows, places]
    assert (posts.time[others] < posts.time[rows]).all()
    assert posts.known[others].all()
    cosine = np.einsum("ij,ij->i", vectors[rows], vectors[others])
    assert cosine.max() < NEAR_DUPLICATE + 1e-5
    np.testing.assert_allclose(cosine, found.score[rows, places], atol=1e-5)
    last = len(posts) - 1
    scores = vectors[:last] @ vectors[last]
    allowed = (
        posts.known[:last] & (scores < NEAR_DUPLICATE) & (posts.time[:last] < posts.time[last])
    )
    assert found.score[last, 0] == pytest.approx(scores[allowed].max(), abs=1e-5)


def test_neighbours_among_others_leave_the_own_account_or_company_out(material: Material) -> None:
    posts, vectors = material.posts, material.likeness
    assert vectors is not None
    for name, key in (("other_accounts", posts.account), ("other_companies", posts.company)):
        found = nearest_before(posts, online(posts), vectors, k=5, **{name: True})
        rows, places = np.nonzero(found.row >= 0)
        assert (key[found.row[rows, places]] != key[rows]).all()
