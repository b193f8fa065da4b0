"""Train the inverted lists of an approximate index: their number, centroids and probes.

An inverted-file index (IVF) groups vectors by their nearest centroid and scans, for a query,
only the lists of the nearest centroids (Jégou, Douze and Schmid, "Product quantization for
nearest neighbor search", 2011; FAISS's IndexIVF).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedstore.arrays import Vectors

EXACT_FLOATS = 20_000_000
"""Largest index (vectors x dimensions) that is searched exactly: 52,000 vectors of 384. One core
reads so many floats in 5 ms, which leaves half of 10 ms a query for SQL, and approximate search
is no faster below."""

PER_LIST = 40
"""Training vectors for each list, and the fewest vectors a list has on average; FAISS's k-means
asks for 39."""

RECALL = 0.995
"""Share of the ten nearest neighbours that should be in the lists probed without a filter. A
search stops once the probed lists hold enough vectors, and lists near a query are often large, so
that it finds a little less: 99.5% with 119 of 256 lists on 14,000 real tweets, and 98.7% with the
86 lists that 0.99 asks for."""

ITERATIONS = 10
"""Iterations of k-means."""

TRIALS = 512
"""Queries from which the number of probes is chosen."""

LEAST_PROBES = 16
MOST_PROBES = 256
"""Bounds on the probes: at 300,000 vectors, 16 lists take 0.2 ms and 256 lists 3 ms."""


@dataclass(frozen=True)
class InvertedLists:
    """Centroids that all segments of one index share.

    Attributes
    ----------
    centroids : array, shape (lists, dim), float32
        A vector belongs to the list of the nearest centroid.
    probes : int
        Lists that a query without a filter scans, the nearest first (FAISS's `nprobe`).
    """

    centroids: Vectors
    probes: int


def ideal_list_count(vectors: int) -> float:
    """Return the number of lists that suits so many vectors: twice their square root.

    Finding the nearest lists and scanning a few of them then cost about the same. Few
    vectors get fewer lists, so that each list has `PER_LIST`.
    """
    return min(2.0 * math.sqrt(vectors), vectors / PER_LIST)


def list_count(vectors: int) -> int:
    """Return the number of lists of a new index: the power of two nearest to the ideal."""
    return int(2 ** max(0, round(math.log2(max(ideal_list_count(vectors), 1)))))


def fits(lists: int, rows: int, dim: int) -> bool:
    """Tell whether a number of inverted lists still suits an index that has grown or shrunk.

    A new index has up to 1.4 times too few or too many lists. It is trained anew when there
    are twice too few, so after the store has doubled at the earliest.

    Parameters
    ----------
    lists : int
        Inverted lists of the index; 0 for an exact one.
    rows : int
        Vectors that it should hold now.
    dim : int
        Dimensions of a vector.
    """
    if lists == 0:
        return rows * dim <= EXACT_FLOATS
    return rows * dim > EXACT_FLOATS / 2 and ideal_list_count(rows) <= 2 * lists


def faiss_has_gpu(faiss: Any) -> bool:
    """Tell whether FAISS was built for GPUs and finds one."""
    return getattr(faiss, "get_num_gpus", int)() > 0


def train(faiss: Any, sample: Vectors, count: int) -> InvertedLists:
    """Train inverted lists by spherical k-means.

    Parameters
    ----------
    faiss : module
        FAISS.
    sample : array, shape (n, dim), float32
        Vectors of length 1.
    count : int
        Lists; fewer if the sample is smaller.
    """
    kmeans = faiss.Kmeans(
        sample.shape[1],
        min(count, len(sample)),
        niter=ITERATIONS,
        spherical=True,
        seed=0,
        min_points_per_centroid=1,
        gpu=faiss_has_gpu(faiss),
    )
    kmeans.train(sample)
    return InvertedLists(kmeans.centroids, _choose_probes(faiss, sample, kmeans.centroids))


def _choose_probes(faiss: Any, sample: Vectors, centroids: Vectors) -> int:
    """Count the lists that hold `RECALL` of the nearest neighbours of some training vectors.

    Clustered vectors need few probes, vectors of texts many. Neighbours within a sample are
    farther away than among all vectors, so the count errs towards more probes than needed.
    """
    metric = faiss.METRIC_INNER_PRODUCT
    queries = sample[:TRIALS]
    # Eleven, since the first neighbour of a training vector is the vector itself.
    _, neighbours = faiss.knn(queries, sample, min(11, len(sample)), metric=metric)
    _, list_of = faiss.knn(sample, centroids, 1, metric=metric)
    _, order = faiss.knn(queries, centroids, len(centroids), metric=metric)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(centroids))[None], axis=1)
    ranks = np.take_along_axis(rank, list_of[neighbours[:, 1:], 0], axis=1)
    needed = int(np.quantile(ranks, RECALL)) + 1 if ranks.size else 1
    return min(max(needed, LEAST_PROBES), MOST_PROBES)
