"""Levels over time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heads.reports.level import Smoother, choose_smoother

_ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0, 900), st.floats(-5, 5)), min_size=1, max_size=25
)


@settings(max_examples=40)
@given(rows=_ROWS, reach=st.sampled_from([1.0, 30.0, 400.0]))
def test_means_are_those_of_exponential_weights_within_a_group(
    rows: list[tuple[int, float, float]], reach: float
) -> None:
    group, days, values = (np.array(column) for column in zip(*rows, strict=True))
    smoother = Smoother(group.astype(np.int64), days.astype(float), reach)
    weight = np.exp(-np.abs(days[:, None] - days[None]) / reach) * (group[:, None] == group[None])
    expected = weight @ values / weight.sum(axis=1)
    assert np.allclose(smoother.means(values), expected)
    assert np.allclose(smoother.means(np.column_stack([values, values]))[:, 1], expected)
    alone = np.array([np.sum(group == one) == 1 for one in group])
    others = smoother.without_own(values)
    share = np.diag(weight) / weight.sum(axis=1)
    told = ~alone & (share < 1 - 1e-9)
    np.fill_diagonal(weight, 0)
    assert np.isnan(others[alone]).all()
    assert np.allclose(others[told], (weight @ values)[told] / weight.sum(axis=1)[told], atol=1e-4)


def test_a_level_that_moves_gets_a_shorter_reach_than_one_that_stays() -> None:
    random = np.random.default_rng(0)
    days = np.sort(random.uniform(0, 1500, 600))
    group = np.zeros(600, dtype=np.int64)
    noise = 0.3 * random.standard_normal(600)
    moving = choose_smoother(group, days, 2 * np.sin(days / 80) + noise)
    still = choose_smoother(group, days, noise)
    assert moving.reach <= 60
    assert still.reach >= 240


def test_a_level_at_another_day_is_the_mean_around_it() -> None:
    smoother = Smoother(np.zeros(3, dtype=np.int64), np.array([0.0, 10.0, 1000.0]), 10.0)
    near, far = smoother.at(0, np.array([5.0, 1000.0]), np.array([1.0, 3.0, 7.0]))
    assert abs(near - 2) < 1e-6
    assert abs(far - 7) < 1e-6
