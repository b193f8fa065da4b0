"""Import vectors that were made elsewhere into a space without an encoder."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedstore import sql
from embedstore.arrays import Vectors
from embedstore.errors import InputError
from embedstore.index import upkeep
from embedstore.index.subjects import Kind
from embedstore.maintenance.vector_files import Chunk, Columns, read_vectors
from embedstore.progress import Progress, Step, silent
from embedstore.storage import spaces
from embedstore.storage.build_lock import build_lock
from embedstore.storage.changes import touch
from embedstore.storage.database import connect, create, transaction
from embedstore.storage.spaces import Space
from embedstore.store import Store


@dataclass(frozen=True)
class Rejected:
    """Rows that were left out for one reason.

    Attributes
    ----------
    reason : str
        Why.
    rows : int
        How many.
    first : str
        File and number of the first one.
    """

    reason: str
    rows: int
    first: str


@dataclass(frozen=True)
class Imported:
    """Result of `import_vectors`.

    Attributes
    ----------
    space : str
        Name of the space.
    dim : int
        Dimensions of its vectors.
    rows : int
        Rows that were read.
    stored : int
        Vectors written.
    known : int
        Rows whose text or picture had a vector in the space already, or in an earlier row.
    rejected : list of Rejected
        Rows that were left out, the most frequent reason first.
    """

    space: str
    dim: int
    rows: int
    stored: int
    known: int
    rejected: list[Rejected]

    @property
    def complaint(self) -> str | None:
        """One sentence if less than half of the rows could be used; None otherwise."""
        used = self.stored + self.known
        if 2 * used >= self.rows:
            return None
        return (
            f"only {used:,} of {self.rows:,} rows could be used: {_most_frequent(self.rejected)};"
            " --allow-rejected accepts that"
        )

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of JSON types, keys in a stable order."""
        return asdict(self)


@dataclass
class _Tally:
    """Counts while rows are read."""

    rows: int = 0
    stored: int = 0
    known: int = 0
    reasons: dict[str, list[Any]] = field(default_factory=dict)

    def reject(self, chunk: Chunk, place: int, reason: str) -> None:
        entry = self.reasons.setdefault(reason, [0, f"{chunk.file.name}:{chunk.rows[place]}"])
        entry[0] += 1

    def rejected(self) -> list[Rejected]:
        found = [Rejected(reason, rows, first) for reason, (rows, first) in self.reasons.items()]
        return sorted(found, key=lambda each: -each.rows)


def import_vectors(
    store: Store,
    path: str | PathLike[str],
    *,
    space: str,
    metadata: str | PathLike[str] | None = None,
    among: Kind | None = None,
    columns: Columns | None = None,
    progress: Progress = silent,
) -> Imported:
    """Store the vectors of a file or folder in a space of their own, and index them.

    A row belongs to the posts that have its text, or to the post of its key: ``source:id``, or
    an id that only one source has. Rows that can't be used are counted with their reasons. Each
    chunk of rows is committed by itself, so that an import that was interrupted goes on where
    it was when it is run again; vectors that the space has are never overwritten.

    Parameters
    ----------
    store : Store
        The store; its posts are there already.
    path : path
        Parquet, NumPy, JSON lines, or a folder of them; clip-retrieval's layout.
    space : str
        Name of the space: a new one, or one that an earlier import made.
    metadata : path, optional
        Table whose rows belong to those of a NumPy file; the one beside it if None.
    among : {"texts", "images"}, optional
        What the vectors are of, where the layout doesn't tell; texts if None.
    columns : Columns, optional
        Columns to read; those with usual names if None.
    progress : callable
        Called after every chunk.

    Raises
    ------
    InputError
        The file can't be read, the space has an encoder, or no row can be used; nothing was
        written then, except what was committed before a damaged place of the file.
    StoreBusyError
        A build is at work.
    """
    chunks = read_vectors(
        Path(path), None if metadata is None else Path(metadata), columns or Columns()
    )
    with build_lock(store.path):
        create(store.path)
        with connect(store.path) as connection:
            declared = spaces.declared(connection)
        target = _existing(declared, space)
        tally = _Tally()
        for chunk in _of_kind(chunks, among):
            if target is None:
                dim = _usual_length(chunk.vectors)
                target = spaces.imported(space, dim, texts=True, images=False) if dim else None
            tally.rows += len(chunk.rows)
            _take(store.path, target, chunk, chunk.kind or among or "texts", tally)
            progress(Step(f"import {space}", tally.rows, unit="rows"))
        if tally.stored:
            with connect(store.path) as connection:
                upkeep.update(store.path, connection, progress=progress)
    rejected = tally.rejected()
    if target is None or not tally.stored + tally.known:
        why = _most_frequent(rejected) or "there are none"
        raise InputError(f"none of {tally.rows:,} rows of {path} could be used: {why}")
    assert target.dim is not None
    return Imported(space, target.dim, tally.rows, tally.stored, tally.known, rejected)


def _existing(declared: Sequence[Space], name: str) -> Space | None:
    """Find the space of an earlier import; an encoder's space takes no other vectors."""
    spaces.imported(name, 1, texts=True, images=False)
    found = next((space for space in declared if space.space == name), None)
    if found is not None and found.has_encoder:
        raise InputError(
            f"the space {name!r} is there already, filled by {spaces.describe(found)}: vectors"
            " from elsewhere can't be compared with its own. Give another name with --space"
        )
    return found


def _of_kind(chunks: Iterable[Chunk], among: Kind | None) -> Iterator[Chunk]:
    """Leave out the chunks whose layout says that they are of the other kind."""
    return (chunk for chunk in chunks if among in (None, chunk.kind) or chunk.kind is None)


def _usual_length(vectors: pa.Array) -> int | None:
    """Find the most frequent length of vectors; None if there are none."""
    lengths = pc.list_value_length(vectors).drop_null().to_numpy(zero_copy_only=False)
    values, counts = np.unique(lengths[lengths > 0], return_counts=True)
    return int(values[counts.argmax()]) if len(values) else None


def _take(path: Path, space: Space | None, chunk: Chunk, kind: Kind, tally: _Tally) -> None:
    """Store the usable rows of a chunk in one transaction, and count the others."""
    for place, reason in chunk.problems.items():
        tally.reject(chunk, place, reason)
    if space is None:
        for place in set(range(len(chunk.rows))) - set(chunk.problems):
            tally.reject(chunk, place, "the row has no vector")
        return
    assert space.dim is not None
    places, vectors = _usable(chunk, space.dim, tally)
    if not len(places):
        return
    given = chunk.names.take(pa.array(places)).append_column("n", pa.array(places))
    holds = spaces.imported(space.space, space.dim, texts=kind == "texts", images=kind == "images")
    with transaction(path) as connection:
        outcome = _place(connection, given, space.space, kind)
        new = np.asarray(
            [content is not None and not known for _, content, _, known in outcome], dtype=bool
        )
        if new.any():
            spaces.declare_imported(connection, holds)
            contents = np.array([row[1] for row in outcome if row[1] is not None and not row[3]])
            _insert(connection, space.space, contents, vectors[new])
            touch(connection)
    tally.stored += int(new.sum())
    for place, _, why, known in outcome:
        if why is not None:
            tally.reject(chunk, place, why)
        else:
            tally.known += known


def _usable(chunk: Chunk, dim: int, tally: _Tally) -> tuple[np.ndarray[Any, Any], Vectors]:
    """Find the rows with a finite vector of `dim` numbers, and count the others.

    Returns
    -------
    places : array, shape (m,), int64
        Places in the chunk.
    vectors : array, shape (m, dim), float32
        Their vectors.
    """
    lengths = pc.list_value_length(chunk.vectors).to_pylist()
    fitting = np.array([length == dim for length in lengths], dtype=bool)
    fitting[list(chunk.problems)] = False
    for place in np.flatnonzero(~fitting).tolist():
        if place not in chunk.problems:
            length = lengths[place]
            tally.reject(
                chunk,
                place,
                f"the vector has {length:,} dimensions, the space has {dim:,}"
                if length
                else "the row has no vector",
            )
    places = np.flatnonzero(fitting)
    flat = chunk.vectors.filter(pa.array(fitting)).flatten().to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):
        vectors: Vectors = flat.reshape(-1, dim).astype(np.float32)
    finite = np.isfinite(vectors).all(axis=1)
    # As `check` and the index see it: squares that overflow have no length either.
    with np.errstate(over="ignore"):
        finite &= np.isfinite(np.einsum("ij,ij->i", vectors, vectors))
    pointing = vectors.any(axis=1)
    for place in places[~finite].tolist():
        tally.reject(chunk, place, "the vector has numbers that are not finite (NaN, infinity)")
    for place in places[finite & ~pointing].tolist():
        tally.reject(chunk, place, "the vector is all zeros")
    good = finite & pointing
    return places[good], vectors[good]


def _place(
    connection: duckdb.DuckDBPyConnection, given: pa.Table, space: str, kind: Kind
) -> list[tuple[int, int | None, str | None, bool]]:
    """Find the content of each row: n, content id, or reason, and whether it has a vector."""
    connection.register("given", given)
    for statement in connection.extract_statements(sql.read("maintenance/import_vectors")):
        names = {"kind": kind, "space": space}
        wanted = {name: names[name] for name in statement.named_parameters}
        connection.execute(statement, wanted or None)
    connection.unregister("given")
    rows: list[tuple[int, int | None, str | None, bool]] = connection.execute(
        "SELECT n, content_id, reason, coalesce(known AND content_id IS NOT NULL, false)"
        " FROM placed ORDER BY n"
    ).fetchall()
    return rows


def _insert(
    connection: duckdb.DuckDBPyConnection,
    space: str,
    content_ids: np.ndarray[Any, Any],
    vectors: Vectors,
) -> None:
    """Insert rows into `vectors`."""
    column = pa.FixedSizeListArray.from_arrays(vectors.reshape(-1), vectors.shape[1])
    connection.register("batch", pa.table({"content_id": content_ids, "vector": column}))
    connection.execute(
        "INSERT INTO vectors SELECT ?, content_id, vector::FLOAT[] FROM batch", [space]
    )
    connection.unregister("batch")


def _most_frequent(rejected: Sequence[Rejected]) -> str:
    """Name the three most frequent reasons in half a sentence."""
    return "; ".join(
        f"{each.rows:,} × {each.reason} (first: {each.first})" for each in rejected[:3]
    )
