"""Count what a build would do, from a sample of its inputs and from the store."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from embedstore import sql
from embedstore.arrays import to_column
from embedstore.building.describe_inputs import InputReading, group_alike
from embedstore.building.forecast.plan import SpaceWork, Work
from embedstore.building.inputs import Input, stays_open
from embedstore.building.lacking import image_groups, image_stage, text_stage, texts_without_vector
from embedstore.encoders.catalogue import ENCODERS
from embedstore.reading import BATCH_SCHEMA, OpenPosts, ReadOptions
from embedstore.reading.media_field import parse_media
from embedstore.storage import database
from embedstore.storage.spaces import Space

BATCH_ROWS = 2000
"""Rows of an input that are read at a time."""

BATCHES = 3
"""Batches of each input that a plan goes by."""


@dataclass(frozen=True)
class Sample:
    """The first rows of all inputs.

    Attributes
    ----------
    posts : pyarrow.Table
        The posts, in the schema `embedstore.reading.BATCH_SCHEMA`.
    rows : float
        Rows of all inputs, rejected ones included; an estimate unless `exact`.
    read : int
        Rows that were read, rejected ones included.
    exact : bool
        Whether all rows were read.
    bytes : int
        Size of the inputs.
    per_second : float, optional
        Rows read in a second; None if there were too few to measure.
    readings : list of InputReading
        How the inputs are read, those read alike together.
    """

    posts: pa.Table
    rows: float
    read: int
    exact: bool
    bytes: int
    per_second: float | None
    readings: list[InputReading]


def read_sample(
    inputs: Sequence[Input],
    options: ReadOptions | None = None,
    *,
    rows: int = BATCH_ROWS,
    batches: int = BATCHES,
) -> Sample:
    """Open each input, tell how it is read, and read its first rows.

    Inputs that are few and small stay open: what comes next goes on where this ends.

    Parameters
    ----------
    inputs : sequence of Input
        What will be read.
    options : ReadOptions, optional
        How.
    rows : int
        Rows read at a time.
    batches : int
        How often, of each input.

    Raises
    ------
    InputError
        An input can't be used.
    """
    options = options or ReadOptions()
    parts: list[_FirstRows] = []
    readings: list[InputReading] = []
    for place, each in enumerate(inputs):
        opened = each.open(options)
        readings.append(InputReading(each.name, opened.reading))
        parts.append(_read_first(each.path, opened, rows, batches))
        if not stays_open(each, place):
            each.close()
    posts = [batch for part in parts for batch in part.batches]
    read = sum(part.read for part in parts)
    exact = all(part.exact for part in parts)
    seconds, timed = sum(part.seconds for part in parts), sum(part.timed for part in parts)
    return Sample(
        pa.Table.from_batches(posts, schema=BATCH_SCHEMA),
        float(read) if exact else sum(part.rows for part in parts),
        read,
        exact,
        sum(each.size for each in inputs),
        timed / seconds if timed else None,
        group_alike(readings),
    )


@dataclass(frozen=True)
class _FirstRows:
    """The first rows of one file.

    Attributes
    ----------
    batches : list of pyarrow.RecordBatch
        The posts.
    rows : float
        Estimate of the rows of the file.
    read : int
        Rows that were read, rejected ones included.
    exact : bool
        Whether these are all rows of the file.
    seconds : float
        Time to read the rows counted in `timed`.
    timed : int
        Rows of all batches but the first, whose time includes that of opening the file.
    """

    batches: list[pa.RecordBatch]
    rows: float
    read: int
    exact: bool
    seconds: float
    timed: int


def _read_first(file: Path | None, opened: OpenPosts, batch_rows: int, most: int) -> _FirstRows:
    """Read up to `most` batches of an input."""
    batches: list[pa.RecordBatch] = []
    read, share, seconds, timed, exact = 0, 1.0, 0.0, 0, True
    for number in range(most):
        started = time.perf_counter()
        batch = opened.ahead(batch_rows)
        if batch is None:
            break
        size = batch.posts.num_rows + len(batch.rejected)
        if number:
            seconds, timed = seconds + time.perf_counter() - started, timed + size
        batches.append(batch.posts)
        read, share = read + size, batch.fraction
    else:
        exact = size < batch_rows and share >= 1
    return _FirstRows(batches, _rows_of(file, read, share), read, exact, seconds, timed)


def _rows_of(file: Path | None, count: int, share: float) -> float:
    """Estimate the rows of an input, of which `count` rows were read in `share` of its bytes."""
    if file is not None and file.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq  # here, since importing it takes a moment

        return float(pq.read_metadata(file).num_rows)
    return count / share if share > 0 else float(count)


def survey(connection: duckdb.DuckDBPyConnection, spaces: Sequence[Space], sample: Sample) -> Work:
    """Count what a build would do.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store, or on an empty one in memory.
    spaces : sequence of Space
        Spaces that the build would fill.
    sample : Sample
        First rows of the inputs.
    """
    connection.register("sample", sample.posts)
    [(known, stored)] = connection.execute(sql.read("building/survey")).fetchall()
    scale = sample.rows / max(1, sample.read)
    pictures, fetched = _pictures(connection, sample.posts)
    found = [_text_work(connection, space, scale, known) for space in spaces if space.texts]
    for group in image_groups(spaces):
        # An upper bound: some pictures can't be fetched.
        lacking = _images_lacking(connection, group[0]) + round(scale * (pictures - fetched))
        found += [
            SpaceWork(
                space.space,
                space.encoder,
                "images",
                image_stage(group),
                _dim(space),
                _stored(connection, space, "image"),
                round(scale * fetched),
                lacking,
            )
            for space in group
        ]
    connection.unregister("sample")
    return Work(
        rows=round(sample.rows),
        exact=sample.exact,
        known=round(min(scale * known, stored)),
        row_bytes=sample.bytes / max(1.0, sample.rows),
        stored_posts=stored,
        pictures=round(scale * pictures),
        fetched=round(scale * fetched),
        spaces=found,
    )


def empty_store() -> duckdb.DuckDBPyConnection:
    """Make an empty store in memory, for plans of a store that does not exist yet."""
    connection = duckdb.connect()
    database.migrate(connection)
    return connection


def _text_work(
    connection: duckdb.DuckDBPyConnection, space: Space, scale: float, known: int
) -> SpaceWork:
    """Count the texts that a space has, and those it would get.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open on the store, with the temporary table `sampled_texts`.
    space : Space
        A space in which texts are embedded.
    scale : float
        Rows of the inputs for each row of the sample.
    known : int
        Rows of the sample whose post is in the store.
    """
    [(distinct, linked, cached)] = connection.execute(
        "SELECT count(*), count(content_id), count(*) FILTER (content_id IN"
        " (SELECT content_id FROM vectors WHERE space = $1)) FROM sampled_texts WHERE field = $2",
        [space.space, space.text_field or "text"],
    ).fetchall()
    # A build also encodes the stored texts that lack a vector, whatever the input has.
    left = len(texts_without_vector(connection, space))
    [(assigned, posts)] = connection.execute(
        "SELECT count(formatted_content_id), count(text_content_id) FROM posts"
    ).fetchall()
    if space.text_field == "formatted_text" and not assigned:
        # No formatted text has a content yet: the build makes them for all stored posts.
        left, linked = posts, min(known, distinct)
    # A file that has grown begins with known posts, so the sample's share of them is too high
    # for the whole file: there are no more than the store has.
    new = round(scale * distinct - min(scale * linked, posts)) + left
    return SpaceWork(
        space.space,
        space.encoder,
        "texts",
        text_stage(space),
        _dim(space),
        _stored(connection, space, "text"),
        round(min(scale * cached, _stored(connection, space, "text"))),
        new,
    )


def _stored(connection: duckdb.DuckDBPyConnection, space: Space, kind: str) -> int:
    """Count the vectors of a space whose content is a ``text``, or an ``image``."""
    [(count,)] = connection.execute(
        "SELECT count(*) FROM vectors SEMI JOIN (FROM contents WHERE kind = $2)"
        " USING (content_id) WHERE space = $1",
        [space.space, kind],
    ).fetchall()
    return int(count)


def _images_lacking(connection: duckdb.DuckDBPyConnection, space: Space) -> int:
    """Count the fetched pictures without a vector in a space."""
    [(count,)] = connection.execute(
        "SELECT count(*) FROM contents WHERE kind = 'image' AND content_id NOT IN"
        " (SELECT content_id FROM vectors WHERE space = $1)",
        [space.space],
    ).fetchall()
    return int(count)


def _pictures(connection: duckdb.DuckDBPyConnection, posts: pa.Table) -> tuple[int, int]:
    """Count the distinct addresses of pictures in the posts, and those the store has fetched."""
    urls = {item.url for raw in posts["media_raw"].to_pylist() for item in parse_media(raw)[0]}
    if not urls:
        return 0, 0
    connection.register("urls", pa.table({"url": to_column(sorted(urls), pa.string())}))
    [(fetched,)] = connection.execute(
        "SELECT count(DISTINCT url) FROM media SEMI JOIN urls USING (url)"
        " WHERE content_id IS NOT NULL"
    ).fetchall()
    connection.unregister("urls")
    return len(urls), fetched


def _dim(space: Space) -> int:
    """Return the dimensions of a space; of its encoder's default weights before a vector."""
    if space.dim is not None:
        return space.dim
    return ENCODERS[space.encoder].dim(space.output, space.weights)
