"""History and neighbour features: pandas with groupby and rolling, NumPy post by post.

Pandas computes eight columns: counts, means, medians, deviations, last values, moving averages
and the posts of a week, of each account's earlier posts. Ours computes all of its columns, of
companies and everyone too, and those six that mean the very same are compared. In
the made-up posts no two are of one instant, so that `shift` means strictly earlier.
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
from heads.history import history, view
from heads.neighbours import nearest_before
from heads.posts import Posts, unit

HERE = "benchmarks.peers.history"
DIM = 64
NEIGHBOURS = 20
NAMES = ("posts", "median", "deviation")
"""Of the account's columns, those that pandas has a function for."""


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
    """Every column of `heads.history`."""

    def run(task: str) -> str:
        posts = _posts(file)
        seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)
        found = history(posts, seen).columns
        names = [*(f"account_{name}" for name in NAMES), "account_last", "quiet_days", "posts_7d"]
        np.save(task, np.column_stack([found[name] for name in names]))
        return f"{len(found)} columns"

    return run


def pandas_history(file: str) -> Run:
    """What `NAMES` and two more say, in pandas' own words."""
    import pandas as pd

    def run(task: str) -> str:
        posts = _posts(file)
        frame = pd.DataFrame({"account": posts.account, "y": posts.y, "time": posts.time})
        past = frame.groupby("account")["y"].shift()
        by = past.groupby(frame["account"])
        count = frame.groupby("account").cumcount()
        expanding = by.expanding()

        def aligned(values: Any) -> Any:
            return values.droplevel(0).sort_index()

        weekly = frame.set_index("time").assign(row=frame.index).groupby("account")
        weekly = weekly.rolling("7D", closed="left")["y"].count().fillna(0)
        weekly.index = pd.MultiIndex.from_arrays(
            [weekly.index.get_level_values(0), np.argsort(posts.account, kind="stable")]
        )
        found = {
            "posts": count,
            "median": aligned(expanding.median()),
            "deviation": aligned(expanding.std(ddof=0)),
            "mean": aligned(expanding.mean()),
            "average": aligned(by.ewm(alpha=0.2, adjust=False).mean()),
            "week": aligned(weekly),
            "last": past,
            "quiet": frame.groupby("account")["time"].diff() / np.timedelta64(1, "D"),
        }
        names = [*NAMES, "last", "quiet", "week"]
        np.save(task, np.column_stack([found[name].to_numpy(np.float64) for name in names]))
        return f"{len(found)} columns"

    return run


def _vectors(count: int) -> NDArray[np.float32]:
    return unit(np.random.default_rng(0).standard_normal((count, DIM)).astype(np.float32))


def our_neighbours(file: str) -> Run:
    """The blocked search of `heads.neighbours`."""
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
