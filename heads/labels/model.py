"""Linear heads on vectors, calibrated and scored by cross-validation: pure functions on arrays.

Folds keep an account's posts together (posts of one account are alike, and the head is to work
on others too) and the shares of classes about equal. The strength of regularisation and the
temperature that calibrates probabilities (Guo et al., 2017) are chosen on predictions for posts
that weren't learned from.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heads.arrays import Floats, Indices, Vectors

FOLDS = 5

FEWEST_EACH = 2
"""Examples of each class without which nothing is learned."""

FEWEST_SCORED = 5
"""Examples of each class from which on there is cross-validation."""

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Inverse strengths of regularisation that are tried."""

PENALTIES = (0.1, 1.0, 10.0, 100.0)
"""Penalties of a regression that are tried, for vectors of length about 1."""

SHARPNESS = 2.0
"""Standard deviations of similarity count so much in the logits of a head without examples."""

Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Linear:
    """A linear head: ``(vector - centre) @ weights.T + bias``.

    Attributes
    ----------
    centre : array, shape (dim,), float32
        Subtracted from each vector.
    weights : array, shape (k, dim), float32
        One row for each class; of a number, a single one.
    bias : array, shape (k,), float32
    """

    centre: Vectors
    weights: Vectors
    bias: Vectors

    def outputs(self, vectors: Vectors) -> Floats:
        """Compute logits, or the number, shape (n, k)."""
        return np.asarray((vectors - self.centre) @ self.weights.T + self.bias, dtype=np.float64)

    def probabilities(self, vectors: Vectors) -> Floats:
        """Compute the probability of each class, shape (n, k)."""
        return softmax(self.outputs(vectors))


@dataclass(frozen=True)
class Fitted:
    """A head with its predictions for its own examples, from models that didn't learn from them.

    Attributes
    ----------
    model : Linear
        Fitted on all examples.
    held_out : array, shape (n, k), float64, optional
        Probabilities, or numbers of shape (n, 1); None where examples are too few.
    folds : int
        Number of folds; 0 without cross-validation.
    """

    model: Linear
    held_out: Floats | None
    folds: int


def softmax(logits: Floats) -> Floats:
    """Turn logits into probabilities, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_classes(
    vectors: Vectors, label: Indices, account: Indices, centre: Vectors, *, seed: int = 0
) -> Fitted:
    """Fit a calibrated logistic regression.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        Of the examples.
    label : array, shape (n,), int64
        Class of each, from 0; each has at least `FEWEST_EACH` examples.
    account : array, shape (n,), int64
        Account of each.
    centre : array, shape (dim,), float32
        Mean of all vectors of the store.
    seed : int
        Of the folds.
    """
    x = vectors - centre
    folds = _folds(label, account, seed)
    held_out = {strength: _held_out(x, label, folds, strength) for strength in STRENGTHS if folds}
    if not held_out:
        return Fitted(_logistic(x, label, 1.0, centre), None, 0)
    heated = {
        strength: (heat := _temperature(logits, label), _log_loss(logits / heat, label))
        for strength, logits in held_out.items()
    }
    best = min(heated, key=lambda strength: heated[strength][1])
    heat = heated[best][0]
    model = _logistic(x, label, best, centre)
    cooled = Linear(
        centre, (model.weights / heat).astype(np.float32), (model.bias / heat).astype(np.float32)
    )
    return Fitted(cooled, softmax(held_out[best] / heat), len(folds))


def _logistic(x: Vectors, label: Indices, strength: float, centre: Vectors) -> Linear:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=2000).fit(x, label)
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:  # of two classes, scikit-learn keeps the second only
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return Linear(centre, weights.astype(np.float32), bias.astype(np.float32))


def _folds(label: Indices, account: Indices, seed: int) -> list[tuple[Indices, Indices]]:
    """Part the examples; none where a class would be missing from what is learned."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if np.bincount(label).min() < FEWEST_SCORED:
        return []
    empty = np.zeros(len(label))
    grouped = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    if len(np.unique(account)) >= FOLDS:
        parts = list(grouped.split(empty, label, account))
        if all(len(np.unique(label[train])) == label.max() + 1 and len(test)
               for train, test in parts):  # fmt: skip
            return parts
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(empty, label))


def _held_out(
    x: Vectors, label: Indices, folds: list[tuple[Indices, Indices]], strength: float
) -> Floats:
    logits = np.zeros((len(x), int(label.max()) + 1))
    nowhere = np.zeros(x.shape[1], dtype=np.float32)
    for train, test in folds:
        logits[test] = _logistic(x[train], label[train], strength, nowhere).outputs(x[test])
    return logits


def _log_loss(logits: Floats, label: Indices) -> float:
    chance = softmax(logits)[np.arange(len(label)), label]
    return float(-np.log(np.maximum(chance, 1e-12)).mean())


def _temperature(logits: Floats, label: Indices) -> float:
    """Find the divisor of the logits with which held-out labels are likeliest."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log: _log_loss(logits / np.exp(log), label), bounds=(-3, 3), method="bounded"
    )
    return float(np.exp(found.x))


def fit_number(
    vectors: Vectors, y: Floats, account: Indices, centre: Vectors, *, seed: int = 0
) -> Fitted:
    """Fit a ridge regression.

    Parameters
    ----------
    vectors, account, centre, seed
        As for `fit_classes`.
    y : array, shape (n,), float64
        The numbers.
    """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold, KFold

    x = vectors - centre
    by_account = len(np.unique(account)) >= FOLDS
    parter = GroupKFold(FOLDS) if by_account else KFold(FOLDS, shuffle=True, random_state=seed)
    folds = list(parter.split(x, y, account))
    held_out: dict[float, Floats] = {}
    for penalty in PENALTIES:
        found = np.zeros(len(y))
        for train, test in folds:
            found[test] = Ridge(alpha=penalty).fit(x[train], y[train]).predict(x[test])
        held_out[penalty] = found
    best = min(held_out, key=lambda penalty: float(((held_out[penalty] - y) ** 2).mean()))
    model = Ridge(alpha=best).fit(x, y)
    linear = Linear(
        centre,
        np.asarray(model.coef_, dtype=np.float32)[None],
        np.array([model.intercept_], dtype=np.float32),
    )
    return Fitted(linear, held_out[best][:, None], len(folds))


def of_descriptions(described: Vectors, vectors: Vectors, centre: Vectors) -> Linear:
    """Make a head without examples, from descriptions of the classes (zero-shot).

    A class's logit is the similarity of its description, less what posts have on average, in
    units of the posts' spread. Its probabilities are not calibrated: nothing tells them.

    Parameters
    ----------
    described : array, shape (k, dim), float32
        Vectors of the descriptions, at length 1.
    vectors : array, shape (n, dim), float32
        Vectors of the posts.
    centre : array, shape (dim,), float32
        Their mean.
    """
    similar = (vectors - centre) @ described.T
    spread = np.maximum(similar.std(), 1e-6)
    scale = SHARPNESS / spread
    return Linear(
        centre,
        np.asarray(scale * described, dtype=np.float32),
        np.asarray(-scale * similar.mean(axis=0), dtype=np.float32),
    )


def suggest(vectors: Vectors, chance: Floats, count: int) -> Indices:
    """Choose rows that would teach a head most: uncertain ones that differ from each other.

    The pool is the rows with the smallest margin between the two likeliest classes; from it,
    one after another is taken whose uncertainty times its distance to those taken is largest.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        At length 1.
    chance : array, shape (n, k), float64
        Probabilities of the classes.
    count : int
        Rows to choose, at most.
    """
    ordered = np.sort(chance, axis=1)
    doubt = 1 - (ordered[:, -1] - ordered[:, -2])
    pool = np.argsort(-doubt, kind="stable")[: 20 * count]
    near = np.full(len(pool), -1.0)
    chosen: list[int] = []
    for _ in range(min(count, len(pool))):
        worth = doubt[pool] * (1 - near)
        worth[chosen] = -np.inf
        best = int(worth.argmax())
        chosen.append(best)
        near = np.maximum(near, vectors[pool] @ vectors[pool[best]])
    return np.asarray(pool[chosen], dtype=np.int64)
