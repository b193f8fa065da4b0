"""Covariance between posts of a company: by account, time, content and form."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from heads.arrays import Floats, Indices, Mask, PostVectors, Vectors
from heads.data.posts import Posts

FEW = 100
"""Posts up to which their companies are looked for one by one."""


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


class Gathered(Protocol):
    """Numbers of all posts, of which those of some rows can be had."""

    def __getitem__(self, rows: Indices, /) -> Vectors:
        """Return the numbers of some rows, shape (rows, numbers)."""


@dataclass(frozen=True)
class Content:
    """What posts are compared by; row for row with all posts.

    Attributes
    ----------
    vectors : array, shape (n, dim), float32, optional
        As they are in the store.
    center : tuple of float
        What they are centred by; empty if they are not compared.
    forms : optional
        Scaled form, by row.
    """

    vectors: PostVectors | None
    center: tuple[float, ...]
    forms: "Gathered | None"

    @property
    def compared(self) -> bool:
        """Whether content is compared at all."""
        return self.vectors is not None and bool(self.center)


@dataclass(frozen=True)
class Company:
    """Some posts of a company in time order, as the covariance sees them.

    Attributes
    ----------
    days : array, shape (n,)
        Days since 2020.
    account : array, shape (n,), int64
        Number of the account.
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
    def itself(self) -> "Between":
        """What lies between every two of them."""
        return self.beside(self)

    def beside(self, other: "Company") -> "Between":
        """Compare these posts with others of the company."""
        content = form = None
        if self.vectors is not None and other.vectors is not None:
            content = self.vectors @ other.vectors.T - 1
            if self.forms is not None and other.forms is not None:
                form = _half_squares(self.forms, other.forms)
        return Between(
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
class Between:
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


def company_of(posts: Posts, rows: Indices, content: Content) -> Company:
    """Gather what the covariance needs of some rows.

    Parameters
    ----------
    posts : Posts
        All posts.
    rows : array, shape (m,), int64
        Posts of one company, in the order of time.
    content : Content
        What posts are compared by.
    """
    days = (posts.time[rows] - np.datetime64("2020-01-01")) / np.timedelta64(1, "D")
    vectors = None
    if content.vectors is not None and content.center:
        vectors = centered(content.vectors[rows], content.center)
    forms = None if content.forms is None else content.forms[rows]
    return Company(days.astype(np.float64), posts.account[rows], vectors, forms)


def by_company(posts: Posts, asked: Indices | None = None) -> list[Indices]:
    """Group rows by company in time order; posts without a company go by account.

    Parameters
    ----------
    posts : Posts
        The posts.
    asked : array, shape (m,), int64, optional
        Rows whose companies are wanted; all by default.

    Returns
    -------
    list of arrays, int64
        Rows of each company.
    """
    missing = np.asarray(posts.company_names.is_null())
    if asked is not None and len(asked) <= FEW and not missing[asked].any():
        return [np.flatnonzero(posts.company == one) for one in np.unique(posts.company[asked])]
    key = np.where(missing, posts.company.max(initial=0) + 1 + posts.account, posts.company)
    order = np.argsort(key, kind="stable")
    edges = np.flatnonzero(np.diff(key[order])) + 1
    return [block for block in np.split(order, edges) if len(block)]


def centered(vectors: Vectors, center: tuple[float, ...]) -> Vectors:
    """Subtract the mean vector and scale to length 1; zeros where there is no vector.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        NaN where there is none.
    center : tuple of float
        The mean vector.

    Returns
    -------
    array, shape (n, dim), float32
    """
    moved = vectors - np.array(center, dtype=np.float32)
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(np.nan_to_num(moved / np.where(length > 0, length, 1)), dtype=np.float32)


def factorise(covariance: Vectors, y: Vectors, noise: float) -> Vectors:
    """Factorise the noisy covariance (Cholesky); the last row is the whitened labels.

    Labels appended as one more row of the matrix come out of the factorisation as
    L⁻¹y. `y` may be shorter than the matrix: rows beyond it have no label.

    Parameters
    ----------
    covariance : array, shape (n, n), float32
        Without noise.
    y : array, shape (at most n,), float32
        Labels less the mean.
    noise : float
        Variance of a single post.

    Returns
    -------
    array, shape (n + 1, n + 1), float32

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is not positive definite.
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
