"""Posts made up in memory, and the view that online histories have of them."""

import numpy as np
import pyarrow as pa

from heads.data.history import view
from heads.data.posts import Posts


def some_posts(hours: list[int], accounts: list[str], counts: list[float]) -> Posts:
    order = np.argsort(hours, kind="stable")
    n = len(hours)
    time = np.datetime64("2020-01-01", "us") + np.array(hours)[order] * np.timedelta64(1, "h")
    names = [accounts[row] for row in order]
    table = pa.table(
        {
            "post_id": np.arange(n),
            "source": ["s"] * n,
            "id": [str(row) for row in range(n)],
            "username": names,
            "company": [f"of {name[0]}" for name in names],
            "created_at": time,
            "text": [f"text {row}" for row in range(n)],
        }
    )
    return Posts(table, np.array(counts, dtype=np.float64)[order])


def online(posts: Posts, delay: float = 0.0):  # type: ignore[no-untyped-def]
    return view(posts, mode="online", until=None, delay_days=delay, known=posts.known)
