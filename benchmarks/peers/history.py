"""History and neighbour features: pandas with groupby and rolling, NumPy post by post.

Pandas computes what it has functions for: counts, means, medians, deviations, last values and
three moving averages of the earlier posts of each account, each company and everyone, and how
busy the account was. Ours computes all of its columns. In the made-up posts no two are of one
instant, so that `shift` means strictly earlier.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.peers.table import Row, row, skipped
from benchmarks.peers.turns import SkippedError, Turn
from benchmarks.scale import made_up
from heads.arrays import unit_or_nan
from heads.data.history import history, view
from heads.data.neighbours import nearest_before
from heads.data.posts import Posts

HERE = "benchmarks.peers.history"
DIM = 64
NEIGHBOURS = 20
SAME = (
    "account_posts",
    "account_median",
    "account_deviation",
    "account_last",
    "company_median",
    "all_deviation",
    "quiet_days",
    "posts_7d",
)
"""Columns that mean the very same in both; of the others, ours shrinks some to the level above,
and weighs the first labels evenly."""


def rows(python: Path, posts: int, queries: int, repeats: int) -> Iterator[Row]:
    """One row for history, one for neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "posts.parquet"
        pq.write_table(_ordered(posts), file)
        yield _beside(
            python,
            ("our_history", "pandas_history"),
            file,
            f"history of {posts:,} posts",
            "pandas, groupby and rolling",
            repeats,
        )
        few = Path(folder) / "few.parquet"
        pq.write_table(_ordered(queries), few)
        yield _beside(
            python,
            ("our_neighbours", "numpy_neighbours"),
            few,
            f"{NEIGHBOURS} nearest earlier posts of {queries:,}, each",
            "NumPy, post by post",
            repeats,
        )


def _beside(
    python: Path, ways: tuple[str, str], file: Path, what: str, peer: str, repeats: int
) -> Row:
    try:
        with (
            Turn(python, f"{HERE}:{ways[0]}", {"file": str(file)}) as own,
            Turn(python, f"{HERE}:{ways[1]}", {"file": str(file)}) as other,
        ):
            seconds = []
            for turn in (own, other):  # the first call pays for what libraries set up once
                turn.ask(str(file.with_suffix(".first.npy")))
            for _ in range(repeats):
                mine, found = own.ask(str(file.with_suffix(".ours.npy")))
                theirs, other_found = other.ask(str(file.with_suffix(".theirs.npy")))
                seconds.append((mine, theirs))
            a = np.load(file.with_suffix(".ours.npy"))
            b = np.load(file.with_suffix(".theirs.npy"))
            same = np.isclose(a, b, rtol=1e-3, atol=1e-3, equal_nan=True).mean()
            return row(
                what,
                [pair[0] for pair in seconds],
                peer,
                [pair[1] for pair in seconds],
                note=f"ours makes {found}, theirs {other_found}; {same:.2%} of these agree",
            )
    except SkippedError as reason:
        return skipped(what, peer, reason)


def _ordered(count: int) -> pa.Table:
    """Posts by time, no two of one instant."""
    table = pa.concat_tables(made_up(count)).sort_by("date")
    instants = table["date"].to_numpy() + np.arange(count) * np.timedelta64(1, "us")
    return table.set_column(table.schema.get_field_index("date"), "date", pa.array(instants))


def _posts(file: str) -> Posts:
    table = pq.read_table(file)
    renamed = pa.table(
        {
            "post_id": np.arange(len(table)),
            "username": table["username"],
            "company": table["inferred company"],
            "created_at": table["date"],
        }
    )
    return Posts(renamed, table["likes"].to_numpy().astype(np.float64))


Run = Callable[[str], Any]


def our_history(file: str) -> Run:
    """Every column of `heads.data.history`."""

    def run(task: str) -> str:
        posts = _posts(file)
        seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)
        found = history(posts, seen).columns
        np.save(task, np.column_stack([found[name] for name in SAME]))
        return f"{len(found)} columns"

    return run


def pandas_history(file: str) -> Run:
    """The same columns in pandas' own words, but for three that it has no word for."""
    import pandas as pd

    def run(task: str) -> str:
        posts = _posts(file)
        frame = pd.DataFrame({"y": posts.y, "time": posts.time, "account": posts.account})
        keys = {"account": posts.account, "company": posts.company, "all": np.zeros(len(posts))}
        found: dict[str, Any] = {}

        def aligned(values: Any) -> Any:
            return values.droplevel(0).sort_index()

        for level, key in keys.items():
            past = frame["y"].groupby(key).shift()
            by = past.groupby(key)
            expanding = by.expanding()
            found |= {
                f"{level}_posts": frame["y"].groupby(key).cumcount(),
                f"{level}_mean": aligned(expanding.mean()),
                f"{level}_median": aligned(expanding.median()),
                f"{level}_deviation": aligned(expanding.std(ddof=0)),
                f"{level}_last": past,
            } | {
                f"{level}_{name}": aligned(by.ewm(alpha=alpha, adjust=False).mean())
                for name, alpha in (("average", 0.2), ("quick", 0.5), ("slow", 0.05))
            }
        by_account = frame.groupby("account")
        found["quiet_days"] = by_account["time"].diff() / np.timedelta64(1, "D")
        weekly = frame.set_index("time").groupby("account").rolling("7D", closed="left")
        week = np.empty(len(frame))
        week[np.argsort(posts.account, kind="stable")] = weekly["y"].count().fillna(0)
        found["posts_7d"] = week
        same = [np.asarray(found[name], dtype=np.float64) for name in SAME]
        np.save(task, np.column_stack(same))
        return f"{len(found)} columns"

    return run


def _vectors(count: int) -> NDArray[np.float32]:
    return unit_or_nan(np.random.default_rng(0).standard_normal((count, DIM)).astype(np.float32))


def our_neighbours(file: str) -> Run:
    """The blocked search of `heads.data.neighbours`."""
    posts = _posts(file)
    vectors = _vectors(len(posts))

    def run(task: str) -> str:
        seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)
        found = nearest_before(posts, seen, vectors, k=NEIGHBOURS)
        np.save(task, found.score)
        return "all"

    return run


def numpy_neighbours(file: str) -> Run:
    """A product with all earlier posts for each post, and the best of them."""
    posts = _posts(file)
    vectors = _vectors(len(posts))

    def run(task: str) -> str:
        scores = np.zeros((len(vectors), NEIGHBOURS), np.float32)
        for at in range(1, len(vectors)):
            alike = vectors[:at] @ vectors[at]
            count = min(NEIGHBOURS, at)
            scores[at, :count] = np.sort(np.partition(alike, at - count)[at - count :])[::-1]
        np.save(task, scores)
        return "all"

    return run
