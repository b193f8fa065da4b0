"""A causal Gaussian process over each company's posts: similar earlier posts count most.

Two posts are alike for being of one company, of one account, near in time, and similar in
content; how much each counts is learned by marginal likelihood (Rasmussen and Williams, 2006,
chapter 5). One Cholesky factor of a company's posts in the order of time gives the prediction
of every post from all those before it: the first p entries of row i are what is needed to
predict post i from p earlier labels. Neither a later label nor a later post can enter.
"""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data.history import View
from heads.data.neighbours import NEAR_DUPLICATE
from heads.data.posts import Posts
from heads.likes.models.form import FormScale, form_numbers, learn_scale

MEMORY = 2000
"""Most earlier labels of a company that a prediction rests on; of a longer history, between the
latest half of this number and all of it."""

PREDICTED_AT_ONCE = 1000
"""Posts without a known label that share one factorisation, at most."""

LEARN_FROM = 250
"""Latest posts of each company that the parameters are learned from."""

FIRST_STEP = 0.7
"""First step of the coordinate search, in the logarithm of a parameter."""

Factor = tuple[Vectors, Vectors]
"""Cholesky factor of the noisy covariance of some labelled posts, and their whitened labels."""

Factors = MutableMapping[tuple[bytes, bool], Factor]
"""Factors by the ids of the labelled posts, and by whether texts are compared."""


@dataclass(frozen=True)
class Parameters:
    """Parameters of the covariance; the order of the fields is that of a saved run's numbers.

    Attributes
    ----------
    company, account : float
        Variance that all posts of a company (of an account) share.
    drift, company_drift : float
        Variance that posts of an account (of a company) share while they are near in time.
    text, account_text : float
        Variance that posts of a company (of an account) share as far as they are alike.
    noise : float
        Variance of a single post.
    days, company_days : float
        Length scales of the drifts, in days.
    reach : float
        Length scale of content, in 1 − cosine.
    form : float
        Weight of a difference in form beside one in content.
    """

    company: float = 3.0
    account: float = 0.75
    drift: float = 0.12
    company_drift: float = 0.02
    text: float = 0.1
    account_text: float = 0.4
    noise: float = 0.3
    days: float = 60.0
    company_days: float = 240.0
    reach: float = 0.7
    form: float = 0.2


OF_CONTENT = ("text", "account_text", "reach", "form")
"""Parameters that say nothing where no content is compared."""


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


@dataclass(frozen=True)
class _Company:
    """Some posts of a company in time order, as the covariance sees them.

    Attributes
    ----------
    days : array, shape (n,)
        Days since 2020.
    account : array, shape (n,), int64
    vectors : array, shape (n, dim), float32, optional
        Centred vectors of length 1; zeros where there is none.
    forms : array, shape (n, numbers), float32, optional
        Scaled form.
    """

    days: Floats
    account: Indices
    vectors: Vectors | None
    forms: Vectors | None

    @cached_property
    def itself(self) -> "_Between":
        """What lies between every two of them."""
        return self.beside(self)

    def beside(self, other: "_Company") -> "_Between":
        """Compare these posts with others of the company."""
        content = form = None
        if self.vectors is not None and other.vectors is not None:
            content = self.vectors @ other.vectors.T - 1
            if self.forms is not None and other.forms is not None:
                form = _half_squares(self.forms, other.forms)
        return _Between(
            np.abs(self.days[:, None] - other.days[None]).astype(np.float32),
            self.account[:, None] == other.account[None],
            content,
            form,
        )

    def variance(self, p: Parameters, *, texts: bool = True) -> Floats:
        """Compute the diagonal of the covariance, shape (n,)."""
        variance = np.full(len(self.days), p.company + p.company_drift + p.account + p.drift)
        if texts and self.vectors is not None:
            # A post without a vector is not even like itself.
            square = np.sum(self.vectors.astype(np.float64) ** 2, axis=1)
            variance += (p.text + p.account_text) * np.exp((square - 1) / p.reach)
        return variance


@dataclass(frozen=True)
class _Between:
    """What lies between some posts of a company and others; arrays of shape (n, others).

    Attributes
    ----------
    gap : array, float32
        Days.
    same : array, bool
        Whether they are of one account.
    content : array, float32, optional
        Cosine less 1.
    form : array, float32, optional
        Half the squared distance in form.
    """

    gap: Vectors
    same: Mask
    content: Vectors | None
    form: Vectors | None

    def covariance(self, p: Parameters, *, texts: bool = True) -> Vectors:
        """Compute the covariance without noise."""
        own = p.account + p.drift * np.exp(-self.gap / p.days)
        shared = p.company + p.company_drift * np.exp(-self.gap / p.company_days)
        if texts and self.content is not None:
            near = self.content if self.form is None else self.content - p.form * self.form
            alike = np.exp(near / p.reach)
            own += p.account_text * alike
            shared += p.text * alike
        covariance: Vectors = shared + np.where(self.same, own, np.float32(0))
        return covariance


def _half_squares(a: Vectors, b: Vectors) -> Vectors:
    """Compute half the squared distance of each row of `a` from each of `b`."""
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None]
    return np.asarray(np.maximum(squares / 2 - a @ b.T, 0), dtype=np.float32)


def learn(
    posts: Posts, train: Mask, vectors: Vectors | None, *, form: bool = True, sweeps: int = 3
) -> Kernel:
    """Learn the parameters from the training posts, by coordinate search.

    Parameters
    ----------
    posts : Posts
        The posts.
    train : array, shape (n,), bool
        Posts to learn from; their labels are known.
    vectors : array, shape (n, dim), float32, optional
        Vectors by which content is compared; None to compare none.
    form : bool
        Compare the form of posts beside their content.
    sweeps : int
        Times that each parameter is tried up and down.
    """
    mean = float(posts.y[train].mean())
    center: tuple[float, ...] = ()
    if vectors is not None:
        center = tuple(np.nanmean(vectors[train], axis=0).tolist())
    scale, forms = None, None
    if form and vectors is not None:
        numbers = form_numbers(posts)
        scale = learn_scale(numbers, train)
        forms = scale.apply(numbers)
    seen = _Content(vectors, center, forms)
    companies = []
    for rows in _blocks(posts):
        chosen = rows[train[rows]][-LEARN_FROM:]
        if len(chosen):
            part = _company(posts, chosen, seen).itself
            companies.append((part, (posts.y[chosen] - mean).astype(np.float32)))

    def loss(parameters: Parameters) -> float:
        try:
            return sum(
                _surprise(part.covariance(parameters), y, parameters.noise) for part, y in companies
            )
        except np.linalg.LinAlgError:
            return float("inf")

    fixed = OF_CONTENT if vectors is None else () if form else ("form",)
    return Kernel(_coordinate_search(loss, fixed, sweeps), mean, center, scale)


def _coordinate_search(
    loss: Callable[[Parameters], float], fixed: Sequence[str], sweeps: int
) -> Parameters:
    """Minimise a loss over the logarithms of the parameters, one after the other.

    A step up and one down are tried; where neither is better, the next sweep's step is half.
    """
    names = [field.name for field in fields(Parameters)]
    logs = np.log(np.array(astuple(Parameters())))
    step = np.full(len(logs), FIRST_STEP)

    def at(logs: Floats) -> Parameters:
        return Parameters(*np.exp(logs).tolist())

    best = loss(at(logs))
    for _ in range(sweeps):
        for place in (k for k, name in enumerate(names) if name not in fixed):
            for sign in (1, -1):
                candidate = logs.copy()
                candidate[place] += sign * step[place]
                found = loss(at(candidate))
                if found < best:
                    best, logs = found, candidate
                    break
            else:
                step[place] /= 2
    return at(logs)


def predict(
    kernel: Kernel,
    posts: Posts,
    seen: View,
    vectors: Vectors | None,
    rows: Indices | None = None,
    factors: Factors | None = None,
) -> tuple[Floats, Floats]:
    """Predict each post's log1p label from the labels that it may see.

    A post that repeats an earlier one of its company is predicted without looking at
    texts: a repeat is no evidence of how a text is liked.

    Parameters
    ----------
    kernel : Kernel
        From `learn`.
    posts : Posts
        The posts.
    seen : View
        Labels that are known, and the moment up to which each post looks.
    vectors : array, shape (n, dim), float32, optional
        The same space's vectors as in `learn`.
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
    if rows is None:
        rows = np.arange(len(posts))
    asked = np.zeros(len(posts), dtype=bool)
    asked[rows] = True
    mean, deviation = np.full(len(posts), np.nan), np.full(len(posts), np.nan)
    blocks = [block for block in _blocks(posts) if asked[block].any()]
    content = _content(kernel, posts, vectors, blocks)
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
    content : _Content
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
    content: "_Content"
    memory: Indices
    rows: Indices
    prefix: Indices
    factors: Factors | None

    def predict(self) -> tuple[Floats, Floats]:
        """Compute means, less the kernel's own, and variances.

        Repeats are predicted again without texts: the variance that texts explained is then
        part of what is uncertain.
        """
        mean, variance = self._predict(np.arange(len(self.rows)), texts=True)
        if self.content.compared:
            again = np.flatnonzero(
                _repeats(self.content.vectors, self.memory, self.rows, self.prefix)
            )
            if len(again):
                mean[again], variance[again] = self._predict(again, texts=False)
        return mean, variance

    def _predict(self, places: Indices, *, texts: bool) -> tuple[Floats, Floats]:
        """Predict the rows at some places of the window."""
        rows, prefix = self.rows[places], self.prefix[places]
        p = self.kernel.parameters
        lower, white = self._factor(texts=texts)
        weights = self._weights(rows, lower, texts=texts).astype(np.float64)
        # What lies beyond the labels that a post sees counts nothing.
        weights[np.arange(lower.shape[0])[None] >= prefix[:, None]] = 0
        alone = self._of(rows).variance(p, texts=texts)
        variance = alone + p.noise - np.sum(weights**2, axis=1)
        return weights @ white.astype(np.float64), np.maximum(variance, p.noise)

    def _factor(self, *, texts: bool) -> Factor:
        """Factorise the covariance of the labels that are looked at, or look the factor up."""
        key = (self.posts.post_id[self.memory].tobytes(), texts)
        found = None if self.factors is None else self.factors.get(key)
        if found is None:
            covariance = self._of(self.memory).itself.covariance(
                self.kernel.parameters, texts=texts
            )
            y = (self.posts.y[self.memory] - self.kernel.mean).astype(np.float32)
            bordered = _factor(covariance, y, self.kernel.parameters.noise)
            found = (bordered[:-1, :-1], bordered[-1, :-1])
            if self.factors is not None:
                self.factors[key] = found
        return found

    def _weights(self, rows: Indices, lower: Vectors, *, texts: bool) -> Vectors:
        """Compute L⁻¹k of each row, shape (rows, labels): for one in memory a row of L."""
        import torch

        place = np.searchsorted(self.memory, rows)
        inside = np.isin(rows, self.memory)
        weights = np.empty((len(rows), len(self.memory)), dtype=np.float32)
        weights[inside] = lower[place[inside]]
        others = rows[~inside]
        if len(others) and len(self.memory):
            between = self._of(self.memory).beside(self._of(others))
            shared = between.covariance(self.kernel.parameters, texts=texts)
            solved = torch.linalg.solve_triangular(
                torch.from_numpy(np.ascontiguousarray(lower)),
                torch.from_numpy(shared),
                upper=False,
            )
            weights[~inside] = solved.numpy().T
        return weights

    def _of(self, rows: Indices) -> _Company:
        return _company(self.posts, rows, self.content)


def votes(
    kernel: Kernel, posts: Posts, seen: View, vectors: Vectors | None, row: int
) -> tuple[Indices, Floats]:
    """Compute how far each earlier post moved the prediction of one post, in log1p.

    Returns
    -------
    rows, votes : arrays, shape (m,)
        The votes add up to the prediction less the kernel's mean.
    """
    block = next(rows for rows in _blocks(posts) if row in rows)
    memory = block[seen.known[block]]
    memory = memory[posts.time[memory] < seen.cutoff[row]][-MEMORY:]
    if not len(memory):
        return memory, np.empty(0)
    together = np.append(memory, row)
    content = _content(kernel, posts, vectors, [block])
    n = len(memory)
    texts = True
    if content.compared:
        texts = not _repeats(content.vectors, memory, np.array([row]), np.array([n])).any()
    between = _company(posts, together, content).itself
    covariance = between.covariance(kernel.parameters, texts=texts).astype(np.float64)
    noisy = covariance[:n, :n] + kernel.parameters.noise * np.eye(n)
    weight = np.linalg.solve(noisy, covariance[:n, n])
    return memory, weight * (posts.y[memory] - kernel.mean)


def _surprise(covariance: Vectors, y: Vectors, noise: float) -> float:
    """Compute the negative log likelihood of labels, in nats, up to a constant."""
    lower = _factor(covariance, y, noise)
    error, spread = lower[-1, :-1], np.diag(lower)[:-1]
    return float(np.sum(np.log(spread)) + 0.5 * np.sum(error**2))


def _factor(covariance: Vectors, y: Vectors, noise: float) -> Vectors:
    """Factorise the noisy covariance (Cholesky); the last row is the whitened labels.

    Labels appended as one more row of the matrix come out of the factorisation as
    L⁻¹y. `y` may be shorter than the matrix: rows beyond it have no label.
    """
    n = len(covariance)
    bordered = np.empty((n + 1, n + 1), dtype=np.float32)
    bordered[:n, :n] = covariance
    bordered[np.arange(n), np.arange(n)] += np.float32(noise)
    bordered[n] = 0
    bordered[n, : len(y)] = y
    bordered[:, n] = bordered[n]
    # The corner only has to exceed yᵀK⁻¹y, which is at most yᵀy / noise.
    bordered[n, n] = 2 * float(y @ y) / noise + 1
    lower: Vectors = np.linalg.cholesky(bordered)
    return lower


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


def _repeats(vectors: Vectors | None, memory: Indices, rows: Indices, prefix: Indices) -> Mask:
    """Mark the posts that have a near-duplicate among the labelled posts that they see."""
    assert vectors is not None
    n = int(prefix.max(initial=0))
    seen = np.nan_to_num(vectors[memory[:n]])
    alike = np.nan_to_num(vectors[rows]) @ seen.T >= NEAR_DUPLICATE
    return np.asarray(np.any(alike & (np.arange(n)[None] < prefix[:, None]), axis=1))


def centered(vectors: Vectors, center: tuple[float, ...]) -> Vectors:
    """Subtract the mean vector and scale to length 1; zeros where there is no vector."""
    moved = vectors - np.array(center, dtype=np.float32)
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(np.nan_to_num(moved / np.where(length > 0, length, 1)), dtype=np.float32)


@dataclass(frozen=True)
class _Content:
    """What posts are compared by; row for row with all posts.

    Attributes
    ----------
    vectors : array, shape (n, dim), float32, optional
        As they are in the store.
    center : tuple of float
        What they are centred by; empty if they are not compared.
    forms : array, shape (n, numbers), float32, optional
        Scaled form.
    """

    vectors: Vectors | None
    center: tuple[float, ...]
    forms: Vectors | None

    @property
    def compared(self) -> bool:
        """Whether content is compared at all."""
        return self.vectors is not None and bool(self.center)


def _content(
    kernel: Kernel, posts: Posts, vectors: Vectors | None, blocks: Sequence[Indices]
) -> _Content:
    """Gather what the posts of some companies are compared by."""
    forms = None
    if kernel.form is not None and blocks:
        rows = np.concatenate(blocks)
        scaled = kernel.form.apply(form_numbers(posts.take(rows)))
        forms = np.zeros((len(posts), scaled.shape[1]), dtype=np.float32)
        forms[rows] = scaled
    return _Content(vectors, kernel.center, forms)


def _company(posts: Posts, rows: Indices, content: _Content) -> _Company:
    """Gather what the covariance needs of some rows."""
    days = (posts.time[rows] - np.datetime64("2020-01-01")) / np.timedelta64(1, "D")
    vectors = None
    if content.vectors is not None and content.center:
        vectors = centered(content.vectors[rows], content.center)
    forms = None if content.forms is None else content.forms[rows]
    return _Company(days.astype(np.float64), posts.account[rows], vectors, forms)


def _blocks(posts: Posts) -> list[Indices]:
    """Group rows by company in time order; posts without a company go by account."""
    missing = np.asarray(posts.company_names.is_null())
    key = np.where(missing, posts.company.max(initial=0) + 1 + posts.account, posts.company)
    order = np.argsort(key, kind="stable")
    edges = np.flatnonzero(np.diff(key[order])) + 1
    return [block for block in np.split(order, edges) if len(block)]
