"""Give the topics of a level ids and names, and say what changed since the last fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from embedstore.arrays import Indices
from embedstore.topics import tables
from embedstore.topics.match import Match, match
from embedstore.topics.tables import Topic
from embedstore.topics.words import name_of

CHANGES = pa.schema(
    [
        ("change", pa.string()),
        ("topic_id", pa.int64()),
        ("name", pa.string()),
        ("before", pa.int64()),
        ("after", pa.int64()),
        ("note", pa.string()),
    ]
)


@dataclass(frozen=True)
class Before:
    """The topics of an earlier fit.

    Attributes
    ----------
    topics : dict of int to (Topic, int)
        Topics and groups with their sizes, by id.
    assigned : dict of str to array
        post_id and topic_id of the posts that were looked at.
    """

    topics: dict[int, tuple[Topic, int]]
    assigned: dict[str, Indices]

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> "Before":
        """Read them from a store."""
        return cls(tables.read_topics(connection), tables.read_assigned(connection))

    def match(self, level: int, post_id: Indices, label: Indices) -> tuple[list[int], Match]:
        """Match the new topics of a level to the old ones; returns the ids of the old ones too."""
        known = [number for number, (each, _) in self.topics.items() if each.level == level]
        place = {number: row for row, number in enumerate(known)}
        earlier = self._of_posts(post_id, level)
        rows = np.array([place.get(each, -1) for each in earlier.tolist()], np.int64)
        return known, match(rows, label)

    def named(self, post_id: Indices, label: Indices) -> set[int]:
        """Find the new topics of the lowest level that keep a name that a person gave."""
        known, found = self.match(0, post_id, label)
        return {new for new, old in found.old_of.items() if self.topics[known[old]][0].named}

    def _of_posts(self, post_id: Indices, level: int) -> Indices:
        """Look up the old topic, or group at a level, of each post; −1 for none."""
        if not len(self.assigned["post_id"]):
            return np.full(len(post_id), -1)
        order = np.argsort(self.assigned["post_id"])
        ids = self.assigned["post_id"][order]
        place = np.minimum(np.searchsorted(ids, post_id), len(ids) - 1)
        topic = np.where(ids[place] == post_id, self.assigned["topic_id"][order][place], -1)
        above = {number: each.parent_id for number, (each, _) in self.topics.items()}
        for _ in range(level):
            parents = [above.get(each) for each in topic.tolist()]
            topic = np.array([-1 if each is None else each for each in parents], dtype=np.int64)
        return np.asarray(topic, dtype=np.int64)


def name_topics(
    connection: duckdb.DuckDBPyConnection,
    level: int,
    label: Indices,
    words: Sequence[list[str]],
    titles: Mapping[int, str],
    post_id: Indices,
    before: Before,
) -> tuple[list[Topic], list[dict[str, Any]]]:
    """Give the topics of one level ids and names, those of old ones where they are the same.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction: new ids are taken from it.
    level : int
        0 for topics, more for groups.
    label : array, shape (n,), int64
        The topic of each post; −1 for none.
    words : sequence of list of str, length k
        Words of each topic.
    titles : mapping of int to str
        Names of topics that have a better one than their first words.
    post_id : array, shape (n,), int64
        The posts.
    before : Before
        The topics of the last fit.

    Returns
    -------
    topics : list of Topic, length k
    changes : list of dict
        Rows of `CHANGES`.
    """
    known, found = before.match(level, post_id, label)
    fresh = iter(tables.next_ids(connection, len(words) - len(found.old_of)))
    after = np.bincount(label[label >= 0], minlength=len(words)).tolist()
    told, rows = [], []
    names: set[str] = set()
    for number, own in enumerate(words):
        written = [titles[number]] if number in titles else []
        choices = [*written, name_of(own), name_of(own[1:]), ", ".join(own)]
        name = next((each for each in choices if each not in names), f"{choices[0]} ({number})")
        names.add(name)
        if number in found.old_of:
            same, size = before.topics[known[found.old_of[number]]]
            kept = Topic(same.topic_id, None, level, same.name if same.named else name,
                         same.named, own)  # fmt: skip
            note = "" if same.name == kept.name else f"was {same.name}"
            rows.append(_change("kept", kept, size, after[number], note))
        else:
            kept = Topic(next(fresh), None, level, name, False, own)
            source = found.most_from.get(number)
            note = "" if source is None else f"from {before.topics[known[source]][0].name}"
            rows.append(_change("new", kept, None, after[number], note))
        told.append(kept)
    for row, number in enumerate(known):
        if row not in found.old_of.values():
            gone, size = before.topics[number]
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
