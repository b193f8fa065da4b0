"""Pairs of posts: how they are found, how they are scored, and what a reader could reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heads.arrays import Floats, Indices, Times
from heads.likes.ceiling import ceiling, find_repeats
from heads.likes.pairs import (
    Pairs,
    accuracy,
    accuracy_gain,
    agreement,
    at_least,
    find_pairs,
    typical_enough,
)

DAY = np.timedelta64(86_400_000_000, "us")


def moments(days: list[float]) -> Times:
    start = np.datetime64("2020-01-01", "us")
    return start + (np.array(days) * 86_400e6).astype("timedelta64[us]")


made = st.lists(
    st.tuples(st.floats(0, 40), st.integers(0, 3), st.sampled_from("abcdef"), st.integers(0, 90)),
    min_size=2,
    max_size=60,
)


@given(posts=made)
def test_pairs_are_of_one_account_within_a_week_with_different_texts(
    posts: list[tuple[float, int, str, int]],
) -> None:
    time, account = moments([post[0] for post in posts]), np.array([post[1] for post in posts])
    texts = [post[2] for post in posts]
    found = find_pairs(time, account, texts, most=10_000)
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert len(pairs) == len(found)
    wanted = {
        frozenset((a, b))
        for a in range(len(posts))
        for b in range(a)
        if account[a] == account[b] and texts[a] != texts[b] and abs(time[a] - time[b]) <= 7 * DAY
    }
    assert {frozenset(pair) for pair in pairs} == wanted
    assert (time[found.first] <= time[found.second]).all()


def test_an_account_has_at_most_so_many_pairs_however_busy_it_is() -> None:
    n = 3000
    time = moments(np.linspace(0, 60, n).tolist())
    texts = [str(place) for place in range(n)]
    found = find_pairs(time, np.zeros(n, dtype=np.int64), texts)
    assert len(found) == 200
    assert len(set(zip(found.first.tolist(), found.second.tolist(), strict=True))) == 200
    again = find_pairs(time, np.zeros(n, dtype=np.int64), texts)
    assert np.array_equal(found.first, again.first)


def test_texts_that_differ_in_case_and_spaces_are_the_same() -> None:
    account = np.zeros(3, dtype=np.int64)
    found = find_pairs(moments([0, 1, 2]), account, ["Hello  you", "hello you ", "bye"])
    assert {
        frozenset(p) for p in zip(found.first.tolist(), found.second.tolist(), strict=True)
    } == {
        frozenset((0, 2)),
        frozenset((1, 2)),
    }


@given(
    differences=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=30)
)
def test_a_tie_on_either_side_counts_half(differences: list[tuple[int, int]]) -> None:
    true = np.array([float(pair[0]) for pair in differences])
    predicted = np.array([float(pair[1]) for pair in differences])
    right = agreement(true, predicted)
    assert set(right[(true == 0) | (predicted == 0)].tolist()) <= {0.5}
    # Whoever turns a prediction round is right where it was wrong.
    np.testing.assert_array_equal(agreement(true, -predicted), 1 - right)


@settings(max_examples=40)
@given(posts=made, chosen=st.integers(0, 10_000))
def test_exchanging_the_labels_of_a_pair_changes_nothing_but_who_won(
    posts: list[tuple[float, int, str, int]], chosen: int
) -> None:
    time, account = moments([post[0] for post in posts]), np.array([post[1] for post in posts])
    y = np.log1p(np.array([float(post[3]) for post in posts]))
    pairs = find_pairs(time, account, [post[2] for post in posts])
    if not len(pairs):
        return
    place = chosen % len(pairs)
    other = y.copy()
    a, b = pairs.first[place], pairs.second[place]
    other[a], other[b] = y[b], y[a]
    assert np.array_equal(typical_enough(y, account), typical_enough(other, account))
    predicted = np.random.default_rng(0).normal(size=len(posts))
    before = agreement(pairs.difference(y), pairs.difference(predicted))
    after = agreement(pairs.difference(other), pairs.difference(predicted))
    assert before[place] == 1 - after[place]


def test_ratios_are_of_counts_plus_one() -> None:
    true = np.log1p(np.array([2.0, 3.5, 1.0])) - np.log1p(np.array([1.0, 2.0, 1.0]))
    assert at_least(true, 1.5).tolist() == [True, True, False]
    assert at_least(true, 1.0).all()


def test_accounts_of_few_likes_are_left_out() -> None:
    y = np.log1p(np.array([9.0, 9.0, 10.0, 12.0, np.nan]))
    account = np.array([0, 0, 1, 1, 2])
    assert typical_enough(y, account).tolist() == [False, False, True, True, False]


def test_a_perfect_model_a_coin_and_their_gain() -> None:
    random = np.random.default_rng(0)
    true, account = random.normal(size=400), np.repeat(np.arange(40), 10)
    assert accuracy(true, true, account)[3.0] == (1, 1, 1)
    assert accuracy(true, np.zeros(400), account)[1.0] == (0.5, 0.5, 0.5)
    assert accuracy_gain(true, np.zeros(400), true, account) == (0.5, 0.5, 0.5)
    assert np.isnan(accuracy(true, true, account, ratios=[1e9])[1e9][0])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_the_ceiling_is_what_the_planted_signal_lets_a_perfect_reader_reach(share: float) -> None:
    signal, y, account, time, texts = _planted(share)
    pairs = find_pairs(time, account, texts)
    repeats = find_repeats(time, account, texts)
    scored = pairs.difference(y)
    found = ceiling(y, account, repeats, pairs, scored)
    assert found is not None
    assert found.accounts == 60
    assert found.share[1] - 0.08 <= share <= found.share[2] + 0.08
    if share:
        own = account[pairs.first]
        for ratio in (1.0, 1.5):
            reached = accuracy(scored, pairs.difference(signal), own, ratios=[ratio])[ratio][0]
            assert found.accuracy[ratio][0] == pytest.approx(reached, abs=0.06)


def _planted(share: float) -> tuple[Floats, Floats, Indices, Times, list[str]]:
    """60 accounts, each of 30 texts that are posted twice within a week, unrelated in time."""
    random = np.random.default_rng(1)
    account, days, texts, signal = [], [], [], []
    for own in range(60):
        for text in range(30):
            worth = random.normal() * np.sqrt(share)
            for copy in range(2):
                account.append(own)
                days.append(text * 3 + copy * 2 + random.random())
                texts.append(f"{own} {text}")
                signal.append(worth)
    level = np.array(signal)
    y = 5 + level + random.normal(size=len(level)) * np.sqrt(1 - share)
    return level, y, np.array(account), moments(days), texts


def test_without_repeated_texts_there_is_no_ceiling() -> None:
    pairs = Pairs(np.array([0]), np.array([1]))
    none = Pairs(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    account = np.zeros(2, dtype=np.int64)
    assert ceiling(np.array([1.0, 2.0]), account, none, pairs, np.array([1.0])) is None
