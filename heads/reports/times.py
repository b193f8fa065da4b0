"""The same post at every hour of a week, by a head: when it would do best."""

from datetime import UTC, datetime
from math import log1p
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from heads.arrays import Floats, Indices, Times, Vectors
from heads.data.accounts import fold_name, no_posts_of
from heads.data.posts import Posts
from heads.likes.known import known
from heads.likes.models.differences import Differences
from heads.likes.predict import predict_likes
from heads.likes.saved import Loaded, load_head
from heads.reports.data import BestTime
from heads.stores import StoreLike, holding

HOURS = 168


def when(
    store: StoreLike,
    username: str,
    text: str | None = None,
    *,
    start: datetime | None = None,
    timezone: str = "UTC",
    run: str | None = None,
) -> list[BestTime]:
    """Ask a head what one post would get at each hour of the week that follows.

    Parameters
    ----------
    store : Store or path
        The store whose posts are history.
    username : str
        The account that would post.
    text : str, optional
        What it would post; by default the account's own post that is most like the others.
    start : datetime, optional
        When the week begins, UTC; after the store's last post by default.
    timezone : str
        Of the hours and days, such as ``Europe/Berlin``.
    run : str, optional
        Run of the head; the pinned one or the newest by default.

    Returns
    -------
    list of BestTime
        168, the best first.

    Raises
    ------
    InputError
        There is no such head, account or time zone.
    """
    zone = zone_of(timezone)
    with holding(store) as opened:
        head = load_head(opened, run)
        posts = known(opened, head).material.posts
        row = typical(
            posts, rows_of_account(posts, username), known(opened, head).material.stored_likeness
        )
        begin = np.datetime64(_utc(start)) if start else posts.time.max()
        first = begin.astype("datetime64[h]") + np.timedelta64(1, "h")
        at = first + np.arange(HOURS) * np.timedelta64(1, "h")
        drafts = repeated_post(posts, row, at, text)
        found = predict_likes(opened, drafts, run=head.run_id)
    likes = np.array(found["likes"].to_pylist())
    usual = float(np.median(likes))
    chances = chance_over(head, likes, usual)
    times = []
    for place, moment in enumerate(at.astype("datetime64[s]").tolist()):
        local = moment.replace(tzinfo=UTC).astimezone(zone)
        times.append(
            BestTime(
                local.replace(tzinfo=None),
                local.weekday(),
                local.hour,
                float(likes[place]),
                found["low"][place].as_py(),
                found["high"][place].as_py(),
                ratio(float(likes[place]), usual),
                None if chances is None else float(chances[place]),
            )
        )
    return sorted(times, key=lambda one: (-one.likes, one.at))


def zone_of(name: str) -> ZoneInfo:
    """Look up a time zone.

    Raises
    ------
    InputError
        There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"there is no time zone {name!r}: give one as Europe/Berlin or UTC"
        ) from error


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def rows_of_account(posts: Posts, username: str) -> Indices:
    """Find the posts of an account by its name, shape (n,).

    Raises
    ------
    InputError
        It has none.
    """
    name = fold_name(username)
    rows = np.array(
        [row for row, one in enumerate(posts.account_names) if one == name], dtype=np.int64
    )
    if not len(rows):
        remedy = "posts without a time don't count"
        raise InputError(no_posts_of(username, posts.table["username"], remedy))
    return rows


def typical(posts: Posts, rows: Indices, vectors: Vectors | None) -> int:
    """Choose the post that is most like the others; without vectors, the last with words."""
    worded = [row for row in rows.tolist() if posts.texts[row].strip()] or rows.tolist()
    if vectors is not None:
        some = np.array([row for row in worded if np.isfinite(vectors[row, 0])], dtype=np.int64)
        if len(some):
            centre = vectors[some].mean(axis=0)
            return int(some[np.argmax(vectors[some] @ centre)])
    return int(worded[-1])


def repeated_post(posts: Posts, row: int, at: Times, text: str | None) -> pa.Table:
    """Write one post of an account many times, at several moments.

    Parameters
    ----------
    posts, row
        The post whose account and form are taken; with a text of its own only the account.
    at : array, shape (times,), datetime64
        The moments, UTC.
    text : str, optional
        Another text.
    """
    count = len(at)
    one = posts.table.slice(row, 1)
    said = posts.texts[row] if text is None else text
    table = {
        "source": pa.array(["draft"] * count),
        "id": pa.array([str(number) for number in range(1, count + 1)]),
        "username": pa.array(one["username"].to_pylist() * count, pa.string()),
        "created_at": pa.array(at.astype("datetime64[us]"), pa.timestamp("us")),
        "text": pa.array([said] * count, pa.string()),
    }
    if text is None:
        for name in ("photos", "videos", "gifs", "duration"):
            table[name] = pa.array(one[name].to_pylist() * count, one[name].type)
    return pa.table(table)


def ratio(likes: float, usual: float) -> float:
    """Compute a multiple; counts get one more each, so that none is a multiple too."""
    return (likes + 1) / (usual + 1)


def chance_over(head: Loaded, likes: Floats, other: float) -> Floats | None:
    """Compute the probability that each does better than another of the same account.

    None for a head that has not learned how sure it is of differences.
    """
    learned: Differences | None = head.model.differences
    if learned is None:
        return None
    return learned.beats(np.log1p(likes), np.full(len(likes), log1p(other)))
