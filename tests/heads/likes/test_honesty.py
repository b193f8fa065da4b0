"""What carries nothing brings nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from embedstore.errors import InputError
from heads import metrics
from heads.arrays import Floats
from heads.data.features import Inputs, Material
from heads.data.splits import parse_split, the_fold
from heads.likes.fit import online_view
from heads.likes.models import head

SPLIT = "time:2021-06-01"


def predictions(material: Material, groups: tuple[str, ...], **options: Any) -> Floats:
    """Test predictions of a head on some groups, online."""
    inputs = material.inputs
    texts = inputs.texts if "text" in groups else ()
    part = replace(material, inputs=replace(inputs, groups=groups, texts=texts))
    fold = the_fold(part.posts, parse_split(SPLIT))
    fitted, matrix = head.fit(part, fold, online_view(part, fold, 0), **options)
    return fitted.predict(matrix).log[fold.test]


def gain(material: Material, reference: Floats, predicted: Floats) -> metrics.Interval:
    posts = material.posts
    test = the_fold(posts, parse_split(SPLIT)).test
    return metrics.paired_gain(posts.y[test], reference, predicted, posts.account[test], draws=200)


def shuffled(material: Material, seed: int = 5) -> Material:
    """The same posts with each other's vectors."""
    order = np.random.default_rng(seed).permutation(len(material.posts))
    vectors = {name: values[order] for name, values in material.vectors.items()}
    return replace(material, vectors=vectors)


def test_shuffled_texts_bring_nothing(material: Material) -> None:
    plain = predictions(material, ("history", "time"), model="lgbm")
    noise = predictions(shuffled(material), ("history", "time", "text"), model="lgbm")
    _, low, _ = gain(material, plain, noise)
    assert low <= 0


def test_neighbours_found_by_shuffled_texts_bring_nothing(material: Material) -> None:
    blind = replace(material, inputs=replace(material.inputs, near=None))
    groups = ("history", "time", "neighbours")
    plain = predictions(blind, groups)
    # One order in twenty looks like a gain by chance, hence three of them.
    lows = [gain(material, plain, predictions(shuffled(material, n), groups))[1] for n in range(3)]
    assert sorted(lows)[1] <= 0


def test_labels_permuted_within_account_and_month_leave_texts_nothing_to_say(
    material: Material,
) -> None:
    posts = material.posts
    random = np.random.default_rng(7)
    kpi = posts.kpi.copy()
    month = posts.time.astype("datetime64[M]").astype(np.int64)
    key = posts.account * 10_000 + month
    for value in np.unique(key):
        rows = np.flatnonzero((key == value) & posts.known)
        kpi[rows] = kpi[random.permutation(rows)]
    mixed = replace(material, posts=posts.with_kpi(kpi))
    plain = predictions(mixed, ("history", "time"), model="lgbm")
    text = predictions(mixed, ("history", "time", "text"), model="lgbm")
    _, low, _ = gain(mixed, plain, text)
    assert low <= 0


def test_a_copy_of_the_label_among_account_facts_is_found_and_named(material: Material) -> None:
    posts = material.posts
    names = [f"account{row}" for row in range(len(posts))]
    index = posts.table.column_names.index("username")
    table = posts.table.set_column(index, "username", [names])
    facts = {
        name: {"score": float(count)}
        for name, count in zip(names, posts.kpi, strict=True)
        if np.isfinite(count)
    }
    planted = Material(replace(posts, table=table), Inputs(("time", "profile")), {}, facts)
    fold = the_fold(planted.posts, parse_split(SPLIT))
    with pytest.raises(InputError, match="profile_score all but equal the label"):
        head.fit(planted, fold, online_view(planted, fold, 0))
