"""Search an index: find the nearest contents among those that pass a mask.

`Index.search` chooses one of five ways, all with the same result but for the approximation of
inverted lists:

- many queries on a machine with a GPU: multiply them with all vectors (`brute_force`)
- a mask that few vectors pass, many queries: decode these vectors and multiply
- a mask that few vectors pass, few queries: compare their float16 rows (`float16_rows`)
- an index with inverted lists: scan the lists near the query (`list_scan`)
- an exact index: compare with every vector
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.index import brute_force, faiss_threads, float16_rows
from embedstore.index.list_scan import lists_to_visit, search_lists
from embedstore.index.segments import OpenSegment, faiss_module

FILTERED_PROBES = 64
"""Least number of lists, in vectors of average lists, that a query under a mask scans: the vectors
that pass may be far from the query, where the nearest lists say little."""

TASK_QUERIES = 64
"""Queries of one task of the thread pool."""

SHARED_ROWS = 50_000
"""Rows above which the lists of one query are divided among the cores: 0.4 ms on one core."""

DECODED_FLOATS = 16_000_000
"""Most floats decoded for a matrix product on the CPU: 64 MB."""

GPU_QUERIES = 1024
"""Queries of one call from which on a GPU compares them with every vector."""

GPU_FLOATS = 4_000_000_000
"""Most floats decoded for a GPU: 16 GB."""

ContentMask = NDArray[np.bool_]
"""By content id, whether the content may be found, shape (contents,)."""

Found = tuple[Vectors, Indices]
"""Scores and content ids, both of shape (q, k)."""

_Task = Callable[[Vectors], Found]
"""Search some of the queries; tasks of one call run in several threads."""


def suits_decoding(passing: int, queries: int, vectors: int, dim: int) -> bool:
    """Tell whether to decode all vectors that pass a mask and multiply the queries with them.

    Decoding a vector takes 2.5 µs, once; asking the mask takes 9 ns for each vector of the
    index and each query. With few queries it does not pay: decoding first needs a table of
    positions, which takes 0.1 s to make for 300,000 vectors.

    Parameters
    ----------
    passing : int
        Vectors that pass the mask.
    queries : int
        Queries.
    vectors : int
        Vectors in the index.
    dim : int
        Dimensions of a vector.
    """
    return queries >= 8 and 400 * passing <= vectors * queries and passing * dim <= DECODED_FLOATS


class Index:
    """The vectors of one space and kind, ready for queries.

    Parameters
    ----------
    dim : int
        Dimensions of a vector.
    segments : sequence of OpenSegment
        Segments, read; all exact, or all with the same inverted lists.
    stored : array, shape (n,), int64
        Ids of the contents in the database, ascending; others are not found.

    Attributes
    ----------
    dim : int
        Dimensions of a vector.
    contents : array, shape (highest id + 1,), bool
        By content id, whether the index can find it.
    lists : int
        Inverted lists; 0 where every vector is compared.
    """

    def __init__(self, dim: int, segments: Sequence[OpenSegment], stored: Indices) -> None:
        self.dim = dim
        self._segments = segments
        held = (segment.entries["id"] for segment in segments)
        highest = max((int(ids[-1]) for ids in (stored, *held) if len(ids)), default=-1)
        in_database = np.zeros(highest + 1, dtype=bool)
        in_database[stored] = True
        self.contents: ContentMask = np.zeros_like(in_database)
        # By content id: its inverted list, and the position of its segment.
        self._list_of = np.zeros(highest + 1, dtype=np.int32)
        self._segment_of = np.zeros(highest + 1, dtype=np.int16)
        self._has_deleted = False
        for number, segment in enumerate(segments):
            ids = segment.entries["id"]
            there = in_database[ids]
            self.contents[ids] = there
            self._list_of[ids] = segment.entries["list"]
            self._segment_of[ids] = number
            self._has_deleted |= not there.all()
        self.lists = max((segment.lists for segment in segments), default=0)
        self._size = int(np.count_nonzero(self.contents))
        self._list_sizes = np.bincount(self._list_of[self.contents], minlength=self.lists)
        self._average_list = self._size / max(1, self.lists)
        # FAISS's tables of positions and the copy of the rows are made once, by one thread.
        self._decoding = Lock()
        self._rows: float16_rows.Float16Rows | None = None
        self._searches_of_few = 0

    def __len__(self) -> int:
        return self._size

    def search(self, queries: Vectors, k: int, mask: ContentMask | None = None) -> Found:
        """Find the k nearest contents of each query by cosine similarity.

        Parameters
        ----------
        queries : array, shape (q, dim), float32
            At length 1.
        k : int
            Contents to find for each query, at most as many as pass.
        mask : array of bool, optional
            By content id, whether it may be found; of the length of `contents`. All
            contents of the index if None.

        Returns
        -------
        scores : array, shape (q, k), float32
            Descending; -inf where fewer than k are found.
        ids : array, shape (q, k), int64
            Content ids; -1 where fewer than k are found, which is only where fewer pass.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if mask is not None:
            mask = mask & self.contents
        elif self._has_deleted:
            mask = self.contents
        if self._suits_gpu(len(queries), mask) and brute_force.has_gpu():
            return self._search_on_gpu(queries, k, self.contents if mask is None else mask)
        task = self._task(len(queries), k, mask)
        if len(queries) <= TASK_QUERIES:
            with faiss_threads.one_thread():
                return task(queries)
        starts = range(0, len(queries), TASK_QUERIES)
        found = list(
            faiss_threads.pool().map(task, [queries[at : at + TASK_QUERIES] for at in starts])
        )
        return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])

    def _task(self, queries: int, k: int, mask: ContentMask | None) -> _Task:
        """Choose the way to search, and do what all queries of the call share."""
        passing = None if mask is None else np.flatnonzero(mask)
        if passing is not None and suits_decoding(len(passing), queries, len(self), self.dim):
            return self._decoded_task(k, passing)
        if not self.lists:
            return self._flat_task(k, mask)
        # A query of a call that fills several tasks has a core of its own; fewer queries share
        # the cores.
        divide = queries <= TASK_QUERIES
        enough = self._enough(k, masked=passing is not None)
        if passing is None:
            return self._list_task(k, None, self._list_sizes, enough, divide=divide)
        sizes = np.bincount(self._list_of[passing], minlength=self.lists)
        if (
            self._suits_rows(len(passing), sizes, enough)
            and (rows := self._copied_rows()) is not None
        ):
            return self._row_task(k, rows, passing)
        return self._list_task(k, mask, sizes, enough, divide=divide)

    # On a GPU

    def _suits_gpu(self, queries: int, mask: ContentMask | None) -> bool:
        """Tell whether so many queries are worth the time that importing torch takes."""
        if queries < GPU_QUERIES:
            return False
        passing = len(self) if mask is None else int(np.count_nonzero(mask))
        return passing * self.dim <= GPU_FLOATS

    def _search_on_gpu(self, queries: Vectors, k: int, mask: ContentMask) -> Found:
        ids = np.flatnonzero(mask)
        scores, rows = brute_force.nearest(queries, self._decoded(ids), k, device="cuda")
        return scores, np.where(rows >= 0, ids[rows] if len(ids) else -1, -1)

    # Few vectors pass, many queries

    def _decoded_task(self, k: int, passing: Indices) -> _Task:
        faiss, vectors = faiss_module(), self._decoded(passing)

        def task(queries: Vectors) -> Found:
            scores, rows = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
            return _best([(scores, np.where(rows >= 0, passing[rows], -1))], len(queries), k)

        return task

    def vectors(self, ids: Indices) -> Vectors:
        """Return the vectors of contents that are in the index, shape (n, dim).

        In inverted lists they are rounded to float16.
        """
        return self._decoded(ids)

    def _decoded(self, ids: Indices) -> Vectors:
        """Decode the vectors of some contents, shape (n, dim)."""
        faiss = faiss_module()
        vectors = np.empty((len(ids), self.dim), dtype=np.float32)
        segment_of = self._segment_of[ids]
        with self._decoding, faiss_threads.one_thread():
            for number, segment in enumerate(self._segments):
                rows = np.flatnonzero(segment_of == number)
                if segment.lists and segment.index.direct_map.type == faiss.DirectMap.NoMap:
                    segment.index.set_direct_map_type(faiss.DirectMap.Hashtable)
                vectors[rows] = segment.index.reconstruct_batch(ids[rows])
        return vectors

    # Few vectors pass, few queries

    def _suits_rows(self, passing: int, sizes: Indices, enough: int) -> bool:
        """Tell whether comparing all float16 rows that pass is quicker than scanning lists."""
        rows_of_lists = int(self._list_sizes[sizes > 0].sum())
        scanned = rows_of_lists * min(1.0, enough / max(1, passing))
        return float16_rows.SCANNED_PER_ROW * passing <= scanned

    def _copied_rows(self) -> float16_rows.Float16Rows | None:
        """Copy the rows once enough searches asked for them; None before, or if too large."""
        with self._decoding:
            self._searches_of_few += 1
            size = len(self.contents)
            if (
                self._rows is None
                and self._searches_of_few >= float16_rows.SEARCHES_BEFORE_COPY
                and float16_rows.fits_memory(size, self.dim)
            ):
                self._rows = float16_rows.copy_rows(self._segments, size, self.dim)
            return self._rows

    def _row_task(self, k: int, rows: float16_rows.Float16Rows, passing: Indices) -> _Task:
        def task(queries: Vectors) -> Found:
            return _best(list(float16_rows.nearest(rows, passing, queries, k)), len(queries), k)

        return task

    # Inverted lists

    def _enough(self, k: int, *, masked: bool) -> int:
        """Return how many vectors that pass the lists scanned for a query should hold."""
        probes = int(self._segments[0].index.nprobe)
        if masked:
            probes = max(probes, FILTERED_PROBES)
        return max(int(probes * self._average_list), 4 * k)

    def _list_task(
        self, k: int, mask: ContentMask | None, sizes: Indices, enough: int, *, divide: bool
    ) -> _Task:
        """Scan the nearest lists of each query.

        Parameters
        ----------
        k : int
            Contents to find for each query.
        mask : array of bool, optional
            By content id, whether it may be found.
        sizes : array, shape (lists,), int64
            Contents that pass in each list.
        enough : int
            Contents that pass which the scanned lists should hold.
        divide : bool
            Divide the lists of a query among the cores.
        """
        faiss = faiss_module()
        selector = _selector(mask)
        quantizer = self._segments[0].index.quantizer

        def task(queries: Vectors) -> Found:
            keys = lists_to_visit(quantizer, queries, sizes, enough)

            def scan(keys: Indices) -> list[Found]:
                params = faiss.SearchParametersIVF(nprobe=keys.shape[1], sel=selector)
                return [
                    search_lists(segment.index, queries, k, keys, params)
                    for segment in self._segments
                ]

            if divide and len(queries) * keys.shape[1] * self._average_list > SHARED_ROWS:
                pieces = np.array_split(keys, min(faiss_threads.cores(), keys.shape[1]), axis=1)
                found = [f for piece in faiss_threads.pool().map(scan, pieces) for f in piece]
            else:
                found = scan(keys)
            return _best(found, len(queries), k)

        return task

    # Every vector

    def _flat_task(self, k: int, mask: ContentMask | None) -> _Task:
        faiss = faiss_module()
        selector = _selector(mask)

        def task(queries: Vectors) -> Found:
            # Each thread needs parameters of its own: FAISS's IDMap changes their selector
            # during a search.
            params = faiss.SearchParameters(sel=selector) if selector is not None else None
            return _best(
                [segment.index.search(queries, k, params=params) for segment in self._segments],
                len(queries),
                k,
            )

        return task


def _selector(mask: ContentMask | None) -> Any:
    """Turn a mask into FAISS's form, a bitmap by id."""
    if mask is None:
        return None
    return faiss_module().IDSelectorBitmap(np.packbits(mask, bitorder="little"))


def _best(found: Sequence[Found], queries: int, k: int) -> Found:
    """Merge what several segments or lists found into the k best of each query."""
    if not found:
        return (
            np.full((queries, k), -np.inf, dtype=np.float32),
            np.full((queries, k), -1, dtype=np.int64),
        )
    scores = np.concatenate([f[0] for f in found], axis=1)
    ids = np.concatenate([f[1] for f in found], axis=1)
    scores[ids < 0] = -np.inf
    if len(found) > 1:
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores, ids = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)
    return scores, ids
