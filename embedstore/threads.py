"""Work done ahead of whoever asks for it, in threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _End:
    pass


_END = _End()


def ahead(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    threads: int,
    prepare: Callable[[], None] | None = None,
) -> Iterator[Result]:
    """Yield ``function(item)`` for each item in order, worked out in threads meanwhile.

    Parameters
    ----------
    function : callable
        Runs in a thread; it should spend its time outside the interpreter's lock.
    items : iterable
        Taken by the caller's thread, at most two for each thread ahead of the results.
    threads : int
        How many work at once.
    prepare : callable, optional
        Runs first in each thread.
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


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the same items, each taken from a thread while the one before it is in use."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, iterator, _END)
        while not isinstance(item := pending.result(), _End):
            pending = pool.submit(next, iterator, _END)
            yield item


@contextmanager
def one_core_a_thread() -> Iterator[tuple[int, Callable[[], None]]]:
    """Give each thread of a pool one core in torch, instead of all cores to each operation.

    A batch in each core beats one batch over all cores: nothing waits at the end of every
    operation for the slowest core, which on a busy machine takes most of the time.

    Yields
    ------
    threads : int
        As many as the cores that torch uses here.
    prepare : callable
        What each of the threads has to run first.
    """
    import torch

    cores = torch.get_num_threads()

    def prepare() -> None:
        # Asking first makes torch set this thread up; only then does the next line last.
        torch.get_num_threads()
        torch.set_num_threads(1)

    try:
        yield cores, prepare
    finally:
        torch.set_num_threads(cores)  # what later threads start with
