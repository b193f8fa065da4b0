"""Linear heads on arrays: what is learned, how sure it is, and what to ask next."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heads.labels.fit import class_metrics
from heads.labels.model import (
    Linear,
    fit_classes,
    fit_number,
    of_descriptions,
    softmax,
    suggest,
)
from heads.metrics import calibration_error


def _noisy(n: int, classes: int, noise: float, dim: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    label = np.arange(n) % classes
    vectors = random.standard_normal((classes, dim))[label] + noise * random.standard_normal(
        (n, dim)
    )
    return vectors.astype(np.float32), label


@pytest.mark.parametrize("classes", [2, 3])
def test_planted_classes_are_learned_and_the_model_agrees_with_its_probabilities(
    classes: int,
) -> None:
    x, label = _noisy(90, classes, 0.4)
    fitted = fit_classes(x, label, np.arange(90) // 3, x.mean(axis=0))
    assert fitted.held_out is not None
    assert (fitted.held_out.argmax(axis=1) == label).mean() > 0.95
    chance = fitted.model.probabilities(x)
    assert chance.shape == (90, classes)
    assert np.allclose(chance.sum(axis=1), 1)
    assert (chance.argmax(axis=1) == label).mean() > 0.95


def test_held_out_probabilities_come_true() -> None:
    x, label = _noisy(600, 2, 2.5)
    fitted = fit_classes(x, label, np.arange(600) // 4, x.mean(axis=0))
    assert fitted.held_out is not None
    right = (fitted.held_out.argmax(axis=1) == label).astype(float)
    assert 0.6 < right.mean() < 0.98
    assert calibration_error(fitted.held_out.max(axis=1), right) < 0.08


def test_labels_that_mean_nothing_are_not_learned() -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((200, 12)).astype(np.float32)
    label = random.integers(0, 2, 200)
    fitted = fit_classes(x, label, np.arange(200), x.mean(axis=0))
    assert fitted.held_out is not None
    assert (fitted.held_out.argmax(axis=1) == label).mean() < 0.65
    assert fitted.held_out.max(axis=1).mean() < 0.65


def test_an_account_is_never_learned_from_and_scored_at_once() -> None:
    # Each account has a direction and a class of its own: known accounts are told easily, new
    # ones not at all.
    random = np.random.default_rng(1)
    account = np.repeat(np.arange(20), 10)
    x = random.standard_normal((20, 40))[account] + 0.05 * random.standard_normal((200, 40))
    label = random.permutation(np.arange(20) % 2)[account]
    fitted = fit_classes(x.astype(np.float32), label, account, x.mean(axis=0).astype(np.float32))
    assert fitted.held_out is not None
    assert (fitted.held_out.argmax(axis=1) == label).mean() < 0.8


def test_few_examples_are_learned_from_without_a_score() -> None:
    x, label = _noisy(6, 2, 0.2)
    fitted = fit_classes(x, label, np.arange(6), x.mean(axis=0))
    assert fitted.held_out is None
    assert fitted.folds == 0
    assert (fitted.model.probabilities(x).argmax(axis=1) == label).all()


def test_a_number_that_the_vectors_hold_is_predicted() -> None:
    random = np.random.default_rng(2)
    x = random.standard_normal((200, 10)).astype(np.float32)
    y = x[:, 0] * 3 + 5 + 0.1 * random.standard_normal(200)
    fitted = fit_number(x, y, np.arange(200) // 5, x.mean(axis=0))
    assert fitted.held_out is not None
    assert np.corrcoef(fitted.held_out[:, 0], y)[0, 1] > 0.98
    assert np.abs(fitted.model.outputs(x)[:, 0] - y).mean() < 0.3


def test_descriptions_give_every_class_about_its_share_of_similar_posts() -> None:
    x, label = _noisy(300, 3, 0.3)
    described = np.array([x[label == each].mean(axis=0) for each in range(3)])
    chance = softmax(of_descriptions(described, x, x.mean(axis=0)).outputs(x))
    assert (chance.argmax(axis=1) == label).mean() > 0.95


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(2, 4), st.integers(1, 40))
def test_suggestions_are_different_rows_the_most_doubtful_first(
    n: int, classes: int, count: int
) -> None:
    random = np.random.default_rng(n)
    x = random.standard_normal((n, 6)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    chance = softmax(3 * random.standard_normal((n, classes)))
    chosen = suggest(x, chance, count)
    assert len(chosen) == len(set(chosen.tolist())) == min(n, count)
    ordered = np.sort(chance, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    assert margin[chosen[0]] == margin.min()


def test_suggestions_don_t_repeat_one_doubt() -> None:
    x = np.array([[1, 0]] * 10 + [[0, 1]] * 2, dtype=np.float32)
    chance = np.array([[0.5, 0.5]] * 10 + [[0.6, 0.4]] * 2)
    assert {bool(row >= 10) for row in suggest(x, chance, 2)} == {True, False}


def test_scores_of_perfect_and_of_even_guesses() -> None:
    label = np.array([0, 0, 1])
    perfect = class_metrics(np.eye(2)[label], label, 0)
    assert perfect["accuracy"] == perfect["f1"] == 1
    assert perfect["log_loss"] == pytest.approx(0)
    assert perfect["commonest"] == pytest.approx(2 / 3)
    even = class_metrics(np.full((3, 2), 0.5), label, 0)
    assert even["log_loss"] == pytest.approx(np.log(2))


def test_a_linear_head_is_what_its_formula_says() -> None:
    head = Linear(
        np.array([1, 0], np.float32), np.array([[2, 0]], np.float32), np.array([5], np.float32)
    )
    assert head.outputs(np.array([[3, 9]], np.float32)).tolist() == [[9.0]]
