"""Searching an index: the nearest contents among those that may be found.

FAISS is given one OpenMP thread, and many queries to a pool of threads of ours: its own
threads wait for each other actively, so that beside other work a scan of 2 ms takes 60 ms,
and many queries at once twice as long as on one core.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedstore.encoders.base import Indices, Vectors
from embedstore.segments import Part, faiss_module

PROBES = 64
"""A query looks into its nearest lists until these hold as many vectors that may be found as
so many average lists hold. Counting only what a filter lets pass is what keeps the recall:
a filter that follows the clusters empties just the lists that are near. Of the ten nearest,
98% were found among 14,000 real tweets in 236 lists, and 99.9% among 300,000 clustered vectors
in 1,024; with 32 it was 95% of the tweets."""

QUERIES = 64
"""Queries of one task of the pool."""

Allowed = NDArray[np.bool_]
"""By content id, whether it may be found."""


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
        # By content id, its inverted list; and how many there are in each.
        self._list = np.zeros(len(alive), dtype=np.int32)
        for part in parts:
            there = alive[part.entries["id"]]
            self.contents[part.entries["id"]] = there
            self._list[part.entries["id"]] = part.entries["list"]
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
        if allowed is not None:
            allowed = allowed & self.contents
        elif self._any_dead:
            allowed = self.contents
        task = self._list_task(k, allowed) if self.lists else self._exact_task(k, allowed)
        if len(queries) <= QUERIES:
            with _one_thread():
                return task(queries)
        blocks = [queries[start : start + QUERIES] for start in range(0, len(queries), QUERIES)]
        found = list(_pool().map(task, blocks))
        return np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])

    def _exact_task(self, k: int, allowed: Allowed | None) -> "_Task":
        faiss = faiss_module()
        selector = _selector(allowed) if allowed is not None else None

        def task(queries: Vectors) -> tuple[Vectors, Indices]:
            # One for each thread: an IDMap puts its own selector in during a search.
            params = faiss.SearchParameters(sel=selector) if selector is not None else None
            return _best(
                [part.index.search(queries, k, params=params) for part in self._parts],
                len(queries),
                k,
            )

        return task

    def _list_task(self, k: int, allowed: Allowed | None) -> "_Task":
        faiss = faiss_module()
        sizes = self._sizes
        if allowed is not None:
            sizes = np.bincount(self._list[np.flatnonzero(allowed)], minlength=self.lists)
        enough = max(len(self) * PROBES // self.lists, 4 * k)
        selector = _selector(allowed) if allowed is not None else None

        def task(queries: Vectors) -> tuple[Vectors, Indices]:
            keys, scores = _lists_to_visit(self._parts[0].index.quantizer, queries, sizes, enough)
            params = faiss.SearchParametersIVF(nprobe=keys.shape[1], sel=selector)
            return _best(
                [_visit(part.index, queries, k, keys, scores, params) for part in self._parts],
                len(queries),
                k,
            )

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


@cache
def _pool() -> ThreadPoolExecutor:
    faiss = faiss_module()
    # Not every system tells which of its cores are ours.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(
        cores,
        thread_name_prefix="search",
        initializer=faiss.omp_set_num_threads,
        initargs=(1,),
    )


def _selector(allowed: Allowed) -> Any:
    return faiss_module().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))


def _lists_to_visit(
    quantizer: Any, queries: Vectors, sizes: Indices, enough: int
) -> tuple[Indices, Vectors]:
    """Each query's nearest lists until they hold `enough`; all that hold any if that is less.

    Returns
    -------
    keys : array, shape (q, visited), int64
        -1 stands for a list that needn't be visited.
    scores : array, shape (q, visited), float32
        Of their centroids, which FAISS wants to have but doesn't use: codes aren't residuals.
    """
    if sizes.sum() <= enough:
        filled = np.flatnonzero(sizes)
        keys = np.tile(filled, (len(queries), 1))
        return keys, np.zeros(keys.shape, dtype=np.float32)
    lists = len(sizes)
    width = min(lists, 4 * PROBES)
    while True:
        scores, keys = quantizer.search(queries, width)
        within = sizes[keys]
        seen = np.cumsum(within, axis=1)
        if width == lists or seen[:, -1].min() >= enough:
            break
        width = lists
    wanted = (seen - within < enough) & (within > 0)
    last = int(wanted.any(axis=0).nonzero()[0].max(initial=0)) + 1
    keys = np.where(wanted, keys, -1)[:, :last]
    return np.ascontiguousarray(keys), np.ascontiguousarray(scores[:, :last])


def _visit(
    index: Any, queries: Vectors, k: int, keys: Indices, coarse: Vectors, params: Any
) -> tuple[Vectors, Indices]:
    """Search the given lists of one segment."""
    faiss = faiss_module()
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
