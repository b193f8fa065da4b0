"""What the data of a report lack: gaps, missing counts, what the store has none of."""

import numpy as np

from embedstore import sql
from embedstore.store import Store
from heads.arrays import Floats, Indices, Mask
from heads.data.accounts import fold_name
from heads.reports.data import Quality
from heads.reports.gather import Gathered
from heads.reports.series import name_of

LONG_GAP = 14.0
"""Days without a post that may be a gap in the data; twice that of the longest usual one."""

MOST_GAPS = 5

FEWEST_DAYS = 6
"""Posts from which on gaps are looked for."""


def quality_of(
    store: Store, gathered: Gathered, accounts: Indices, mine: Mask, here: Mask
) -> Quality:
    """Count what can't be used of some accounts' posts, and find gaps."""
    names = {fold_name(name_of(gathered, int(account))) for account in accounts}
    with store.connection() as connection:
        row = connection.sql(sql.read("reports/quality"), params=[sorted(names)])
        [found] = row.to_arrow_table().to_pylist()
    return Quality(
        posts=found["posts"],
        used=int(here.sum()),
        without_time=found["without_time"],
        without_likes=found["without_likes"],
        too_young=int((mine & gathered.posts.known & gathered.young).sum()),
        reposts=found["reposts"],
        without_pictures=found["without_pictures"],
        day_only=int((here & ~gathered.design.timed).sum()) if len(here) else 0,
        gaps=tuple(_gaps(gathered.days[mine], gathered)),
    )


def _gaps(days: Floats, gathered: Gathered) -> list[tuple[str, str, int]]:
    """Find spans without a post that are longer than twice all but the longest few."""
    if len(days) < FEWEST_DAYS:
        return []
    apart = np.diff(np.sort(days))
    edge = max(LONG_GAP, 2 * float(np.quantile(apart, 0.98)))
    first = gathered.posts.time.min().astype("datetime64[D]")
    some = [k for k in np.argsort(-apart)[:MOST_GAPS].tolist() if apart[k] > edge]
    ordered = np.sort(days)
    return [
        (
            str(first + np.timedelta64(int(ordered[k]), "D")),
            str(first + np.timedelta64(int(ordered[k + 1]), "D")),
            int(apart[k]),
        )
        for k in sorted(some)
    ]


def left_out(gathered: Gathered, here: Mask) -> list[str]:
    """Say what a report lacks because the store has none of it."""
    notes = []
    if gathered.topics is None:
        notes.append(
            "The store has no topics, so that what posts are about is held fixed but not named:"
            " `embedstore topics` finds them."
        )
    if gathered.texts is None:
        notes.append("The store has no vectors of texts: what posts are about is not held fixed.")
    if gathered.pictures is None:
        notes.append("The store has no vectors of pictures: what they show is not looked at.")
    if len(here) and here.any() and not (here & gathered.design.timed).any():
        notes.append("Of these posts only the day is known, so that hours are left out.")
    return notes
