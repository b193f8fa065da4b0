"""Counts computed of other counts: a small grammar, and nothing else."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedstore.errors import InputError
from heads.data.counts import choose_unit, parse_kpi
from heads.data.expressions import parse_expression

NAMES = {"likes": np.array([4.0, 0, 9]), "shares": np.array([1.0, 2, np.nan])}


def spelled(depth: int = 3) -> st.SearchStrategy[str]:
    """Expressions over the two names and small numbers."""
    leaf = st.one_of(st.sampled_from(sorted(NAMES)), st.integers(1, 9).map(str))
    return st.recursive(
        leaf,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        max_leaves=2**depth,
    ).filter(lambda text: any(name in text for name in NAMES))


@given(spelled())
def test_an_expression_is_worth_what_python_says(text: str) -> None:
    found = parse_expression(text).compute(NAMES)
    for row in range(3):
        values = {name: float(column[row]) for name, column in NAMES.items()}
        try:
            true = float(eval(text, {"__builtins__": {}}, values))  # our own words
        except ZeroDivisionError:
            true = np.nan
        np.testing.assert_allclose(found[row], true if np.isfinite(true) else np.nan)


@pytest.mark.parametrize(
    "text",
    [
        "", "likes +", "likes ** 2", "likes; DROP TABLE posts", "__import__('os')", "likes(1)",
        "likes if likes else 1", "[likes]", "likes.real.imag", "'a' + likes", "likes @ shares",
        "likes < 3", "True + likes", "1j * likes", "likes := 3", "lambda: likes", "3 + 4",
        "likes // 2", "(" * 200 + "likes" + ")" * 200, "likes" + " + likes" * 100,
    ],
)  # fmt: skip
def test_what_is_no_sum_product_or_ratio_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"can't be read|names no count|at most 300"):
        parse_expression(text)


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_a_clear_error(text: str) -> None:
    with contextlib.suppress(InputError):
        parse_expression(text)


def test_names_of_extra_may_have_any_signs_and_unknown_ones_are_named() -> None:
    assert parse_kpi("likes") is None
    assert parse_kpi("extra.a/b~c") is None
    found = parse_kpi("extra.saves / followers")
    assert found is not None
    assert (found.names, found.divides) == (("extra.saves", "followers"), True)
    with pytest.raises(InputError, match="no engagement column 'folowers'"):
        parse_kpi("likes / folowers")
    with pytest.raises(InputError, match="followers is no engagement"):
        parse_kpi("followers")


def test_a_ratio_is_learned_in_a_unit_of_its_size_and_a_count_as_it_is() -> None:
    assert choose_unit("likes / followers", np.array([0.0, 0.002, 0.003, np.nan])) == 1e-4
    assert choose_unit("likes / 2", np.array([0.002])) == 1
    assert choose_unit("likes", np.array([0.002])) == 1
    assert choose_unit("likes / shares", np.array([400.0])) == 1
