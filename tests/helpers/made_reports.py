"""Posts whose effects are known, without a store."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from heads.data.posts import Posts
from heads.reports.gather import Gathered

VIDEO = 0.6
"""What a video brings in these posts, log1p."""


def made_posts(accounts: int = 8, each: int = 60, *, effect: float = VIDEO, seed: int = 0) -> Posts:
    """Posts of accounts that differ in level; a third has a video, which brings `effect`."""
    random = np.random.default_rng(seed)
    rows = []
    for account in range(accounts):
        level = random.uniform(3, 6)
        for _ in range(each):
            video = int(random.random() < 1 / 3)
            minutes = int(random.integers(0, 700 * 24 * 60))
            likes = np.expm1(level + effect * video + 0.4 * random.standard_normal())
            rows.append((minutes, f"user{account}", video, max(0.0, float(np.rint(likes)))))
    rows.sort()
    start = datetime(2020, 1, 1)
    count = len(rows)
    table = pa.table(
        {
            "post_id": np.arange(1, count + 1),
            "source": ["made"] * count,
            "id": [str(number) for number in range(1, count + 1)],
            "username": [name for _, name, _, _ in rows],
            "company": [f"company{int(name[4:]) % 3}" for _, name, _, _ in rows],
            "created_at": pa.array(
                [start + timedelta(minutes=minutes) for minutes, *_ in rows], pa.timestamp("us")
            ),
            "text": [f"post number {number} of many words" for number in range(count)],
            "kind": pa.nulls(count, pa.string()),
            "platform": pa.nulls(count, pa.string()),
            "photos": [0] * count,
            "videos": [video for _, _, video, _ in rows],
            "gifs": [0] * count,
            "duration": [0.0] * count,
        }
    )
    return Posts(table, np.array([likes for *_, likes in rows]))


def gathered_of(posts: Posts) -> Gathered:
    """What a report would read of them, without vectors and topics."""
    facts = pa.table(
        {
            "created_precision": pa.nulls(len(posts), pa.string()),
            "permalink": pa.nulls(len(posts), pa.string()),
            "picture": pa.nulls(len(posts), pa.string()),
            "age": np.full(len(posts), 100.0),
        }
    )
    return Gathered(posts, None, None, None, facts, "UTC")
