"""From material to the matrix that trees learn from: what is learned of it, and applied again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from heads.arrays import Floats, Indices, Mask, PostVectors, Vectors, stored_of
from heads.data.features import Material, columns
from heads.data.history import History, Past, View
from heads.data.posts import Posts
from heads.likes.models import kernel, kernel_learning
from heads.likes.models.calibration import Doubt
from heads.likes.models.kernel import Factors, Kernel

Model = Literal["stack", "lgbm", "mlp"]

COMPONENTS = 48
"""Directions of a space that trees get to see; a network alone sees them all."""


STYLE = 16
"""Directions of what an account has written so far."""

STYLED = "_style_"
"""In the names of those columns."""


@dataclass(frozen=True)
class Projection:
    """The main directions of a space among the training posts.

    Attributes
    ----------
    mean : array, shape (dim,), float32
    directions : array, shape (dim, components), float32
    """

    mean: Vectors
    directions: Vectors

    def apply(self, vectors: Vectors) -> Vectors:
        """Compute coordinates, shape (n, components); NaN where there is no vector."""
        return np.asarray((vectors - self.mean) @ self.directions, dtype=np.float32)


def project(given: PostVectors, train: Mask, components: int = COMPONENTS) -> Projection:
    """Learn the directions of most variance from the training posts that have vectors."""
    vectors = stored_of(given)
    some = vectors[train & np.isfinite(vectors[:, 0])].astype(np.float64)
    if len(some) == 0:
        some = np.zeros((1, vectors.shape[1]))
    mean = some.mean(axis=0)
    _, directions = np.linalg.eigh((some - mean).T @ (some - mean))
    main = directions[:, ::-1][:, :components]
    # The sign of an eigenvector is arbitrary: it is fixed, so that runs can be compared.
    main *= np.sign(main[np.abs(main).argmax(axis=0), np.arange(main.shape[1])])
    return Projection(mean.astype(np.float32), main.astype(np.float32))


@dataclass(frozen=True)
class Design:
    """The design of the matrix, learned from the training posts before any model.

    Attributes
    ----------
    model : {"stack", "lgbm", "mlp"}
        A stack puts the kernel's causal predictions under trees and a network.
    residual : bool
        True if models learn what the account's history leaves open, not the label itself.
    cold : bool
        True where posts see no labels of their own company.
    mean : float
        Mean training label, posts weighted as in learning: the base where there is no history.
    projections : dict
        By space.
    styles : dict
        By space of texts, what an account has written so far; only for companies never seen.
    kernel : Kernel, optional
        Only of a stack with neighbours and history.
    """

    model: Model
    residual: bool
    cold: bool
    mean: float
    projections: dict[str, Projection] = field(default_factory=dict)
    styles: dict[str, Projection] = field(default_factory=dict)
    kernel: Kernel | None = None


@dataclass(frozen=True)
class Matrix:
    """Row for row with the posts that were asked for.

    Attributes
    ----------
    names, groups : list of str
        Of each column.
    spaces : list of str
        Of each column, the space it is a coordinate of; empty for a number of its own.
    values : array, shape (n, columns), float32
    base : array, shape (n,)
        Prediction from history alone, which the models' output is added to.
    spread : array, shape (n,)
        Uncertainty of the base; the width of intervals is in proportion to it.
    past : History
        The causal averages.
    views : list of array, shape (n, columns)
        The same with the coordinates of other views, NaN in all of a row without one: to
        learn from, never to predict.
    """

    names: list[str]
    groups: list[str]
    spaces: list[str]
    values: Vectors
    base: Floats
    spread: Floats
    past: History
    views: Sequence[Vectors] = ()

    @property
    def doubt(self) -> Doubt:
        """What says how uncertain a prediction is, row for row."""
        known, deviation, age = (
            self.past.columns[f"account_{name}"].astype(np.float64)
            for name in ("posts", "deviation", "label_age")
        )
        return Doubt(self.spread, known, deviation, age)

    def take(self, groups: tuple[str, ...]) -> tuple[list[int], list[str]]:
        """Return the places and names of the columns of some groups."""
        places = [place for place, group in enumerate(self.groups) if group in groups]
        return places, [self.names[place] for place in places]


def of_network(names: Sequence[str]) -> list[int]:
    """Return the places of the columns that a network looks at.

    What an account has written so far is not among them: a network learns accounts by heart
    from it, and predicts those of other companies worse.
    """
    return [place for place, name in enumerate(names) if STYLED not in name]


def learn(
    material: Material, seen: View, train: Mask, *, model: Model, residual: bool, cold: bool
) -> Design:
    """Learn projections and the kernel from the training posts."""
    inputs = material.inputs
    named = [
        name
        for group, names in (("text", inputs.texts), ("image", inputs.images))
        if inputs.has(group)
        for name in names
    ]
    projections = {
        # A network alone sees all directions, which is the whole space, only rotated.
        name: project(
            material.vectors[name],
            train,
            material.vectors[name].shape[1] if model == "mlp" else COMPONENTS,
        )
        for name in named
    }
    learned = None
    if model == "stack" and inputs.has("neighbours") and inputs.has("history") and not cold:
        # The kernel may be learned only from labels that the split lets be known.
        labelled = train if not (train & seen.known).any() else train & seen.known
        form = inputs.has("form")
        learned = kernel_learning.learn(
            material.posts, labelled, material.stored_likeness, form=form
        )
    weight = weights(material.posts, train, cold=cold)
    mean = float(np.average(material.posts.y[train], weights=weight[train]))
    styles = {
        name: project(material.vectors[name], train, STYLE)
        for name in (inputs.texts if cold and inputs.has("text") else ())
    }
    return Design(model, residual, cold, mean, projections, styles, learned)


def weights(posts: Posts, train: Mask, *, cold: bool) -> Floats:
    """Weigh each post in learning, shape (n,).

    For companies never seen it is companies that a sample is made of: each counts by the
    root of its posts, so that the largest does not drown the others.
    """
    if not cold:
        return np.ones(len(posts))
    count = np.bincount(posts.company[train], minlength=int(posts.company.max()) + 1)
    return 1 / np.sqrt(np.maximum(1, count[posts.company]))


def apply(
    design: Design,
    material: Material,
    seen: View,
    rows: Indices | None = None,
    factors: Factors | None = None,
    past: Past | None = None,
) -> Matrix:
    """Compute the matrix, each row from what its post may see.

    Parameters
    ----------
    design, material, seen
        What was learned, the posts, and the labels that each may look at.
    rows : array, shape (m,), int64, optional
        Rows of the posts that are wanted; all by default. A few are quick.
    factors : mapping, optional
        Factors that the kernel made before from the same labels (`kernel.predict`).
    past : Past, optional
        What was computed before of the same labels.
    """
    posts = material.posts
    asked = np.arange(len(posts)) if rows is None else rows
    found = columns(material, seen, cold=design.cold, rows=rows, past=past)
    names, groups, values = list(found.names), list(found.groups), [found.values]
    spaces = [""] * len(names)
    for space, projection in design.projections.items():
        coordinates = projection.apply(material.vectors[space][asked])
        names += [f"{space}_{place}" for place in range(coordinates.shape[1])]
        groups += ["text" if space in material.inputs.texts else "image"] * coordinates.shape[1]
        spaces += [space] * coordinates.shape[1]
        values.append(coordinates)
    for space, projection in design.styles.items():
        coordinates = projection.apply(_written_so_far(posts, material.vectors[space])[asked])
        names += [f"{space}{STYLED}{place}" for place in range(coordinates.shape[1])]
        groups += ["text"] * coordinates.shape[1]
        spaces += [f"{space} style"] * coordinates.shape[1]
        values.append(coordinates)
    known = np.nan_to_num(_column(found.names, found.values, "account_posts"))
    base = np.full(len(asked), design.mean)
    spread: Floats = np.sqrt(1 + 1 / (1 + known))
    if material.inputs.has("history") and not design.cold and design.residual:
        base = found.past.expected
    if design.kernel is not None:
        mean, deviation = kernel.predict(
            design.kernel, posts, seen, material.likeness, rows, factors
        )
        names += ["kernel_mean", "kernel_deviation", "kernel_shift"]
        groups += ["neighbours"] * 3
        spaces += [""] * 3
        values.append(
            np.column_stack([mean, deviation, mean - found.past.expected]).astype(np.float32)
        )
        base, spread = (mean if design.residual else base), deviation
    whole = np.hstack(values)
    views = [_seen_otherwise(design, whole, spaces, vectors) for vectors in material.views]
    return Matrix(names, groups, spaces, whole, base, spread, found.past, views)


def _seen_otherwise(
    design: Design, whole: Vectors, spaces: Sequence[str], vectors: Mapping[str, Vectors]
) -> Vectors:
    """Compute the matrix of other vectors; NaN in all of a row that has none."""
    seen, some = whole.copy(), np.zeros(len(whole), dtype=bool)
    for space, projection in design.projections.items():
        if space in vectors:
            there = np.isfinite(vectors[space][:, 0])
            mine = np.array([place for place, name in enumerate(spaces) if name == space])
            seen[np.flatnonzero(there)[:, None], mine] = projection.apply(vectors[space][there])
            some |= there
    seen[~some] = np.nan
    return seen


def _written_so_far(posts: Posts, vectors: PostVectors) -> Vectors:
    """Average the vectors of an account's posts, up to each post and with it.

    It needs no label, and says what kind of account it is where none is known.
    """
    order = np.lexsort((posts.post_id, posts.time, posts.account))
    ordered = vectors[order]
    mine = np.nan_to_num(ordered).astype(np.float64)
    there = np.isfinite(ordered[:, 0])
    # Drafts are alternatives: none counts as written before another.
    draft = posts.post_id[order] < 0
    stored = (there & ~draft)[:, None]
    first = np.flatnonzero(np.diff(posts.account[order], prepend=-1))
    start = np.repeat(first, np.diff(first, append=len(order)))
    after = np.arange(1, len(order) + 1)
    sums = np.vstack([np.zeros((1, mine.shape[1])), np.cumsum(mine * stored, axis=0)])
    counts = np.concatenate([[0], np.cumsum(stored)])
    total = sums[after] - sums[start] + mine * draft[:, None]
    number = counts[after] - counts[start] + (there & draft)
    found = np.full(vectors.shape, np.nan, dtype=np.float32)
    some = number > 0
    found[order[some]] = total[some] / number[some, None]
    return found


def _column(names: list[str], values: Vectors, name: str) -> Floats:
    """Return a column by name; zeros where there is none."""
    if name not in names:
        return np.zeros(len(values))
    return values[:, names.index(name)].astype(np.float64)
