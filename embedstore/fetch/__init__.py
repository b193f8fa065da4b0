"""Image downloads: safe, polite, cached and retryable.

A URL in a table may come from anyone, so a download is hostile until it is checked:
only http and https, only public addresses (checked where the connection is made, for
each redirect anew), limits on time, bytes and pixels, the type told from the bytes.
`FetchLimits` holds every limit. What is whole and an image lies in the media folder
under its sha256; what isn't comes back as a `FetchFailure` that says why, and when a
retry makes sense.

The parts: `limits` (values), `network` (which address a connection may go to),
`download` (one request), `schedule` (which request when), `thread` (beside the caller's
work) and `files` (the folder).
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from embedstore.fetch.files import read_local, stored, stored_path
from embedstore.fetch.limits import (
    TRANSIENT,
    FailureClass,
    Fetched,
    FetchFailure,
    FetchLimits,
)

__all__ = [
    "TRANSIENT",
    "FailureClass",
    "FetchFailure",
    "FetchLimits",
    "Fetched",
    "fetch",
    "read_local",
    "stored_path",
]


def fetch(
    urls: Iterable[str],
    folder: Path,
    *,
    limits: FetchLimits | None = None,
    known: Mapping[str, str] | None = None,
) -> Iterator[Fetched | FetchFailure]:
    """Download images, many at a time.

    Parameters
    ----------
    urls : iterable of str
        Where they are; the same URL twice is fetched once and has one result.
    folder : Path
        The media folder, made when absent. Bytes lie there as
        ``<first two digits>/<sha256>``, written beside and renamed.
    limits : FetchLimits, optional
        What it may cost; the defaults suit a home connection.
    known : mapping of str to str, optional
        URL to sha256 of what was fetched before. While the bytes are in `folder`, these
        are answered without the network.

    Yields
    ------
    Fetched or FetchFailure
        One for each distinct URL, as they are known, in any order.

    Raises
    ------
    StoreFullError
        The disk is full.

    Notes
    -----
    Downloads go on in a thread while the caller works on a result. Closing the
    generator, or Ctrl-C, ends them within 2 seconds and leaves no partial file.
    """
    limits = limits or FetchLimits()
    folder.mkdir(parents=True, exist_ok=True)
    wanted: list[str] = []
    for url in dict.fromkeys(urls):
        sha256 = known.get(url) if known else None
        there = stored(url, sha256, folder) if sha256 else None
        if there is not None:
            yield there
        else:
            wanted.append(url)
    if wanted:
        from embedstore.fetch.thread import download_all  # the HTTP client loads when used

        yield from download_all(wanted, folder, limits)
