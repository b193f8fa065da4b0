"""The map: a point in the plane for each text, so that texts of like meaning lie together.

Points are the vectors of the space `map`, which SQL reads as `map(post_id, x, y)`. UMAP (McInnes,
Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction",
2018) makes the map once. New texts are put among their nearest neighbours, so that no point that
is there moves.
"""

from dataclasses import dataclass, replace
from os import PathLike

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices, Vectors, from_arrow, unit
from embedstore.errors import InputError
from embedstore.index.pivots import nearest
from embedstore.progress import Progress, Step, silent
from embedstore.storage import database, spaces
from embedstore.storage.changes import touch
from embedstore.storage.spaces import Space
from embedstore.store import Store

NAME = "map"
"""The space of the map."""

NEIGHBOURS = 15
"""Neighbours that a point is placed by, in UMAP and after it; UMAP's own default."""

FEWEST = 50
"""Texts that a map is made of."""

SHARPNESS = 0.05
"""Difference of cosine over which a neighbour's weight falls to a third: a text between two
clusters is put to the nearer one, not into the empty space between them."""

PROBES = 32
"""Pivots whose texts are compared with a text: 32 lists of 64."""

StoreLike = Store | str | PathLike[str]


@dataclass(frozen=True)
class Mapped:
    """What `update_map` did, in texts.

    Attributes
    ----------
    fitted : bool
        Whether the map was made anew.
    placed : int
        Texts that got a point now.
    points : int
        Texts that have one.
    """

    fitted: bool
    placed: int
    points: int


def update_map(
    store: StoreLike,
    *,
    space: str | None = None,
    refit: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Mapped:
    """Make the map of a store, or place the texts that it lacks.

    Parameters
    ----------
    store : Store or path
        The store.
    space : str, optional
        Space of texts whose vectors are laid out; that of the map there is, else the first.
    refit : bool
        Make the map anew: all points move.
    seed : int
        Draws UMAP's random numbers.
    progress : callable
        Told about each step.

    Raises
    ------
    InputError
        There are too few texts, a space of the name `map` is no map, or a map is to be made and
        the extra `atlas` is not installed.
    QueryError
        There is no such space of texts.
    """
    path = store.path if isinstance(store, Store) else Store(store).path
    database.create(path)
    opened = Store(path)
    known = _map_space(opened)
    source = opened.space(space or (known and known.settings.get("of")), texts=True)
    if source.text_field != "text":
        raise InputError(f"a map is made of texts, and space {source.space!r} is of formatted_text")
    settings = {"of": source.space, "fingerprint": source.fingerprint}
    fit = refit or known is None or known.settings != settings
    with opened.connection() as connection:
        contents, vectors, points = _read(connection, source, mapped=not fit)
    lacking = np.flatnonzero(np.isnan(points[:, 0]))
    if fit:
        if len(contents) < FEWEST:
            raise InputError(
                f"{path} has {len(contents)} texts with a vector: a map needs {FEWEST}"
            )
        progress(Step("lay out", 0, 1))
        points = lay_out(vectors, seed=seed)
    elif len(lacking):
        there = np.flatnonzero(~np.isnan(points[:, 0]))
        points[lacking] = place(vectors[lacking], vectors[there], points[there])
    if len(lacking):
        _write(path, contents[lacking], points[lacking], settings, fit=fit)
    progress(Step("lay out", 1, 1))
    return Mapped(fit, len(lacking), len(contents))


def lay_out(vectors: Vectors, *, seed: int = 0) -> Vectors:
    """Project vectors on a plane by UMAP.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        At length 1.
    seed : int
        Draws the random numbers; the same seed gives the same map.

    Returns
    -------
    array, shape (n, 2), float32
    """
    try:
        from umap import UMAP
    except ImportError as error:
        raise InputError("a map needs umap-learn: run `pip install 'embedstore[atlas]'`") from error
    import warnings

    count = min(NEIGHBOURS, len(vectors) - 1)
    cosine, near = nearest(vectors, vectors, count, probes=PROBES)
    with warnings.catch_warnings():
        # It says that a seed means one thread, and that it has no index of its own.
        warnings.simplefilter("ignore")
        model = UMAP(
            n_neighbors=count,
            metric="cosine",
            random_state=seed,
            # Positions by the first directions: eigenvectors of the graph take minutes at 300,000.
            init="pca",
            precomputed_knn=(near, np.where(near < 0, np.inf, np.maximum(0, 1 - cosine))),
        )
        return np.asarray(model.fit_transform(vectors), dtype=np.float32)


def place(new: Vectors, known: Vectors, points: Vectors) -> Vectors:
    """Put new vectors where their nearest neighbours are: the mean of these, the nearest first.

    Parameters
    ----------
    new, known : arrays, shape (m, dim) and (n, dim), float32
        At length 1.
    points : array, shape (n, 2), float32
        Where the known ones are.

    Returns
    -------
    array, shape (m, 2), float32
    """
    cosine, near = nearest(new, known, min(NEIGHBOURS, len(known)), probes=PROBES)
    # Where lists hold fewer, the nearest is taken again.
    cosine, near = np.where(near < 0, cosine[:, :1], cosine), np.where(near < 0, near[:, :1], near)
    weight = np.exp((cosine - cosine[:, :1]) / SHARPNESS)
    weight /= weight.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkd->nd", weight, points[near]).astype(np.float32)


def _map_space(store: Store) -> Space | None:
    """Return the space of the map; None if there is none yet."""
    found = next((each for each in store.spaces() if each.space == NAME), None)
    if found is not None and "of" not in found.settings:
        raise InputError(
            f"{store.path} has a space {NAME!r} that is no map: the map needs this name, so import"
            " those vectors under another one"
        )
    return found


def _read(
    connection: duckdb.DuckDBPyConnection, source: Space, *, mapped: bool
) -> tuple[Indices, Vectors, Vectors]:
    """Read texts with a vector: contents, vectors at length 1, and points, NaN without one."""
    rows = connection.sql(
        "SELECT v.content_id, v.vector, m.vector[1] AS x, m.vector[2] AS y FROM vectors v"
        " LEFT JOIN vectors m ON m.space = $name AND m.content_id = v.content_id AND $mapped"
        " WHERE v.space = $space AND len(v.vector) = $dim"
        " AND v.content_id IN (SELECT text_content_id FROM posts)"
        " ORDER BY v.content_id",
        params={"name": NAME, "mapped": mapped, "space": source.space, "dim": source.dim},
    ).to_arrow_table()
    vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    vectors = unit(np.asarray(vectors, dtype=np.float32).reshape(len(rows), -1))
    usable = np.isfinite(vectors).all(axis=1)
    points = np.column_stack(
        [rows[name].to_numpy(zero_copy_only=False).astype(np.float32) for name in ("x", "y")]
    )
    return from_arrow(rows["content_id"])[usable], vectors[usable], points[usable]


def _write(
    path: PathLike[str],
    contents: Indices,
    points: Vectors,
    settings: dict[str, str | None],
    *,
    fit: bool,
) -> None:
    """Store points; those of texts that were removed meanwhile are left out."""
    new = pa.table(
        {
            "content_id": contents,
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(points.reshape(-1)), 2),
        }
    )
    with database.transaction(Store(path).path) as connection:
        if fit:
            connection.execute("DELETE FROM vectors WHERE space = ?", [NAME])
            connection.execute("DELETE FROM spaces WHERE space = ?", [NAME])
            # It embeds nothing by itself: a build, a search and a head pass over it.
            blank = replace(
                spaces.imported(NAME, 2, texts=False, images=False), settings=dict(settings)
            )
            spaces.declare_imported(connection, blank)
        connection.register("new_points", new)
        connection.execute(
            "INSERT INTO vectors SELECT ?, content_id, vector::FLOAT[] FROM new_points"
            " SEMI JOIN contents USING (content_id)",
            [NAME],
        )
        connection.unregister("new_points")
        touch(connection)
