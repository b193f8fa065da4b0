"""Order drafts of one account at one time by the likes they would get."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import erf, sqrt
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from heads.data.history import Mode
from heads.likes.drafts import show, with_drafts
from heads.likes.known import known
from heads.likes.predict import matrix_of
from heads.likes.saved import load_head
from heads.stores import StoreLike, holding

SPREAD_TO_DEVIATION = 2 * 1.645
"""Width of a 90% interval in standard deviations, were it normal."""


def rank_likes(
    store: StoreLike,
    drafts: Sequence[str],
    *,
    username: str,
    date: datetime,
    image: str | PathLike[str] | None = None,
    run: str | None = None,
    history: Mode = "online",
) -> pa.Table:
    """Order drafts by what they would get.

    The probability that a draft beats the next one takes both errors as independent and
    normal, as wide as the intervals.

    Parameters
    ----------
    store : Store or path
        The store whose posts are history.
    drafts : sequence of str
        Texts.
    username : str
        The account; its company is that of its latest post.
    date : datetime
        When they would be posted (UTC if it has no zone).
    image : path, optional
        A picture that would go with each of them.
    run : str, optional
        Run of the head; the newest by default.
    history : {"online", "frozen"}
        With ``online``, labels since the head was trained count; with ``frozen`` they don't.

    Returns
    -------
    pyarrow.Table
        rank, draft (number of the line, from 1), likes, mean, low, high, beats_next, text; the
        best first. `beats_next` is None for the last.

    Raises
    ------
    InputError
        There are no drafts.
    MediaError
        The picture can't be read.
    """
    texts = [text.strip() for text in drafts]
    if not any(texts):
        raise InputError("there are no drafts: write one a line")
    numbers = [number for number, text in enumerate(texts) if text]
    texts = [texts[number] for number in numbers]
    if date.tzinfo is not None:
        date = date.astimezone(UTC).replace(tzinfo=None)
    with holding(store) as opened:
        head = load_head(opened, run)
        here = known(opened, head)
        posts = here.material.posts
        own = np.flatnonzero(
            np.array(posts.table["username"].to_pylist(), dtype=object) == username
        )
        company = posts.table["company"][int(own[-1])].as_py() if len(own) else None
        table = pa.table(
            {
                "source": pa.array(["draft"] * len(texts)),
                "id": pa.array([str(number + 1) for number in numbers]),
                "username": pa.array([username] * len(texts)),
                "company": pa.array([company] * len(texts), pa.string()),
                "created_at": pa.array([date] * len(texts), pa.timestamp("us")),
                "text": pa.array(texts),
            }
        )
        if image is not None:
            table = show(table, Path(image))
        material = with_drafts(opened, here.material, table)
        rows = material.posts.rows_of(-1 - np.arange(len(texts)))
        matrix, _ = matrix_of(head, material, history, rows, here.factors)
        found = head.model.predict(matrix)
    best = np.argsort(-found.log, kind="stable")
    deviation = np.maximum(1e-3, (found.high - found.low)[best] / SPREAD_TO_DEVIATION)
    gap = found.log[best][:-1] - found.log[best][1:]
    wide = np.sqrt(deviation[:-1] ** 2 + deviation[1:] ** 2)
    beats = [0.5 * (1 + erf(value / sqrt(2))) for value in (gap / wide).tolist()]
    return pa.table(
        {
            "rank": np.arange(1, len(best) + 1),
            "draft": np.array(numbers)[best] + 1,
            "likes": np.round(np.expm1(found.log[best]), 2),
            "mean": np.round(found.mean[best], 2),
            "low": np.round(np.expm1(found.low[best]), 2),
            "high": np.round(np.expm1(found.high[best]), 2),
            "beats_next": pa.array([*(round(value, 3) for value in beats), None], pa.float64()),
            "text": [texts[place] for place in best.tolist()],
        }
    )
