"""Contents without a vector, space by space, and names of the stages that encode them."""

from collections.abc import Sequence

import duckdb
import numpy as np

from embedstore.arrays import Indices
from embedstore.storage.spaces import Space


def texts_without_vector(connection: duckdb.DuckDBPyConnection, space: Space) -> Indices:
    """List the texts that a space has no vector for: content ids, ascending, int64."""
    column = space.content_column
    wanted = connection.sql(
        f"SELECT {column} AS content_id FROM posts WHERE {column} IS NOT NULL"  # noqa: S608 (ours)
    )
    there = connection.sql("SELECT content_id FROM vectors WHERE space = $1", params=[space.space])
    # Content ids are dense: marking them by number takes a sixth of the time of SQL's joins.
    ids, done = (rows.to_arrow_table()["content_id"].to_numpy() for rows in (wanted, there))
    lacking = np.zeros(1 + max(ids.max(initial=0), done.max(initial=0)), dtype=bool)
    lacking[ids] = True
    lacking[done] = False
    return np.flatnonzero(lacking)


def image_groups(declared: Sequence[Space]) -> list[list[Space]]:
    """Group spaces by encoder: one pass over the images fills a whole group.

    Spaces of texts alone, or without an encoder, are left out.
    """
    groups: dict[tuple[str, str | None], list[Space]] = {}
    for space in declared:
        if space.images and space.has_encoder:
            groups.setdefault((space.encoder, space.weights), []).append(space)
    return list(groups.values())


def text_stage(space: Space) -> str:
    """Name the stage that embeds a space's texts."""
    return f"encode {space.space}"


def image_stage(group: Sequence[Space]) -> str:
    """Name the stage that embeds images in the spaces of one encoder."""
    return f"encode images {', '.join(space.space for space in group)}"


def images_without_vector(
    connection: duckdb.DuckDBPyConnection, group: Sequence[Space], retry_failed: bool
) -> tuple[Indices, list[tuple[str, str]]]:
    """List the images that some space of the group lacks: ids ascending, with sha256 and kind.

    An image that could not be decoded is left out unless `retry_failed`: its bytes won't change.
    """
    rows = connection.execute(
        "SELECT content_id, sha256, kind FROM contents c WHERE kind IN ('image', 'noise')"
        " AND (SELECT count(*) FROM vectors v"
        " WHERE v.content_id = c.content_id AND list_contains(?, v.space)) < ?"
        " AND (? OR sha256 NOT IN (SELECT raw FROM failures WHERE stage = 'decode'))"
        " ORDER BY content_id",
        [[space.space for space in group], len(group), retry_failed],
    ).fetchall()
    return np.array([row[0] for row in rows], dtype=np.int64), [(row[1], row[2]) for row in rows]
