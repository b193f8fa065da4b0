"""A light head that says how a text does relative to its account's other posts.

Two of them, trained on different accounts, test whether wanting more likes brings texts that
another head also gives more: one chooses among candidates, the other judges the choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices, Vectors
from heads.tweets.data.material import Material
from heads.tweets.data.words import words

FORMS = 7
"""Facts of a text's form."""

VECTOR_STRENGTH, FORM_STRENGTH = 1e5, 3e3
"""Ridge of the vector's columns and of those of form: the signal is weak, and with less of it two
judges agree on little. Chosen by how well accounts other than those learned from are ordered."""

EXTREME = 3.0
"""Relative log1p likes are cut here: a post that everybody shares says little about its words."""

FEW = 5.0
"""Posts that an account's own mean prediction is weighed against that of all."""


@dataclass(frozen=True)
class Judge:
    """Ridge regression of relative log1p likes on a text's vector and form.

    Attributes
    ----------
    weight : array, shape (columns,)
        Coefficients.
    spread : array, shape (n,)
        Predictions of the posts it learned from, less the mean of their account's, in order:
        the scale that levels are read on.
    """

    weight: Floats
    spread: Floats

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Predict relative log1p likes up to a constant, shape (n,)."""
        found: Floats = columns(texts, vectors) @ self.weight
        return found

    def level(self, predicted: Floats, usual: Floats) -> Floats:
        """Place predictions among those of an account's posts: from 0 to 10, as levels do.

        Parameters
        ----------
        predicted : array
            What `predict` gave.
        usual : array, broadcastable to it
            Mean of what is predicted of the account's posts.
        """
        place = np.searchsorted(self.spread, predicted - usual)
        found: Floats = 10 * place / max(1, len(self.spread))
        return found


def columns(texts: Sequence[str], vectors: Vectors) -> Floats:
    """Join a text's vector and simple facts of its form, shape (n, dim + FORMS)."""
    form = [
        [
            len(text) / 100,
            len(words(text)) / 10,
            text.count("#"),
            text.count("<hyperlink>"),
            text.count("<mention>"),
            text.count("!") + text.count("?"),
            sum(ord(letter) > 0x2600 for letter in text),
        ]
        for text in texts
    ]
    numbers = np.array(form, dtype=np.float64).reshape(len(texts), FORMS)
    return np.hstack([np.nan_to_num(vectors).astype(np.float64), numbers])


def learn(material: Material, relative: Floats, rows: Indices) -> Judge:
    """Fit a judge on some rows; `relative` is log1p likes less what was expected."""
    x = columns([material.texts[row] for row in rows.tolist()], material.vectors[rows])
    # Within accounts, so that what an account is like is not taken for what its texts do.
    account = material.posts.account[rows]
    own = x - _means(x, account)
    y = np.clip(relative[rows], -EXTREME, EXTREME)
    y = y - _means(y[:, None], account)[:, 0]
    scale = np.maximum(own.std(axis=0), 1e-6)
    z = own / scale
    ridge = np.full(z.shape[1], VECTOR_STRENGTH)
    ridge[-FORMS:] = FORM_STRENGTH
    weight = np.linalg.solve(z.T @ z + np.diag(ridge), z.T @ y) / scale
    return Judge(weight, np.sort(own @ weight))


def read_off(judge: Judge, material: Material, rows: Indices) -> Indices:
    """Predict the level that the words of some rows promise, shape (posts of the material,).

    From 0 to 9 for the rows, −1 for all others.
    """
    texts = [material.texts[row] for row in rows.tolist()]
    predicted = judge.predict(texts, material.vectors[rows])
    account = material.posts.account[rows]
    count = np.bincount(account)[account]
    share = count / (count + FEW)
    usual = share * _means(predicted[:, None], account)[:, 0] + (1 - share) * predicted.mean()
    found = np.full(len(material.posts), -1, dtype=np.int64)
    found[rows] = np.minimum(9, judge.level(predicted, usual)).astype(np.int64)
    return found


def two_judges(material: Material, rows: Indices) -> tuple[Judge, Judge]:
    """Fit one judge that teaches and chooses, and one that judges, on different accounts."""
    relative = material.posts.y - material.expected
    one, other = halves(material, rows[np.isfinite(relative[rows])])
    return learn(material, relative, one), learn(material, relative, other)


def halves(material: Material, rows: Indices) -> tuple[Indices, Indices]:
    """Cut rows into two sets that have no account in common; rows of one account by time."""
    accounts = np.unique(material.posts.account[rows])
    if len(accounts) == 1:
        return rows[: len(rows) // 2], rows[len(rows) // 2 :]
    chosen = np.random.default_rng(0).permutation(accounts)[: len(accounts) // 2]
    mask = np.isin(material.posts.account[rows], chosen)
    return rows[mask], rows[~mask]


def _means(values: Floats, key: Indices) -> Floats:
    """Compute the mean of each row's group, shape of `values`."""
    _, group = np.unique(key, return_inverse=True)
    total = np.zeros((group.max() + 1, values.shape[1]))
    np.add.at(total, group, values)
    mean: Floats = (total / np.bincount(group)[:, None])[group]
    return mean
