"""Cluster vectors: communities of a graph of shared neighbours, and groups of them.

About half of the posts make the graph: those whose nearest neighbours are near, or nearer than
those of the posts around them. In the thin rest, neighbours say little (the idea of density-based
clustering; Campello et al., 2013). Two posts are linked as strongly as their lists of neighbours
overlap (Jarvis and Patrick, 1973), and the Leiden method (Traag et al., 2019) finds the
communities. The finer they are, the more of them part a large theme: those whose centres are near
are put together again. Every post, of the thin rest as well, then goes to the nearest centre if
that is near enough, as posts do that come later. Of very many posts, a sample is clustered.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from embedstore.arrays import Indices, Vectors, unit
from embedstore.topics.assign import Centres

if TYPE_CHECKING:
    import faiss
    from scipy.sparse import csr_matrix

Size = Literal["small", "medium", "large"]

RESOLUTION: dict[Size, float] = {"small": 12.0, "medium": 5.0, "large": 2.0}
"""Resolution of the modularity in a graph of `USUAL_ROWS`, by size of topics; more makes more and
smaller ones. It grows with the root of the graph's rows, and so does the number of topics."""

USUAL_ROWS = 7_000

MOST_ROWS = 50_000
"""Most vectors that topics are found among; beyond it a sample, whose topics the others are
assigned to. Of 300,000, the fifteen nearest neighbours are a small part of what is alike: topics
found among all of them were blurred sums of many small communities, and took three times as
long."""

NEIGHBOURS = 15

DENSE_SHARE = 0.4
"""Share of vectors, the densest of all, that are in the graph."""

PEAK_SHARE = 0.25
"""Share of vectors that are in it as the densest beside their neighbours, so that no cluster is
left out for being thinner than others."""

FEWEST_MEMBERS = 10
"""Vectors of the graph in a community that counts as a topic."""

ALIKE = 0.55
"""Cosine similarity of centres from which on communities are one topic (average linkage). Without
it, a hundred topics of 14,000 tweets had more than one on each large theme."""

MOST: dict[Size, float] = {"small": 2.0, "medium": 1.4, "large": 1.0}
"""Most topics, as a multiple of the root of the number of vectors: about twice as many as 14,000
tweets have. Where there are more, the nearest of them are put together further: a store with many
near copies has thousands of tight communities, more than anyone reads."""

REACH = 0.57
"""Reach of a topic, as a share of the median similarity of its vectors in the graph. Of the tweets
just within it, six in ten have neighbours most of which are in that topic; further out it is soon
fewer than half."""

EXACT_ROWS = 5_000
"""Most vectors whose neighbours are found by comparing all with all."""

PROBES = 8
"""Inverted lists that are looked through for a vector."""

BLOCK = 16_384
"""Rows of the graph that are computed at once."""

GROUP_SIZE = 6
"""Topics in a group, on average."""

FEWEST_GROUPED = 12
"""Topics, or groups, from which on there is a level above them."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of vectors.

    Attributes
    ----------
    centres : Centres
        The topics.
    groups : list of array, shape (k,), int64
        For each level above the topics, one or two of them or none: the group of each topic.
    """

    centres: Centres
    groups: list[Indices]


def cluster(vectors: Vectors, *, size: Size = "medium", seed: int = 0) -> Clusters:
    """Find topics among vectors, and groups of topics.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        At length 1, each content once.
    size : {"small", "medium", "large"}
        How large topics are.
    seed : int
        The same seed gives the same topics.
    """
    from sknetwork.clustering import Leiden

    if len(vectors) > MOST_ROWS:
        vectors = vectors[_sample(len(vectors), seed)]
    if len(vectors) <= NEIGHBOURS:
        return Clusters(_centres(vectors, np.full(len(vectors), -1)), [])
    near, neighbours = _nearest(vectors)
    dense = _dense(near.mean(axis=1), neighbours)
    graph = _shared_neighbours(neighbours, dense)
    resolution = RESOLUTION[size] * np.sqrt(len(dense) / USUAL_ROWS)
    community = Leiden(resolution=resolution, random_state=seed).fit_predict(graph)
    label = _without_small(community)
    label = _together(vectors[dense], label, most=int(MOST[size] * np.sqrt(len(vectors))))
    centres = _centres(vectors[dense], label)
    return Clusters(centres, group(centres.vectors))


def _sample(count: int, seed: int) -> Indices:
    """Draw the rows that topics are found among, ascending.

    Each row has a number of its own, whatever their count, so that rows that are appended change
    little of what is drawn.
    """
    number = np.random.default_rng(seed).random(count)
    return np.sort(np.argpartition(number, MOST_ROWS)[:MOST_ROWS])


def _dense(density: Vectors, neighbours: Indices) -> Indices:
    """Choose the rows of the graph, ascending."""
    beside = density / np.maximum(np.median(density[neighbours], axis=1), 1e-6)
    dense = density >= np.quantile(density, 1 - DENSE_SHARE)
    peak = beside >= np.quantile(beside, 1 - PEAK_SHARE)
    return np.flatnonzero(dense | peak)


def _nearest(vectors: Vectors) -> tuple[Vectors, Indices]:
    """Find each vector's nearest neighbours but itself: similarities and rows, shape (n, k)."""
    import faiss

    n, dim = vectors.shape
    index = faiss.IndexFlatIP(dim) if n <= EXACT_ROWS else _lists(vectors)
    index.add(vectors)
    similar, rows = index.search(vectors, NEIGHBOURS + 1)
    # A vector is its own nearest, but for exact copies: drop the place where it stands.
    own = rows == np.arange(n)[:, None]
    own[~own.any(axis=1), -1] = True
    kept = ~own
    return similar[kept].reshape(n, NEIGHBOURS), rows[kept].reshape(n, NEIGHBOURS)


def _lists(vectors: Vectors) -> "faiss.IndexIVFFlat":
    """Make inverted lists, in which the few that are nearest to a vector are compared."""
    import faiss

    n, dim = vectors.shape
    lists = int(2 * np.sqrt(n))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = PROBES
    index.cp.niter = 5
    index.cp.min_points_per_centroid = 1
    index.train(vectors[:: max(1, n // (30 * lists))])
    return index


def _shared_neighbours(neighbours: Indices, chosen: Indices) -> "csr_matrix":
    """Link chosen rows that are neighbours by the Jaccard similarity of their neighbours."""
    from scipy.sparse import csr_matrix, vstack

    place = np.full(len(neighbours) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    to = place[neighbours[chosen]]
    inside = to >= 0
    start = np.concatenate([[0], np.cumsum(inside.sum(axis=1))])
    n = len(chosen)
    links = csr_matrix((np.ones(start[-1], np.float32), to[inside], start), shape=(n, n))
    links.setdiag(1)
    linked, back = ((links + links.T) > 0).tocsr(), links.T.tocsc()
    shared = vstack(
        [  # in blocks, since most pairs that share a neighbour are no neighbours themselves
            (links[start : start + BLOCK] @ back).multiply(linked[start : start + BLOCK])
            for start in range(0, n, BLOCK)
        ],
        format="csr",
    )
    count = np.diff(links.indptr)
    row = np.repeat(np.arange(n), np.diff(shared.indptr))
    shared.data = shared.data / (count[row] + count[shared.indices] - shared.data)
    shared.setdiag(0)
    shared.eliminate_zeros()
    return shared


def _without_small(community: Indices) -> Indices:
    """Number the communities that are large enough by size, the largest first; −1 for others."""
    return _by_size(community, FEWEST_MEMBERS)


def _together(vectors: Vectors, label: Indices, *, most: int) -> Indices:
    """Put labels whose centres are alike together, and number them by size again.

    If more than `most` are left, those that are nearest to each other are put together as well.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if label.max(initial=-1) < 1:
        return label
    tree = linkage(_centres(vectors, label).vectors, "average", "cosine")
    joined = fcluster(tree, 1 - ALIKE, "distance")
    if joined.max() > most:
        joined = fcluster(tree, most, "maxclust")
    joined = np.asarray(joined, dtype=np.int64) - 1
    return _by_size(np.append(joined, -1)[label], 1)


def _by_size(label: Indices, fewest: int) -> Indices:
    """Number labels by size, the largest first; −1 for those with fewer members, and for −1."""
    size = np.bincount(label[label >= 0])
    order = np.argsort(-size, kind="stable")
    number = np.full(len(size) + 1, -1)
    large = order[size[order] >= fewest]
    number[large] = np.arange(len(large))
    return number[label]


def _centres(vectors: Vectors, label: Indices) -> Centres:
    """Compute the mean direction and the reach of each label but −1."""
    count = int(label.max(initial=-1)) + 1
    centres = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    reach = np.zeros(count, dtype=np.float32)
    for each in range(count):
        members = vectors[label == each]
        centres[each] = unit(members.mean(axis=0, keepdims=True))[0]
        reach[each] = REACH * np.median(members @ centres[each])
    return Centres(centres, reach)


def group(centres: Vectors) -> list[Indices]:
    """Group topics by their centres, and the groups again, while there are many.

    Ward's method, on directions.

    Returns
    -------
    list of array, shape (k,), int64
        The group of each topic, for each level; the finest first, at most two.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(centres) < FEWEST_GROUPED:
        return []
    tree = linkage(centres, "ward")
    levels: list[Indices] = []
    count = len(centres)
    while count >= FEWEST_GROUPED and len(levels) < 2:
        count = max(2, round(count / GROUP_SIZE))
        levels.append(np.asarray(fcluster(tree, count, "maxclust"), dtype=np.int64) - 1)
    return levels
