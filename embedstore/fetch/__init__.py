"""Image downloads: safe, polite, cached and retryable.

A URL in an input file may come from anyone, so every download is treated as hostile: only
http and https; only public addresses, checked at each connection and each redirect; limits
on time, bytes and pixels; the type read from the bytes. `FetchLimits` holds every limit. A
complete image is stored in the media folder under its SHA-256. Anything else comes back as a
`FetchFailure` that says why it failed, and when a retry makes sense.

- `limits`: limits and results, as values
- `addresses`, `network`: connections to public addresses
- `download`: one request
- `schedule`: order, politeness and retries of all requests
- `background`: the thread that they run in
- `media_folder`, `local_files`: files on disk
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from embedstore.fetch.limits import (
    TRANSIENT,
    FailureClass,
    Fetched,
    FetchFailure,
    FetchLimits,
)
from embedstore.fetch.local_files import read_local
from embedstore.fetch.media_folder import find_stored, stored_path

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
        Where the images are; a URL that comes twice is fetched once and has one result.
    folder : Path
        The media folder, made when absent. A file's path in it is
        ``<first two digits>/<sha256>``; it is written beside and renamed.
    limits : FetchLimits, optional
        Limits on downloads; the defaults suit a home connection.
    known : mapping of str to str, optional
        URL to SHA-256 of images that were fetched before. While a file is in `folder`, its
        URL is answered without the network.

    Yields
    ------
    Fetched or FetchFailure
        One for each distinct URL, as soon as it is known, in any order.

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
        there = find_stored(url, sha256, folder) if sha256 else None
        if there is not None:
            yield there
        else:
            wanted.append(url)
    if wanted:
        from embedstore.fetch.background import download_all  # loads the HTTP client

        yield from download_all(wanted, folder, limits)
