"""A report of an account, a company, or several accounts beside each other, as plain data."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import exp

import numpy as np

from embedstore.errors import EmbedstoreError, InputError
from embedstore.store import Store
from heads import runs
from heads.arrays import Indices, Mask
from heads.likes.saved import load_head
from heads.reports.answers import answers
from heads.reports.data import (
    Answer,
    BestTime,
    Cell,
    PostLine,
    Report,
    Share,
    Subject,
)
from heads.reports.gather import FEWEST_LIKES, Gathered, gather_posts
from heads.reports.lists import MOST_LISTED, latest, repeats, surprises
from heads.reports.quality import left_out, quality_of
from heads.reports.regression import Regression
from heads.reports.series import name_of, series
from heads.reports.shares import shares
from heads.reports.times import rows_of_account, when, zone_of
from heads.stores import StoreLike, holding

MOST_ACCOUNTS = 6
"""Accounts of a company whose levels are drawn."""


def report(
    store: StoreLike,
    *,
    username: str | None = None,
    company: str | None = None,
    compare: Sequence[str] = (),
    timezone: str = "UTC",
    run: str | None = None,
) -> Report:
    """Describe what works for an account, a company, or several accounts.

    Effects are differences from the account's own level at the time, pooled over all accounts of
    the store (`heads.reports.regression`), and only those are told that stand out of all that
    was asked. They are associations in past posts, not promises.

    Parameters
    ----------
    store : Store or path
        The store.
    username, company, compare
        Whom the report is about: one account, all accounts of a company, or several accounts.
    timezone : str
        Of hours and days, such as ``Europe/Berlin``.
    run : str, optional
        Run of the head that answers; the pinned one or the newest by default. Without any head
        the report says so and holds the rest.

    Raises
    ------
    InputError
        None or several of whom are given, they have no posts, or the store has too few.
    """
    if sum((username is not None, company is not None, bool(compare))) != 1:
        raise InputError("say whom the report is about: one of username, company and compare")
    zone_of(timezone)
    with holding(store) as opened:
        gathered = gather_posts(opened, timezone)
        posts = gathered.posts
        if company is not None:
            asked = [_Asked(company, _accounts_of(gathered, company))]
            group = _company_groups(gathered)
        else:
            names = [username] if username is not None else list(dict.fromkeys(compare))
            rows = [rows_of_account(posts, name or "") for name in names]
            asked = [
                _Asked(name_of(gathered, account), np.array([account], dtype=np.int64))
                for account in dict.fromkeys(_largest(gathered, some) for some in rows)
            ]
            group = posts.account
        head, why = _head(opened, run)
        regression = gathered.regression(group) if len(gathered.rows) else None
        subjects = tuple(_subject(opened, gathered, regression, one, head, why) for one in asked)
        accounts = np.concatenate([one.accounts for one in asked])
        beside = 0 if compare else 4
        return Report(
            title=" · ".join(one.name for one in asked),
            store=opened.path.name,
            made_at=datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            timezone=timezone,
            head=head,
            levels=tuple(series(gathered, accounts[:MOST_ACCOUNTS], beside)),
            subjects=subjects,
            everyone=len(gathered.rows),
        )


class _Asked:
    """Whom a part of a report is about: a name, and the numbers of its accounts."""

    def __init__(self, name: str, accounts: Indices) -> None:
        self.name, self.accounts = name, accounts


def _largest(gathered: Gathered, rows: Indices) -> int:
    """Choose the account with the most posts among those of a name, one on each platform."""
    accounts, count = np.unique(gathered.posts.account[rows], return_counts=True)
    return int(accounts[np.argmax(count)])


def _accounts_of(gathered: Gathered, company: str) -> Indices:
    """Find the accounts of a company, those with most posts first.

    Raises
    ------
    InputError
        It has none.
    """
    names = gathered.posts.company_names.to_pylist()
    wanted = company.strip().lower()
    mine = np.array([name == wanted for name in names], dtype=bool)
    if not mine.any():
        near = [name for name in dict.fromkeys(names) if name and wanted and wanted in name]
        like = f"; like it are {', '.join(near[:3])}" if near else ""
        raise InputError(f"the store has no post of the company {company!r}{like}")
    accounts, count = np.unique(gathered.posts.account[mine], return_counts=True)
    return np.asarray(accounts[np.argsort(-count, kind="stable")], dtype=np.int64)


def _company_groups(gathered: Gathered) -> Indices:
    """Number companies; an account without one is a group of its own, shape (n,)."""
    posts = gathered.posts
    named = np.asarray(posts.company_names.is_valid())
    return np.where(named, posts.company, posts.company.max() + 1 + posts.account)


def _head(store: Store, run: str | None) -> tuple[str | None, str]:
    """Choose the head that answers; without one, say why in a sentence."""
    if run is None and not any(row["head"] == "likes" for row in runs.list_runs(store).to_pylist()):
        return None, (
            "The store has no likes head, so that best hours and expectations are left out:"
            f" `heads fit likes {store.path}` trains one."
        )
    try:
        return load_head(store, run).run_id, ""
    except EmbedstoreError as error:
        if run is not None:
            raise
        return None, f"The likes head can't answer, so that its part is left out: {error}."


def _subject(
    store: Store,
    gathered: Gathered,
    regression: Regression | None,
    asked: _Asked,
    head: str | None,
    why_no_head: str,
) -> Subject:
    posts = gathered.posts
    mine = np.isin(posts.account, asked.accounts)
    used = mine & gathered.counted
    rows = gathered.rows
    here = np.isin(posts.account[rows], asked.accounts)
    notes = [why_no_head] if why_no_head else []
    parts: list[Answer] = []
    week: list[Cell] = []
    count = 0
    divided: tuple[Share, ...] = ()
    better: tuple[PostLine, ...] = ()
    worse: tuple[PostLine, ...] = ()
    if regression is not None and here.any():
        place = int(np.flatnonzero(here)[0])
        target = int(regression.group[place])
        parts, week, count = answers(regression, gathered.design, here, target, asked.name)
        divided = _shares(gathered, regression, here)
        better, worse = surprises(gathered, regression, here)
    else:
        notes.append(
            f"Posts of {asked.name} usually get fewer than {FEWEST_LIKES:g} likes, or there are too"
            " few of them: effects on so few likes can't be told, and are left out."
        )
    notes += left_out(gathered, here)
    shown = [part for part in parts if part.question != "repeat"]
    again = next((part.effects[0] for part in parts if part.question == "repeat"), None)
    usual, trend = _usual(gathered, asked.accounts)
    counted = np.flatnonzero(used)
    times: tuple[BestTime, ...] = ()
    if head is not None:
        times = tuple(when(store, _poster(gathered, asked), timezone=gathered.timezone, run=head))
    return Subject(
        name=asked.name,
        accounts=tuple(name_of(gathered, int(account)) for account in asked.accounts),
        posts=int(used.sum()),
        first=str(posts.time[mine].min().astype("datetime64[D]")),
        last=str(posts.time[mine].max().astype("datetime64[D]")),
        usual=usual,
        trend=trend,
        answers=tuple(shown),
        week=tuple(week),
        shares=divided,
        better=better,
        worse=worse,
        repeats=repeats(gathered, counted, again),
        times=times,
        latest=latest(store, gathered, np.flatnonzero(mine), head),
        quality=quality_of(store, gathered, asked.accounts, mine, here),
        asked=count,
        notes=tuple(notes),
    )


def _poster(gathered: Gathered, asked: _Asked) -> str:
    """Name the account that posts: of a company the one with the most posts."""
    return name_of(gathered, int(asked.accounts[0]))


def _usual(gathered: Gathered, accounts: Indices) -> tuple[float, float | None]:
    """Compute the level at the end, and as a multiple of a year before; of the first account."""
    rows, smoother = gathered.levels
    mine = rows[gathered.posts.account[rows] == accounts[0]]
    if not len(mine):
        return 0.0, None
    end = gathered.days[mine[-1]]
    at = np.array([end, end - 365.0])
    now, before = smoother.at(int(accounts[0]), at, gathered.posts.y[rows])
    older = (gathered.days[mine] < end - 180).sum() >= 10 and gathered.days[mine[0]] < end - 365
    return float(np.expm1(now)), exp(now - before) if older else None


def _shares(gathered: Gathered, regression: Regression, here: Mask) -> tuple[Share, ...]:
    """Divide the variance of everyone's posts, and of the account's own."""
    groups = gathered.design.groups
    columns = np.arange(gathered.design.x.shape[1])
    form = [q.name for q in gathered.design.questions if q.group in ("form", "repeats")]
    topics = [q.name for q in gathered.design.questions if q.group == "topic"]
    parts = {
        "time": columns[groups["time"]],
        "form": np.concatenate([columns[groups[name]] for name in form]),
        "topic": np.concatenate([columns[groups[name]] for name in (*topics, "content")]),
    }
    if groups["picture"].stop > groups["picture"].start:
        parts["picture"] = columns[groups["picture"]]
    everyone = shares(regression, parts, np.ones(len(here), dtype=bool))
    own = shares(regression, parts, here) if here.sum() >= 2 * MOST_LISTED else {}
    found = []
    for name, (share, low, high) in everyone.items():
        mine = own.get(name)
        one, one_low, one_high = mine or (None, None, None)
        found.append(Share(name, one, one_low, one_high, share, low, high))
    return tuple(found)
