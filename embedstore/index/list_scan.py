"""Scan inverted lists: choose the lists that a query visits, and search them in a segment."""

import math
from typing import Any

import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.index.segments import faiss_module


def lists_to_visit(quantizer: Any, queries: Vectors, sizes: Indices, enough: int) -> Indices:
    """Choose each query's nearest lists until they hold enough vectors that may be found.

    A fixed number of lists would not do: a filter that follows the clusters may leave nothing
    in the nearest ones.

    Parameters
    ----------
    quantizer : faiss.Index
        The lists' centroids.
    queries : array, shape (q, dim), float32
        At length 1.
    sizes : array, shape (lists,), int64
        Vectors in each list that may be found.
    enough : int
        Vectors that the lists of a query should hold; all lists that hold any are visited if
        there are fewer.

    Returns
    -------
    array, shape (q, visited), int64
        Numbers of lists, the nearest first; -1 stands for none.
    """
    if sizes.sum() <= enough:
        return np.tile(np.flatnonzero(sizes), (len(queries), 1))
    lists = len(sizes)
    # At first as many lists as hold twice enough when they are of average size.
    width = min(lists, 2 * math.ceil(enough * lists / sizes.sum()))
    while True:
        _, keys = quantizer.search(queries, width)
        held = sizes[keys]
        held_so_far = np.cumsum(held, axis=1)
        if width == lists or held_so_far[:, -1].min() >= enough:
            break
        width = lists
    wanted = (held_so_far - held < enough) & (held > 0)
    last = int(wanted.any(axis=0).nonzero()[0].max(initial=0)) + 1
    visited: Indices = np.where(wanted, keys, -1)[:, :last]
    return visited


def search_lists(
    index: Any, queries: Vectors, k: int, keys: Indices, params: Any
) -> tuple[Vectors, Indices]:
    """Search the given lists of one segment.

    Parameters
    ----------
    index : faiss.IndexIVF
        The segment's index.
    queries : array, shape (q, dim), float32
        At length 1.
    k : int
        Vectors to find for each query.
    keys : array, shape (q, visited), int64
        Lists to search for each query; -1 stands for none.
    params : faiss.SearchParametersIVF
        Its `nprobe` is `visited`; its selector is the mask.

    Returns
    -------
    scores : array, shape (q, k), float32
        Descending.
    ids : array, shape (q, k), int64
        Content ids; -1 where fewer than k are found.
    """
    faiss = faiss_module()
    keys = np.ascontiguousarray(keys)
    # Scores of the centroids: FAISS reads them only for codes that are residuals.
    coarse = np.zeros(keys.shape, dtype=np.float32)
    scores = np.empty((len(queries), k), dtype=np.float32)
    ids = np.empty((len(queries), k), dtype=np.int64)
    # The Python wrapper `search_preassigned` takes no selector; the function it wraps does.
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
