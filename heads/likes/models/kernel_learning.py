"""Learn the kernel's parameters by marginal likelihood.

Source: Rasmussen and Williams, 2006, chapter 5.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, fields

import numpy as np

from heads.arrays import Floats, Mask, Vectors
from heads.data.posts import Posts
from heads.likes.models.covariance import Content, Parameters, by_company, company_of, factorise
from heads.likes.models.form import form_numbers, learn_scale
from heads.likes.models.kernel import Kernel

LEARN_FROM = 250
"""Latest posts of each company that the parameters are learned from."""

FIRST_STEP = 0.7
"""First step of the coordinate search, in the logarithm of a parameter."""

OF_CONTENT = ("text", "account_text", "reach", "form")
"""Parameters that say nothing where no content is compared."""


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
        numbers = form_numbers(posts.form)
        scale = learn_scale(numbers, train)
        forms = scale.apply(numbers)
    seen = Content(vectors, center, forms)
    companies = []
    for rows in by_company(posts):
        chosen = rows[train[rows]][-LEARN_FROM:]
        if len(chosen):
            part = company_of(posts, chosen, seen).itself
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


def _surprise(covariance: Vectors, y: Vectors, noise: float) -> float:
    """Compute the negative log likelihood of labels, in nats, up to a constant."""
    lower = factorise(covariance, y, noise)
    error, spread = lower[-1, :-1], np.diag(lower)[:-1]
    return float(np.sum(np.log(spread)) + 0.5 * np.sum(error**2))
