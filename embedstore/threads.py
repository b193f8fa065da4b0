"""Work in threads that runs ahead of the caller."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _End:
    """Type of the mark after the last item."""


_END = _End()


def map_ahead(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    threads: int,
    prepare: Callable[[], None] | None = None,
) -> Iterator[Result]:
    """Apply a function to items in threads, a bounded number of them ahead of the caller.

    Parameters
    ----------
    function : callable
        Runs in a thread; only time that it spends outside the interpreter's lock is saved.
    items : iterable
        Iterated in the caller's thread, at most two items a thread ahead of the results.
    threads : int
        Number of threads.
    prepare : callable, optional
        Runs first in each thread.

    Yields
    ------
    object
        ``function(item)`` of each item, in order.
    """
    with ThreadPoolExecutor(threads, initializer=prepare) as pool:
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > 2 * threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the same items; a thread fetches the next one while the caller uses the last."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, iterator, _END)
        while not isinstance(item := pending.result(), _End):
            pending = pool.submit(next, iterator, _END)
            yield item


@contextmanager
def one_core_per_thread() -> Iterator[tuple[int, Callable[[], None]]]:
    """Limit torch to one core in each thread of a pool, instead of all cores an operation.

    One batch on each core is faster than one batch on all cores, where every operation
    waits for the slowest core: on a busy machine that takes most of the time.

    Yields
    ------
    threads : int
        Number of cores that torch uses here.
    prepare : callable
        To be run first in each thread of the pool.
    """
    import torch

    cores = torch.get_num_threads()

    def prepare() -> None:
        # Only a thread that torch has set up keeps the next line's limit; asking sets it up.
        torch.get_num_threads()
        torch.set_num_threads(1)

    try:
        yield cores, prepare
    finally:
        torch.set_num_threads(cores)  # the limit that later threads start with
