"""Compare a query with the few vectors that pass a filter, without scanning inverted lists.

A filter that passes one vector in a hundred at random leaves some in each inverted list, and
FAISS asks the filter about every row of every list it scans. That takes longer than comparing
the query with all vectors that pass. The float16 rows of all lists, copied into one matrix by
content id, make these vectors available at once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.index.segments import OpenSegment, faiss_module

SEARCHES_BEFORE_COPY = 10
"""Searches under such a filter before a process copies the rows. The copy takes 0.1 to 0.5 s for
300,000 vectors, and saves 2 to 3 ms a search."""

MAX_BYTES = 256 * 2**20
"""Memory that the copy may take: 349,000 vectors of 384 dimensions."""

SCANNED_PER_ROW = 20
"""Rows scanned in inverted lists in the time in which one row of the copy is compared. A scanned
row takes 9 ns, divided by the cores; a compared one takes 0.2 to 0.4 µs on one core."""

BLOCK_ROWS = 2048
"""Rows compared at once; more do not stay in the processor's cache."""

Float16Rows = NDArray[np.float16]
"""Vectors by content id, shape (contents, dim), float16."""


def fits_memory(contents: int, dim: int) -> bool:
    """Tell whether the rows of content ids below `contents` take at most `MAX_BYTES`."""
    return 2 * contents * dim <= MAX_BYTES


def copy_rows(segments: Sequence[OpenSegment], contents: int, dim: int) -> Float16Rows:
    """Copy the rows of all inverted lists into one matrix, by content id.

    Parameters
    ----------
    segments : sequence of OpenSegment
        Segments with inverted lists, read.
    contents : int
        Rows of the matrix: one more than the highest content id.
    dim : int
        Dimensions of a vector.

    Returns
    -------
    array, shape (contents, dim), float16
        Rows of contents in no list are not initialised.
    """
    faiss = faiss_module()
    rows = np.empty((contents, dim), dtype=np.float16)
    for segment in segments:
        lists = segment.index.invlists
        for number in np.unique(segment.entries["list"]).tolist():
            size = lists.list_size(number)
            ids = faiss.rev_swig_ptr(lists.get_ids(number), size)
            codes = faiss.rev_swig_ptr(lists.get_codes(number), 2 * size * dim)
            rows[ids] = codes.view(np.float16).reshape(size, dim)
    return rows


def nearest(
    rows: Float16Rows, ids: Indices, queries: Vectors, k: int
) -> Iterator[tuple[Vectors, Indices]]:
    """Find the k nearest of some contents, with the scores that inverted lists give them.

    Parameters
    ----------
    rows : array, shape (contents, dim), float16
        From `copy_rows`.
    ids : array, shape (n,), int64
        Content ids to compare.
    queries : array, shape (q, dim), float32
        At length 1.
    k : int
        Contents to find for each query.

    Yields
    ------
    scores : array, shape (q, k), float32
        Of one block of contents, descending.
    ids : array, shape (q, k), int64
        Their ids; -1 where the block has fewer than k.
    """
    faiss = faiss_module()
    index = faiss.IndexScalarQuantizer(
        rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, len(ids), BLOCK_ROWS):
        block = ids[start : start + BLOCK_ROWS]
        index.reset()
        index.add_sa_codes(rows[block].view(np.uint8))
        scores, found = index.search(queries, k)
        yield scores, np.where(found >= 0, block[found], -1)
