"""Train a head that labels posts, and put it on record."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedstore.errors import InputError
from embedstore.progress import Progress, Step, silent
from embedstore.store import Store
from heads import metrics, runs
from heads.arrays import Floats, Indices
from heads.labels import model as models
from heads.labels.examples import Examples, read_column, read_examples
from heads.labels.model import FEWEST_EACH, Fitted
from heads.labels.posts import LabelPosts, embed, load_label_posts
from heads.labels.saved import write_model
from heads.metrics import Interval
from heads.runs import Run
from heads.stores import StoreLike

_NAME = re.compile(r"[\w.-]{1,60}")

FEWEST_NUMBERS = 20
"""Numbers that a regression learns from."""

MISS = 0.05
"""Share of numbers below an interval, and above it."""


def fit_label(
    store: StoreLike,
    name: str,
    *,
    examples: Sequence[str | Path] = (),
    describe: Mapping[str, str] | None = None,
    space: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Run:
    """Train a head that gives posts one of a person's own classes, and keep it in ``runs/``.

    From examples it is a calibrated logistic regression on the cached vectors; from
    descriptions alone, their similarity to the posts (zero-shot). With both, a description is
    an example of its class too.

    Parameters
    ----------
    store : Store or path
        The store; its cached vectors are all that examples of stored posts need.
    name : str
        Name of the label, such as ``kind``.
    examples : sequence of path
        CSV files with the columns label, and post (``source:id``) or text.
    describe : mapping of str to str, optional
        Class to what its posts say, such as ``{"promo": "a discount, buy now"}``.
    space : str, optional
        A space of texts or images; the first one of texts by default.
    seed : int
        Of the folds.
    progress : callable
        Told of every step.

    Returns
    -------
    Run
        Its metrics are cross-validated scores with 95% intervals by account; none for a head
        without examples, or with fewer than five of a class.

    Raises
    ------
    InputError
        An example or an option can't be used, or there are too few.
    StoreError
        The store can't be written to.
    """
    head = _head("label", name)
    described = dict(describe or {})
    if not examples and not described:
        raise InputError(
            "a label needs examples (--examples FILE.csv) or descriptions (--describe)"
        )
    opened = runs.open_to_fit(store)
    progress(Step("read posts"))
    space, here = load_label_posts(opened, space)
    found = read_examples(examples, here.posts) if examples else Examples([], [], [], [])
    if examples and not found.labels:
        raise InputError(
            "no example can be used: "
            + (
                f"no post has the key {found.unknown[0]!r}"
                if found.unknown
                else "no row has a label"
            )
        )
    progress(Step("fit", total=len(found.labels), unit="examples"))
    classes = sorted({*found.labels, *described})
    if len(classes) < 2:
        raise InputError(f"there is one class only, {classes[0]!r}: give examples of others too")
    if not examples:
        vectors = embed(opened, space, [described[each] for each in classes])
        linear = models.of_descriptions(vectors, here.vectors[here.there], here.centre)
        fitted, rows, label = Fitted(linear, None, 0), [], np.empty(0, dtype=np.int64)
    else:
        fitted, rows, label = _learn(opened, space, here, found, described, classes, seed)
    scores = _class_scores(here, fitted, rows, label)
    scores["examples"] = {each: int((label == number).sum()) for number, each in enumerate(classes)}
    settings = _settings(opened, name, space, "linear" if examples else "zero-shot", seed) | {
        "classes": classes,
        "describe": described,
        "score": "accuracy",
        "unknown keys": len(found.unknown),
    }
    used = [
        (int(here.posts.post_id[row]), classes[number])
        for row, number in zip(rows, label.tolist(), strict=True)
        if row >= 0
    ]
    return _save(opened, head, settings, scores, fitted, used)


def _learn(
    store: Store,
    space: str,
    here: LabelPosts,
    found: Examples,
    described: Mapping[str, str],
    classes: list[str],
    seed: int,
) -> tuple[Fitted, list[int], Indices]:
    """Fit on examples; returns the row of each (−1 for one that is no post) and its class."""
    rows = [*found.rows, *(-1 for _ in described)]
    texts = [*found.texts, *described.values()]
    names = [*found.labels, *described]
    lacking = [
        number for number, row in enumerate(rows) if row < 0 or np.isnan(here.vectors[row, 0])
    ]
    vectors = here.vectors[np.maximum(rows, 0)]
    if lacking:
        vectors[lacking] = embed(store, space, [texts[number] for number in lacking])
    label = np.array([classes.index(each) for each in names], dtype=np.int64)
    count = np.bincount(label, minlength=len(classes))
    if count.min() < FEWEST_EACH:
        few = classes[int(count.argmin())]
        raise InputError(
            f"class {few!r} has {count.min()} example: give at least {FEWEST_EACH} of each class,"
            f" better {models.FEWEST_SCORED} and more, from which on scores are cross-validated"
        )
    # In the order of time, as intervals from blocks of time need it.
    order = np.argsort(rows, kind="stable")
    rows = [rows[place] for place in order.tolist()]
    label = label[order]
    account = _accounts(here, rows)
    return models.fit_classes(vectors[order], label, account, here.centre, seed=seed), rows, label


def _accounts(here: LabelPosts, rows: list[int]) -> Indices:
    """Return the account of each example; one that is no post has one of its own."""
    account = here.posts.account
    own = int(account.max(initial=0)) + 1
    return np.array(
        [int(account[row]) if row >= 0 else own + place for place, row in enumerate(rows)],
        dtype=np.int64,
    )


def fit_column(
    store: StoreLike,
    name: str,
    *,
    space: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Run:
    """Train a head that tells a column's value from a post's content.

    Numbers of more than ten different values become a ridge regression with intervals;
    everything else a calibrated classifier. Only the content is looked at, not the account.

    Parameters
    ----------
    store : Store or path
        The store.
    name : str
        A column of `posts`, ``extra.NAME``, or ``TABLE.COLUMN`` of a table with post_id.
    space, seed, progress
        As for `fit_label`.

    Raises
    ------
    InputError
        There is no such column, or too few posts have a value.
    """
    head = _head("column", name)
    opened = runs.open_to_fit(store)
    column = read_column(opened, name)
    progress(Step("read posts"))
    space, here = load_label_posts(opened, space)
    place = here.posts.rows_of(column.post_id)
    usable = (place >= 0) & np.isin(place, here.there)
    order = np.flatnonzero(usable)[np.argsort(place[usable], kind="stable")]
    rows = place[order]
    account = here.posts.account[rows]
    progress(Step("fit", total=len(rows), unit="posts"))
    settings = _settings(opened, name, space, "linear", seed)
    if column.numbers is not None:
        y = column.numbers[order]
        if len(y) < FEWEST_NUMBERS:
            raise InputError(
                f"{len(y)} posts have {name} and a vector: a head needs {FEWEST_NUMBERS}"
            )
        fitted = models.fit_number(here.vectors[rows], y, account, here.centre, seed=seed)
        scores, errors = _number_scores(y, fitted, account)
        settings |= {"classes": None, "score": "r2", "errors": errors}
    else:
        assert column.classes is not None
        names = [column.classes[each] for each in order.tolist()]
        classes, label = np.unique(names, return_inverse=True)
        count = np.bincount(label)
        if len(classes) < 2 or count.min() < FEWEST_EACH:
            raise InputError(
                f"{name} has {len(classes)} classes among posts with a vector"
                + (f", one of them with {count.min()} post" if len(count) else "")
                + f": a head needs two, and {FEWEST_EACH} posts of each"
            )
        fitted = models.fit_classes(here.vectors[rows], label, account, here.centre, seed=seed)
        scores = _class_scores(here, fitted, rows.tolist(), label)
        settings |= {"classes": classes.tolist(), "score": "accuracy"}
    scores["examples"] = len(rows)
    return _save(opened, head, settings, scores, fitted, [])


def _head(kind: str, name: str) -> str:
    """Name the head of a label or column, as the table `runs` has it."""
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise InputError(
            f"{name!r} can't be the name of a {kind}: letters, digits, `_`, `-` and `.`, at most 60"
        )
    return f"{kind}-{name}"


def _settings(store: Store, name: str, space: str, kind: str, seed: int) -> dict[str, Any]:
    return {
        "kpi": name,
        "model": kind,
        "space": space,
        "spaces": runs.fingerprints(store, (space,)),
        "seed": seed,
    }


def _save(
    store: Store,
    head: str,
    settings: dict[str, Any],
    scores: dict[str, Any],
    fitted: Fitted,
    used: list[tuple[int, str]],
) -> Run:
    def write(folder: Path) -> None:
        write_model(fitted.model, folder)
        (folder / "examples.json").write_text(json.dumps(used))

    split = f"cross-validated in {fitted.folds}" if fitted.folds else "none"
    return runs.save_run(store, head, split=split, settings=settings, metrics=scores, write=write)


def _class_scores(
    here: LabelPosts, fitted: Fitted, rows: list[int], label: Indices
) -> dict[str, Any]:
    """Score held-out probabilities of classes, beside always naming the commonest class."""
    if fitted.held_out is None:
        return {}
    chance = fitted.held_out
    account = _accounts(here, rows)

    commonest = int(np.bincount(label).argmax())

    def score(drawn: Indices) -> dict[str, float]:
        return class_metrics(chance[drawn], label[drawn], commonest)

    found = metrics.cluster_bootstrap(account, score)
    return _kept(found) | {"resampling": metrics.resampling(account)}


def class_metrics(chance: Floats, label: Indices, commonest: int) -> dict[str, float]:
    """Score probabilities of classes.

    Returns
    -------
    dict
        accuracy; commonest (the accuracy of always naming the class `commonest`); f1 (the mean
        over classes); log_loss; calibration_error (of the likeliest class).
    """
    guess = chance.argmax(axis=1)
    right = (guess == label).astype(np.float64)
    f1 = []
    for each in np.unique(label):
        both = float(((guess == each) & (label == each)).sum())
        either = float((guess == each).sum() + (label == each).sum())
        f1.append(2 * both / either)
    own = np.maximum(chance[np.arange(len(label)), label], 1e-12)
    return {
        "accuracy": float(right.mean()),
        "commonest": float((label == commonest).mean()),
        "f1": float(np.mean(f1)),
        "log_loss": float(-np.log(own).mean()),
        "calibration_error": metrics.calibration_error(chance.max(axis=1), right),
    }


def _number_scores(
    y: Floats, fitted: Fitted, account: Indices
) -> tuple[dict[str, Any], list[float]]:
    """Score held-out numbers; returns their 5% and 95% errors too, for intervals."""
    assert fitted.held_out is not None
    found = fitted.held_out[:, 0]

    def score(drawn: Indices) -> dict[str, float]:
        true, predicted = y[drawn], found[drawn]
        return {
            "r2": metrics.r2(true, predicted),
            "rmse": metrics.rmse(true, predicted),
            "mae": metrics.mae(true, predicted),
            "spearman": metrics.spearman(true, predicted),
        }

    scores = _kept(metrics.cluster_bootstrap(account, score))
    errors = np.quantile(y - found, [MISS, 1 - MISS]).tolist()
    return scores | {"resampling": metrics.resampling(account)}, errors


def _kept(found: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: list(metrics.defined(values)) for name, values in found.items()}
