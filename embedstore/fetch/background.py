"""Downloads in a background thread, which ends when the caller stops."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from embedstore.fetch.limits import Fetched, FetchFailure, FetchLimits
from embedstore.fetch.schedule import Schedule

_STOP_S = 1.5
"""Seconds to wait for the thread to end."""


def download_all(
    urls: list[str], folder: Path, limits: FetchLimits
) -> Iterator[Fetched | FetchFailure]:
    """Download URLs in a background thread, and yield each result as soon as it is known.

    Closing the generator cancels all downloads.

    Parameters
    ----------
    urls : list of str
        Where the images are.
    folder : Path
        The media folder.
    limits : FetchLimits
        Limits on downloads.
    """
    results: queue.SimpleQueue[Fetched | FetchFailure | BaseException | None] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(Schedule(folder, limits, results.put).run(urls))

    def work() -> None:
        asyncio.set_event_loop(loop)
        end: BaseException | None = None
        try:
            loop.run_until_complete(task)
        except BaseException as error:  # handed to the caller's thread, whatever it is
            end = error
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            results.put(end)

    thread = threading.Thread(target=work, name="fetch", daemon=True)
    thread.start()
    try:
        while (result := results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        with suppress(RuntimeError):  # the loop may have ended by itself
            loop.call_soon_threadsafe(task.cancel)
        thread.join(_STOP_S)
