"""Levels over time: the account's, its company's other accounts', and similar accounts'."""

import numpy as np

from heads.arrays import Indices
from heads.reports.data import Series
from heads.reports.gather import Gathered

MOST_OTHERS = 4
"""Accounts of the company, and similar ones, that a chart shows beside."""

FEWEST_POSTS = 10
"""Posts with a count that a level over time rests on."""

STEPS = 48
"""Points of a line, at most."""

NEAR_LEVEL = 1.4
"""Largest distance in log1p between the usual counts of similar accounts: fourfold."""


def series(gathered: Gathered, asked: Indices, limit: int = MOST_OTHERS) -> list[Series]:
    """Compute the levels of some accounts, of others of their companies, and of similar ones.

    Parameters
    ----------
    gathered : Gathered
        The store's posts.
    asked : array, shape (accounts,), int64
        Numbers of the accounts.
    limit : int
        Accounts beside them, of the company and similar each; 0 for none.
    """
    counts = np.bincount(gathered.posts.account[gathered.counted], minlength=len(gathered.usual))
    chosen = {int(account): "asked" for account in asked}
    for role, others in (
        ("company", _company(gathered, asked)),
        ("similar", _similar(gathered, asked, counts)),
    ):
        left = [one for one in others if one not in chosen and counts[one] >= FEWEST_POSTS]
        chosen |= dict.fromkeys(left[:limit], role)
    return [
        _series(gathered, account, role)
        for account, role in chosen.items()
        if counts[account] >= FEWEST_POSTS
    ]


def _company(gathered: Gathered, asked: Indices) -> list[int]:
    """List the other accounts of the companies, the largest first."""
    posts = gathered.posts
    named = np.asarray(posts.company_names.is_valid())
    companies = np.unique(posts.company[named & np.isin(posts.account, asked)])
    others = posts.account[np.isin(posts.company, companies) & gathered.counted]
    accounts, count = np.unique(others, return_counts=True)
    return [int(account) for account in accounts[np.argsort(-count, kind="stable")]]


def _similar(gathered: Gathered, asked: Indices, counts: Indices) -> list[int]:
    """List accounts elsewhere that write alike and get about as many likes, the nearest first."""
    posts, texts = gathered.posts, gathered.texts
    if texts is None:
        return []
    there = np.isfinite(texts[:, 0])
    size = len(gathered.usual)
    total = np.zeros((size, texts.shape[1]))
    np.add.at(total, posts.account[there], texts[there] - texts[there].mean(axis=0))
    total /= np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    wanted = total[asked].mean(axis=0)
    company = np.full(size, -1)
    company[posts.account] = posts.company
    level = np.log1p(gathered.usual)
    near = np.abs(level - np.nanmean(level[asked])) <= NEAR_LEVEL
    near &= (counts >= 2 * FEWEST_POSTS) & ~np.isin(company, company[asked])
    some = np.flatnonzero(near)
    order = np.argsort(-(total[some] @ wanted), kind="stable")
    return [int(account) for account in some[order]]


def _series(gathered: Gathered, account: int, role: str) -> Series:
    rows, smoother = gathered.levels
    mine = rows[gathered.posts.account[rows] == account]
    days = gathered.days[mine]
    at = np.linspace(days[0], days[-1], min(STEPS, max(2, len(mine))))
    values = smoother.at(account, at, gathered.posts.y[rows])
    dates = gathered.posts.time.min() + (at * 86400e6).astype("timedelta64[us]")
    return Series(
        name_of(gathered, account),
        role,
        len(mine),
        tuple(str(date) for date in dates.astype("datetime64[D]")),
        tuple(float(value) for value in np.expm1(values)),
    )


def name_of(gathered: Gathered, account: int) -> str:
    """Name an account as its latest post spells it."""
    row = int(np.flatnonzero(gathered.posts.account == account)[-1])
    name = gathered.posts.table["username"][row].as_py()
    return "(no name)" if name is None else str(name)
