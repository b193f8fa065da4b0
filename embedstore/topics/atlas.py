"""A store's map as a page: Apple's Embedding Atlas on its posts, as files for any web server.

The viewer is the package embedding-atlas, of which only the files for browsers are used.
"""

import html
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from embedstore import sql
from embedstore.errors import EmbedstoreError, InputError
from embedstore.files import size_of, whole_folder
from embedstore.images.decode import open_image
from embedstore.progress import Progress, Step, silent
from embedstore.search.registry import registered
from embedstore.storage.filters import chosen_posts
from embedstore.storage.layout import image_file
from embedstore.store import Store

PICTURE_PIXELS = 160
"""Longest side of a picture on the page; 3 KB each."""

BATCH = 1000
"""Posts whose pictures are read at once."""


@dataclass(frozen=True)
class Site:
    """What was written.

    Attributes
    ----------
    posts, pictures : int
        Posts on the map, and how many of them show a picture.
    size : int
        Bytes.
    """

    posts: int
    pictures: int
    size: int


def write_atlas(
    store: Store, folder: Path, *, where: str | None = None, progress: Progress = silent
) -> Site:
    """Write the viewer and the posts of a store that has a map into a new folder.

    Parameters
    ----------
    store : Store
        The store; `update_map` has made its map.
    folder : Path
        Where to; it may be one that an earlier call wrote.
    where : str, optional
        SQL condition on the columns of `posts`.
    progress : callable
        Told about pictures.

    Raises
    ------
    InputError
        The extra `atlas` is not installed, the folder holds other files, or no post is on the map.
    """
    viewer = viewer_files()
    if folder.exists() and not _is_atlas(folder):
        raise InputError(f"{folder} holds other files: name a folder that is not there yet")
    posts = posts_on_map(store, where)
    if not posts.num_rows:
        raise InputError("no post is on the map: is there one that passes the filter?")
    with whole_folder(folder) as beside:
        shutil.copytree(viewer, beside, dirs_exist_ok=True)
        title = f"{store.path.name}: {posts.num_rows:,} posts"
        page = (beside / "index.html").read_text(encoding="utf-8")
        page = page.replace(
            "<title>Embedding Atlas</title>", f"<title>{html.escape(title)}</title>"
        )
        (beside / "index.html").write_text(page, encoding="utf-8")
        data = beside / "data"
        data.mkdir(exist_ok=True)
        pictures = _write_posts(store, posts, data / "dataset.parquet", progress)
        (data / "metadata.json").write_text(
            json.dumps(_metadata(posts, pictures > 0)), encoding="utf-8"
        )
        if folder.exists():
            shutil.rmtree(folder)  # that of an earlier call
        size = size_of(beside)
    return Site(posts.num_rows, pictures, size)


def viewer_files() -> Path:
    """Return the folder of the viewer's files for browsers.

    Raises
    ------
    InputError
        The extra `atlas` is not installed.
    """
    spec = find_spec("embedding_atlas")
    found = Path(spec.origin).parent / "static" if spec is not None and spec.origin else None
    if found is None or not (found / "index.html").is_file():
        raise InputError(
            "the viewer is the package embedding-atlas: run `pip install 'embedstore[atlas]'`"
        )
    return found


def posts_on_map(store: Store, where: str | None = None) -> pa.Table:
    """Read the posts on the map.

    Returns
    -------
    pyarrow.Table
        post_id, x, y, text, topic, username, company, source, created_at, likes, above_level
        (likes as a multiple of what the account's level let expect; only once `heads` was
        imported) and sha256 of the first picture; by post_id.
    """
    columns = "m.*"
    if any("expected" in names for names in registered()):
        columns += ", round((1 + m.likes) / (1 + expected(m.post_id)), 3) AS above_level"
    if where is not None:
        with store.connection() as connection:
            chosen = chosen_posts(connection, where)["post_id"].to_pylist()
    return store.sql(
        f"SELECT {columns} FROM ({sql.read('topics/map')}) m"  # noqa: S608 (ours)
        " WHERE $chosen IS NULL OR list_contains($chosen::BIGINT[], m.post_id) ORDER BY m.post_id",
        {"chosen": None if where is None else chosen},
    )


def _is_atlas(folder: Path) -> bool:
    return (folder / "data" / "metadata.json").is_file() and (folder / "index.html").is_file()


def _metadata(posts: pa.Table, pictures: bool) -> dict[str, Any]:
    """Tell the viewer which column is what, and to colour by topic, or else by company."""
    columns = {"x": "x", "y": "y", "text": "text"} | ({"image": "picture"} if pictures else {})
    topics = posts["topic"].null_count < len(posts)
    return {
        "props": {
            "data": {
                "id": "post_id",
                "projection": {"x": "x", "y": "y"},
                **{name: column for name, column in columns.items() if name not in "xy"},
            },
            "defaultChartsConfig": {
                "embedding": {
                    "title": "Map",
                    "data": {**columns, "category": "topic" if topics else "company"},
                },
                "exclude": ["post_id"],
            },
        },
        "isStatic": True,
        "database": {"type": "wasm", "load": True},
    }


def _write_posts(store: Store, posts: pa.Table, file: Path, progress: Progress) -> int:
    """Write the posts with small pictures; returns the number of pictures."""
    names = posts["sha256"].to_pylist()
    shown = any(name is not None for name in names)
    table = posts.drop_columns("sha256")
    schema = table.schema.append(pa.field("picture", pa.binary())) if shown else table.schema
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as out:
        for start, batch in _batches(table):
            columns = list(batch.columns)
            if shown:
                pictures = [
                    None if name is None else _small(image_file(store.path, name))
                    for name in names[start : start + BATCH]
                ]
                count += sum(picture is not None for picture in pictures)
                columns.append(pa.chunked_array([pa.array(pictures, pa.binary())]))
            out.write_table(pa.table(columns, schema=schema))
            progress(Step("write posts", start + batch.num_rows, table.num_rows))
    return count


def _batches(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    for start in range(0, table.num_rows, BATCH):
        yield start, table.slice(start, BATCH)


def _small(file: Path) -> bytes | None:
    """Shrink a picture to a JPEG; None if it is gone or can't be read."""
    out = io.BytesIO()
    with suppress(OSError, EmbedstoreError):
        picture = open_image(file).convert("RGB")
        picture.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
        picture.save(out, "JPEG", quality=80)
        return out.getvalue()
    return None
