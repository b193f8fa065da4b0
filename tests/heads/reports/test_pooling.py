"""Pooling of effects, and which of them may be told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heads.reports.pooling import Slopes, discoveries, learn_prior, pool, two_sided, width_of


def _pooled(
    values: list[float], deviations: list[float], target: int | None
) -> tuple[float, float]:
    slopes = Slopes(np.array(values), np.array(deviations), target)
    found = pool(slopes, learn_prior([slopes], 1))
    return found.value, found.deviation


def test_an_account_alone_keeps_its_own_estimate() -> None:
    assert _pooled([0.3], [0.1], 0) == (0.3, 0.1)


def test_few_posts_of_an_account_are_drawn_to_the_others_and_many_are_not() -> None:
    others = [0.5, 0.48, 0.52, 0.5, 0.49, 0.51]
    few, _ = _pooled([*others, -1.0], [0.05] * 6 + [1.0], 6)
    many, _ = _pooled([*others, -1.0], [0.05] * 7, 6)
    assert few == pytest.approx(0.5, abs=0.1)
    assert many < -0.5


def test_an_account_without_such_posts_is_less_sure_than_the_mean_of_the_others() -> None:
    slopes = Slopes(np.array([0.1, 0.5, 0.3, -0.1]), np.full(4, 0.05), None)
    found = pool(slopes, learn_prior([slopes], 1))
    assert found.value == pytest.approx(found.centre)
    assert found.deviation > found.centre_deviation
    assert found.own == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_told_are_the_smallest_chances_up_to_the_last_below_its_line(chances: list[float]) -> None:
    told = discoveries(np.array(chances))
    ordered = np.sort(chances)
    passing = [k for k, p in enumerate(ordered, 1) if p <= 0.05 * k / len(chances)]
    assert told.sum() == (max(passing) if passing else 0)
    if told.any() and not told.all():
        assert np.array(chances)[told].max() <= np.array(chances)[~told].min()


@given(st.lists(st.floats(-4, 4), min_size=2, max_size=30))
def test_intervals_of_what_is_told_never_hold_nothing(values: list[float]) -> None:
    told = discoveries(np.array([two_sided(value, 1.0) for value in values]))
    width = width_of(int(told.sum()), len(values))
    assert all(abs(value) >= width - 1e-6 for value in np.array(values)[told])


def test_of_nothing_alike_nothing_is_told_in_nineteen_of_twenty_families() -> None:
    random = np.random.default_rng(0)
    draws = random.standard_normal((400, 25))
    alarms = [discoveries(np.array([two_sided(z, 1.0) for z in row])).any() for row in draws]
    assert np.mean(alarms) < 0.08
