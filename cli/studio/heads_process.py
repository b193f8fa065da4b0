"""Heads in processes of their own: a prediction computes for a third of a second.

In this process it would keep searches waiting for Python's lock; and what is loaded for heads,
torch for one, stays out of it. The processes run at a lower priority, start with the first
question, and keep the stores that they were asked about.
"""

import multiprocessing
import os
import signal
import threading
from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Literal

from embedstore.errors import EmbedstoreError
from embedstore.store import Store

Pace = Literal["quick", "slow"]
"""Quick questions never wait for slow ones."""

NICE = 5
"""How far they stand back behind searches."""

KEPT = 4
"""Stores that a process keeps."""


class HeadsProcess:
    """Asks functions of `heads` in other processes."""

    def __init__(self) -> None:
        self._pools: dict[Pace, ProcessPoolExecutor] = {}
        self._lock = threading.Lock()

    def ask(self, pace: Pace, store: Store, function: str, *args: Any, **options: Any) -> Any:
        """Call ``heads.function(store, *args, **options)``, and wait for what it returns.

        Raises
        ------
        EmbedstoreError
            As the function does; or the process has died, as for want of memory.
        """
        pool = self._pool(pace)
        try:
            return pool.submit(_answer, store.path, function, args, options).result()
        except BrokenProcessPool as error:
            with self._lock:
                if self._pools.get(pace) is pool:
                    del self._pools[pace]
            raise EmbedstoreError(
                "the process that was to answer has died, perhaps for want of memory: ask again"
            ) from error

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            for pool in self._pools.values():
                # A report that is under way would be waited for.
                for process in list(pool._processes.values()):
                    process.terminate()
                pool.shutdown(cancel_futures=True)
            self._pools.clear()

    def _pool(self, pace: Pace) -> ProcessPoolExecutor:
        with self._lock:
            if pace not in self._pools:
                context = multiprocessing.get_context("spawn")
                self._pools[pace] = ProcessPoolExecutor(1, context, initializer=_begin)
            return self._pools[pace]


_stores: OrderedDict[Path, Store] = OrderedDict()


def _begin() -> None:
    os.nice(NICE)
    # Ctrl-C is heard by the server, which ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answer(path: Path, function: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    import heads

    store = _stores.pop(path, None) or Store(path, follow=True)
    _stores[path] = store
    while len(_stores) > KEPT:
        _stores.popitem(last=False)
    return getattr(heads, function)(store, *args, **options)
