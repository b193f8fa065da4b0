"""Order drafts of one account at one time by the likes they would get."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from math import sqrt
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from embedstore.reading import ReadOptions
from embedstore.store import Store
from heads.arrays import Indices
from heads.data.accounts import fold_name, no_posts_of
from heads.data.history import Mode
from heads.data.posts import Posts
from heads.likes.drafts import read_drafts, show, with_drafts
from heads.likes.familiar import compare
from heads.likes.known import Known, known
from heads.likes.models.differences import Differences
from heads.likes.models.head import Predictions
from heads.likes.predict import matrix_of, missing_inputs
from heads.likes.saved import Loaded, load_head
from heads.stores import StoreLike, as_store, holding

SPREAD_TO_DEVIATION = 2 * 1.645
"""Width of a 90% interval in standard deviations, were it normal."""

TOLD_APART = 0.6
"""Chance below which a draft can't be told from the next: hardly three of five come true."""

CLEAR = 0.75
"""Chance from which a draft is called clearly better: three of four come true."""

TIED = "can't be told apart"


def rank_likes(
    store: StoreLike,
    drafts: Sequence[str] | str | PathLike[str],
    *,
    username: str,
    date: datetime | None = None,
    image: str | PathLike[str] | None = None,
    run: str | None = None,
    history: Mode = "online",
    new_account: bool = False,
) -> pa.Table:
    """Order drafts by what they would get.

    Chances are those of pairs of real posts that the head had not seen when they were learned
    (`heads.likes.models.differences`). A draft that is unlike what the store holds is named,
    and judged as if it were the nearest thing that is known (`heads.likes.familiar`).

    Parameters
    ----------
    store : Store or path
        The store whose posts are history.
    drafts : sequence of str, or path
        Texts; or a file that `embedstore build` reads, such as a CSV, with a draft a row: its
        text, and perhaps a picture (``image``: a path beside the file, or an address) and a
        time (``date``) of its own.
    username : str
        The account; its company is that of its latest post.
    date : datetime, optional
        When they would be posted (UTC if it has no zone); not needed where every draft of a file
        has a time of its own, which it replaces.
    image : path, optional
        A picture that would go with each of them.
    run : str, optional
        Run of the head; the pinned one or the newest by default.
    history : {"online", "frozen"}
        With ``online``, labels since the head was trained count; with ``frozen`` they don't.
    new_account : bool
        Take an account that the store has no posts of.

    Returns
    -------
    pyarrow.Table
        rank, draft (number of the line, from 1), likes, mean, low, high, best (probability of
        being the best of all), beats_next (probability of doing better than the next one),
        against_next (the same in words), unlike (in which way it is unlike the store's posts,
        empty if it is not), text; the best first. `beats_next` is None for the last.
        The metadata name the head that answered (run, model, kpi and inputs), and what it lacks,
        such as an account that it knows.

    Raises
    ------
    InputError
        There are no drafts, one has no time, the store has no posts of the account, or a
        picture is given to a head that looks at none.
    MediaError
        The picture can't be read.
    """
    store = as_store(store)
    if date is not None and date.tzinfo is not None:
        date = date.astimezone(UTC).replace(tzinfo=None)
    if isinstance(drafts, str | PathLike):
        numbers, table = _of_file(Path(drafts), username, date)
    else:
        numbers, table = _of_texts(drafts, username, date)
    texts = [text or "" for text in table["text"].to_pylist()]
    with holding(store) as opened:
        head = load_head(opened, run)
        here = known(opened, head)
        if image is not None:
            table = show(table, Path(image))
        if image is not None or any(_pictures(table)):
            head.require_pictures()
        if not new_account:
            require_account(here.material.posts, username)
        judged = [
            _judge(opened, head, here, table.take(places), history) for places in _by_time(table)
        ]
    back = np.argsort(np.concatenate(_by_time(table)))
    found = Predictions(
        *(
            np.concatenate([getattr(each.predicted, part.name) for each in judged])[back]
            for part in fields(Predictions)
        )
    )
    unlike = [words for each in judged for words in each.unlike]
    missing = [names for each in judged for names in each.missing]
    order = np.argsort(-found.log, kind="stable")
    best, beats = _chances(head.model.differences, found, order)
    ranked = pa.table(
        {
            "rank": np.arange(1, len(order) + 1),
            "draft": np.array(numbers)[order],
            "likes": head.counts(np.expm1(found.log[order])),
            "mean": head.counts(found.mean[order]),
            "low": head.counts(np.expm1(found.low[order])),
            "high": head.counts(np.expm1(found.high[order])),
            "best": pa.array(best, pa.float64()),
            "beats_next": pa.array([*beats, None], pa.float64()),
            "against_next": pa.array([*map(_in_words, beats), None], pa.string()),
            "unlike": [unlike[back[place]] for place in order.tolist()],
            "text": [texts[place] for place in order.tolist()],
        }
    )
    return head.signed(ranked, missing)


@dataclass(frozen=True)
class _Judged:
    """What a head says of drafts of one time: predictions, how they are unlike, what they lack."""

    predicted: Predictions
    unlike: list[str]
    missing: list[str]


def _by_time(table: pa.Table) -> list[Indices]:
    """Group drafts by their time: they are alternatives, and none is made before another."""
    _, number = np.unique(table["created_at"].to_numpy(), return_inverse=True)
    return [np.flatnonzero(number == each) for each in range(number.max(initial=-1) + 1)]


def _judge(store: Store, head: Loaded, here: Known, table: pa.Table, history: Mode) -> _Judged:
    """Predict drafts of one time."""
    material = with_drafts(store, here.material, table)
    rows = material.posts.rows_of(-1 - np.arange(table.num_rows))
    strange = compare(here.familiar, material, rows)
    read = strange.unread(material, rows)
    matrix, _ = matrix_of(head, read, history, rows, here)
    predicted = head.model.predict(strange.held_back(matrix))
    return _Judged(predicted, strange.warnings(), missing_inputs(material, rows))


def _of_texts(
    drafts: Sequence[str], username: str, date: datetime | None
) -> tuple[list[int], pa.Table]:
    """Lay texts out as posts; returns their numbers, from 1, and the table."""
    numbers = [number for number, text in enumerate(drafts, 1) if text.strip()]
    if not numbers:
        raise InputError("there are no drafts: write one a line")
    if date is None:
        raise InputError("say when the drafts would be posted: --date '2020-06-15 18:00'")
    count = len(numbers)
    table = pa.table(
        {
            "source": pa.array(["draft"] * count),
            "id": pa.array([str(number) for number in numbers]),
            "username": pa.array([username] * count),
            "created_at": pa.array([date] * count, pa.timestamp("us")),
            "text": pa.array([drafts[number - 1].strip() for number in numbers]),
        }
    )
    return numbers, table


def _of_file(file: Path, username: str, date: datetime | None) -> tuple[list[int], pa.Table]:
    """Read a file of drafts as posts of the account; returns their numbers and the table."""
    said = {"username": username} | ({} if date is None else {"created_at": date.isoformat(" ")})
    table = read_drafts([file], ReadOptions(set=said, id="auto"))
    for number, at in enumerate(table["created_at"].to_pylist(), 1):
        if at is None:
            raise InputError(
                f"{file}: draft {number} has no date that can be read; give each row one in a"
                " column date, or say one for all: --date '2020-06-15 18:00'"
            )
    return list(range(1, table.num_rows + 1)), table


def _pictures(table: pa.Table) -> list[object]:
    """Return each draft's pictures; nothing where there are none."""
    return table["pictures"].to_pylist() if "pictures" in table.column_names else []


def require_account(posts: Posts, username: str) -> None:
    """Refuse an account that has no posts, naming those that may have been meant.

    Raises
    ------
    InputError
        No post is of it.
    """
    if fold_name(username) not in posts.account_names:
        remedy = "--new-account ranks for an account that has none"
        raise InputError(no_posts_of(username, posts.table["username"], remedy))


def before_all_posts(store: StoreLike, date: datetime) -> str:
    """Say that a date is before the store's first post; empty if it is not."""
    with holding(store) as opened:
        first = opened.sql("SELECT min(created_at) AS first FROM posts")["first"][0].as_py()
    if date.tzinfo is not None:
        date = date.astimezone(UTC).replace(tzinfo=None)
    if first is None or date > first:
        return ""
    return f"{date:%Y-%m-%d} is before the store's first post ({first:%Y-%m-%d}): no history counts"


def verdict(ranked: pa.Table) -> str:
    """Say in a sentence what a ranking is worth.

    Parameters
    ----------
    ranked : pyarrow.Table
        From `rank_likes`.
    """
    drafts, against = ranked["draft"].to_pylist(), ranked["against_next"].to_pylist()
    tied = drafts[: next((k for k, words in enumerate(against) if words != TIED), 0) + 1]
    strange = [
        str(draft)
        for draft, words in zip(drafts, ranked["unlike"].to_pylist(), strict=True)
        if words
    ]
    sentence = f"draft {drafts[0]} comes first"
    if len(tied) == len(drafts) > 1:
        sentence = "the drafts can't be told apart: choose by other reasons"
    elif len(tied) > 1:
        sentence = f"drafts {', '.join(map(str, tied))} can't be told apart; the others come after"
    if strange:
        sentence += (
            f"; unlike the posts that the head knows, and so not judged well: {', '.join(strange)}"
        )
    return sentence


def _chances(
    learned: Differences | None, found: Predictions, order: Indices
) -> tuple[list[float], list[float]]:
    """Compute each draft's chance of being best, and of beating the next one.

    A run of version 0.1, or of few posts, has not learned how far drafts share their errors:
    they are taken as independent and normal, as wide as the intervals.
    """
    if learned is None:
        wide = float(np.mean(found.high - found.low))
        deviation = sqrt(2) * max(1e-3, wide / SPREAD_TO_DEVIATION)
        learned = Differences(float("inf"), (0.0,), (1 / deviation,), 0)
    best, beats = learned.among(found.log[order])
    return np.round(best, 3).tolist(), np.round(np.diag(beats, 1), 3).tolist()


def _in_words(chance: float) -> str:
    """Say what a chance of beating the next draft is worth."""
    if chance < TOLD_APART:
        return TIED
    return "likely better" if chance < CLEAR else "clearly better"
