"""Write vectors in bounded transactions, in a thread beside the encoder."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices, Vectors, to_arrow
from embedstore.building.context import BuildContext
from embedstore.storage.changes import touch

COMMIT_BYTES = 32 * 2**20
"""Vectors of one transaction; what a killed build has to encode again, at most twice over."""

COMMIT_SECONDS = 5.0
"""The same in time, for encoders that take long over few vectors."""


class VectorWriter:
    """Collect vectors and commit them from a thread of its own.

    One transaction is under way at most, so that memory stays bounded and the encoder
    waits when the disk is slower. Use as a context manager: leaving it commits the rest.

    Parameters
    ----------
    context : BuildContext
        The build; its stopwatch gets the seconds of the stage ``write``.
    """

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="vector-writer")
        self._pending: dict[str, list[tuple[Indices, Vectors]]] = {}
        self._bytes = 0
        self._since = time.monotonic()
        self._running: Future[None] | None = None

    def put(self, content_ids: Indices, vectors: dict[str, Vectors]) -> None:
        """Take the vectors of `content_ids`, shape (n,): by space, each of shape (n, dim).

        What is put together is committed together.
        """
        for space, rows in vectors.items():
            self._pending.setdefault(space, []).append((content_ids, rows))
            self._bytes += rows.nbytes
            self._context.count("write", rows.nbytes)
        if self._bytes >= COMMIT_BYTES or time.monotonic() - self._since >= COMMIT_SECONDS:
            self._flush()

    def _flush(self) -> None:
        if self._running is not None:
            self._running.result()
        self._since = time.monotonic()
        if self._pending:
            self._running = self._pool.submit(self._commit, self._pending)
            self._pending, self._bytes = {}, 0

    def _commit(self, pending: dict[str, list[tuple[Indices, Vectors]]]) -> None:
        with self._context.watch.stage("write"), self._context.write() as con:
            for space, parts in pending.items():
                content_ids = np.concatenate([ids for ids, _ in parts])
                vectors = np.concatenate([rows for _, rows in parts])
                batch = pa.table(
                    {
                        "content_id": to_arrow(content_ids),
                        "vector": pa.FixedSizeListArray.from_arrays(
                            to_arrow(vectors.reshape(-1)), vectors.shape[1]
                        ),
                    }
                )
                con.register("batch", batch)
                con.execute(
                    "INSERT INTO vectors SELECT ?, content_id, vector::FLOAT[] FROM batch",
                    [space],
                )
                con.unregister("batch")
            touch(con)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            # What was encoded before an error is worth keeping.
            self._flush()
            if self._running is not None:
                self._running.result()
        except Exception:
            if error is None:
                raise
        finally:
            self._pool.shutdown()
