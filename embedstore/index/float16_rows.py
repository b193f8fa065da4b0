"""An index's codes by content id: of few that a filter leaves, these are gathered and compared.

Inverted lists are made for finding what is near. Where a filter leaves one vector in a hundred,
at random, each list holds some of them, and asking the filter about every row of every list
takes longer than comparing the query with all that it leaves.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.index.segments import Part, faiss_module

ASKED = 10
"""Searches under such a filter from which on a process keeps the codes: to bring them together
takes 0.1 to 0.5 s for 300,000 vectors, and 2 to 3 ms less are then needed each time."""

MOST_BYTES = 256 * 2**20
"""What they may take in memory: 349,000 vectors of 384 numbers."""

SCANNED = 20
"""Rows of lists that are asked the filter about while one code is gathered and compared: some
9 ns a row, which cores share, and 0.2 to 0.4 µs a code on one."""

BLOCK = 2048
"""Codes gathered at once: more do not stay in the processor's cache."""

Codes = NDArray[np.float16]


def fit(size: int, dim: int) -> bool:
    """Whether codes for content ids below `size` may be kept."""
    return 2 * size * dim <= MOST_BYTES


def by_id(parts: Sequence[Part], size: int, dim: int) -> Codes:
    """The codes of all lists, a row for each content id below `size`.

    Rows of contents that are in no list hold nothing that means anything.
    """
    faiss = faiss_module()
    codes = np.empty((size, dim), dtype=np.float16)
    for part in parts:
        lists = part.index.invlists
        for number in np.unique(part.entries["list"]).tolist():
            count = lists.list_size(number)
            ids = faiss.rev_swig_ptr(lists.get_ids(number), count)
            found = faiss.rev_swig_ptr(lists.get_codes(number), 2 * count * dim)
            codes[ids] = found.view(np.float16).reshape(count, dim)
    return codes


def nearest(
    codes: Codes, ids: Indices, queries: Vectors, k: int
) -> Iterator[tuple[Vectors, Indices]]:
    """The k nearest of each block of the contents `ids`, with the scores that lists give them."""
    faiss = faiss_module()
    index = faiss.IndexScalarQuantizer(
        codes.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, len(ids), BLOCK):
        some = ids[start : start + BLOCK]
        index.reset()
        index.add_sa_codes(codes[some].view(np.uint8))
        scores, rows = index.search(queries, k)
        yield scores, np.where(rows >= 0, some[rows], -1)
