"""The stage that brings pictures in: from the web or from beside the input file."""

import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from embedstore import sql
from embedstore.building.context import BuildContext
from embedstore.fetch import Fetched, FetchFailure, FetchLimits, fetch, read_local
from embedstore.progress import Step
from embedstore.storage.changes import Failure, forget_unused, record_failures, touch
from embedstore.storage.layout import media_folder

_Result = tuple[Fetched | FetchFailure, str | None]
"""What became of one picture, and the folder of a local one."""

COMMIT_RESULTS = 200
"""Fetched pictures of one transaction."""

COMMIT_SECONDS = 5.0


def bring_pictures(context: BuildContext) -> dict[str, int]:
    """Fetch every picture that the store lacks, and link it to the posts that show it.

    A URL is fetched once, however many posts share it. One that failed is left alone
    unless the build retries failures, and then only if trying again makes sense.

    Returns
    -------
    dict
        ``fetched`` and ``failed``: numbers of distinct URLs.
    """
    counts = {"fetched": 0, "failed": 0}
    options = context.options
    if options.images == "none":
        return counts
    with context.read() as connection:
        remote, local = _missing(connection, options.retry_failed)
    if options.images == "local":
        remote = []
    total = len(remote) + len(local)
    results = _results(remote, local, media_folder(context.path), options.limits)
    batch: list[_Result] = []
    since = time.monotonic()
    try:
        for done in range(1, total + 1):
            with context.watch.stage("fetch"):
                batch.append(next(results))
            result, base = batch[-1]
            counts["fetched" if isinstance(result, Fetched) else "failed"] += 1
            context.local_images += isinstance(result, Fetched) and base is not None
            context.count("fetch", 1)
            context.progress(Step("fetch", done, total, "images"))
            if len(batch) >= COMMIT_RESULTS or time.monotonic() - since > COMMIT_SECONDS:
                _commit(context, batch)
                batch, since = [], time.monotonic()
    finally:
        # Also after Ctrl-C: what was fetched is kept.
        results.close()
        _commit(context, batch)
    return counts


def store_noise(context: BuildContext) -> None:
    """Give posts whose pictures can't be had noise to embed in their place.

    Noise, not black: a black image is a real one, with neighbours that look like it.
    It is never found by a search, and `contents.kind` tells it from a picture.
    """
    with context.write() as connection:
        connection.execute(sql.read("building/store_noise"))


def _missing(
    connection: duckdb.DuckDBPyConnection, retry_failed: bool
) -> tuple[list[str], list[tuple[str, str]]]:
    """List web addresses, and local paths with the folder they are relative to."""
    rows = connection.execute(
        "SELECT DISTINCT m.url, CASE WHEN m.url LIKE '%://%' THEN NULL ELSE m.folder END"
        " FROM media m LEFT JOIN contents c USING (content_id)"
        " WHERE (c.kind IS NULL OR c.kind = 'noise') AND NOT EXISTS ("
        " FROM failures f WHERE f.stage = 'fetch' AND f.url = m.url"
        " AND NOT (? AND (f.retry_after IS NOT NULL OR f.class = 'missing_file')))"
        " ORDER BY ALL",
        [retry_failed],
    ).fetchall()
    remote = [url for url, folder in rows if folder is None]
    local = [(url, folder) for url, folder in rows if folder is not None]
    return remote, local


def _results(
    remote: list[str], local: list[tuple[str, str]], folder: Path, limits: FetchLimits
) -> Generator[_Result, None, None]:
    """Read local pictures, then fetch remote ones; each with its folder, None for the web."""
    for url, base in local:
        yield read_local(url, Path(base), folder, limits), base
    for result in fetch(remote, folder, limits=limits):
        yield result, None


def _commit(context: BuildContext, batch: list[_Result]) -> None:
    """Store fetched pictures and failures in one transaction."""
    if not batch:
        return
    good = [(result, base) for result, base in batch if isinstance(result, Fetched)]
    bad = [_failure(result, base) for result, base in batch if isinstance(result, FetchFailure)]
    table = pa.table(
        {
            "url": pa.array([result.url for result, _ in good], pa.string()),
            "folder": pa.array([base for _, base in good], pa.string()),
            "sha256": pa.array([result.sha256 for result, _ in good], pa.string()),
        }
    )
    with context.watch.stage("write"), context.write() as connection:
        connection.register("pictures", table)
        connection.execute(sql.read("building/store_pictures"))
        forget_unused(connection, "SELECT content_id FROM replaced")
        connection.unregister("pictures")
        _record_latest(connection, bad, build_id=context.build_id)
        touch(connection)


def _failure(result: FetchFailure, base: str | None) -> Failure:
    now = datetime.now(UTC).replace(tzinfo=None)
    wait = result.retry_after_s
    return Failure(
        "fetch",
        str(result.failure),
        result.reason,
        url=result.url,
        file=base,
        attempts=result.attempts,
        retry_after=None if wait is None else now + timedelta(seconds=wait),
    )


def _record_latest(
    connection: duckdb.DuckDBPyConnection, failures: list[Failure], *, build_id: int
) -> None:
    """Record failures in place of earlier ones of the same addresses, attempts added up.

    An address fails in one way at a time: its latest.
    """
    connection.register("failing", pa.table({"url": [failure.url for failure in failures]}))
    connection.execute(
        "CREATE TEMP TABLE before AS SELECT url, sum(attempts) AS attempts FROM failures"
        " WHERE stage = 'fetch' AND url IN (SELECT url FROM failing) GROUP BY url;"
        "DELETE FROM failures WHERE stage = 'fetch' AND url IN (SELECT url FROM failing)"
    )
    record_failures(connection, failures, build_id=build_id)
    connection.execute(
        "UPDATE failures SET attempts = failures.attempts + b.attempts FROM before b"
        " WHERE failures.stage = 'fetch' AND failures.url = b.url"
    )
