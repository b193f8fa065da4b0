"""The posts of a store as a head sees them: in the order of time, with one label each."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.errors import InputError
from embedstore.storage.filters import posts_where
from embedstore.storage.spaces import Space
from embedstore.store import Store
from heads.arrays import Floats, Indices, Mask, Times, Vectors, unit_or_nan
from heads.data.accounts import account_codes, codes, company_names, fold_names
from heads.data.counts import EXTRA, read_counts, spell_after

BLOCK = 8192
"""Vectors read at once."""

FEWEST = 50
"""Posts with a label that a model needs to learn from."""

MEMORY_FLOATS = 500_000_000
"""Floats of one space's vectors that are held in memory, 2 GB; more go to a temporary file."""


@dataclass(frozen=True)
class Posts:
    """Posts by (time, post_id), row for row with everything computed from them.

    Attributes
    ----------
    table : pyarrow.Table
        post_id, source, id, username, company, created_at, text, kind, platform, photos,
        videos, gifs, duration. A post that is in no store has a negative post_id.
    kpi : array, shape (n,), float64
        The engagement count; NaN where it is not known.
    reposts_left_out : int
        Reposts of the store that are not among them.
    """

    table: pa.Table
    kpi: Floats
    reposts_left_out: int = 0

    def __len__(self) -> int:
        return len(self.kpi)

    @cached_property
    def y(self) -> Floats:
        """log1p of the count, shape (n,); NaN where it is not known."""
        values: Floats = np.log1p(self.kpi)
        return values

    @cached_property
    def known(self) -> Mask:
        """Posts whose count is known, shape (n,), bool."""
        return np.isfinite(self.kpi)

    @cached_property
    def post_id(self) -> Indices:
        """Ids of the posts, shape (n,)."""
        return np.asarray(self.table["post_id"].to_numpy(), dtype=np.int64)

    @cached_property
    def time(self) -> Times:
        """Times of the posts, UTC, in microseconds."""
        times: Times = self.table["created_at"].to_numpy().astype("datetime64[us]")
        return times

    @cached_property
    def account(self) -> Indices:
        """A number for each account, shape (n,); of a post without one a number of its own.

        Spellings are folded (`@Name` is `name`), within a platform.
        """
        return account_codes(self.table)

    @cached_property
    def account_names(self) -> list[str | None]:
        """Names of the accounts as `fold_names` folds them; None where there is none."""
        names: list[str | None] = fold_names(self.table["username"]).to_pylist()
        return names

    @cached_property
    def company(self) -> Indices:
        """A number for each company, likewise; see `company_names`."""
        return codes(self.company_names)

    @cached_property
    def company_names(self) -> pa.Array:
        """The companies, shape (n,), in lower case: a fact of each account.

        It is the one that most of the account's stored posts name; a post's own counts only
        where they name none.
        """
        return company_names(self.table, self.account, self.post_id >= 0)

    @cached_property
    def nth(self) -> Indices:
        """Number of each post within its account, from 1 in the order of time, shape (n,)."""
        order = np.argsort(self.account, kind="stable")
        accounts = self.account[order]
        nth = np.empty(len(self), dtype=np.int64)
        nth[order] = np.arange(len(self)) - np.searchsorted(accounts, accounts) + 1
        return nth

    @cached_property
    def texts(self) -> list[str]:
        """The texts; an empty one where there is none."""
        return [text or "" for text in self.table["text"].to_pylist()]

    def take(self, rows: Indices) -> "Posts":
        """Return the posts of some rows, in the order of these."""
        return Posts(self.table.take(rows), self.kpi[rows])

    def with_kpi(self, kpi: Floats) -> "Posts":
        """Return the same posts with other labels."""
        return Posts(self.table, kpi, self.reposts_left_out)

    def plus(self, drafts: pa.Table) -> "Posts":
        """Add posts that are in no store; returns all in the order of time.

        Parameters
        ----------
        drafts : pyarrow.Table
            Columns of `table` without post_id; what is missing among them is empty.
            They get the ids −1, −2, … in their order, and no label.
        """
        columns: dict[str, pa.Array] = {}
        for field in self.table.schema:
            if field.name == "post_id":
                values = pa.array(-1 - np.arange(drafts.num_rows))
            elif field.name in drafts.column_names:
                values = drafts[field.name].combine_chunks()
            elif field.name in ("photos", "videos", "gifs", "duration"):
                values = pa.array(np.zeros(drafts.num_rows))
            else:
                values = pa.nulls(drafts.num_rows, field.type)
            columns[field.name] = values.cast(field.type)
        if columns["created_at"].null_count:
            raise InputError(
                f"{columns['created_at'].null_count} of {drafts.num_rows} posts have no date:"
                " a prediction needs to know when a post is made"
            )
        both = pa.concat_tables([self.table, pa.table(columns, schema=self.table.schema)])
        kpi = np.concatenate([self.kpi, np.full(drafts.num_rows, np.nan)])
        time = both["created_at"].to_numpy()
        order = np.lexsort((both["post_id"].to_numpy(), time))
        return Posts(both.take(order), kpi[order], self.reposts_left_out)

    def rows_of(self, post_ids: Sequence[int] | Indices) -> Indices:
        """Look up rows of posts, in the order of `post_ids`; −1 for one that is not here."""
        order = np.argsort(self.post_id)
        wanted = np.asarray(post_ids, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.post_id[order], wanted), max(0, len(self) - 1))
        if len(self) == 0:
            return np.full(len(wanted), -1)
        rows = order[place]
        found: Indices = np.where(self.post_id[rows] == wanted, rows, -1)
        return found

    def row_of_key(self, key: str) -> int:
        """Look up the row of the post ``source:id``, or ``id`` where only one source has it.

        Raises
        ------
        InputError
            There is none with a time, or more than one.
        """
        pairs = list(
            zip(self.table["source"].to_pylist(), self.table["id"].to_pylist(), strict=True)
        )
        whole = [row for row, (source, name) in enumerate(pairs) if f"{source}:{name}" == key]
        rows = whole or [row for row, (_, name) in enumerate(pairs) if name == key]
        if len(rows) == 1:
            return rows[0]
        if not rows:
            reposts = ", or it is a repost, which this head left out" * bool(self.reposts_left_out)
            raise InputError(
                f"there is no post {key!r} with a time{reposts}: posts are named source:id"
            )
        names = ", ".join(f"{pairs[row][0]}:{key}" for row in rows[:5])
        raise InputError(f"{key!r} could be more than one post: name one of {names}")


def load_posts(
    store: Store, kpi: str = "likes", *, reposts: bool = False, after: timedelta | None = None
) -> Posts:
    """Read all posts of a store that have a time, with an engagement count.

    Parameters
    ----------
    store : Store
        The store.
    kpi : str
        One of `heads.data.counts.KPIS`, or ``extra.NAME`` for a number in the column `extra`.
    reposts : bool
        Keep posts of kind ``repost`` too: their counts are those of the original's author.
    after : timedelta, optional
        Count at this age of a post, from `observations`; the latest count by default.

    Raises
    ------
    InputError
        There is no such count.
    """
    with store.connection() as connection:
        table = connection.sql(sql.read("features/posts")).to_arrow_table()
        post_ids, values = read_counts(store, connection, kpi, after)
    counts = np.full(len(table), np.nan)
    wanted = table["post_id"].to_numpy()
    if len(post_ids):
        place = np.minimum(np.searchsorted(post_ids, wanted), len(post_ids) - 1)
        counts = np.where(post_ids[place] == wanted, values[place], np.nan)
    if kpi.startswith(EXTRA) and not np.isfinite(counts).any():
        raise InputError(
            f"no post with a time has the number {kpi.removeprefix(EXTRA)!r} in its column"
            f" extra: `embedstore info {store.path}` and the table posts show what there is"
        )
    kept = np.ones(len(table), dtype=bool)
    if not reposts:
        kept = np.array([kind != "repost" for kind in table["kind"].to_pylist()], dtype=bool)
    return Posts(table.filter(pa.array(kept)), counts[kept], int((~kept).sum()))


def load_labelled(
    store: Store,
    kpi: str = "likes",
    *,
    learner: str = "a head",
    reposts: bool = False,
    after: timedelta | None = None,
) -> Posts:
    """Read posts as `load_posts` does, for a model that is to learn from them.

    Raises
    ------
    InputError
        Too few of them have a label.
    """
    posts = load_posts(store, kpi, reposts=reposts, after=after)
    if posts.known.sum() < FEWEST:
        left_out = f" ({posts.reposts_left_out} reposts left out)" if posts.reposts_left_out else ""
        near = (
            f" read near enough to {spell_after(after)} after posting, from half of it to twice"
            if after
            else ""
        )
        raise InputError(
            f"{store.path} has {posts.known.sum()} posts with a time and {kpi}{near}{left_out}:"
            f" {learner} needs {FEWEST}"
        )
    return posts


def passing(store: Store, posts: Posts, where: str | None) -> Mask:
    """Mark the posts that pass a user's filter.

    Raises
    ------
    QueryError
        The filter is no expression over the columns of `posts`.
    """
    with store.connection() as connection:
        found = posts_where(connection, where).project("post_id").to_arrow_table()
    mask: Mask = np.isin(posts.post_id, found["post_id"].to_numpy())
    return mask


def load_vectors(store: Store, posts: Posts, space: str, *, images: bool = False) -> Vectors:
    """Read the posts' vectors in a space at length 1; rows of NaN where there is none.

    A post with several pictures gets their mean. Vectors are read block by block; where they
    are too many for the memory, the array lies in a temporary file, of which the system keeps
    in memory what is in use.

    Returns
    -------
    array, shape (n, dim), float32

    Raises
    ------
    QueryError
        There is no such space of texts (or images), or nothing was embedded in it.
    """
    chosen = store.space(space, texts=not images, images=images)
    assert chosen.dim is not None
    total = _room((len(posts), chosen.dim))
    stored = posts.post_id >= 0
    place = np.full(posts.post_id.max(initial=-1) + 2, -1)
    place[posts.post_id[stored]] = np.flatnonzero(stored)
    for post_ids, vectors in _blocks(store, chosen, images=images):
        rows = place[np.minimum(post_ids, len(place) - 1)]
        np.add.at(total, rows[rows >= 0], vectors[rows >= 0])
    for start in range(0, len(total), BLOCK):
        total[start : start + BLOCK] = unit_or_nan(total[start : start + BLOCK])
    return total


def _room(shape: tuple[int, int]) -> Vectors:
    """Make zeros: in memory, or in a temporary file that goes when the array is dropped."""
    if shape[0] * shape[1] <= MEMORY_FLOATS:
        return np.zeros(shape, dtype=np.float32)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)


def _blocks(store: Store, space: Space, *, images: bool) -> Iterator[tuple[Indices, Vectors]]:
    """Yield ids of posts with their vectors, in any order; a post once for each image."""
    # No word of this comes from a user: the view is one of two of ours.
    view = "image_vectors" if images else "text_vectors"
    with store.connection() as connection, connection.cursor() as cursor:
        rows = cursor.sql(
            f"SELECT post_id, vector FROM {view} WHERE space = ? AND len(vector) = ?",  # noqa: S608
            params=[space.space, space.dim],
        )
        for batch in rows.to_arrow_reader(BLOCK):
            flat = batch["vector"].flatten().to_numpy(zero_copy_only=False)
            yield batch["post_id"].to_numpy(), flat.reshape(len(batch), -1)
