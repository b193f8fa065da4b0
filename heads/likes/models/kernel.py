"""A causal Gaussian process over each company's posts: earlier posts vote by how alike they are.

Two posts are alike for being of one company, of one account, near in time, and similar in
content; how much each counts is learned by marginal likelihood (Rasmussen and Williams, 2006,
chapter 5). One Cholesky factor of a company's posts in the order of time gives the prediction
of every post from all those before it: the first p entries of row i are what is needed to
predict post i from p earlier labels. Neither a later label nor a later post can enter.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices, Mask, Vectors
from heads.data.history import View
from heads.data.posts import Posts

PARAMETERS = (
    "company", "account", "drift", "company_drift", "text", "account_text", "noise",
    "days", "company_days", "reach",
)  # fmt: skip
_START = (3.0, 0.75, 0.12, 0.02, 0.1, 0.4, 0.3, 60.0, 240.0, 0.7)
_OF_TEXT = (4, 5, 9)

MEMORY = 2000
"""Earlier labels of a company that are looked at; of more, the latest half to whole of it."""

TARGETS = 1000
"""Posts that are no memory, predicted at once."""

LEARN_FROM = 250
"""Latest posts of each company that the parameters are learned from."""

NEAR_DUPLICATE = 0.98
"""Cosine from which an earlier post is the same post again, and no evidence."""


@dataclass(frozen=True)
class Kernel:
    """Learned parameters.

    Attributes
    ----------
    values : tuple of float
        Variances, the noise and the length scales, in the order of `PARAMETERS`.
    mean : float
        What is expected of an unknown company, log1p.
    center : tuple of float
        Mean vector of the training texts; empty if content is not looked at.
    """

    values: tuple[float, ...]
    mean: float
    center: tuple[float, ...]


@dataclass(frozen=True)
class _Company:
    """What the kernel needs to know of some posts, in time order."""

    days: Floats
    account: Indices
    vectors: Vectors | None

    def covariance(self, values: tuple[float, ...], *, texts: bool = True) -> Vectors:
        company, account, drift, company_drift, text, account_text, _, days, company_days, reach = (
            np.float32(value) for value in values
        )
        gap = np.abs(self.days[:, None] - self.days[None]).astype(np.float32)
        own = account + drift * np.exp(-gap / days)
        shared = company + company_drift * np.exp(-gap / company_days)
        if texts and self.vectors is not None:
            alike = np.exp((self.vectors @ self.vectors.T - 1) / reach)
            own += account_text * alike
            shared += text * alike
        same = self.account[:, None] == self.account[None]
        covariance: Vectors = shared + np.where(same, own, np.float32(0))
        return covariance


def learn(posts: Posts, train: Mask, vectors: Vectors | None, *, sweeps: int = 3) -> Kernel:
    """Learn the parameters from the training posts, by coordinate search.

    Parameters
    ----------
    posts : Posts
        The posts.
    train : array, shape (n,), bool
        Those to learn from; their labels are known.
    vectors : array, shape (n, dim), float32, optional
        What content is compared by; None to compare none.
    sweeps : int
        How often each parameter is tried up and down.
    """
    mean = float(posts.y[train].mean())
    center: tuple[float, ...] = ()
    if vectors is not None:
        center = tuple(np.nanmean(vectors[train], axis=0).tolist())
    prepared = _centered(vectors, center)
    companies = []
    for rows in _blocks(posts):
        chosen = rows[train[rows]][-LEARN_FROM:]
        if len(chosen):
            part = _company(posts, chosen, prepared)
            companies.append((part, (posts.y[chosen] - mean).astype(np.float32)))
    logs = np.log(np.array(_START))
    step = np.full(len(logs), 0.7)

    def loss(candidate: Floats) -> float:
        values = tuple(np.exp(candidate).tolist())
        try:
            return sum(_surprise(part.covariance(values), y, values[6]) for part, y in companies)
        except np.linalg.LinAlgError:
            return float("inf")

    best = loss(logs)
    for _ in range(sweeps):
        for place in range(len(logs)):
            if vectors is None and place in _OF_TEXT:
                continue
            for sign in (1, -1):
                candidate = logs.copy()
                candidate[place] += sign * step[place]
                found = loss(candidate)
                if found < best:
                    best, logs = found, candidate
                    break
            else:
                step[place] /= 2
    return Kernel(tuple(np.exp(logs).tolist()), mean, center)


def predict(
    kernel: Kernel, posts: Posts, seen: View, vectors: Vectors | None, targets: Mask | None = None
) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each post's log1p label, from what it may see.

    A post that repeats an earlier one of its company is predicted without looking at
    texts: a repeat is no evidence of how a text is liked.

    Parameters
    ----------
    kernel : Kernel
        From `learn`.
    posts : Posts
        The posts.
    seen : View
        Which labels are known, and how far each post looks.
    vectors : array, shape (n, dim), float32, optional
        The same space's vectors as in `learn`.
    targets : array, shape (n,), bool, optional
        Posts to predict; all if not said, NaN elsewhere.
    """
    prepared = _centered(vectors, kernel.center)
    mean, deviation = np.full(len(posts), np.nan), np.full(len(posts), np.nan)
    for block in _blocks(posts):
        wanted = block if targets is None else block[targets[block]]
        memory = block[seen.known[block]]
        if not len(wanted):
            continue
        reach = np.searchsorted(posts.time[memory], seen.cutoff[wanted], "left")
        for remembered, rows, prefix in _windows(memory, wanted, reach):
            together = np.concatenate([remembered, rows[~np.isin(rows, remembered)]])
            part = _company(posts, together, prepared)
            y = (posts.y[remembered] - kernel.mean).astype(np.float32)
            order = np.argsort(together)
            place = order[np.searchsorted(together[order], rows)]
            m, v = _prefix(part.covariance(kernel.values), y, kernel.values[6], place, prefix)
            if part.vectors is not None:
                repeats = _repeats(vectors, together, place, prefix)
                if repeats.any():
                    plain = part.covariance(kernel.values, texts=False)
                    # What text explained is part of the deviation then.
                    m[repeats], v[repeats] = _prefix(
                        plain, y, kernel.values[6], place[repeats], prefix[repeats]
                    )
            mean[rows], deviation[rows] = kernel.mean + m, np.sqrt(v)
    return mean, deviation


def votes(
    kernel: Kernel, posts: Posts, seen: View, vectors: Vectors | None, row: int
) -> tuple[Indices, Floats]:
    """How much each earlier post moved the prediction of one post, in log1p.

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
    part = _company(posts, together, _centered(vectors, kernel.center))
    n = len(memory)
    texts = True
    if part.vectors is not None:
        texts = not _repeats(vectors, together, np.array([n]), np.array([n])).any()
    covariance = part.covariance(kernel.values, texts=texts).astype(np.float64)
    noisy = covariance[:n, :n] + kernel.values[6] * np.eye(n)
    weight = np.linalg.solve(noisy, covariance[:n, n])
    return memory, weight * (posts.y[memory] - kernel.mean)


def _surprise(covariance: Vectors, y: Vectors, noise: float) -> float:
    """Negative log likelihood of labels, up to a constant."""
    lower = _factor(covariance, y, noise)
    error, spread = lower[-1, :-1], np.diag(lower)[:-1]
    return float(np.sum(np.log(spread)) + 0.5 * np.sum(error**2))


def _factor(covariance: Vectors, y: Vectors, noise: float) -> Vectors:
    """Cholesky factor of the noisy covariance; its last row is the whitened labels.

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


def _prefix(
    covariance: Vectors, y: Vectors, noise: float, place: Indices, prefix: Indices
) -> tuple[Floats, Floats]:
    """Mean and variance of the posts at `place`, each from its `prefix` first labels."""
    lower = _factor(covariance, y, noise)
    mean, variance = np.empty(len(place)), np.empty(len(place))
    white = lower[-1].astype(np.float64)
    for number, (row, p) in enumerate(zip(place.tolist(), prefix.tolist(), strict=True)):
        weights = lower[row, :p].astype(np.float64)
        mean[number] = weights @ white[:p]
        variance[number] = float(covariance[row, row]) + noise - weights @ weights
    return mean, np.maximum(variance, noise)


def _windows(
    memory: Indices, wanted: Indices, reach: Indices
) -> Iterator[tuple[Indices, Indices, Indices]]:
    """Memory, posts to predict, and how much of that memory each sees; bounded in size."""
    half = MEMORY // 2
    start = np.where(reach <= MEMORY, 0, -(-(reach - MEMORY) // half) * half)
    for first in np.unique(start):
        chosen = np.flatnonzero(start == first)
        last = int(reach[chosen].max())
        remembered = memory[first:last]
        # Those that are in memory cost nothing more; the others go in bounded groups.
        inside = np.isin(wanted[chosen], remembered)
        outside = np.flatnonzero(~inside)
        groups = np.array_split(outside, max(1, -(-len(outside) // TARGETS)))
        for number, group in enumerate(groups):
            rows = np.concatenate([np.flatnonzero(inside), group]) if number == 0 else group
            if len(rows):
                yield remembered, wanted[chosen[rows]], reach[chosen[rows]] - first


def _repeats(vectors: Vectors | None, together: Indices, place: Indices, prefix: Indices) -> Mask:
    """Which posts have a near-duplicate among the labels they see."""
    assert vectors is not None
    raw = np.nan_to_num(vectors[together])
    n = int(prefix.max(initial=0))
    alike = raw[place] @ raw[:n].T >= NEAR_DUPLICATE
    seen = np.arange(n)[None] < prefix[:, None]
    return np.asarray(np.any(alike & seen, axis=1))


def _centered(vectors: Vectors | None, center: tuple[float, ...]) -> Vectors | None:
    if vectors is None or not center:
        return None
    moved = vectors - np.array(center, dtype=np.float32)
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(np.nan_to_num(moved / np.where(length > 0, length, 1)), dtype=np.float32)


def _company(posts: Posts, rows: Indices, vectors: Vectors | None) -> _Company:
    days = (posts.time[rows] - np.datetime64("2020-01-01")) / np.timedelta64(1, "D")
    return _Company(
        days.astype(np.float64), posts.account[rows], None if vectors is None else vectors[rows]
    )


def _blocks(posts: Posts) -> list[Indices]:
    """Rows of each company in time order; of posts without a company, of each account."""
    missing = np.asarray(posts.table["company"].is_null())
    key = np.where(missing, posts.company.max(initial=0) + 1 + posts.account, posts.company)
    order = np.argsort(key, kind="stable")
    edges = np.flatnonzero(np.diff(key[order])) + 1
    return [block for block in np.split(order, edges) if len(block)]
