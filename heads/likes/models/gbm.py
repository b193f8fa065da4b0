"""Trees on the matrix: LightGBM, with what it needs to know fixed in one place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from embedstore.progress import Progress, silent, told
from heads.arrays import Floats, Indices, Vectors

if TYPE_CHECKING:
    from lightgbm import Booster

MAX_ROUNDS = 600
"""Largest number of trees that is tried."""

PATIENCE = 40
"""Trees without a better prediction of the held-out rows after which the search ends."""

FEW_ROWS = 5000
"""Rows below which one thread is quicker."""

_PARAMETERS: dict[str, Any] = {
    "objective": "l2",
    "learning_rate": 0.04,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def train(
    values: Vectors, residual: Floats, weight: Floats, rows: Indices, *, rounds: int, seed: int
) -> "Booster":
    """Grow `rounds` trees on the given rows.

    Parameters
    ----------
    values : array, shape (n, columns), float32
        Features; NaN where something is not known.
    residual : array, shape (n,)
        The label less its base, which is to be learned.
    weight : array, shape (n,)
        Weight of each row in learning.
    rows : array, shape (m,), int64
        Rows to learn from.
    rounds : int
        Number of trees.
    seed : int
        Seed of bagging.
    """
    import lightgbm

    data = lightgbm.Dataset(values[rows], residual[rows], weight=weight[rows])
    return lightgbm.train(_parameters(len(rows), seed), data, rounds)


def search(
    values: Vectors,
    residual: Floats,
    weight: Floats,
    parts: Sequence[tuple[Indices, Indices]],
    *,
    seed: int,
    progress: Progress = silent,
) -> tuple[int, list[Floats]]:
    """Find the number of trees that predicts held-out rows best, and their predictions.

    Parameters
    ----------
    values, residual, weight
        As in `train`.
    parts : sequence of (rows, held)
        Rows to learn from and rows to predict; the median of what the parts find counts.
    seed : int
        Seed of bagging.
    progress : callable
        Hears how many parts are done.

    Returns
    -------
    rounds : int
    outputs : list of array
        For the held rows of each part.
    """
    import lightgbm

    boosters = []
    for rows, held in told(progress, "grow trees", parts, "slices"):
        data = lightgbm.Dataset(values[rows], residual[rows], weight=weight[rows])
        scored = lightgbm.Dataset(values[held], residual[held], weight=weight[held], reference=data)
        boosters.append(
            lightgbm.train(
                _parameters(len(rows), seed),
                data,
                MAX_ROUNDS,
                valid_sets=[scored],
                callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
            )
        )
    rounds = max(1, int(np.median([booster.best_iteration for booster in boosters])))
    outputs = [
        np.asarray(
            booster.predict(values[held], num_iteration=rounds, num_threads=1), dtype=np.float64
        )
        for booster, (_, held) in zip(boosters, parts, strict=True)
    ]
    return rounds, outputs


def output(booster: "Booster", values: Vectors) -> Floats:
    """Compute the trees' sum for each row, shape (n,)."""
    return np.asarray(booster.predict(values, num_threads=1), dtype=np.float64)


def contributions(booster: "Booster", values: Vectors) -> Floats:
    """Compute SHAP values of each column, and the start of every row, shape (n, columns + 1)."""
    return np.asarray(booster.predict(values, pred_contrib=True, num_threads=1), dtype=np.float64)


def _parameters(rows: int, seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters for so many rows."""
    leaf = max(2, min(40, rows // 50))
    # Threads that wait for each other cost more than they save on few rows.
    threads = 1 if rows < FEW_ROWS else 2
    return _PARAMETERS | {"seed": seed, "min_data_in_leaf": leaf, "num_threads": threads}
