"""A causal Gaussian process over each company's posts: similar earlier posts count most.

Two posts are alike for being of one company, of one account, near in time, and similar in
content (`covariance.py`); how much each counts is learned by marginal likelihood
(`kernel_learning.py`). One Cholesky factor of a company's posts in the order of time gives the
prediction of every post from all those before it: the first p entries of row i are what is
needed to predict post i from p earlier labels. Neither a later label nor a later post can enter.
"""

from collections.abc import Iterator, MutableMapping
from dataclasses import asdict, astuple, dataclass
from typing import Any

import numpy as np

from heads.arrays import Floats, Indices, Mask, PostVectors, Vectors
from heads.data.history import View
from heads.data.neighbours import NEAR_DUPLICATE
from heads.data.posts import Posts
from heads.likes.models.covariance import (
    Company,
    Content,
    Parameters,
    by_company,
    company_of,
    factorise,
)
from heads.likes.models.form import Forms, FormScale

MEMORY = 2000
"""Most earlier labels of a company that a prediction rests on; of a longer history, between the
latest half of this number and all of it."""

PREDICTED_AT_ONCE = 1000
"""Posts without a known label that share one factorisation, at most."""


@dataclass(frozen=True)
class Factor:
    """What predictions need of some labelled posts.

    Attributes
    ----------
    lower : array, shape (n, n), float32
        Cholesky factor of their noisy covariance.
    white : array, shape (n,), float32
        Their whitened labels.
    posts : Company
        The posts.
    vectors : array, shape (n, dim), float32, optional
        Their vectors, 0 where there is none; None where content is not compared.
    """

    lower: Vectors
    white: Vectors
    posts: Company
    vectors: Vectors | None

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory, about."""
        vectors = 0 if self.vectors is None else 2 * self.vectors.nbytes
        return self.lower.nbytes + vectors


Factors = MutableMapping[tuple[bytes, bool], Factor]
"""Factors by the ids of the labelled posts, and by whether texts are compared."""


@dataclass(frozen=True)
class Kernel:
    """A learned Gaussian process.

    Attributes
    ----------
    parameters : Parameters
        Variances, the noise and the length scales.
    mean : float
        Prediction for an unknown company, log1p.
    center : tuple of float
        Mean vector of the training texts; empty if content is not looked at.
    form : FormScale, optional
        Scale of form; None if it is not looked at, as in runs of version 0.1.
    """

    parameters: Parameters
    mean: float
    center: tuple[float, ...]
    form: FormScale | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as numbers and lists."""
        *values, weight = astuple(self.parameters)
        found = {"values": values, "mean": self.mean, "center": list(self.center)}
        if self.form is not None:
            found["form"] = {"weight": weight} | asdict(self.form)
        return found

    @staticmethod
    def from_json(found: dict[str, Any]) -> "Kernel":
        """Read what `to_json` returned."""
        form = found.get("form")
        return Kernel(
            Parameters(*[*found["values"], form["weight"] if form else 0.0]),
            found["mean"],
            tuple(found["center"]),
            FormScale(tuple(form["mean"]), tuple(form["scale"])) if form else None,
        )


def predict(
    kernel: Kernel,
    posts: Posts,
    seen: View,
    vectors: PostVectors | None,
    rows: Indices | None = None,
    factors: Factors | None = None,
) -> tuple[Floats, Floats]:
    """Predict each post's log1p label from the labels that it may see.

    A post that repeats an earlier one of its company is predicted without looking at
    texts: a repeat is no evidence of how a text is liked.

    Parameters
    ----------
    kernel : Kernel
        From `kernel_learning.learn`.
    posts : Posts
        The posts.
    seen : View
        Labels that are known, and the moment up to which each post looks.
    vectors : array, shape (n, dim), float32, optional
        The same space's vectors as in `kernel_learning.learn`.
    rows : array, shape (m,), int64, optional
        Rows of the posts to predict; all by default.
    factors : mapping, optional
        Factors of an earlier call with the same labels, which are used and added to: what
        takes long once takes no time again.

    Returns
    -------
    mean, deviation : arrays, shape (m,)
        Mean and standard deviation of the prediction.
    """
    given = rows
    if rows is None:
        rows = np.arange(len(posts))
    asked = np.zeros(len(posts), dtype=bool)
    asked[rows] = True
    mean, deviation = np.full(len(posts), np.nan), np.full(len(posts), np.nan)
    blocks = [block for block in by_company(posts, given) if asked[block].any()]
    content = _content(kernel, posts, vectors, given)
    for block in blocks:
        wanted = block[asked[block]]
        memory = block[seen.known[block]]
        reach = np.searchsorted(posts.time[memory], seen.cutoff[wanted], "left")
        for remembered, window, prefix in _windows(memory, wanted, reach):
            task = _Window(kernel, posts, content, remembered, window, prefix, factors)
            m, v = task.predict()
            mean[window], deviation[window] = kernel.mean + m, np.sqrt(v)
    return mean[rows], deviation[rows]


@dataclass(frozen=True)
class _Window:
    """Posts that are predicted from the same labels.

    Attributes
    ----------
    kernel, posts
        As in `predict`.
    content : Content
        What is compared.
    memory : array, int64
        Rows whose labels are looked at, in the order of time.
    rows : array, int64
        Rows to predict.
    prefix : array, int64
        How many of the first labels each of them sees.
    factors : mapping, optional
        As in `predict`.
    """

    kernel: Kernel
    posts: Posts
    content: Content
    memory: Indices
    rows: Indices
    prefix: Indices
    factors: Factors | None

    def predict(self) -> tuple[Floats, Floats]:
        """Compute means, less the kernel's own, and variances.

        Repeats are predicted again without texts: the variance that texts explained is then
        part of what is uncertain.
        """
        factor = self._factor(texts=True)
        mean, variance = self._predict(np.arange(len(self.rows)), factor, texts=True)
        if factor.vectors is not None and self.content.vectors is not None:
            asked = self.content.vectors[self.rows]
            again = np.flatnonzero(_repeats(factor.vectors, asked, self.prefix))
            if len(again):
                without = self._factor(texts=False)
                mean[again], variance[again] = self._predict(again, without, texts=False)
        return mean, variance

    def _predict(self, places: Indices, factor: Factor, *, texts: bool) -> tuple[Floats, Floats]:
        """Predict the rows at some places of the window."""
        rows, prefix = self.rows[places], self.prefix[places]
        p = self.kernel.parameters
        weights = self._weights(rows, factor, texts=texts).astype(np.float64)
        # What lies beyond the labels that a post sees counts nothing.
        weights[np.arange(len(factor.white))[None] >= prefix[:, None]] = 0
        alone = self._of(rows).variance(p, texts=texts)
        variance = alone + p.noise - np.sum(weights**2, axis=1)
        return weights @ factor.white.astype(np.float64), np.maximum(variance, p.noise)

    def _factor(self, *, texts: bool) -> Factor:
        """Factorise the covariance of the labels that are looked at, or look the factor up."""
        key = (self.posts.post_id[self.memory].tobytes(), texts)
        found = None if self.factors is None else self.factors.get(key)
        if found is None:
            posts = self._of(self.memory)
            covariance = posts.beside(posts).covariance(self.kernel.parameters, texts=texts)
            y = (self.posts.y[self.memory] - self.kernel.mean).astype(np.float32)
            bordered = factorise(covariance, y, self.kernel.parameters.noise)
            vectors = None
            if self.content.compared and texts and self.content.vectors is not None:
                vectors = np.nan_to_num(self.content.vectors[self.memory])
            lower = np.ascontiguousarray(bordered[:-1, :-1])
            found = Factor(lower, bordered[-1, :-1].copy(), posts, vectors)
            if self.factors is not None:
                self.factors[key] = found
        return found

    def _weights(self, rows: Indices, factor: Factor, *, texts: bool) -> Vectors:
        """Compute L⁻¹k of each row, shape (rows, labels): for one in memory a row of L."""
        import torch

        place = np.searchsorted(self.memory, rows)
        inside = np.isin(rows, self.memory)
        weights = np.empty((len(rows), len(self.memory)), dtype=np.float32)
        weights[inside] = factor.lower[place[inside]]
        others = rows[~inside]
        if len(others) and len(self.memory):
            between = factor.posts.beside(self._of(others))
            shared = between.covariance(self.kernel.parameters, texts=texts)
            solved = torch.linalg.solve_triangular(
                torch.from_numpy(factor.lower), torch.from_numpy(shared), upper=False
            )
            weights[~inside] = solved.numpy().T
        return weights

    def _of(self, rows: Indices) -> Company:
        return company_of(self.posts, rows, self.content)


def votes(
    kernel: Kernel, posts: Posts, seen: View, vectors: PostVectors | None, row: int
) -> tuple[Indices, Floats]:
    """Compute how far each earlier post moved the prediction of one post, in log1p.

    Parameters
    ----------
    kernel, posts, seen, vectors
        As in `predict`.
    row : int
        Row of the post.

    Returns
    -------
    rows, votes : arrays, shape (m,)
        The votes add up to the prediction less the kernel's mean.
    """
    block = next(rows for rows in by_company(posts) if row in rows)
    memory = block[seen.known[block]]
    memory = memory[posts.time[memory] < seen.cutoff[row]][-MEMORY:]
    if not len(memory):
        return memory, np.empty(0)
    together = np.append(memory, row)
    content = _content(kernel, posts, vectors, together)
    n = len(memory)
    texts = True
    if content.compared and vectors is not None:
        seen_before = np.nan_to_num(vectors[memory])
        texts = not _repeats(seen_before, vectors[together[-1:]], np.array([n])).any()
    both = company_of(posts, together, content)
    between = both.beside(both)
    covariance = between.covariance(kernel.parameters, texts=texts).astype(np.float64)
    noisy = covariance[:n, :n] + kernel.parameters.noise * np.eye(n)
    weight = np.linalg.solve(noisy, covariance[:n, n])
    return memory, weight * (posts.y[memory] - kernel.mean)


def _windows(
    memory: Indices, wanted: Indices, reach: Indices
) -> Iterator[tuple[Indices, Indices, Indices]]:
    """Cut a company's posts into windows of bounded size.

    Yields
    ------
    memory, wanted, reach : arrays, int64
        Rows whose labels are looked at, rows to predict, and how many of the first each sees.
    """
    half = MEMORY // 2
    start = np.where(reach <= MEMORY, 0, -(-(reach - MEMORY) // half) * half)
    for first in np.unique(start):
        chosen = np.flatnonzero(start == first)
        last = int(reach[chosen].max())
        remembered = memory[first:last]
        # Rows in memory are factorised anyway; the others go in groups of bounded size.
        inside = np.isin(wanted[chosen], remembered)
        outside = np.flatnonzero(~inside)
        groups = np.array_split(outside, max(1, -(-len(outside) // PREDICTED_AT_ONCE)))
        for number, group in enumerate(groups):
            rows = np.concatenate([np.flatnonzero(inside), group]) if number == 0 else group
            if len(rows):
                yield remembered, wanted[chosen[rows]], reach[chosen[rows]] - first


def _repeats(memory: Vectors, vectors: Vectors, prefix: Indices) -> Mask:
    """Mark the posts that have a near-duplicate among the labelled posts that they see.

    Parameters
    ----------
    memory : array, shape (labels, dim), float32
        Vectors of the labelled posts, 0 where there is none.
    vectors : array, shape (n, dim), float32
        Those of the posts, NaN where there is none.
    prefix : array, shape (n,), int64
        How many of the first labels each of them sees.
    """
    n = int(prefix.max(initial=0))
    alike = np.nan_to_num(vectors) @ memory[:n].T >= NEAR_DUPLICATE
    return np.asarray(np.any(alike & (np.arange(n)[None] < prefix[:, None]), axis=1))


def _content(
    kernel: Kernel, posts: Posts, vectors: PostVectors | None, rows: Indices | None
) -> Content:
    """Say what the posts are compared by; of all posts at once where no `rows` are asked for."""
    if kernel.form is None:
        return Content(vectors, kernel.center, None)
    forms = Forms(posts, kernel.form)
    return Content(
        vectors, kernel.center, forms if rows is not None else forms[np.arange(len(posts))]
    )
