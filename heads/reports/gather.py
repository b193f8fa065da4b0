"""Read from a store what a report rests on: posts, vectors, topics, and what they lack."""

from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedstore import sql
from embedstore.errors import InputError
from embedstore.store import Store
from heads.arrays import Floats, Indices, Mask, Times, Vectors
from heads.data.posts import FEWEST, Posts, load_posts
from heads.data.vectors import load_vectors
from heads.reports.factors import Design, Question, directions, form_questions, make_design
from heads.reports.level import Smoother, choose_smoother, some_beside
from heads.reports.regression import Regression
from heads.reports.repeats import repeated

YOUNG_DAYS = 2.0
"""Days until a post has most of its likes: counts that were read earlier don't count."""

FEWEST_LIKES = 5.0
"""Likes that an account's posts usually get, from which multiples of them mean something."""


@dataclass(frozen=True)
class Gathered:
    """What a report of any account of a store rests on.

    Attributes
    ----------
    posts : Posts
        All posts with a time, without reposts.
    texts, pictures : array, shape (n, dim), optional
        Vectors of the texts and the pictures; None where the store has none.
    topics : dict of int to str, optional
        Topic of each post; None where the store has no topics.
    facts : pyarrow.Table
        Of each post: created_precision, permalink, picture, age in days when it was read.
    timezone : str
        Of hours and days.
    """

    posts: Posts
    texts: Vectors | None
    pictures: Vectors | None
    topics: dict[int, str] | None
    facts: pa.Table
    timezone: str

    @cached_property
    def young(self) -> Mask:
        """Posts whose count was read too early, shape (n,)."""
        found: Mask = self.facts["age"].to_numpy() < YOUNG_DAYS
        return found

    @cached_property
    def counted(self) -> Mask:
        """Posts with a count that was read late enough, shape (n,)."""
        return self.posts.known & ~self.young

    @cached_property
    def usual(self) -> Floats:
        """Median count of each account, by its number; NaN without any."""
        found = np.full(int(self.posts.account.max(initial=-1)) + 1, np.nan)
        rows = np.flatnonzero(self.counted)
        rows = rows[np.argsort(self.posts.account[rows], kind="stable")]
        edges = np.flatnonzero(np.diff(self.posts.account[rows]))
        for part in np.split(rows, edges + 1) if len(rows) else []:
            found[self.posts.account[part[0]]] = np.median(self.posts.kpi[part])
        return found

    @cached_property
    def days(self) -> Floats:
        """Days of each post since the first, shape (n,)."""
        return np.asarray((self.posts.time - self.posts.time.min()) / np.timedelta64(1, "D"))

    @cached_property
    def levels(self) -> tuple[Indices, Smoother]:
        """Rows of posts that count, and the smoother of their accounts' levels."""
        rows = np.flatnonzero(self.counted)
        account, days = self.posts.account[rows], self.days[rows]
        return rows, choose_smoother(account, days, self.posts.y[rows])

    @cached_property
    def original(self) -> Indices:
        """Row of the post that each one repeats; −1 for none, shape (n,)."""
        return repeated(self.posts, self.texts)

    @cached_property
    def rows(self) -> Indices:
        """Rows of the posts that effects rest on, shape (m,)."""
        enough = self.usual[self.posts.account] >= FEWEST_LIKES
        some = np.flatnonzero(self.counted & enough)
        return some[some_beside(self.posts.account[some], 2)]

    @cached_property
    def design(self) -> Design:
        """What these posts are."""
        rows = self.rows
        posts = self.posts.take(rows)
        questions = form_questions(posts)
        questions.append(
            Question(
                "repeat",
                "Said before",
                "repeats",
                ("something new", "a repeat"),
                (self.original[rows] >= 0).astype(np.int64),
            )
        )
        if self.topics is not None:
            questions.append(_topic_question(posts, self.topics))
        texts = None if self.texts is None else self.texts[rows]
        pictures = None if self.pictures is None else self.pictures[rows]
        return make_design(
            questions,
            local_times(posts, self.timezone),
            ~day_only(posts.time, self.facts["created_precision"].take(pa.array(rows))),
            directions(texts, len(rows)),
            directions(pictures, len(rows)),
        )

    def regression(self, group: Indices) -> Regression:
        """Fit the effects, which may differ by group.

        Parameters
        ----------
        group : array, shape (n,)
            Account or company of each of all posts.
        """
        rows = self.rows
        _, account = np.unique(self.posts.account[rows], return_inverse=True)
        _, number = np.unique(group[rows], return_inverse=True)
        y = self.posts.y[rows]
        smoother = choose_smoother(account, self.days[rows], y)
        return Regression(smoother, y, self.design.x, number)


def gather_posts(store: Store, timezone: str = "UTC") -> Gathered:
    """Read all that reports of a store rest on.

    Raises
    ------
    InputError
        The store has too few posts with a time and likes, or there is no such time zone.
    """
    posts = load_posts(store)
    if posts.known.sum() < FEWEST:
        raise InputError(
            f"{store.path} has {posts.known.sum()} posts with a time and likes: a report needs"
            f" {FEWEST}"
        )
    filled = [space for space in store.spaces() if space.dim is not None]
    texts = next((space.space for space in filled if space.texts), None)
    images = next((space.space for space in filled if space.images), None)
    with store.connection() as connection:
        facts = connection.sql(sql.read("reports/facts")).to_arrow_table()
        tables = {
            name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
        }
        ages = _ages(connection) if "observations" in tables else {}
        topics = None
        if {"topics", "post_topics"} <= tables:
            topics = dict(connection.sql(sql.read("reports/topics")).fetchall()) or None
    place = np.searchsorted(facts["post_id"].to_numpy(), posts.post_id)
    facts = facts.take(pa.array(place))
    if ages:
        age = [
            ages.get(one, old)
            for one, old in zip(posts.post_id.tolist(), facts["age"].to_pylist(), strict=True)
        ]
        facts = facts.set_column(
            facts.column_names.index("age"), "age", pa.array(age, pa.float64())
        )
    found = Gathered(
        posts,
        None if texts is None else load_vectors(store, posts, texts),
        None if images is None else load_vectors(store, posts, images, images=True),
        topics,
        facts,
        timezone,
    )
    local_times(posts.take(np.arange(1)), timezone)
    return found


def _ages(connection: duckdb.DuckDBPyConnection) -> dict[int, float]:
    return dict(connection.sql(sql.read("reports/readings")).fetchall())


def local_times(posts: Posts, timezone: str) -> Times:
    """Compute the wall-clock times of posts, shape (n,).

    Raises
    ------
    InputError
        There is no such time zone.
    """
    utc = pa.array(posts.time, pa.timestamp("us"))
    try:
        there = pc.assume_timezone(utc, "UTC").cast(pa.timestamp("us", timezone))
        found: Times = pc.local_timestamp(there).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        raise InputError(
            f"there is no time zone {timezone!r}: give one as Europe/Berlin or UTC"
        ) from error
    return found.astype("datetime64[us]")


def day_only(time: Times, precision: pa.ChunkedArray) -> Mask:
    """Mark posts whose day alone is known, shape (n,).

    A file of days has all its posts at midnight, also where it doesn't say how fine they are.
    """
    said = np.array([value == "day" for value in precision.to_pylist()], dtype=bool)
    midnight = time == time.astype("datetime64[D]")
    return said | (midnight & bool(midnight.mean() > 0.5)) if len(time) else said


def _topic_question(posts: Posts, topics: dict[int, str]) -> Question:
    names = sorted(set(topics.values()))
    numbers = {name: place for place, name in enumerate(names, 1)}
    kind = [numbers.get(topics.get(post, ""), 0) for post in posts.post_id.tolist()]
    kinds = ("no topic", *names)
    return Question("topic", "Topic", "topic", kinds, np.array(kind, dtype=np.int64))
