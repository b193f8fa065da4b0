"""The posts that a report lists: surprises, repeats and the last ones."""

from math import exp

import numpy as np

from embedstore.store import Store
from heads.arrays import Indices, Mask
from heads.likes.predict import predict_likes
from heads.likes.saved import load_head
from heads.reports.data import Effect, PostLine, Repeats
from heads.reports.gather import Gathered
from heads.reports.regression import Regression

MOST_LISTED = 6
"""Posts in each list."""

FAR = 1.96
"""Standard deviations from which a post did far better or worse than expected."""


def surprises(
    gathered: Gathered, regression: Regression, here: Mask
) -> tuple[tuple[PostLine, ...], tuple[PostLine, ...]]:
    """List posts that did far better or worse than their account's level and their form say."""
    left = regression.y - regression.expected
    spread = np.sqrt(regression.variance[regression.group])
    ahead = np.where(np.isfinite(left) & here, left / spread, 0.0)
    order = np.argsort(-ahead, kind="stable")

    def lines(places: Indices) -> tuple[PostLine, ...]:
        return tuple(
            line_of(
                gathered,
                int(gathered.rows[place]),
                expected=float(np.expm1(max(0.0, regression.expected[place]))),
                multiple=exp(left[place]),
            )
            for place in places.tolist()
        )

    high = order[:MOST_LISTED]
    low = order[::-1][:MOST_LISTED]
    return lines(high[ahead[high] > FAR]), lines(low[ahead[low] < -FAR])


def line_of(gathered: Gathered, row: int, **values: float | bool | None) -> PostLine:
    """Describe a post of a list."""
    table, facts = gathered.posts.table, gathered.facts
    likes = gathered.posts.kpi[row]
    return PostLine(
        post_id=int(gathered.posts.post_id[row]),
        source=table["source"][row].as_py(),
        id=table["id"][row].as_py(),
        username=table["username"][row].as_py() or "",
        created_at=table["created_at"][row].as_py(),
        text=gathered.posts.texts[row],
        permalink=facts["permalink"][row].as_py(),
        picture=facts["picture"][row].as_py(),
        likes=float(likes) if np.isfinite(likes) else None,
        **values,  # type: ignore[arg-type]
    )


def repeats(gathered: Gathered, rows: Indices, effect: Effect | None) -> Repeats:
    """Count what was said again, and list the last of it beside what it repeats."""
    again = rows[gathered.original[rows] >= 0]
    pairs = [(int(gathered.original[row]), int(row)) for row in again[::-1][:MOST_LISTED].tolist()]
    return Repeats(
        len(again),
        len(rows),
        effect,
        tuple((line_of(gathered, first), line_of(gathered, later)) for first, later in pairs),
    )


def latest(
    store: Store, gathered: Gathered, rows: Indices, head: str | None
) -> tuple[PostLine, ...]:
    """List the last posts with what the head expects of them."""
    last = rows[::-1][:MOST_LISTED]
    if head is None:
        return ()
    ids = gathered.posts.post_id[last].tolist()
    found = predict_likes(store, run=head, where=f"post_id IN ({', '.join(map(str, ids))})")
    expected = {row["post_id"]: row for row in found.to_pylist()}
    until = np.datetime64(load_head(store, head).settings["until"], "us")
    lines = []
    for row in last.tolist():
        said = expected.get(int(gathered.posts.post_id[row]))
        if said is None:
            continue
        likes = gathered.posts.kpi[row]
        known = np.isfinite(likes) and not gathered.young[row]
        lines.append(
            line_of(
                gathered,
                row,
                expected=said["likes"],
                low=said["low"],
                high=said["high"],
                multiple=(likes + 1) / (said["likes"] + 1) if known else None,
                learned=bool(gathered.posts.time[row] < until),
            )
        )
    return tuple(lines)
