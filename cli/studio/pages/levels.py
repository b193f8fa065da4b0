"""Likes beside what an account could expect: its usual level before each post."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from embedstore.storage.layout import database_file
from embedstore.store import Store
from heads.arrays import Floats, Indices
from heads.data.history import Past, history, view
from heads.data.posts import Posts, load_posts

MOST_STORES = 8
"""Stores whose levels are kept."""


@dataclass(frozen=True)
class Levels:
    """Levels of all posts of a store that have a time.

    Attributes
    ----------
    post_id : array, shape (n,), int64
        Ascending.
    usual : array, shape (n,), float64
        Likes that were to be expected of the account before the post.
    multiple : array, shape (n,), float64
        Likes as a multiple of that; NaN without a count.
    posts : Posts
        The posts.
    past : Past
        What they say of later ones.
    """

    post_id: Indices
    usual: Floats
    multiple: Floats
    posts: Posts
    past: Past

    def of(self, post_ids: list[int]) -> list[tuple[float | None, float | None]]:
        """Return the usual likes and the multiple of some posts."""
        found: list[tuple[float | None, float | None]] = []
        for post_id in post_ids:
            place = int(np.searchsorted(self.post_id, post_id))
            if place == len(self.post_id) or self.post_id[place] != post_id:
                found.append((None, None))
                continue
            multiple = float(self.multiple[place])
            usual = float(self.usual[place])
            found.append((usual, multiple if np.isfinite(multiple) else None))
        return found

    def at(self, username: str, when: datetime) -> float:
        """Return the likes that an account could expect at a time."""
        draft = {
            "username": pa.array([username]),
            "created_at": pa.array([when], pa.timestamp("us")),
        }
        both = self.posts.plus(pa.table(draft))
        row = both.rows_of([-1])
        seen = view(both, mode="online", until=None, delay_days=0, known=both.known)
        return float(np.expm1(history(both, seen, row, self.past).expected[0]))


_kept: OrderedDict[str, tuple[tuple[int, int], Levels]] = OrderedDict()


def levels(store: Store) -> Levels:
    """Compute the levels of a store's posts, or return those that are kept until it changes."""
    state = database_file(store.path).stat()
    stamp = (state.st_size, state.st_mtime_ns)
    key = str(store.path)
    if key in _kept and _kept[key][0] == stamp:
        return _kept[key][1]
    posts = load_posts(store)
    seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)
    past = Past(posts, seen.known)
    expected = history(posts, seen, past=past).expected if len(posts) else np.zeros(0)
    order = np.argsort(posts.post_id)
    # Both count one more, as log1p does: a post of an account with no likes has a multiple too.
    multiple = np.exp(posts.y - expected)
    found = Levels(posts.post_id[order], np.expm1(expected)[order], multiple[order], posts, past)
    _kept[key] = (stamp, found)
    while len(_kept) > MOST_STORES:
        _kept.popitem(last=False)
    return found
