"""Batches of posts into the store: new, changed and unchanged ones told apart.

Each batch is one transaction of the caller's, so that a build killed at any moment leaves
whole batches.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.reading import Batch
from embedstore.reading.media_field import parse_media
from embedstore.storage.changes import Failure, forget_unused, record_failures, touch


@dataclass(frozen=True)
class Ingested:
    """What a batch changed, in posts.

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

    def __add__(self, other: "Ingested") -> "Ingested":
        """Sum, field by field."""
        return Ingested(*(a + b for a, b in zip(self._counts(), other._counts(), strict=True)))

    def _counts(self) -> tuple[int, int, int, int]:
        return self.new, self.updated, self.unchanged, self.rejected


def ingest(
    connection: duckdb.DuckDBPyConnection, batch: Batch, *, file: Path, build_id: int
) -> Ingested:
    """Store one batch of posts, and what was rejected of it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    batch : Batch
        From `embedstore.reading.read_posts`.
    file : Path
        The file it was read from: local pictures are looked for beside it.
    build_id : int
        The build that does this.
    """
    rows = batch.posts.num_rows
    numbered = pa.table(batch.posts).append_column("n", pa.array(np.arange(rows)))
    connection.register("batch", numbered)
    connection.execute(sql.read("building/store_posts"))
    new, changed, known = _row(
        connection,
        "SELECT count(*) FILTER (old_id IS NULL), count(*), (SELECT count(*) FROM merged)"
        " FROM changed",
    )
    failures = _replace_media(connection, file)
    if changed > new:
        forget_unused(
            connection,
            "SELECT unnest([e.text_content_id, e.formatted_content_id]) AS content_id"
            " FROM existing e SEMI JOIN changed c ON c.old_id = e.post_id"
            " UNION ALL SELECT content_id FROM old_media",
        )
    conflicts = connection.execute("SELECT source, id, line, raw, reason FROM conflicts ORDER BY n")
    rejected = [
        Failure("read", "conflict", reason, source, str(file), line, raw=raw, id=post)
        for source, post, line, raw, reason in conflicts.fetchall()
    ] + [
        Failure("read", "rejected", row.reason, row.source, row.file, row.line, raw=row.raw)
        for row in batch.rejected
    ]
    record_failures(connection, failures + rejected, build_id=build_id)
    if changed:
        touch(connection)
    connection.unregister("batch")
    return Ingested(new, changed - new, known - changed, len(rejected))


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    # All rows, though there is one: an unfinished result blocks its connection.
    row: tuple[Any, ...] = connection.execute(query).fetchall()[0]
    return row


_MEDIA_SCHEMA = pa.schema(
    [
        ("post_id", pa.int64()),
        ("position", pa.int32()),
        ("kind", pa.string()),
        ("url", pa.string()),
        ("folder", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("duration", pa.float64()),
        ("views", pa.int64()),
    ]
)


def _replace_media(connection: duckdb.DuckDBPyConnection, file: Path) -> list[Failure]:
    """Rows of `media` for the posts whose media field is new or changed.

    An item whose URL was fetched before, for this post or another, keeps its content.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE remedia AS"
        " SELECT c.post_id, c.source, s.line, c.media_raw FROM changed c JOIN staged s USING (n)"
        " WHERE c.media_changed;"
        "CREATE OR REPLACE TEMP TABLE old_media AS"
        " SELECT * FROM media WHERE post_id IN (SELECT post_id FROM remedia)"
    )
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    posts = connection.execute("SELECT * FROM remedia ORDER BY post_id").fetchall()
    if not posts:
        return failures
    folder = str(file.resolve().parent)
    for post_id, source, line, raw in posts:
        items, problems = parse_media(raw)
        rows += [
            asdict(item) | {"post_id": post_id, "position": position, "folder": folder}
            for position, item in enumerate(items)
        ]
        failures += [
            Failure("media", "unreadable", problem, source, str(file), line, raw=raw)
            for problem in problems
        ]
    connection.register("items", pa.Table.from_pylist(rows, schema=_MEDIA_SCHEMA))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE fetched AS"
        " SELECT url, folder, max(content_id) AS content_id FROM media"
        " WHERE content_id IS NOT NULL AND url IN (SELECT url FROM items) GROUP BY url, folder;"
        "DELETE FROM media WHERE post_id IN (SELECT post_id FROM old_media);"
        "INSERT INTO media BY NAME"
        " SELECT i.*, f.content_id FROM items i LEFT JOIN fetched f"
        " ON f.url = i.url AND (f.folder = i.folder OR starts_with(i.url, 'http'))"
    )
    connection.unregister("items")
    return failures
