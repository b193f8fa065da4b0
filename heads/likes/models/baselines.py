"""Baselines of a likes head: medians, and the account's own causal moving average."""

import numpy as np

from heads.arrays import Floats, Indices, Mask
from heads.data.history import History
from heads.data.posts import Posts


def medians(posts: Posts, train: Mask) -> dict[str, Floats]:
    """Compute the training medians of log1p labels: of everyone, the company, the account.

    An account without training posts gets its company's, a company without any everyone's.

    Returns
    -------
    dict of arrays, shape (n,)
        ``global median``, ``company median``, ``account median``.
    """
    everyone = np.full(len(posts), float(np.median(posts.y[train])))
    company = _by(posts.company, posts.y, train, everyone)
    account = _by(posts.account, posts.y, train, company)
    return {"global median": everyone, "company median": company, "account median": account}


def moving_average(posts: Posts, train: Mask, past: History) -> Floats:
    """Average the account's earlier log1p labels exponentially, weight max(0.2, 1 / (n + 1)).

    Without an earlier label of the account its company's average stands in, without one of
    those the training median.
    """
    median = float(np.median(posts.y[train]))
    company = np.where(np.isnan(past.company_average), median, past.company_average)
    average: Floats = np.where(np.isnan(past.average), company, past.average)
    return average


def _by(key: Indices, y: Floats, train: Mask, otherwise: Floats) -> Floats:
    """Compute the training median by key; `otherwise` where a key has no training post."""
    out = otherwise.copy()
    order = np.argsort(key, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        known = rows[train[rows]]
        if len(known):
            out[rows] = np.median(y[known])
    return out
