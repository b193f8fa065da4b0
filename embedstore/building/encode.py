"""The expensive stage: encode every distinct text and image, once per space."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices, Vectors
from embedstore.building.cluster import exchange, shards
from embedstore.building.context import BuildContext
from embedstore.building.lacking import (
    image_groups,
    image_stage,
    images_without_vector,
    text_stage,
    texts_without_vector,
)
from embedstore.building.vector_writer import VectorWriter
from embedstore.encoders.base import Encoder, ImageEncoder, TextEncoder
from embedstore.encoders.readability import WARN_SHARE
from embedstore.encoders.runtime.batching import choose_max_length
from embedstore.errors import EncoderError, FingerprintError
from embedstore.images.decode import noise_image
from embedstore.progress import Step
from embedstore.storage import spaces
from embedstore.storage.changes import Failure, record_failures
from embedstore.storage.layout import image_file
from embedstore.storage.spaces import Space

WINDOW = 50_000
"""Texts in memory at once; they are sorted by length within a window."""

LENGTH_SAMPLE = 10_000
"""Texts whose token lengths decide a new space's maximum length."""

READABILITY_SAMPLE = 1_000
"""New texts of a space that are looked at before they are encoded: a quarter of a second."""

NOISE_PIXELS = 224
"""Side of the noise that stands in for a missing picture."""


def embed_texts(context: BuildContext) -> dict[str, int]:
    """Embed every text that some space lacks.

    Returns
    -------
    dict
        Texts that were encoded, by space; nothing was loaded for a space that lacked none.
    """
    with context.read() as connection:
        todo = [
            (space, texts_without_vector(connection, space))
            for space in spaces.declared(connection)
            if space.texts and space.has_encoder
        ]
    # Every encoder is there before the first one starts: a missing one shows at once.
    encoders: list[tuple[Space, Indices, TextEncoder]] = []
    encoded = dict.fromkeys((space.space for space, _ in todo), 0)
    for space, content_ids in todo:
        if len(content_ids):
            with _left_if_others_are_named(context, [space]):
                encoders.append((space, content_ids, _text_encoder(context, space, content_ids)))
    for space, content_ids, encoder in encoders:
        _judge_readability(context, space, encoder, content_ids)
        stage = text_stage(space)
        done = 0
        with VectorWriter(context) as writer:
            source = _encoded_texts(context, space, encoder, content_ids)
            for ids, vectors in context.watch.timed(stage, source):
                with context.watch.stage("wait for writer"):
                    writer.put(ids, {space.space: vectors})
                done += len(ids)
                context.count(stage, len(ids))
                context.progress(Step(stage, done, len(content_ids), "texts"))
        shards.clear(_shard_folder(context, space, encoder))
        encoded[space.space] = len(content_ids)
    return encoded


def _judge_readability(
    context: BuildContext, space: Space, encoder: TextEncoder, content_ids: Indices
) -> None:
    """Look at a sample of the texts to come, and say it if the encoder can't read many of them."""
    step = -(-len(content_ids) // READABILITY_SAMPLE)
    with context.watch.stage("load"), context.read() as connection:
        _, texts = _texts(connection, space, content_ids[::step])
        found = encoder.readability(texts)
    if not found.unreadable:
        return
    context.unreadable[space.space] = found.sentence(space.encoder)
    if found.share > WARN_SHARE:
        context.say(context.unreadable[space.space])


def embed_images(context: BuildContext) -> dict[str, int]:
    """Embed every fetched image that some space lacks, all outputs of an encoder at once.

    Returns
    -------
    dict
        Images that were encoded, by space.
    """
    encoded: dict[str, int] = {}
    with context.read() as connection:
        todo = [
            (group, *images_without_vector(connection, group, context.options.retry_failed))
            for group in image_groups(spaces.declared(connection))
        ]
    for group, content_ids, found in todo:
        encoded |= dict.fromkeys((space.space for space in group), 0)
        if found:
            with _left_if_others_are_named(context, group):
                count = _embed_group(context, group, content_ids, found)
                encoded |= dict.fromkeys((space.space for space in group), count)
    return encoded


@contextmanager
def _left_if_others_are_named(context: BuildContext, group: Sequence[Space]) -> Iterator[None]:
    """Leave spaces as they are if their first weights are gone and the build names others.

    This is how a new space is built beside them. A build that names none, or these, ends with
    the error.
    """
    try:
        yield
    except FingerprintError as error:
        options = context.options
        named = options.models is not None or options.space
        wanted = spaces.plan([], models=options.models, spaces=options.space) if named else group
        if {space.space for space in wanted} & {space.space for space in group}:
            raise
        context.say(f"left as it is: {error}")


def _embed_group(
    context: BuildContext,
    group: Sequence[Space],
    content_ids: Indices,
    found: Sequence[tuple[str, str]],
) -> int:
    """Embed images in the spaces of one encoder; returns how many could be decoded."""
    encoder = _image_encoder(context, group[0])
    _settle(context, group, encoder)
    names = {space.space: spaces.output_of(space, encoder).name for space in group}
    stage = image_stage(group)
    encoded = 0
    failures: list[Failure] = []
    with VectorWriter(context) as writer:
        results = _encoded_images(context, group, encoder, content_ids, found)
        for done in range(1, len(found) + 1):
            with context.watch.stage(stage):
                index, result = next(results)
            if isinstance(result, Exception):
                failures.append(Failure("decode", "unreadable", str(result), raw=found[index][0]))
            else:
                rows = {space: result[output][None] for space, output in names.items()}
                writer.put(content_ids[index : index + 1], rows)
                encoded += 1
            context.count(stage, 1)
            context.progress(Step(stage, done, len(found), "images"))
    with context.write() as connection:
        record_failures(connection, failures, build_id=context.build_id)
    shards.clear(_shard_folder(context, group[0], encoder))
    return encoded


def _settle(context: BuildContext, group: Sequence[Space], encoder: Encoder) -> None:
    """Record what the loaded encoder knows about new spaces."""
    with context.write() as connection:
        for space in group:
            if space.fingerprint is None:
                spaces.settle(connection, space, encoder, spaces.output_of(space, encoder))


def _encoded_texts(
    context: BuildContext, space: Space, encoder: TextEncoder, content_ids: Indices
) -> Iterator[tuple[Indices, Vectors]]:
    """Encode texts: content ids with their vectors, batch by batch, in any order."""
    if context.cluster is None:
        for window, texts in _text_windows(context, space, content_ids):
            for positions, vectors in encoder.encode_batches(texts):
                yield window[positions], vectors
        return

    def fill(ids: Indices) -> Iterator[tuple[Indices, Sequence[str], Sequence[str]]]:
        for window, texts in _text_windows(context, space, ids):
            hashes = _hashes(context, window)
            for start in range(0, len(window), shards.TEXTS):
                part = slice(start, start + shards.TEXTS)
                yield window[part], hashes[part], texts[part]

    output = spaces.output_of(space, encoder).name
    for ids, outputs, _ in exchange.encode(
        context,
        _shard_folder(context, space, encoder),
        encoder,
        content_ids,
        column="text",
        hashes=lambda ids: _hashes(context, ids),
        fill=fill,
    ):
        yield ids, outputs[output]


def _encoded_images(
    context: BuildContext,
    group: Sequence[Space],
    encoder: ImageEncoder,
    content_ids: Indices,
    found: Sequence[tuple[str, str]],
) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
    """Encode images: by position, each one's vectors by output, or the error."""
    if context.cluster is None:
        yield from encoder.encode_images(_image(context.path, *content) for content in found)
        return
    sha256 = dict(zip(content_ids.tolist(), (content[0] for content in found), strict=True))

    def fill(ids: Indices) -> Iterator[tuple[Indices, Sequence[str], Sequence[bytes]]]:
        for start in range(0, len(ids), shards.IMAGES):
            part = ids[start : start + shards.IMAGES]
            contents = [found[row] for row in np.searchsorted(content_ids, part)]
            files = [_image(context.path, *content) for content in contents]
            yield (
                part,
                [content[0] for content in contents],
                [file if isinstance(file, bytes) else file.read_bytes() for file in files],
            )

    yield from exchange.image_results(
        exchange.encode(
            context,
            _shard_folder(context, group[0], encoder),
            encoder,
            content_ids,
            column="image",
            hashes=lambda ids: [sha256[content_id] for content_id in ids.tolist()],
            fill=fill,
        ),
        content_ids,
    )


def _shard_folder(context: BuildContext, space: Space, encoder: Encoder) -> Path:
    output = spaces.output_of(space, encoder)
    return shards.folder_of(context.path, space.space, output.fingerprint)


def _hashes(context: BuildContext, content_ids: Indices) -> list[str]:
    """Look up the sha256 of contents, whose ids ascend."""
    with context.read() as connection:
        connection.register("chosen", pa.table({"content_id": content_ids}))
        table = connection.sql(
            "SELECT content_id, sha256 FROM contents SEMI JOIN chosen USING (content_id)"
            " ORDER BY content_id"
        ).to_arrow_table()
        connection.unregister("chosen")
    hashes: list[str] = table["sha256"].to_pylist()
    return hashes


def load_image_encoders(context: BuildContext) -> None:
    """Load the encoders that `embed_images` will need, so that a missing one shows at once."""
    with context.read() as connection:
        wanted = connection.execute("SELECT count(*) > 0 FROM media").fetchall()[0][0]
        groups = image_groups(spaces.declared(connection)) if wanted else []
    for group in groups:
        if group[0].fingerprint is None:
            _image_encoder(context, group[0])


def _texts(
    connection: duckdb.DuckDBPyConnection, space: Space, content_ids: Indices
) -> tuple[Indices, list[str]]:
    """Look up the texts of contents, in the order of their ids."""
    column = space.content_column
    connection.register("chosen", pa.table({"content_id": content_ids}))
    table = connection.sql(
        f"SELECT p.{column} AS content_id, any_value(p.{space.text_field}) AS text"  # noqa: S608
        f" FROM posts p SEMI JOIN chosen c ON c.content_id = p.{column} GROUP BY 1 ORDER BY 1"
    ).to_arrow_table()
    connection.unregister("chosen")
    return table["content_id"].to_numpy(), table["text"].to_pylist()


def _text_windows(
    context: BuildContext, space: Space, content_ids: Indices
) -> Iterator[tuple[Indices, list[str]]]:
    for start in range(0, len(content_ids), WINDOW):
        with context.read() as connection:
            window = _texts(connection, space, content_ids[start : start + WINDOW])
        yield window


def _text_encoder(context: BuildContext, space: Space, content_ids: Indices) -> TextEncoder:
    """Load the space's encoder; a new space gets its maximum length and fingerprint here."""
    encoder = context.encoder(space)
    if not isinstance(encoder, TextEncoder):
        raise EncoderError(f"the encoder {space.encoder!r} can't embed texts")
    if space.fingerprint is not None:
        spaces.output_of(space, encoder)
        return encoder
    step = max(1, len(content_ids) // LENGTH_SAMPLE)
    with context.read() as connection:
        _, texts = _texts(connection, space, content_ids[::step])
    longest = choose_max_length(encoder.token_lengths(texts), encoder.max_length)
    encoder = encoder.with_max_length(longest)
    _settle(context, [space], encoder)
    return encoder


def _image_encoder(context: BuildContext, space: Space) -> ImageEncoder:
    encoder = context.encoder(space)
    if not isinstance(encoder, ImageEncoder):
        raise EncoderError(f"the encoder {space.encoder!r} can't embed images")
    return encoder


def _image(path: Path, sha256: str, kind: str) -> bytes | Path:
    """Locate the file of an image, or draw the noise that stands in for a missing one."""
    if kind == "image":
        return image_file(path, sha256)
    out = io.BytesIO()
    noise_image(seed=int(sha256[:16], 16), size=NOISE_PIXELS).save(out, "PNG")
    return out.getvalue()
