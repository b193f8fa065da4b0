"""Searching an index: the nearest contents among those that may be found.

FAISS is given one OpenMP thread, and many queries to a pool of threads of ours: its own
threads wait for each other actively, so that beside other work a scan of 2 ms takes 60 ms,
and many queries at once twice as long as on one core.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.index import brute_force, float16_rows
from embedstore.index.segments import Part, faiss_module

FILTERED_PROBES = 64
"""Lists' worth of vectors that a query under a filter looks into, or the index's own number if
that is more: what a filter leaves may all be far away, and then lists tell little."""

QUERIES = 64
"""Queries of one task of the pool."""

SHARED_ROWS = 50_000
"""Rows from which on the lists of one query are shared out: 0.4 ms of work on one core."""

GATHER_FLOATS = 16_000_000
"""Numbers that are decoded at once for `gathers`: 64 MB."""

BULK = 1024
"""Queries in one call from which on a GPU compares them with every vector."""

GPU_FLOATS = 4_000_000_000
"""Numbers that are decoded at once for that: 16 GB."""

Allowed = NDArray[np.bool_]
"""By content id, whether it may be found."""


def gathers(found: int, queries: int, rows: int, dim: int) -> bool:
    """Whether to compare queries with all that may be found at once, by a matrix product.

    To decode a vector takes 2.5 µs, once; to ask the filter for each of the rows takes 9 ns
    a row, for each query. Few queries are not worth the table of places that decoding needs,
    which takes 0.1 s to make for 300,000 vectors.
    """
    return queries >= 8 and 400 * found <= rows * queries and found * dim <= GATHER_FLOATS


class Index:
    """The vectors of one space and kind, ready for queries.

    Parameters
    ----------
    dim : int
        Their dimensions.
    parts : sequence of Part
        Segments, read; all exact, or all with the same lists.
    live : array of int64
        Content ids that may be found at all, ascending.

    Attributes
    ----------
    contents : array of bool
        By content id, whether the index can find it.
    lists : int
        Inverted lists; 0 where every vector is compared.
    """

    def __init__(self, dim: int, parts: Sequence[Part], live: Indices) -> None:
        self.dim = dim
        self._parts = parts
        ends = [ids[-1] for ids in (live, *(p.entries["id"] for p in parts)) if len(ids)]
        alive = np.zeros(int(max(ends, default=-1)) + 1, dtype=bool)
        alive[live] = True
        self.contents: Allowed = np.zeros_like(alive)
        self._any_dead = False
        # By content id, its inverted list and its part; and how many there are in each list.
        self._list = np.zeros(len(alive), dtype=np.int32)
        self._part = np.zeros(len(alive), dtype=np.int16)
        self._decoding = Lock()
        self._codes: float16_rows.Codes | None = None
        self._few_asked = 0
        for number, part in enumerate(parts):
            there = alive[part.entries["id"]]
            self.contents[part.entries["id"]] = there
            self._list[part.entries["id"]] = part.entries["list"]
            self._part[part.entries["id"]] = number
            self._any_dead |= not there.all()
        self.lists = max((part.lists for part in parts), default=0)
        self._sizes = np.bincount(self._list[self.contents], minlength=self.lists)

    def __len__(self) -> int:
        return int(np.count_nonzero(self.contents))

    def search(
        self, queries: Vectors, k: int, allowed: Allowed | None = None
    ) -> tuple[Vectors, Indices]:
        """The k nearest contents of each query by cosine similarity.

        Parameters
        ----------
        queries : array, shape (q, dim), float32
            At length 1.
        k : int
            How many, for each; no more than may be found.
        allowed : array of bool, optional
            Of the length of `contents`; all of them if None.

        Returns
        -------
        scores : array, shape (q, k), float32
            Descending; -inf where there is nothing more.
        ids : array, shape (q, k), int64
            Content ids; -1 where there is nothing more. So many come back whenever so
            many may be found.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if allowed is not None:
            allowed = allowed & self.contents
        elif self._any_dead:
            allowed = self.contents
        if self._suits_gpu(len(queries), allowed) and brute_force.has_gpu():
            return self._on_gpu(queries, k, self.contents if allowed is None else allowed)
        task = self._task(len(queries), k, allowed)
        if len(queries) <= QUERIES:
            with _one_thread():
                return task(queries)
        blocks = [queries[start : start + QUERIES] for start in range(0, len(queries), QUERIES)]
        found = list(_pool().map(task, blocks))
        return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])

    def _task(self, queries: int, k: int, allowed: Allowed | None) -> "_Task":
        ids = None if allowed is None else np.flatnonzero(allowed)
        if ids is not None and gathers(len(ids), queries, len(self), self.dim):
            return self._gathered_task(k, ids)
        if self.lists:
            return self._list_task(k, allowed, ids, alone=queries <= QUERIES)
        return self._exact_task(k, allowed)

    def _suits_gpu(self, queries: int, allowed: Allowed | None) -> bool:
        """Whether so many queries are worth the time that torch takes to load."""
        if queries < BULK:
            return False
        found = len(self) if allowed is None else int(np.count_nonzero(allowed))
        return found * self.dim <= GPU_FLOATS

    def _on_gpu(self, queries: Vectors, k: int, allowed: Allowed) -> tuple[Vectors, Indices]:
        ids = np.flatnonzero(allowed)
        scores, rows = brute_force.nearest(queries, self._decoded(ids), k, device="cuda")
        return scores, np.where(rows >= 0, ids[rows] if len(ids) else -1, -1)

    def _decoded(self, ids: Indices) -> Vectors:
        """Vectors of some contents, shape (n, dim)."""
        faiss = faiss_module()
        vectors = np.empty((len(ids), self.dim), dtype=np.float32)
        number = self._part[ids]
        with self._decoding, _one_thread():
            for part_number, part in enumerate(self._parts):
                mine = np.flatnonzero(number == part_number)
                if part.lists and part.index.direct_map.type == faiss.DirectMap.NoMap:
                    part.index.set_direct_map_type(faiss.DirectMap.Hashtable)
                vectors[mine] = part.index.reconstruct_batch(ids[mine])
        return vectors

    def _kept_codes(self) -> float16_rows.Codes | None:
        """All codes by content id, in a process that has asked for few of them often enough."""
        with self._decoding:
            self._few_asked += 1
            size = len(self.contents)
            if (
                self._codes is None
                and self._few_asked >= float16_rows.ASKED
                and float16_rows.fit(size, self.dim)
            ):
                self._codes = float16_rows.by_id(self._parts, size, self.dim)
            return self._codes

    def _gathered_task(self, k: int, ids: Indices) -> "_Task":
        faiss, vectors = faiss_module(), self._decoded(ids)

        def task(queries: Vectors) -> tuple[Vectors, Indices]:
            scores, rows = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
            return _best([(scores, np.where(rows >= 0, ids[rows], -1))], len(queries), k)

        return task

    def _exact_task(self, k: int, allowed: Allowed | None) -> "_Task":
        faiss = faiss_module()
        selector = _selector(allowed)

        def task(queries: Vectors) -> tuple[Vectors, Indices]:
            # One for each thread: an IDMap puts its own selector in during a search.
            params = faiss.SearchParameters(sel=selector) if selector is not None else None
            return _best(
                [part.index.search(queries, k, params=params) for part in self._parts],
                len(queries),
                k,
            )

        return task

    def _list_task(
        self, k: int, allowed: Allowed | None, ids: Indices | None, *, alone: bool
    ) -> "_Task":
        faiss = faiss_module()
        # Looking into lists until they hold so many vectors that may be found, not so many
        # lists: a filter that follows the clusters empties just the lists that are near.
        sizes, probes = self._sizes, int(self._parts[0].index.nprobe)
        if ids is not None:
            sizes = np.bincount(self._list[ids], minlength=self.lists)
            probes = max(probes, FILTERED_PROBES)
        average = len(self) / self.lists
        enough = max(int(probes * average), 4 * k)
        if ids is not None:
            scanned = int(self._sizes[sizes > 0].sum()) * min(1.0, enough / max(1, len(ids)))
            few = float16_rows.SCANNED * len(ids) <= scanned
            if few and (kept := self._kept_codes()) is not None:
                return lambda queries: _best(
                    list(float16_rows.nearest(kept, ids, queries, k)), len(queries), k
                )
        selector = _selector(allowed)

        def task(queries: Vectors) -> tuple[Vectors, Indices]:
            keys = _lists_to_visit(self._parts[0].index.quantizer, queries, sizes, enough)

            def visit(some: Indices) -> list[tuple[Vectors, Indices]]:
                params = faiss.SearchParametersIVF(nprobe=some.shape[1], sel=selector)
                return [_visit(part.index, queries, k, some, params) for part in self._parts]

            # A filter is asked about each row of each list: for a query that is alone, and no
            # task of the pool itself, this is worth sharing out.
            if alone and len(queries) * keys.shape[1] * average > SHARED_ROWS:
                pieces = np.array_split(keys, min(_cores(), keys.shape[1]), axis=1)
                found = [each for piece in _pool().map(visit, pieces) for each in piece]
            else:
                found = visit(keys)
            return _best(found, len(queries), k)

        return task


_Task = Callable[[Vectors], tuple[Vectors, Indices]]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Give FAISS one thread in the calling thread, and what it had before afterwards."""
    faiss = faiss_module()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _cores() -> int:
    # Not every system tells which of its cores are ours.
    mine = (
        os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    )
    return len(mine)


@cache
def _pool() -> ThreadPoolExecutor:
    faiss = faiss_module()
    return ThreadPoolExecutor(
        _cores(),
        thread_name_prefix="search",
        initializer=faiss.omp_set_num_threads,
        initargs=(1,),
    )


def _selector(allowed: Allowed | None) -> Any:
    if allowed is None:
        return None
    return faiss_module().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def _lists_to_visit(quantizer: Any, queries: Vectors, sizes: Indices, enough: int) -> Indices:
    """Each query's nearest lists until they hold `enough`; all that hold any if that is less.

    Returns
    -------
    array, shape (q, visited), int64
        Numbers of lists; -1 stands for none.
    """
    if sizes.sum() <= enough:
        return np.tile(np.flatnonzero(sizes), (len(queries), 1))
    lists = len(sizes)
    # At first as many as hold twice enough if they are of average size.
    width = min(lists, 2 * math.ceil(enough * lists / sizes.sum()))
    while True:
        _, keys = quantizer.search(queries, width)
        within = sizes[keys]
        seen = np.cumsum(within, axis=1)
        if width == lists or seen[:, -1].min() >= enough:
            break
        width = lists
    wanted = (seen - within < enough) & (within > 0)
    last = int(wanted.any(axis=0).nonzero()[0].max(initial=0)) + 1
    visited: Indices = np.where(wanted, keys, -1)[:, :last]
    return visited


def _visit(
    index: Any, queries: Vectors, k: int, keys: Indices, params: Any
) -> tuple[Vectors, Indices]:
    """Search the given lists of one segment."""
    faiss = faiss_module()
    keys = np.ascontiguousarray(keys)
    # The centroids' scores, which aren't used: codes are not residuals.
    coarse = np.zeros(keys.shape, dtype=np.float32)
    scores = np.empty((len(queries), k), dtype=np.float32)
    ids = np.empty((len(queries), k), dtype=np.int64)
    # The wrapper of `search_preassigned` takes no selector; what it wraps does.
    index.search_preassigned_c(
        len(queries),
        faiss.swig_ptr(queries),
        k,
        faiss.swig_ptr(keys),
        faiss.swig_ptr(coarse),
        faiss.swig_ptr(scores),
        faiss.swig_ptr(ids),
        False,
        params,
    )
    return scores, ids


def _best(
    found: Sequence[tuple[Vectors, Indices]], queries: int, k: int
) -> tuple[Vectors, Indices]:
    """The k best of what several segments found."""
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
