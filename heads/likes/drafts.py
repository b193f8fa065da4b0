"""New posts, in no store yet: read from files, and embedded when a prediction needs it.

A table of drafts has the columns source, id, username, company, created_at and text;
photos, videos, gifs and duration where they are known; and `pictures`, for each post a list
of {url, folder}: a web address, or a path below the folder.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedstore.building.options import Images
from embedstore.encoders.base import ImageEncoder, TextEncoder
from embedstore.errors import InputError, MediaError
from embedstore.fetch import Fetched, fetch, read_local
from embedstore.images.decode import open_image
from embedstore.reading import ReadOptions, expand_inputs, read_posts, source_of
from embedstore.reading.media_field import parse_media
from embedstore.storage.spaces import Space, output_of
from embedstore.store import Store
from heads.arrays import Extended, PostVectors, Vectors, stored_of, unit_or_nan
from heads.data.features import Material

PICTURES = pa.list_(pa.struct([("url", pa.string()), ("folder", pa.string())]))


def read_drafts(files: Sequence[str | Path], options: ReadOptions | None = None) -> pa.Table:
    """Read new posts, with their media, from files of any format that a build reads.

    Parameters
    ----------
    files : sequence of path
        Files, also as globs.
    options : ReadOptions, optional
        How they are read.

    Raises
    ------
    InputError
        A row can't be used; nothing is predicted then.
    """
    tables: list[pa.Table] = []
    for file in expand_inputs([str(file) for file in files]):
        for batch in read_posts(file, source=source_of(file), options=options):
            if batch.rejected:
                first = batch.rejected[0]
                raise InputError(
                    f"{file}, line {first.line}: {first.reason}; mend the row or leave it out"
                )
            _require_content(batch.posts, file)
            tables.append(_with_media(pa.table(batch.posts), file.resolve().parent))
    if not tables:
        raise InputError("there are no posts in the files: nothing to predict")
    return pa.concat_tables(tables)


def _require_content(posts: pa.RecordBatch, file: Path) -> None:
    """Refuse posts of a key alone, which a build would take for updates of stored ones."""
    nothing = pc.and_(pc.is_null(posts["text"]), pc.is_null(posts["media_raw"]))
    lines = posts["line"].filter(nothing).to_pylist()
    if lines:
        raise InputError(
            f"{file}, line {lines[0]}: neither text nor media; mend the row or leave it out"
        )


def _with_media(table: pa.Table, folder: Path) -> pa.Table:
    """Parse the media field: counts of each kind, the longest duration, and the images."""
    media = [parse_media(raw)[0] for raw in table["media_raw"].to_pylist()]
    for name, kind in (("photos", "photo"), ("videos", "video"), ("gifs", "gif")):
        counts = [sum(item.kind == kind for item in items) for items in media]
        table = table.append_column(name, pa.array(counts, pa.int64()))
    longest = [max((item.duration or 0 for item in items), default=0.0) for items in media]
    table = table.append_column("duration", pa.array(longest, pa.float64()))
    pictures = [[{"url": item.url, "folder": str(folder)} for item in items] for items in media]
    return table.append_column("pictures", pa.array(pictures, PICTURES))


def show(table: pa.Table, image: Path) -> pa.Table:
    """Give each draft one photo, a file of the user's own.

    Raises
    ------
    MediaError
        There is no such file, or it is no picture.
    """
    if not image.is_file():
        raise MediaError(f"there is no picture {image}")
    try:
        open_image(image)
    except MediaError as error:
        raise MediaError(f"{image} can't be used as a picture: {error}") from error
    one = [{"url": image.name, "folder": str(image.resolve().parent)}]
    count = table.num_rows
    # Drafts of a file have pictures of their own, which this one takes the place of.
    table = table.drop_columns([c for c in ("photos", "pictures") if c in table.column_names])
    table = table.append_column("photos", pa.array([1] * count, pa.int64()))
    return table.append_column("pictures", pa.array([one] * count, PICTURES))


def with_drafts(
    store: Store,
    material: Material,
    drafts: pa.Table,
    *,
    images: Images = "fetch",
) -> Material:
    """Add new posts, encoded now, to the store's.

    A picture that can't be had is missing, as it is in a store: the prediction says so.

    Parameters
    ----------
    store, material
        The store, and its posts with what the head looks at.
    drafts : pyarrow.Table
        The new posts; they get the ids −1, −2, … in their order.
    images : {"fetch", "local", "none"}
        Pictures to bring in: all, those beside the file, or none.

    Raises
    ------
    InputError
        A draft has no date, or the head looks at a space of other text than posts' own.
    """
    posts, inputs = material.posts, material.inputs
    vectors: dict[str, PostVectors] = {}
    with tempfile.TemporaryDirectory() as folder:
        shown = _bring_in(drafts, images, Path(folder)) if inputs.images else []
        for name, known in material.vectors.items():
            space = material.spaces[name]
            if name in inputs.images:
                new = _of_pictures(store, space, shown)
            else:
                new = _of_texts(store, space, drafts["text"].to_pylist())
            vectors[name] = Extended(stored_of(known), new)
    return replace(material, posts=posts.plus(drafts), vectors=vectors)


def _bring_in(drafts: pa.Table, images: Images, folder: Path) -> list[list[Path]]:
    """Bring in each draft's images; returns the files of those that can be had."""
    if images == "none" or "pictures" not in drafts.column_names:
        return [[] for _ in range(drafts.num_rows)]
    asked: list[list[dict[str, Any]]] = [each or [] for each in drafts["pictures"].to_pylist()]
    found: dict[tuple[str, str | None], Path] = {}
    urls = {item["url"] for items in asked for item in items if "://" in item["url"]}
    for result in fetch(sorted(urls) if images == "fetch" else [], folder):
        if isinstance(result, Fetched):
            found[result.url, None] = result.path
    for item in (item for items in asked for item in items if "://" not in item["url"]):
        local = read_local(item["url"], Path(item["folder"]), folder)
        if isinstance(local, Fetched):
            found[item["url"], item["folder"]] = local.path
    keys = [
        [(item["url"], None if "://" in item["url"] else item["folder"]) for item in items]
        for items in asked
    ]
    return [[found[key] for key in some if key in found] for some in keys]


def _of_pictures(store: Store, space: Space, shown: list[list[Path]]) -> Vectors:
    """Encode each draft's images; returns their mean, shape (n, dim), NaN without any."""
    assert space.dim is not None
    total = np.zeros((len(shown), space.dim), dtype=np.float32)
    owner = [place for place, files in enumerate(shown) for _ in files]
    if owner:
        encoder = store.encoder(space)
        assert isinstance(encoder, ImageEncoder)
        output = output_of(space, encoder).name
        for place, result in encoder.encode_images([file for files in shown for file in files]):
            if not isinstance(result, Exception):
                total[owner[place]] += unit_or_nan(
                    np.asarray(result[output], dtype=np.float32)[None]
                )[0]
    return unit_or_nan(total)


def _of_texts(store: Store, space: Space, texts: list[str | None]) -> Vectors:
    """Encode each draft's text, shape (n, dim); NaN for one without words."""
    assert space.dim is not None
    if space.text_field != "text":
        raise InputError(
            f"this head looks at space {space.space!r} of {space.text_field}: new posts can only"
            " be predicted by one on a space of text"
        )
    found = np.full((len(texts), space.dim), np.nan, dtype=np.float32)
    # One text may stand for many drafts: the same post at every hour of a week.
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if text and text.strip():
            places.setdefault(text, []).append(place)
    encoder = store.encoder(space)
    if places and isinstance(encoder, TextEncoder):
        encoded = unit_or_nan(np.asarray(encoder.encode(list(places)), dtype=np.float32))
        for vector, same in zip(encoded, places.values(), strict=True):
            found[same] = vector
    return found
