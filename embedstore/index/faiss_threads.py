"""Threads for FAISS: one OpenMP thread for each call, and a pool for many queries.

FAISS's own OpenMP threads wait for each other actively: while other work keeps the cores busy,
a scan of 2 ms takes 60 ms with them, and many queries at once take twice as long as on one core.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from embedstore.index.segments import faiss_module


@contextmanager
def one_thread() -> Iterator[None]:
    """Let FAISS use one OpenMP thread in the calling thread, for the length of the block."""
    faiss = faiss_module()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def cores() -> int:
    """Count the cores that this process may use."""
    # `sched_getaffinity` is missing on macOS and Windows.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def pool() -> ThreadPoolExecutor:
    """Return the process's pool for searches: a thread for each core, one OpenMP thread in each."""
    return ThreadPoolExecutor(
        cores(),
        thread_name_prefix="search",
        initializer=faiss_module().omp_set_num_threads,
        initargs=(1,),
    )
