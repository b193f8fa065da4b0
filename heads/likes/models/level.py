"""The same posts as if an account had made them all at one moment: only content differs then."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from heads.arrays import Indices, PostVectors
from heads.data.features import Material
from heads.data.history import View
from heads.data.posts import Posts


def at_one_moment(
    material: Material, seen: View, rows: Indices, limit: np.datetime64 | None = None
) -> tuple[Material, View, Indices]:
    """Move posts to the moment of their account's first among them.

    None of them then sees another's label, and all see the same history: what was known
    before the first.

    Parameters
    ----------
    material : Material
        Posts and what is known of them.
    seen : View
        Labels that each post may look at.
    rows : array, shape (m,), int64
        Rows of the posts to move.
    limit : datetime64, optional
        Let none of all posts see labels from then on.

    Returns
    -------
    material : Material
        All posts again in the order of time; without views.
    seen : View
        What they may look at now: each moved post what its account's first might.
    rows : array, shape (m,), int64
        Where the moved posts are now.
    """
    posts = material.posts
    time, cutoff = posts.time.copy(), seen.cutoff.copy()
    order = rows[np.lexsort((posts.time[rows], posts.account[rows]))]
    accounts = posts.account[order]
    start = np.searchsorted(accounts, accounts)
    time[order] = posts.time[order[start]]
    cutoff[order] = seen.cutoff[order[start]]
    if limit is not None:
        cutoff = np.minimum(cutoff, limit)
    place = posts.table.column_names.index("created_at")
    field = posts.table.schema.field(place)
    table = posts.table.set_column(place, field, pa.array(time).cast(field.type))
    again = np.lexsort((posts.post_id, time))
    moved = Posts(table.take(again), posts.kpi[again])
    vectors: dict[str, PostVectors] = {
        name: values[again] for name, values in material.vectors.items()
    }
    now = np.empty(len(again), dtype=np.int64)
    now[again] = np.arange(len(again))
    view = View(seen.known[again], cutoff[again])
    return replace(material, posts=moved, vectors=vectors, views=()), view, now[rows]
