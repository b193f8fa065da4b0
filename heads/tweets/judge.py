"""A light head that says how a text does relative to its account's other posts.

Two of them, trained on different accounts, test whether wanting more likes brings texts that
another head also gives more: one chooses among candidates, the other judges the choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heads.posts import Floats, Indices, Vectors
from heads.tweets.material import Material
from heads.tweets.words import words


@dataclass(frozen=True)
class Judge:
    """Ridge regression of relative log1p likes on a text's vector and form.

    Attributes
    ----------
    centre, scale : array, shape (columns,)
        Of the columns.
    weight : array, shape (columns,)
        Coefficients of the standardised columns.
    spread : array, shape (n,)
        Predictions of the posts it learned from, in order: the scale that levels are read on.
    """

    centre: Floats
    scale: Floats
    weight: Floats
    spread: Floats

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Relative log1p likes, shape (n,)."""
        found: Floats = ((columns(texts, vectors) - self.centre) / self.scale) @ self.weight
        return found

    def level(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Where predictions stand among those of real posts: from 0 to 10, as levels do."""
        place = np.searchsorted(self.spread, self.predict(texts, vectors))
        found: Floats = 10 * place / max(1, len(self.spread))
        return found


def columns(texts: Sequence[str], vectors: Vectors) -> Floats:
    """A text's vector and simple facts of its form, shape (n, dim + 7)."""
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
    numbers = np.array(form, dtype=np.float64).reshape(len(texts), 7)
    return np.hstack([np.nan_to_num(vectors).astype(np.float64), numbers])


def learn(material: Material, relative: Floats, rows: Indices, *, strength: float = 100.0) -> Judge:
    """Fit a judge on some rows; `relative` is log1p likes less what was expected."""
    x = columns([material.texts[row] for row in rows.tolist()], material.vectors[rows])
    # Within accounts, so that what an account is like is not taken for what its texts do.
    account = material.posts.account[rows]
    x_own, y = x - _means(x, account), relative[rows] - _means(relative[rows, None], account)[:, 0]
    scale = np.maximum(x_own.std(axis=0), 1e-6)
    z = x_own / scale
    weight = np.linalg.solve(z.T @ z + strength * np.eye(z.shape[1]), z.T @ y)
    centre = x.mean(axis=0)
    return Judge(centre, scale, weight, np.sort(((x - centre) / scale) @ weight))


def halves(material: Material, rows: Indices, *, seed: int = 0) -> tuple[Indices, Indices]:
    """Rows of two sets of accounts that have none in common."""
    accounts = np.unique(material.posts.account[rows])
    chosen = np.random.default_rng(seed).permutation(accounts)[: len(accounts) // 2]
    mask = np.isin(material.posts.account[rows], chosen)
    return rows[mask], rows[~mask]


def _means(values: Floats, key: Indices) -> Floats:
    """Mean of each row's group, shape of `values`."""
    _, group = np.unique(key, return_inverse=True)
    total = np.zeros((group.max() + 1, values.shape[1]))
    np.add.at(total, group, values)
    mean: Floats = (total / np.bincount(group)[:, None])[group]
    return mean
