"""The network: what it survives, what it reproduces, and how its contributions add up."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import embedstore
from heads.data.features import Material
from heads.data.splits import parse_split, the_fold
from heads.likes.explain import explain_likes
from heads.likes.fit import fit_likes, online_view
from heads.likes.models import head, mlp
from heads.likes.predict import predict_likes
from heads.likes.saved import load_head

SPLIT = "time:2021-06-01"
GROUPS = ["time", "time", "text", "text", "text", "history"]
SPACES = ["", "", "words", "words", "words", ""]


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """600 rows of six columns, a tenth without text, whose target two columns explain."""
    random = np.random.default_rng(0)
    values = random.normal(size=(600, 6)).astype(np.float32)
    target = 0.8 * values[:, 0] + 0.5 * np.abs(values[:, 3])
    values[::10, 2:5] = np.nan
    return values, target - target.mean()


@pytest.fixture(scope="module")
def network(rows: tuple[np.ndarray, np.ndarray]) -> mlp.Network:
    values, target = rows
    return mlp.train(
        values,
        target,
        np.ones(600),
        np.arange(500),
        groups=GROUPS,
        spaces=SPACES,
        epochs=20,
        seed=0,
    )


def test_a_network_learns_and_rows_without_text_are_survived(
    rows: tuple[np.ndarray, np.ndarray], network: mlp.Network
) -> None:
    values, target = rows
    found = network.output(values)
    assert np.isfinite(found).all()
    error = found[500:] - target[500:]
    assert np.mean(error**2) < 0.4 * np.var(target[500:])


def test_contributions_of_groups_add_up_to_the_output(
    rows: tuple[np.ndarray, np.ndarray], network: mlp.Network
) -> None:
    for row in rows[0][:12]:
        found = network.contributions(row, GROUPS)
        assert set(found) == {"start", "time", "text", "history"}
        assert sum(found.values()) == pytest.approx(network.output(row[None])[0], abs=1e-5)


def test_the_same_seed_trains_the_same_network(rows: tuple[np.ndarray, np.ndarray]) -> None:
    values, target = rows

    def outputs(seed: int) -> np.ndarray:
        found = mlp.train(
            values, target, np.ones(600), np.arange(500),
            groups=GROUPS, spaces=SPACES, epochs=1, seed=seed,
        )  # fmt: skip
        return found.output(values)

    first = outputs(1)
    assert np.array_equal(first, outputs(1))
    assert not np.array_equal(first, outputs(2))


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.floats(width=32), min_size=6, max_size=6), min_size=1, max_size=8),
)
def test_whatever_the_columns_hold_what_the_network_sees_is_bounded(
    table: list[list[float]],
) -> None:
    values = np.array(table, dtype=np.float32)
    values[np.isinf(values)] = np.nan
    with np.errstate(over="ignore", invalid="ignore"):
        seen = mlp.scaling(values, np.arange(len(values)), SPACES).apply(values)
    assert seen.shape == (len(values), 12)
    assert np.abs(seen).max() <= 5


def test_a_network_alone_is_fitted_kept_asked_and_explained(store_path: Path) -> None:
    store = embedstore.open(store_path)
    run = fit_likes(store_path, model_name="mlp", inputs="text:words", split=SPLIT, residual=False)
    head = load_head(store, run.run_id)
    assert head.model.booster is None
    assert len(head.model.names) == 1 + 32  # all directions of the space, and alike_level
    found = predict_likes(store, run=run.run_id, where="created_at >= '2021-06-01'")
    assert found.num_rows > 50
    post = f"{found['source'][0]}:{found['id'][0]}"
    explained = explain_likes(store, post, run=run.run_id)
    total = sum(explained.groups["contribution"].to_pylist())
    assert total == pytest.approx(explained.predicted, abs=1e-4)


def test_a_stack_counts_what_held_out_posts_say_of_trees_and_network(material: Material) -> None:
    fold = the_fold(material.posts, parse_split(SPLIT))
    fitted, _ = head.fit(material, fold, online_view(material, fold, 0))
    assert min(fitted.shares) >= 0
    assert sum(fitted.shares) <= 1 + 1e-9
    assert (fitted.network is not None) == (fitted.shares[1] > 0)
