"""Find the topics of a store, and assign its posts to them."""

from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, get_args

import duckdb
import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.arrays import Indices
from embedstore.errors import FingerprintError, InputError
from embedstore.progress import Progress, Step, silent
from embedstore.storage import database, faults
from embedstore.storage.build_lock import build_lock
from embedstore.store import Store
from embedstore.topics import tables
from embedstore.topics.assign import assign
from embedstore.topics.cluster import Clusters, Size, cluster
from embedstore.topics.match import match
from embedstore.topics.posts import TopicPosts, load_posts
from embedstore.topics.tables import Settings, Topic
from embedstore.topics.words import name_of, topic_words, vocabulary

FEWEST_POSTS = 50
"""Posts with different texts that topics are made of."""

StoreLike = Store | str | PathLike[str]


@dataclass(frozen=True)
class Topics:
    """Topics of a store, after `find_topics`.

    Attributes
    ----------
    topics : pyarrow.Table
        topic_id, name, size (posts), share, group (name of the group that it is in) and words;
        the largest first.
    changes : pyarrow.Table
        After a refit: change (kept, new or gone), topic_id, name, before and after (posts),
        note; no rows otherwise.
    assigned : int
        Posts that were looked at now.
    outliers : int
        Posts that are near to no topic, of all that were looked at.
    posts : int
        Posts that were looked at, now or earlier.
    """

    topics: pa.Table
    changes: pa.Table
    assigned: int
    outliers: int
    posts: int


_CHANGES = pa.schema(
    [
        ("change", pa.string()),
        ("topic_id", pa.int64()),
        ("name", pa.string()),
        ("before", pa.int64()),
        ("after", pa.int64()),
        ("note", pa.string()),
    ]
)


def find_topics(
    store: StoreLike,
    *,
    space: str | None = None,
    where: str | None = None,
    size: Size | None = None,
    brands: bool | None = None,
    refit: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Topics:
    """Find topics of posts, or assign new posts to the topics that are there.

    The first call clusters; later ones assign the posts that have come, and those whose text
    has changed. `refit` clusters anew, and finds the old topics again among the new ones: they
    keep their ids, and names that a person gave.

    Parameters
    ----------
    store : Store or path
        The store.
    space : str, optional
        Name of a space of texts; the first one by default.
    where : str, optional
        SQL condition on the columns of `posts`: only these have topics.
    size : {"small", "medium", "large"}, optional
        How large topics are; medium by default.
    brands : bool, optional
        Let topics be about a company. By default they are not: what its posts have in common
        is subtracted from their vectors.
    refit : bool
        Cluster anew. What isn't given stays as it was.
    seed : int
        The same seed gives the same topics.
    progress : callable
        Told of every step.

    Raises
    ------
    InputError
        There are too few posts, an option differs from what the topics were made with, the
        store was opened read-only, or the package for clustering is missing.
    QueryError
        The space or the filter can't be used.
    StoreBusyError
        A build is at work.
    """
    if size is not None and size not in get_args(Size):
        raise InputError(f"topics are {', '.join(get_args(Size))}: not {size!r}")
    opened = writable(store)
    with build_lock(opened.path), faults.store_errors(opened.path):
        database.create(opened.path)
        with opened.connection() as connection:
            made = tables.read_settings(connection)
            wanted = _settings(opened, made, space, where, size, brands, refit=refit)
            progress(Step("read posts"))
            posts = load_posts(connection, opened.space(wanted.space), wanted.where,
                               brands=wanted.brands)  # fmt: skip
        changes = _CHANGES.empty_table()
        if made is None or refit:
            changes, assigned = _fit(opened, wanted, posts, seed, progress)
        else:
            assigned = _assign_new(opened, posts)
        return _found(opened, changes, assigned)


def count_waiting(store: StoreLike) -> int:
    """Count the posts that could be assigned to topics; 0 where there are no topics yet."""
    opened = store if isinstance(store, Store) else Store(store)
    with opened.connection() as connection:
        [[count]] = connection.execute(sql.read("topics/waiting")).fetchall()
    return int(count)


def writable(store: StoreLike) -> Store:
    """Open a store that is written to, where a path is given.

    Raises
    ------
    InputError
        It was opened read-only.
    """
    if not isinstance(store, Store):
        return Store(store)
    if store.mode == "r" and store.opening is not None:
        raise InputError(
            f"{store.path} is read in a block `with store.connection()`: find topics outside of it"
        )
    return store


def _settings(
    store: Store,
    made: Settings | None,
    space: str | None,
    where: str | None,
    size: Size | None,
    brands: bool | None,
    *,
    refit: bool,
) -> Settings:
    """Complete what is asked for by what the topics were made with."""
    chosen = store.space(space or (made.space if made else None), texts=True)
    given: dict[str, Any] = {"space": space, "where": where, "size": size, "brands": brands}
    given = {name: value for name, value in given.items() if value is not None}
    assert chosen.fingerprint is not None
    if made is None:
        first = Settings(chosen.space, chosen.fingerprint, "medium", None, False)
        return replace(first, **given)
    if refit:
        return replace(made, **given, fingerprint=chosen.fingerprint)
    for name, value in given.items():
        before = getattr(made, name)
        if value != before:
            raise InputError(
                f"the topics of {store.path} were made with {name} {before!r}, not {value!r}:"
                " --refit makes them anew"
            )
    if made.fingerprint != chosen.fingerprint:
        raise FingerprintError(
            f"the topics of {store.path} were made with other vectors than those of space"
            f" {chosen.space!r}: --refit makes them anew"
        )
    return made


def _clusters(posts: TopicPosts, settings: Settings, seed: int) -> Clusters:
    """Cluster the distinct texts, or say why that can't be."""
    rows = posts.distinct
    if len(rows) < FEWEST_POSTS:
        raise InputError(
            f"{len(rows)} different texts have a vector in space {settings.space!r}"
            + (" and pass the filter" if settings.where else "")
            + f": topics need {FEWEST_POSTS}"
        )
    try:
        found = cluster(posts.vectors[rows], size=settings.size, seed=seed)
    except ModuleNotFoundError as error:
        raise InputError(
            f"topics need {error.name}: run `pip install 'embedstore[topics]'`"
        ) from error
    if not len(found.centres):
        raise InputError(
            f"no topics were found in {len(rows):,} texts: no ten of them are alike enough"
        )
    return found


def _fit(
    store: Store, settings: Settings, posts: TopicPosts, seed: int, progress: Progress
) -> tuple[pa.Table, int]:
    """Cluster, name, find old topics again and store all that; returns changes and posts."""
    progress(Step("cluster", total=len(posts), unit="posts"))
    found = _clusters(posts, settings, seed)
    progress(Step("assign", total=len(posts), unit="posts"))
    topic, score = assign(posts.vectors, found.centres)
    progress(Step("name", total=len(found.centres), unit="topics"))
    known = vocabulary(posts.texts, posts.owner)
    with database.transaction(store.path) as connection:
        before = tables.read_topics(connection)
        old = tables.read_assigned(connection)
        levels: list[list[Topic]] = []
        rows: list[dict[str, Any]] = []
        of_topic = np.arange(len(found.centres))
        for level, members in enumerate([of_topic, *found.groups]):
            label = np.append(members, -1)[topic]
            words = topic_words(known, label, int(members.max()) + 1)
            told, changed = _name(connection, level, label, words, posts.post_id, before, old)
            levels.append(told)
            rows += changed if level == 0 else []
        topics = _nested(levels, [of_topic, *found.groups])
        ids = np.array([each.topic_id for each in levels[0]])
        tables.replace(connection, settings, topics, ids.tolist(), found.centres)
        tables.write_assigned(
            connection, posts.post_id, np.append(ids, -1)[topic], score, posts.content_id
        )
    return pa.Table.from_pylist(rows if before else [], schema=_CHANGES), len(posts)


def _nested(levels: list[list[Topic]], members: list[Indices]) -> list[Topic]:
    """Put each topic into its group, and each group into the one above."""
    placed = []
    for level, topics in enumerate(levels):
        for number, each in enumerate(topics):
            above = None
            if level + 1 < len(levels):
                inside = np.flatnonzero(members[level] == number)[0]
                above = levels[level + 1][int(members[level + 1][inside])].topic_id
            placed.append(replace(each, parent_id=above))
    return placed


def _name(
    connection: duckdb.DuckDBPyConnection,
    level: int,
    label: Indices,
    words: list[list[str]],
    post_id: Indices,
    before: dict[int, tuple[Topic, int]],
    old: dict[str, Indices],
) -> tuple[list[Topic], list[dict[str, Any]]]:
    """Give the topics of one level ids and names, those of old ones where they are the same.

    Returns the topics, and rows that say what changed.
    """
    known = [number for number, (each, _) in before.items() if each.level == level]
    place = {number: row for row, number in enumerate(known)}
    earlier = _earlier(old, post_id, level, before)
    found = match(np.array([place.get(each, -1) for each in earlier.tolist()], np.int64), label)
    fresh = iter(tables.next_ids(connection, len(words) - len(found.old_of)))
    after = np.bincount(label[label >= 0], minlength=len(words)).tolist()
    told, rows = [], []
    names: set[str] = set()
    for number, own in enumerate(words):
        choices = (name_of(own), name_of(own[1:]), ", ".join(own))
        name = next((each for each in choices if each not in names), f"{choices[0]} ({number})")
        names.add(name)
        if number in found.old_of:
            same, size = before[known[found.old_of[number]]]
            kept = Topic(same.topic_id, None, level, same.name if same.named else name,
                         same.named, own)  # fmt: skip
            note = "" if same.name == kept.name else f"was {same.name}"
            rows.append(_change("kept", kept, size, after[number], note))
        else:
            kept = Topic(next(fresh), None, level, name, False, own)
            source = found.most_from.get(number)
            note = "" if source is None else f"from {before[known[source]][0].name}"
            rows.append(_change("new", kept, None, after[number], note))
        told.append(kept)
    for row, number in enumerate(known):
        if row not in found.old_of.values():
            gone, size = before[number]
            target = found.most_to.get(row)
            note = "" if target is None else f"into {told[target].name}"
            rows.append(_change("gone", gone, size, None, note))
    return told, rows


def _change(
    change: str, topic: Topic, before: int | None, after: int | None, note: str
) -> dict[str, Any]:
    return {
        "change": change,
        "topic_id": topic.topic_id,
        "name": topic.name,
        "before": before,
        "after": after,
        "note": note,
    }


def _earlier(
    old: dict[str, Indices], post_id: Indices, level: int, before: dict[int, tuple[Topic, int]]
) -> Indices:
    """Look up the old topic, or group at a level, of each post; −1 for none."""
    if not len(old["post_id"]):
        return np.full(len(post_id), -1)
    order = np.argsort(old["post_id"])
    ids = old["post_id"][order]
    place = np.minimum(np.searchsorted(ids, post_id), len(ids) - 1)
    topic = np.where(ids[place] == post_id, old["topic_id"][order][place], -1)
    for _ in range(level):
        above = {number: each.parent_id for number, (each, _) in before.items()}
        parents = [above.get(each) for each in topic.tolist()]
        topic = np.array([-1 if each is None else each for each in parents], dtype=np.int64)
    return np.asarray(topic, dtype=np.int64)


def _assign_new(store: Store, posts: TopicPosts) -> int:
    """Assign posts that have come, or whose text has changed; returns how many."""
    with database.transaction(store.path) as connection:
        old = tables.read_assigned(connection)
        # A post and its content in one number, to find both at once.
        span = 1 + max(posts.content_id.max(initial=0), old["content_id"].max(initial=0))
        seen = old["post_id"] * span + old["content_id"]
        rows = np.flatnonzero(~np.isin(posts.post_id * span + posts.content_id, seen))
        of_centre, centres = tables.read_centres(connection)
        topic = np.full(len(rows), -1)
        score = np.zeros(len(rows), dtype=np.float32)
        if len(centres) and len(rows):
            nearest, score = assign(posts.vectors[rows], centres)
            topic = np.append(of_centre, -1)[nearest]
        tables.write_assigned(connection, posts.post_id[rows], topic, score, posts.content_id[rows])
    return len(rows)


def _found(store: Store, changes: pa.Table, assigned: int) -> Topics:
    with store.connection() as connection:
        listed = connection.sql(sql.read("topics/list")).to_arrow_table()
        ((posts, inside),) = connection.execute(
            "SELECT count(*), count(topic_id) FROM post_topics"
        ).fetchall()
    return Topics(listed, changes, assigned, posts - inside, posts)
