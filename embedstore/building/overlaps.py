"""Posts of the inputs that another source has too, noticed before anything is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.arrays import to_arrow, to_column


@dataclass(frozen=True)
class Overlap:
    """Two sources with the same posts.

    Attributes
    ----------
    source : str
        The one that is to be read.
    other : str
        One that is stored already, or read before it in the same build.
    posts : int
        How many of the posts that were looked at are in the other source.
    looked_at : int
        New posts of `source` that were looked at.
    """

    source: str
    other: str
    posts: int
    looked_at: int

    def __str__(self) -> str:
        return (
            f"{self.posts:,} of the first {self.looked_at:,} new posts of source"
            f" {self.source!r} are in source {self.other!r} too and will be stored twice:"
            f" --source {self.other} reads them as the same posts"
        )


def find_overlaps(
    connection: duckdb.DuckDBPyConnection, posts: pa.Table, sources: Sequence[str]
) -> list[Overlap]:
    """Look for posts that another source has too.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        On the store.
    posts : pyarrow.Table
        First rows of the inputs.
    sources : sequence of str
        Sources of the inputs, in their order.
    """
    connection.register("sample", posts)
    distinct = list(dict.fromkeys(sources))
    places = np.arange(1, len(distinct) + 1)
    reading = {"source": to_column(distinct, pa.string()), "place": to_arrow(places)}
    connection.register("reading", pa.table(reading))
    rows = connection.execute(sql.read("building/overlaps")).fetchall()
    connection.unregister("sample")
    connection.unregister("reading")
    return [Overlap(*row) for row in rows]
