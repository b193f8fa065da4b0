"""What the database has for an index: its subjects, their contents, their vectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors, unit
from embedstore.storage import spaces
from embedstore.storage.database import watched

Kind = Literal["texts", "images"]

BLOCK = 8192
"""Vectors read at once."""

ENTRY = np.dtype([("id", "<i8"), ("key", "<i8"), ("list", "<i4")])
Entries = NDArray[np.void]
"""Contents, ascending by id. `key` is the start of the content's sha256, so that ids of
another history of the store don't pass for these; `list` is the content's inverted list in a
segment of an index, else 0."""


@dataclass(frozen=True)
class Subject:
    """What one index is of; an index of anything else is not used.

    Attributes
    ----------
    store_id : str
        The store's own, from `meta`.
    space, fingerprint : str
        The space, and what its vectors mean.
    kind : {"texts", "images"}
        Which of the space's vectors.
    dim : int
        Their dimensions.
    """

    store_id: str
    space: str
    kind: Kind
    fingerprint: str | None
    dim: int

    @property
    def name(self) -> str:
        """Name of the index; a space's name has no hyphen."""
        return f"{self.space}-{self.kind}"


def subjects(connection: duckdb.DuckDBPyConnection) -> list[Subject]:
    """What a store has indexes of: each space with vectors, its texts and its images apart."""
    store_id = connection.sql("SELECT value FROM meta WHERE key = 'store_id'").fetchall()[0][0]
    found: list[Subject] = []
    for space in spaces.declared(connection):
        kinds: list[tuple[Kind, bool]] = [("texts", space.texts), ("images", space.images)]
        if space.dim is not None:
            found += [
                Subject(store_id, space.space, kind, space.fingerprint, space.dim)
                for kind, held in kinds
                if held
            ]
    return found


def live(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Entries:
    """Contents that the database has vectors of, ascending by id."""
    kind = subject.kind.removesuffix("s")
    contents = connection.sql(
        "SELECT content_id, ('0x' || left(sha256, 15))::BIGINT AS key FROM contents"
        " WHERE kind = $1",
        params=[kind],
    ).to_arrow_table()
    vectors = connection.sql(
        "SELECT content_id FROM vectors WHERE space = $1", params=[subject.space]
    ).to_arrow_table()
    # Ids are dense: tables by id are quicker than a join and a sort.
    ids, present = contents["content_id"].to_numpy(), vectors["content_id"].to_numpy()
    keys = np.full(1 + max(ids.max(initial=0), present.max(initial=0)), -1, dtype=np.int64)
    keys[ids] = contents["key"].to_numpy()
    held = np.zeros(len(keys), dtype=bool)
    held[present] = True
    held &= keys >= 0
    entries = np.zeros(np.count_nonzero(held), dtype=ENTRY)
    entries["id"] = np.flatnonzero(held)
    entries["key"] = keys[held]
    return entries


def blocks(
    connection: duckdb.DuckDBPyConnection, subject: Subject, ids: Indices
) -> Iterator[tuple[Indices, Vectors]]:
    """Contents and their vectors at length 1, in any order, up to `BLOCK` at a time.

    Vectors of another length, or with something else than finite numbers, are left out:
    `check` finds them. One without direction, all zeros, stays as it is.
    """
    with watched(connection.cursor()) as cursor:
        cursor.register("wanted", pa.table({"content_id": ids}))
        rows = cursor.sql(
            f"SELECT content_id, try_cast(vector AS FLOAT[{subject.dim:d}]) AS vector"  # noqa: S608
            " FROM vectors SEMI JOIN wanted USING (content_id)"
            " WHERE space = $1 AND len(vector) = $2",
            params=[subject.space, subject.dim],
        )
        for batch in rows.to_arrow_reader(BLOCK):
            flat = batch["vector"].flatten().to_numpy(zero_copy_only=False)
            vectors = unit(flat.reshape(-1, subject.dim))
            usable = np.isfinite(vectors[:, 0])
            yield batch["content_id"].to_numpy()[usable], vectors[usable]
