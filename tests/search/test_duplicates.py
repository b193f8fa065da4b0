"""Posts that say the same or nearly so, in groups."""

import made_store
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import embedstore
from embedstore.arrays import Vectors, unit
from embedstore.errors import QueryError
from embedstore.search.duplicates import connected, near_pairs


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> embedstore.Store:
    """300 posts, of which 0 to 4 are nearly alike, 10 to 12 too, and 20 and 21 share a text."""
    path = tmp_path_factory.mktemp("duplicates") / "s"
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((300, made_store.DIM)).astype(np.float32)
    for copies in (range(1, 5), range(11, 13)):
        for row in copies:
            near = vectors[copies.start - 1]
            vectors[row] = near + 0.05 * rng.standard_normal(made_store.DIM)
    text = [f"text {number}" for number in range(300)]
    text[21] = text[20]
    names = [f"@User{number % 2}" for number in range(300)]
    made_store.make(path, vectors, text=text, username=names)
    made_store.keep_index(path)
    return embedstore.open(path)


def test_groups_are_posts_that_are_alike_and_those_that_share_a_text(
    store: embedstore.Store,
) -> None:
    found = store.duplicates(0.95)
    groups: dict[int, list[int]] = {}
    for row in found.to_pylist():
        groups.setdefault(row["duplicate"], []).append(row["post_id"] - 1)
    assert groups == {1: [0, 1, 2, 3, 4], 2: [10, 11, 12], 3: [20, 21]}
    assert min(found["score"].to_pylist()) > 0.9


def test_a_filter_and_a_threshold_choose_among_them(store: embedstore.Store) -> None:
    some = store.duplicates(0.95, where="post_id NOT IN (1, 2, 21)")
    assert some["post_id"].to_pylist() == [3, 4, 5, 11, 12, 13]
    assert store.duplicates(1)["post_id"].to_pylist() == [21, 22]
    with pytest.raises(QueryError, match=r"from 0\.5 to 1"):
        store.duplicates(0.2)


def test_sql_has_the_groups_and_sums_them_up_as_campaigns(store: embedstore.Store) -> None:
    rows = store.sql("SELECT * FROM duplicates(threshold := 0.95) ORDER BY post_id").to_pylist()
    assert [row["post_id"] for row in rows] == [1, 2, 3, 4, 5, 11, 12, 13, 21, 22]
    first = store.sql("FROM campaigns(0.95, where := 'post_id < 10')").to_pylist()
    assert len(first) == 1
    assert first[0]["posts"] == 5
    assert first[0]["accounts"] == 2
    assert first[0]["text"] == "text 0"
    assert first[0]["median_likes"] == 3


def test_pairs_are_found_as_a_comparison_of_all_with_all_finds_them() -> None:
    rng = np.random.default_rng(1)
    base = rng.standard_normal((800, 32))
    vectors: Vectors = unit(
        np.concatenate([base, base[:300] + 0.15 * rng.standard_normal((300, 32))]).astype(
            np.float32
        )
    )
    cosine = vectors @ vectors.T
    expected = {(a, b) for a, b in np.argwhere(np.triu(cosine >= 0.9, 1)).tolist()}
    first, second = near_pairs(vectors, 0.9)
    found = {(min(pair), max(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    assert found <= {(a, b) for a, b in np.argwhere(cosine >= 0.9 - 1e-5).tolist()}
    assert len(found & expected) >= 0.99 * len(expected) > 250


@given(
    st.integers(1, 30).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=60),
        )
    )
)
def test_what_hangs_together_by_pairs_has_one_number(
    given: tuple[int, list[tuple[int, int]]],
) -> None:
    count, pairs = given
    group = connected(count, *np.array(pairs, dtype=np.int64).reshape(-1, 2).T)
    reach = [{row} for row in range(count)]
    for a, b in pairs:
        both = reach[a] | reach[b]
        for row in both:
            reach[row] = both
    assert [set(np.flatnonzero(group == group[row]).tolist()) for row in range(count)] == reach
