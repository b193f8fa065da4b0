"""Heads in processes of their own, so that a search never waits for a prediction.

In this process it would keep searches waiting for Python's lock; and what is loaded for heads,
torch for one, stays out of it. The processes start with the first question, and keep the stores
that they were asked about. Slow questions run at a lower priority; quick ones, for which a person
waits, on one core: threads that wait for each other take more of a busy machine than they give.
"""

import multiprocessing
import os
import signal
import threading
from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from embedstore.cli.studio.shared_store import Encoders, SharedStore
from threadpoolctl import threadpool_limits

from embedstore.arrays import leave_pandas_out
from embedstore.errors import EmbedstoreError
from embedstore.store import Store

Pace = Literal["quick", "slow"]
"""Quick questions never wait for slow ones."""

NICE = 5
"""How far slow questions stand back behind searches."""

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

    def prepare(self, store: Store) -> None:
        """Load what predictions need, before anyone asks for one; returns at once."""
        with suppress(BrokenProcessPool):
            self._pool("quick").submit(_prepare, store.path)

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
                self._pools[pace] = ProcessPoolExecutor(
                    1, context, initializer=_begin, initargs=(pace,)
                )
            return self._pools[pace]


_stores: OrderedDict[Path, Store] = OrderedDict()
_encoders = Encoders()


def _begin(pace: Pace) -> None:
    # Ctrl-C is heard by the server, which ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_pandas_out()
    if pace == "quick":
        # NumPy's BLAS is loaded already, torch's OpenMP will be.
        threadpool_limits(1)
        os.environ["OMP_NUM_THREADS"] = "1"
    else:
        os.nice(NICE)


def _kept(path: Path) -> Store:
    store = _stores.pop(path, None) or SharedStore(path, _encoders)
    _stores[path] = store
    while len(_stores) > KEPT:
        _stores.popitem(last=False)
    return store


def _answer(path: Path, function: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    import heads

    return getattr(heads, function)(_kept(path), *args, **options)


def _prepare(path: Path) -> None:
    import heads

    draft = {
        "source": ["draft"],
        "id": ["1"],
        "username": pa.nulls(1, pa.string()),
        "created_at": pa.array([datetime(2020, 1, 1)], pa.timestamp("us")),
        "text": ["good morning"],
    }
    with suppress(EmbedstoreError):
        heads.predict_likes(_kept(path), pa.table(draft), images="none")
