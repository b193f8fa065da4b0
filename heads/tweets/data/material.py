"""Posts as decoders learn from them: relative levels, vectors and captions, row for row."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from embedstore.encoders.base import TextEncoder
from embedstore.errors import InputError
from embedstore.store import Store
from heads.arrays import Floats, Indices, Mask, Vectors, unit_or_nan
from heads.data.history import history, view
from heads.data.posts import Posts, load_posts
from heads.data.splits import Fold
from heads.data.vectors import load_vectors

LEVELS = 10
"""Relative levels are deciles of log1p(likes) less what was expected of the account."""

LEVEL_CODES = 2 * LEVELS + 1
"""Levels that were got, levels that are wanted, and none."""

MEDIA = ("none", "photo", "video", "gif")

EPOCH = np.datetime64("2018-01-01")
"""Days are counted from here."""


@dataclass(frozen=True)
class Spaces:
    """Spaces that a decoder looks at: one of texts, and one of images if the store has it."""

    texts: str
    images: str | None = None


@dataclass(frozen=True)
class Material:
    """Posts in the order of time and what is known of each.

    Attributes
    ----------
    posts : Posts
        The posts.
    spaces : Spaces
        Spaces that the vectors are from.
    expected : array, shape (n,), float64
        log1p of the likes to expect of the account, from its earlier posts.
    edges : array, shape (9,), float64
        Limits between the relative levels.
    level : array, shape (n,), int64
        Relative level from 0 to 9, of the likes that a post got; from 10 to 19 a level that is
        wanted, or that a post's words promise (see `told`); −1 where neither is known.
    vectors, images, caption_vectors : array, shape (n, dim), float32
        Of texts, pictures and captions; rows of NaN where there is none.
    names : mapping
        Vector of each company's name, shape (dim,).
    captions : list
        Content of the first picture, in words; None where it is not known.
    """

    posts: Posts
    spaces: Spaces
    expected: Floats
    edges: Floats
    level: Indices
    vectors: Vectors
    images: Vectors
    caption_vectors: Vectors
    names: Mapping[str, Vectors]
    captions: list[str | None] = field(default_factory=list)

    @cached_property
    def texts(self) -> list[str]:
        """The texts."""
        return self.posts.texts

    @cached_property
    def companies(self) -> list[str]:
        """Names of the companies; empty where not known."""
        return [name or "" for name in self.posts.table["company"].to_pylist()]

    @cached_property
    def accounts(self) -> list[str]:
        """Names of the accounts; empty where not known."""
        return [name or "" for name in self.posts.table["username"].to_pylist()]

    @cached_property
    def plain(self) -> list[str]:
        """The texts in lower case with single spaces, by which copies are found."""
        return [" ".join(text.lower().split()) for text in self.texts]

    @cached_property
    def media(self) -> Indices:
        """Kind of media of each post: a place in `MEDIA`."""
        counts = [
            self.posts.table[name].to_numpy(zero_copy_only=False).astype(np.float64) > 0
            for name in ("photos", "videos", "gifs")
        ]
        kinds: Indices = np.select([counts[1], counts[2], counts[0]], [2, 3, 1], 0).astype(np.int64)
        captioned = np.array([caption is not None for caption in self.captions], dtype=bool)
        return np.where((kinds == 0) & captioned, 1, kinds)

    @cached_property
    def usable(self) -> Mask:
        """Posts that have words and so can be neighbours."""
        return np.array([bool(text) for text in self.plain], dtype=bool)

    @cached_property
    def clock(self) -> Vectors:
        """Time as numbers, shape (n, 9): days, and hour, weekday and season on circles."""
        return clock(self.posts.time)

    @cached_property
    def company_vectors(self) -> Vectors:
        """Vector of each post's company's name, shape (n, dim); zeros without one."""
        none = np.zeros(self.vectors.shape[1], dtype=np.float32)
        return np.stack([self.names.get(name, none) for name in self.companies])


def clock(times: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Vectors:
    """Write times as numbers, shape (n, 9): days, and hour, weekday, season on circles."""
    days = (times - EPOCH) / np.timedelta64(1, "D")
    columns = [days / 365.25, (days / 365.25) ** 2]
    for turn in (days, days / 7, days / 365.25):
        columns += [np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)]
    weekend = ((np.floor(days) + 0) % 7 >= 5).astype(np.float64)  # 2018-01-01 was a Monday.
    return np.stack([*columns, weekend], axis=1).astype(np.float32)


def read_captions(file: Path) -> dict[str, str]:
    """Read captions by post id from a CSV file with columns `id` and `image_caption`.

    Other columns are not looked at.

    Raises
    ------
    InputError
        The file can't be read or lacks one of the columns.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            if not {"id", "image_caption"} <= set(rows.fieldnames or ()):
                raise InputError(
                    f"{file} has columns {', '.join(rows.fieldnames or ()) or 'none'}: captions"
                    " need the columns id and image_caption"
                )
            return {row["id"]: row["image_caption"] for row in rows if row["image_caption"]}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} can't be read as a CSV table of captions: {error}") from error


def gather(
    store: Store, *, known: Mask | None = None, captions: Mapping[str, str] | None = None
) -> Material:
    """Read a store's posts with all that decoders condition on.

    Parameters
    ----------
    store : Store
        The store.
    known : array, shape (n,), bool, optional
        Labels that may be looked at; all by default.
    captions : mapping, optional
        Content of the first picture in words, by post id.

    Raises
    ------
    QueryError
        The store has no vectors of texts.
    """
    posts = load_posts(store)
    texts = store.space(texts=True)
    pictured = next((s.space for s in store.spaces() if s.images and s.dim is not None), None)
    seen = view(posts, mode="online", until=None, delay_days=0,
                known=posts.known if known is None else known & posts.known)  # fmt: skip
    expected = history(posts, seen).expected
    relative = np.where(seen.known, posts.y - expected, np.nan)
    some = relative[np.isfinite(relative)]
    if not len(some):
        raise InputError(f"{store.path} has no posts with a time and likes: nothing to learn from")
    edges = np.quantile(some, np.linspace(0, 1, LEVELS + 1)[1:-1])
    names = sorted({name for name in posts.table["company"].to_pylist() if name})
    said = [(captions or {}).get(row_id) for row_id in posts.table["id"].to_pylist()]
    vectors = load_vectors(store, posts, texts.space)
    encoded = encode(store, texts.space, [*names, *(words for words in said if words)])
    caption_vectors = np.full_like(vectors, np.nan)
    caption_vectors[[bool(words) for words in said]] = encoded[len(names) :]
    images = (
        np.full((len(posts), 0), np.nan, dtype=np.float32)
        if pictured is None
        else load_vectors(store, posts, pictured, images=True)
    )
    return Material(
        posts,
        Spaces(texts.space, pictured),
        expected,
        edges,
        levels(relative, edges),
        vectors,
        images,
        caption_vectors,
        dict(zip(names, encoded, strict=False)),
        said,
    )


def told(material: Material, promised: Indices, random: np.random.Generator) -> Material:
    """Return the material to learn from: of every second post the level its words promise.

    Likes depend little on words, so that a decoder told only of likes learns to pass over them.
    The level that a head reads off the words themselves (Keskar et al., 2019, condition on such
    codes) is told apart from likes that were got: it stands for what a reader asks for.

    Parameters
    ----------
    promised : array, shape (n,), int64
        Levels from 0 to 9 that posts' words promise; −1 where not known.
    """
    shown = (promised >= 0) & (random.random(len(promised)) < 0.5)
    return replace(material, level=np.where(shown, promised + LEVELS, material.level))


def wanting(material: Material, rows: Indices) -> Material:
    """Return the material in which the levels of rows to be written are wanted ones."""
    level = material.level.copy()
    level[rows] = np.where((level[rows] >= 0) & (level[rows] < LEVELS), level[rows] + LEVELS,
                           level[rows])  # fmt: skip
    return replace(material, level=level)


def level_codes(material: Material, rows: Indices) -> Indices:
    """Code levels as places in an embedding of `LEVEL_CODES`; the last is "not known"."""
    found = material.level[rows]
    return np.where(found < 0, LEVEL_CODES - 1, found)


def levels(relative: Floats, edges: Floats) -> Indices:
    """Sort log1p likes less their expectation into levels from 0; −1 for NaN."""
    found = np.searchsorted(edges, relative)
    return np.where(np.isfinite(relative), found, -1).astype(np.int64)


def encode(store: Store, space: str, texts: list[str]) -> Vectors:
    """Encode texts in a space of the store at length 1, shape (n, dim)."""
    chosen = store.space(space)
    assert chosen.dim is not None
    if not texts:
        return np.zeros((0, chosen.dim), dtype=np.float32)
    encoder = store.encoder(chosen)
    if not isinstance(encoder, TextEncoder):
        raise InputError(f"the encoder of space {space!r} embeds no texts: build one that does")
    return unit_or_nan(np.asarray(encoder.encode(texts), dtype=np.float32))


def with_drafts(
    material: Material,
    drafts: pa.Table,
    *,
    names: Mapping[str, Vectors],
    captions: list[str | None],
    caption_vectors: Vectors,
    images: Vectors,
    expected: Floats,
    level: Indices,
) -> tuple[Material, Indices]:
    """Add posts that are yet to be written to the material.

    Parameters
    ----------
    material : Material
        The stored posts.
    drafts : pyarrow.Table
        username, company, created_at, and photos where there is a picture; no text.
    names, captions, caption_vectors, images, expected, level
        Facts about them, row for row as in `Material`.

    Returns
    -------
    material, rows
        Both, the drafts behind, and where these are, shape (drafts,).
    """
    both = material.posts.plus(drafts)
    stored = both.rows_of(material.posts.post_id)
    new = both.rows_of(-1 - np.arange(drafts.num_rows))

    def joined(old: Any, fresh: Any) -> Any:
        every = np.zeros((len(both), *old.shape[1:]), dtype=old.dtype)
        every[stored], every[new] = old, fresh
        return every

    said: list[str | None] = [None] * len(both)
    for rows, words in ((stored, material.captions), (new, captions)):
        for row, caption in zip(rows.tolist(), words, strict=True):
            said[row] = caption
    blank = np.full((drafts.num_rows, material.vectors.shape[1]), np.nan, dtype=np.float32)
    return (
        replace(
            material,
            posts=both,
            expected=joined(material.expected, expected),
            level=joined(material.level, level),
            vectors=joined(material.vectors, blank),
            images=joined(material.images, images),
            caption_vectors=joined(material.caption_vectors, caption_vectors),
            names={**material.names, **names},
            captions=said,
        ),
        new,
    )


def pool_of(fold: Fold) -> Mask:
    """Mark the posts that may be neighbours: all for a split in time, else those learned from."""
    return np.ones(len(fold.test), dtype=bool) if fold.until is not None else ~fold.test
