"""Store batches of posts: new, changed and unchanged ones told apart.

Each batch is one transaction of the caller's, so that a build killed at any moment leaves
whole batches.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedstore import sql
from embedstore.arrays import to_arrow
from embedstore.building.context import BuildContext
from embedstore.building.store_media import replace_media
from embedstore.reading import Batch
from embedstore.storage.changes import Failure, forget_unused, record_failures, touch


@dataclass(frozen=True)
class StoredPosts:
    """What batches changed, in posts.

    Attributes
    ----------
    new, updated, unchanged : int
        Posts that were added, that say something else now, and that were known already.
    rejected : int
        Rows that went to `failures`.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __add__(self, other: "StoredPosts") -> "StoredPosts":
        """Add up, field by field."""
        return StoredPosts(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
        )

    @property
    def accepted(self) -> int:
        """Rows that were used: new, updated and unchanged posts."""
        return self.new + self.updated + self.unchanged


def store_posts(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    context: BuildContext,
    *,
    file: str,
    folder: Path,
) -> StoredPosts:
    """Store one batch of posts, and record what was rejected of it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    batch : Batch
        From `embedstore.reading.read_posts`.
    context : BuildContext
        The build; counts observations, and rejected rows by reason.
    file : str
        Name of the file that the posts were read from, for failures.
    folder : Path
        Where local pictures are looked for.
    """
    timed = _stage(connection, batch.posts)
    connection.execute(sql.read("building/store_posts"))
    observed = _store_observations(connection) if timed else 0
    new, updated, known, changed = _row(
        connection,
        "SELECT count(*) FILTER (old_id IS NULL), count(*) FILTER (updated),"
        " (SELECT count(*) FROM merged), count(*) FROM changed",
    )
    media_failures = replace_media(connection, file=file, folder=folder)
    if updated:
        _forget_replaced(connection)
    rejected = _refused(connection, batch.posts, file) + [
        Failure("read", "rejected", row.reason, row.source, file, row.line, raw=row.raw)
        for row in batch.rejected
    ]
    unreadable = [
        Failure(
            "field", each.field, f"{each.field}: {each.reason}", each.source, file, each.line,
            raw=each.raw,
        )
        for each in batch.problems
    ]  # fmt: skip
    record_failures(connection, media_failures + rejected + unreadable, build_id=context.build_id)
    context.rejections.update(failure.reason for failure in rejected)
    context.problems.update(failure.reason for failure in unreadable)
    context.observed += observed
    if changed or observed:
        touch(connection)
    return StoredPosts(new, updated, known - new - updated, len(rejected))


def leave_out(batch: Batch, only: Sequence[str]) -> tuple[Batch, dict[str, int]]:
    """Keep the posts of some kinds alone.

    Parameters
    ----------
    batch : Batch
        As it was read.
    only : sequence of str
        Kinds to keep; a post whose kind is not told counts as own.

    Returns
    -------
    Batch
        Without the other posts; rejected rows stay.
    dict
        Number of other posts, by kind.
    """
    kept = of_kinds(batch.posts, only)
    others = batch.posts.filter(pc.invert(kept))
    left = dict(Counter(others["kind"].to_pylist()))
    lines = set(others["line"].to_pylist())
    problems = [problem for problem in batch.problems if problem.line not in lines]
    return Batch(batch.posts.filter(kept), batch.rejected, batch.fraction, problems), left


def of_kinds(posts: pa.RecordBatch | pa.Table, only: Sequence[str]) -> pa.Array:
    """Tell which posts are of some kinds: booleans, shape (n,).

    A post whose kind is not told counts as own.
    """
    return pc.is_in(pc.fill_null(posts["kind"], "own"), pa.array(sorted(only)))


def _stage(connection: duckdb.DuckDBPyConnection, posts: pa.RecordBatch) -> bool:
    """Stage a batch and find the rows to refuse; tells whether counts have times."""
    numbered = (
        pa.Table.from_batches([posts])
        .append_column("n", to_arrow(np.arange(posts.num_rows)))
        .append_column("patch", _without_nulls(posts["extra"]))
    )
    connection.register("batch", numbered)
    connection.execute(sql.read("building/stage_posts"))
    connection.unregister("batch")
    timed = bool(posts["observed_at"].null_count < posts.num_rows)
    if timed:
        connection.execute(sql.read("building/observe_counts"))
    return timed


def _without_nulls(extra: pa.Array) -> pa.Array:
    """Drop null members of JSON objects: in a merge they would erase what is stored."""
    if not pc.any(pc.match_substring(extra, "null")).as_py():
        return extra
    return pa.array([text and _drop_nulls(text) for text in extra.to_pylist()], pa.string())


def _drop_nulls(text: str) -> str:
    def known(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: known(inner) for key, inner in value.items() if inner is not None}
        return value

    if "null" not in text:
        return text
    try:
        return json.dumps(known(json.loads(text)), allow_nan=False)
    except (ValueError, RecursionError):
        return text  # a number beyond all floats, or nesting beyond Python's stack


def _store_observations(connection: duckdb.DuckDBPyConnection) -> int:
    connection.execute(sql.read("building/store_observations"))
    return int(_row(connection, "SELECT count(*) FROM new_observations")[0])


def _forget_replaced(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget texts and pictures that changed posts had before, unless others have them."""
    forget_unused(
        connection,
        "SELECT unnest([e.text_content_id, e.formatted_content_id]) AS content_id"
        " FROM existing e SEMI JOIN changed c ON c.old_id = e.post_id"
        " UNION ALL SELECT content_id FROM old_media",
    )


def _refused(
    connection: duckdb.DuckDBPyConnection, posts: pa.RecordBatch, file: str
) -> list[Failure]:
    """List the rows that go with no stored post, or with one of another account or time."""
    refused = connection.execute(
        "SELECT n, source, id, line, class, reason FROM refused ORDER BY n"
    ).fetchall()
    return [
        Failure("read", kind, reason, source, file, line, raw=posts["raw"][n].as_py(), id=post)
        for n, source, post, line, kind, reason in refused
    ]


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    # All rows, though there is one: an unfinished result blocks its connection.
    row: tuple[Any, ...] = connection.execute(query).fetchall()[0]
    return row
