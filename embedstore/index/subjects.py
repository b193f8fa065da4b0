"""Read from the database what an index holds: its subject, the contents and their vectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors, from_arrow, to_arrow, unit
from embedstore.storage import spaces
from embedstore.storage.database import cursor_of

Kind = Literal["texts", "images"]

BLOCK = 8192
"""Vectors read from the database at once."""

ENTRY = np.dtype([("id", "<i8"), ("key", "<i8"), ("list", "<i4")])
Entries = NDArray[np.void]
"""Contents, ascending by id. `key` is the start of the content's SHA-256: after a backup was
restored, an index of the time before may have the same ids for other contents, and the keys tell.
`list` is the content's inverted list in a segment, 0 where there are none."""


@dataclass(frozen=True)
class Subject:
    """The vectors that one index is made of; an index with another subject is not used.

    Attributes
    ----------
    store_id : str
        Id of the store, from `meta`.
    space : str
        Name of the space.
    kind : {"texts", "images"}
        Kind of contents in the space.
    fingerprint : str, optional
        Fingerprint of the space's encoder.
    dim : int
        Dimensions of a vector.
    """

    store_id: str
    space: str
    kind: Kind
    fingerprint: str | None
    dim: int

    @property
    def name(self) -> str:
        """Name of the index, unique since the name of a space has no hyphen."""
        return f"{self.space}-{self.kind}"


def subjects(connection: duckdb.DuckDBPyConnection) -> list[Subject]:
    """List the subjects of a store's indexes: texts and images of each space with vectors."""
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


def stored_contents(connection: duckdb.DuckDBPyConnection, subject: Subject) -> Entries:
    """Read the contents that have a vector in the database, ascending by id."""
    kind = subject.kind.removesuffix("s")
    contents = connection.sql(
        "SELECT content_id, ('0x' || left(sha256, 15))::BIGINT AS key FROM contents"
        " WHERE list_contains($1, kind)",
        params=[["image", "released"] if kind == "image" else [kind]],
    ).to_arrow_table()
    vectors = connection.sql(
        "SELECT content_id FROM vectors WHERE space = $1", params=[subject.space]
    ).to_arrow_table()
    # Content ids are dense: arrays by id are quicker than a join and a sort in SQL.
    ids, present = from_arrow(contents["content_id"]), from_arrow(vectors["content_id"])
    keys = np.full(1 + max(ids.max(initial=0), present.max(initial=0)), -1, dtype=np.int64)
    keys[ids] = from_arrow(contents["key"])
    held = np.zeros(len(keys), dtype=bool)
    held[present] = True
    held &= keys >= 0
    entries = np.zeros(np.count_nonzero(held), dtype=ENTRY)
    entries["id"] = np.flatnonzero(held)
    entries["key"] = keys[held]
    return entries


def vector_blocks(
    connection: duckdb.DuckDBPyConnection, subject: Subject, ids: Indices
) -> Iterator[tuple[Indices, Vectors]]:
    """Read vectors in blocks of up to `BLOCK`, in any order, and scale them to length 1.

    Vectors with other dimensions than the space, or with numbers that are not finite, are left
    out; `embedstore check` reports them. A vector of zeros stays as it is.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store.
    subject : Subject
        Space and kind of the contents.
    ids : array, shape (n,), int64
        Contents to read.

    Yields
    ------
    ids : array, shape (b,), int64
        Content ids of the block.
    vectors : array, shape (b, dim), float32
        Their vectors.
    """
    with cursor_of(connection) as cursor:
        cursor.register("wanted", pa.table({"content_id": to_arrow(ids)}))
        rows = cursor.sql(
            f"SELECT content_id, try_cast(vector AS FLOAT[{subject.dim:d}]) AS vector"  # noqa: S608
            " FROM vectors SEMI JOIN wanted USING (content_id)"
            " WHERE space = $1 AND len(vector) = $2",
            params=[subject.space, subject.dim],
        )
        for batch in rows.to_arrow_reader(BLOCK):
            flat = from_arrow(batch["vector"].flatten())
            vectors = unit(flat.reshape(-1, subject.dim))
            usable = np.isfinite(vectors[:, 0])
            yield from_arrow(batch["content_id"])[usable], vectors[usable]
