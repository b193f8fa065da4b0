"""Search: recall and time of `similar` under filters, many queries at once, growing an index.

The store is made here: clustered vectors, a company for each cluster, likes at random. Recall
is against exact NumPy over the same rows. A query's time is that of the whole call in a
warm process, its SQL filter and the rows it returns included.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import embedstore
from benchmarks.common import report, spread
from embedstore.index import upkeep
from embedstore.storage import database
from embedstore.storage.changes import touch

CLUSTERS = 300
NOISE = 0.8
"""Length of what is added to a cluster's direction, which has length 1."""

K = 10
BATCH = 20_000

WARM_UP = 100
"""Queries before the first that counts: pages of a mapped index are new to the process."""

Array = NDArray[np.float32]


def main() -> None:
    """Make the store, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--queries", type=int, default=100, help="for each filter")
    parser.add_argument("--many", type=int, default=1000, help="queries in one call")
    parser.add_argument("--growth", action="store_true", help="also a store three times as large")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.store"
        made = Made(options.dim)
        made.add(path, options.rows)
        first = update(path)
        with embedstore.open(path) as store:
            for query in made.queries(WARM_UP):
                store.similar(vector=query)
            filtered = filters(store, made, options.queries)
            many = at_once(store, made.queries(options.many))
        grown = growth(path, made, options.rows, first, large=options.growth)
    size = f"{options.rows:,} x {options.dim}"
    report(f"k = {K} among {size} clustered vectors", filtered, options.format)
    report(f"many queries, unfiltered, among {size}", many, options.format)
    report("keeping the index current", grown, options.format)


class Made:
    """Posts and vectors, always the same for the same numbers.

    Parameters
    ----------
    dim : int
        Dimensions of a vector.
    """

    def __init__(self, dim: int) -> None:
        self._rng = np.random.default_rng(0)
        self._centres = unit(self._rng.standard_normal((CLUSTERS, dim)).astype(np.float32))
        self.vectors = np.empty((0, dim), dtype=np.float32)

    def _around(self, clusters: NDArray[np.int64]) -> Array:
        shape = (len(clusters), self._centres.shape[1])
        noise = self._rng.standard_normal(shape, dtype=np.float32) * (NOISE / shape[1] ** 0.5)
        vectors: Array = self._centres[clusters] + noise
        return vectors

    def queries(self, number: int) -> Array:
        """Vectors like those in the store, of any cluster, shape (number, dim)."""
        return unit(self._around(self._rng.integers(CLUSTERS, size=number)))

    def add(self, path: Path, rows: int, *, keep: bool = True) -> None:
        """Write more posts to a store, made if there is none; remember vectors if `keep`."""
        database.create(path)
        parts = [self.vectors]
        for start in range(0, rows, BATCH):
            clusters = self._rng.integers(CLUSTERS, size=min(BATCH, rows - start))
            vectors = self._around(clusters)
            _insert(path, vectors, clusters, self._rng.integers(1000, size=len(clusters)))
            if keep:
                parts.append(unit(vectors))
        self.vectors = np.concatenate(parts)


def _insert(path: Path, vectors: Array, clusters: Any, likes: Any) -> None:
    with database.transaction(path) as connection:
        dim = vectors.shape[1]
        [[first]] = connection.execute("SELECT coalesce(max(post_id), 0) + 1 FROM posts").fetchall()
        if first == 1:
            connection.execute(
                "INSERT INTO spaces (space, position, encoder, texts, images, text_field,"
                " settings, fingerprint, joint, dim)"
                " VALUES ('made', 0, 'hash', true, false, 'text', '{}', 'made', 'made', ?)",
                [dim],
            )
        connection.register(
            "made",
            pa.table(
                {
                    "post_id": np.arange(first, first + len(vectors)),
                    "cluster": clusters,
                    "likes": likes,
                    "vector": pa.FixedSizeListArray.from_arrays(vectors.reshape(-1), dim),
                }
            ),
        )
        connection.execute(
            "INSERT INTO posts"
            " (post_id, source, id, username, company, created_at, text, likes, comments,"
            " text_content_id)"
            " SELECT post_id, 'made', post_id::VARCHAR, format('account {}', post_id % 3000),"
            " format('company {}', cluster),"
            " TIMESTAMP '2018-01-01' + to_minutes(post_id),"
            " format('post {} of company {}: words enough to be as long as a short post is',"
            " post_id, cluster), likes, cluster, post_id FROM made;"
            "INSERT INTO contents SELECT post_id, sha256(post_id::VARCHAR), 'text' FROM made;"
            "INSERT INTO vectors SELECT 'made', post_id, vector::FLOAT[] FROM made"
        )
        touch(connection)


def _filters() -> Iterator[tuple[str, str | None]]:
    yield "none", None
    for share in (0.5, 0.1, 0.01, 0.001):
        yield f"{share:.1%} at random", f"likes < {round(1000 * share)}"
        names = ", ".join(f"'company {number}'" for number in range(max(1, int(300 * share))))
        # A company is a third of a per cent: of it, a third of the posts.
        part = " AND likes < 300" if share == 0.001 else ""
        yield f"{share:.1%} by cluster", f"company IN ({names}){part}"


def filters(store: embedstore.Store, made: Made, queries: int) -> list[dict[str, Any]]:
    """One row a filter: recall at `K`, whether `K` rows always came, milliseconds."""
    rows = []
    for name, where in _filters():
        ids = store.sql(f"SELECT post_id FROM posts WHERE {where or 'true'}")["post_id"].to_numpy()
        wanted = made.vectors[ids - 1]
        asked = made.queries(queries)
        took, found = [], []
        for query in asked:
            started = time.perf_counter()
            found.append(store.similar(vector=query, k=K, where=where))
            took.append(1000 * (time.perf_counter() - started))
        # Not between the queries: NumPy's threads go on waiting actively for a while.
        hits = 0
        for query, table in zip(asked, found, strict=True):
            scores = wanted @ query
            exact = ids[np.argpartition(-scores, K - 1)[:K]]
            hits += len(set(exact.tolist()) & set(table["post_id"].to_pylist()))
        full = sum(table.num_rows == K for table in found)
        rows.append(
            {
                "filter": name,
                "posts that pass": len(ids),
                "recall@10": hits / (K * queries),
                "k rows": f"{full}/{queries}",
                "ms a query, median (range)": spread(took),
            }
        )
    return rows


def at_once(store: embedstore.Store, queries: Array) -> list[dict[str, Any]]:
    """The same queries one by one and in one call, in turns."""
    alone, together = [], []
    for _ in range(3):
        started = time.perf_counter()
        for query in queries:
            store.similar(vector=query, k=K)
        alone.append(time.perf_counter() - started)
        started = time.perf_counter()
        store.similar(vector=queries, k=K)
        together.append(time.perf_counter() - started)
    return [
        {"queries": len(queries), "how": "one by one", "s": spread(alone)},
        {
            "queries": len(queries),
            "how": "in one call",
            "s": spread(together),
            "times faster": statistics.median(a / b for a, b in zip(alone, together, strict=True)),
        },
    ]


def growth(path: Path, made: Made, rows: int, first: float, *, large: bool) -> list[dict[str, Any]]:
    """Seconds to keep the index current, by what is new."""
    found = [
        {"stored": 0, "new": rows, "s": first},
        {"stored": rows, "new": 0, "s": statistics.median(update(path) for _ in range(3))},
    ]
    stored = rows
    for new in (rows // 100, rows // 10, *((2 * rows, rows // 100) if large else ())):
        made.add(path, new, keep=False)
        found.append({"stored": stored, "new": new, "s": update(path)})
        stored += new
    return found


def update(path: Path) -> float:
    """Seconds that the end of a build takes for its indexes."""
    started = time.perf_counter()
    with database.connect(path) as connection:
        upkeep.update(path, connection)
    return time.perf_counter() - started


def unit(vectors: Array) -> Array:
    """Vectors at length 1."""
    scaled: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


if __name__ == "__main__":
    main()
