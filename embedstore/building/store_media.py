"""Store what the media fields of posts say: one row of `media` for each picture or video."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from embedstore.reading.media_field import parse_media
from embedstore.storage.changes import Failure

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

_FIND_CHANGED = """
CREATE OR REPLACE TEMP TABLE remedia AS
SELECT c.post_id, c.source, s.line, c.media_raw
FROM changed c JOIN staged s USING (n)
WHERE c.media_changed;
CREATE OR REPLACE TEMP TABLE old_media AS
SELECT * FROM media WHERE post_id IN (SELECT post_id FROM remedia)
"""

_REPLACE = """
CREATE OR REPLACE TEMP TABLE fetched AS
SELECT url, folder, max(content_id) AS content_id
FROM media
WHERE content_id IS NOT NULL AND url IN (SELECT url FROM items)
GROUP BY url, folder;
DELETE FROM media WHERE post_id IN (SELECT post_id FROM old_media);
INSERT INTO media BY NAME
SELECT i.*, f.content_id
FROM items i
LEFT JOIN fetched f ON f.url = i.url AND (f.folder = i.folder OR starts_with(i.url, 'http'))
"""
"""An item whose URL was fetched before, for this post or another, keeps its content."""


def replace_media(
    connection: duckdb.DuckDBPyConnection, *, file: str, folder: Path
) -> list[Failure]:
    """Replace the rows of `media` of posts whose media field is new or changed.

    Expects the temporary tables of `store_posts`, and leaves the rows that went in the
    temporary table `old_media`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    file : str
        Name of the file that the posts were read from.
    folder : Path
        Where local pictures are looked for.

    Returns
    -------
    list of Failure
        Media fields, or parts of them, that can't be read.
    """
    connection.execute(_FIND_CHANGED)
    posts = connection.execute("SELECT * FROM remedia ORDER BY post_id").fetchall()
    if not posts:
        return []
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for post_id, source, line, raw in posts:
        items, problems = parse_media(raw)
        rows += [
            asdict(item) | {"post_id": post_id, "position": position, "folder": str(folder)}
            for position, item in enumerate(items)
        ]
        failures += [
            Failure("media", "unreadable", problem, source, file, line, raw=raw)
            for problem in problems
        ]
    connection.register("items", pa.Table.from_pylist(rows, schema=_MEDIA_SCHEMA))
    connection.execute(_REPLACE)
    connection.unregister("items")
    return failures
