"""The posts of a store as a head sees them: in the order of time, with one label each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.errors import InputError
from embedstore.storage.filters import posts_where
from embedstore.store import Store
from heads.arrays import Floats, Indices, Mask, Times
from heads.data.accounts import account_codes, codes, company_names, fold_names
from heads.data.copies import later_copies
from heads.data.counts import EXTRA, read_counts, spell_after
from heads.data.queries import run_sql

FEWEST = 50
"""Posts with a label that a model needs to learn from."""

CAPITALS = "capitals"

_PLACEHOLDER = re.compile(r"<\w+>|https?://\S+")


@dataclass(frozen=True)
class Posts:
    """Posts by (time, post_id), drafts behind; row for row with everything computed from them.

    Attributes
    ----------
    table : pyarrow.Table
        post_id, source, id, username, company, created_at, text, kind, platform, photos,
        videos, gifs, duration. A post that is in no store has a negative post_id.
    kpi : array, shape (n,), float64
        The engagement count; NaN where it is not known.
    reposts_left_out : int
        Reposts of the store that are not among them.
    copies : array, shape (n,), bool, optional
        Cross-posts, but for the first of each: they are history, and neither learned from nor
        scored.
    """

    table: pa.Table
    kpi: Floats
    reposts_left_out: int = 0
    copies: Mask | None = None

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
    def labelled(self) -> Mask:
        """Posts that may be learned from or scored, shape (n,), bool: known and no copy."""
        return self.known if self.copies is None else self.known & ~self.copies

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

    @cached_property
    def form(self) -> dict[str, Floats]:
        """What each post looks like before it is read, by name, each of shape (n,).

        Its characters, words, marks and media, and `CAPITALS`: their share of the letters,
        placeholders and links left out.
        """
        numbered = self.table.append_column("row", pa.array(np.arange(len(self))))
        table = run_sql("features/form", posts=numbered)
        found = {
            name: table[name].to_numpy(zero_copy_only=False).astype(np.float64)
            for name in table.column_names
        }
        capitals = [_share_of_capitals(text) for text in self.texts]
        return found | {CAPITALS: np.array(capitals, dtype=np.float64)}

    @cached_property
    def _parts(self) -> "tuple[Posts, Posts] | None":
        """Posts of the store and drafts behind them; None unless they were put together."""
        return None

    @cached_property
    def rows_by_name(self) -> dict[str | None, Indices]:
        """Rows of the posts of each name in `account_names`."""
        return _rows_by(pa.array(self.account_names, pa.string()))

    @cached_property
    def rows_by_company(self) -> dict[str | None, Indices]:
        """Rows of the posts of each name in `company_names`."""
        return _rows_by(self.company_names)

    def take(self, rows: Indices) -> "Posts":
        """Return the posts of some rows, in the order of these."""
        found = Posts(self.table.take(rows), self.kpi[rows])
        # What was computed of a post's own text is kept: it takes most of the time of a few.
        if (form := self._form_of(rows)) is not None:
            found.__dict__["form"] = form
        return found

    def form_of(self, rows: Indices) -> dict[str, Floats]:
        """Return `form` of some rows."""
        found = self._form_of(rows)
        return self.take(rows).form if found is None else found

    def _form_of(self, rows: Indices) -> dict[str, Floats] | None:
        """Return the form of some rows if it was computed before."""
        if "form" in self.__dict__:
            return {name: values[rows] for name, values in self.form.items()}
        if self._parts is None:
            return None
        stored, new = self._parts
        drafted = rows >= len(stored)
        found = {name: values[np.where(drafted, 0, rows)] for name, values in stored.form.items()}
        for name, values in new.form.items():
            found[name][drafted] = values[rows[drafted] - len(stored)]
        return found

    def with_kpi(self, kpi: Floats) -> "Posts":
        """Return the same posts with other labels."""
        return Posts(self.table, kpi, self.reposts_left_out, self.copies)

    @property
    def left_out(self) -> dict[str, int]:
        """Count the posts that are left out unless asked for: reposts and cross-posts."""
        copies = 0 if self.copies is None else int((self.copies & self.known).sum())
        return {"reposts": self.reposts_left_out, "crossposts": copies}

    def plus(self, drafts: pa.Table) -> "Posts":
        """Add posts that are in no store, behind the others.

        What these posts have computed of themselves is kept, so that a draft costs little.

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
        new = Posts(pa.table(columns, schema=self.table.schema), np.full(drafts.num_rows, np.nan))
        copies = None if self.copies is None else np.append(self.copies, np.zeros(len(new), bool))
        both = Posts(
            pa.concat_tables([self.table, new.table]),
            np.append(self.kpi, new.kpi),
            self.reposts_left_out,
            copies,
        )
        account, company, names = self._identities(new)
        both.__dict__.update(
            time=np.append(self.time, new.time),
            post_id=np.append(self.post_id, new.post_id),
            account=np.append(self.account, account),
            company=np.append(self.company, company),
            company_names=pa.chunked_array([self.company_names, names]).combine_chunks(),
            account_names=self.account_names + new.account_names,
            _parts=(self, new),
        )
        return both

    def _identities(self, new: "Posts") -> tuple[Indices, Indices, pa.Array]:
        """Number the accounts and companies of drafts as they are numbered here.

        Returns
        -------
        account, company : arrays, shape (drafts,), int64
            Numbers; those that are not among these posts get further ones.
        names : pyarrow.Array
            Names of the companies, as in `company_names`.
        """
        # Only posts that are called like a draft have a say in what account it is of.
        called = [self.rows_by_name.get(name) for name in set(new.account_names) - {None}]
        alike = np.concatenate(
            [np.empty(0, np.int64), *(rows for rows in called if rows is not None)]
        )
        table = pa.concat_tables([self.table.take(alike), new.table])
        code = account_codes(table)
        number = dict(zip(code[: len(alike)].tolist(), self.account[alike].tolist(), strict=True))
        further = int(self.account.max(initial=-1)) + 1
        account = [number.setdefault(one, further + one) for one in code[len(alike) :].tolist()]
        companies = company_names(table, code, np.arange(len(code)) < len(alike))[len(alike) :]
        known = self._company_numbers
        further = int(self.company.max(initial=-1)) + 1
        fresh: dict[str, int] = {}
        company = [
            further + len(new) + place
            if name is None
            else known.get(name, further + fresh.setdefault(name, len(fresh)))
            for place, name in enumerate(companies.to_pylist())
        ]
        return np.array(account, np.int64), np.array(company, np.int64), companies

    @cached_property
    def _company_numbers(self) -> dict[str, int]:
        return dict(zip(self.company_names.to_pylist(), self.company.tolist(), strict=True))

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


def _rows_by(column: pa.Array) -> dict[str | None, Indices]:
    """Group rows by the value of a column."""
    encoded = column.dictionary_encode("encode")
    value = np.asarray(encoded.indices, dtype=np.int64)
    order = np.argsort(value, kind="stable")
    edges = np.searchsorted(value[order], np.arange(len(encoded.dictionary) + 1))
    names = encoded.dictionary.to_pylist()
    return {
        name: order[start:stop]
        for name, start, stop in zip(names, edges[:-1], edges[1:], strict=True)
    }


def _share_of_capitals(text: str) -> float:
    letters = "".join(filter(str.isalpha, _PLACEHOLDER.sub("", text)))
    return sum(map(str.isupper, letters)) / len(letters) if letters else 0.0


def load_posts(
    store: Store,
    kpi: str = "likes",
    *,
    reposts: bool = False,
    crossposts: bool = True,
    after: timedelta | None = None,
    where: str | None = None,
) -> Posts:
    """Read all posts of a store that have a time, with an engagement count.

    Parameters
    ----------
    store : Store
        The store.
    kpi : str
        One of `heads.data.counts.KPIS`, ``extra.NAME`` for a number in the column `extra`, or an
        expression of them (`heads.data.expressions`).
    reposts : bool
        Keep posts of kind ``repost`` too: their counts are those of the original's author.
    crossposts : bool
        Learn from and score every copy of a text that was posted in several sources; with False
        only the first (`heads.data.copies`).
    after : timedelta, optional
        Count at this age of a post, from `observations`; the latest count by default.
    where : str, optional
        SQL condition on the columns of `posts`: the counts of all others are unknown.

    Raises
    ------
    InputError
        There is no such count.
    QueryError
        The condition is no expression over the columns of `posts`.
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
    posts = Posts(table.filter(pa.array(kept)), counts[kept], int((~kept).sum()))
    if where is not None:
        posts = posts.with_kpi(np.where(passing(store, posts, where), posts.kpi, np.nan))
    if not crossposts:
        posts = replace(posts, copies=later_copies(posts.table))
    return posts


def load_labelled(
    store: Store,
    kpi: str = "likes",
    *,
    learner: str = "a head",
    reposts: bool = False,
    crossposts: bool = True,
    after: timedelta | None = None,
    where: str | None = None,
) -> Posts:
    """Read posts as `load_posts` does, for a model that is to learn from them.

    Raises
    ------
    InputError
        Too few of them have a label.
    """
    posts = load_posts(store, kpi, reposts=reposts, crossposts=crossposts, after=after, where=where)
    if posts.labelled.sum() < FEWEST:
        out = [f"{count} {name} left out" for name, count in posts.left_out.items() if count]
        left_out = f" ({', '.join(out)})" if out else ""
        near = (
            f" read near enough to {spell_after(after)} after posting, from half of it to twice"
            if after
            else ""
        )
        passed = f" where {where}" if where else ""
        raise InputError(
            f"{store.path} has {posts.labelled.sum()} posts with a time and {kpi}{near}{passed}"
            f"{left_out}: {learner} needs {FEWEST}"
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
