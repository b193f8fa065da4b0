"""The tables of topics in a store: what they hold, read and replaced."""

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.arrays import Indices, to_arrow
from embedstore.storage.changes import touch
from embedstore.topics.assign import Centres
from embedstore.topics.cluster import Size


@dataclass(frozen=True)
class Settings:
    """How topics are made: a row of `topic_settings`.

    Attributes
    ----------
    space, fingerprint : str
        The space, and what filled it.
    size : {"small", "medium", "large"}
        How large topics are.
    where : str, optional
        Condition on posts.
    brands : bool
        May topics be about a company.
    """

    space: str
    fingerprint: str
    size: Size
    where: str | None
    brands: bool


@dataclass(frozen=True)
class Topic:
    """A topic or a group of topics: a row of `topics` but for its size."""

    topic_id: int
    parent_id: int | None
    level: int
    name: str
    named: bool
    words: list[str]


_TOPICS = pa.schema(
    [
        ("topic_id", pa.int64()),
        ("parent_id", pa.int64()),
        ("level", pa.int32()),
        ("name", pa.string()),
        ("named", pa.bool_()),
        ("words", pa.list_(pa.string())),
    ]
)


def read_settings(connection: duckdb.DuckDBPyConnection) -> Settings | None:
    """Read how the topics were made; None if there are none."""
    rows = connection.execute(
        "SELECT space, fingerprint, size, filter, brands FROM topic_settings"
    ).fetchall()
    return Settings(*rows[0]) if rows else None


def read_topics(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[Topic, int]]:
    """Read topics and groups with their sizes, by id."""
    rows = connection.execute(
        "SELECT topic_id, parent_id, level, name, named, words, size FROM topics ORDER BY topic_id"
    ).fetchall()
    return {row[0]: (Topic(*row[:6]), row[6]) for row in rows}


def read_centres(connection: duckdb.DuckDBPyConnection) -> tuple[Indices, Centres]:
    """Read the centres, and the topic of each."""
    rows = connection.execute(
        "SELECT topic_id, centre, reach FROM topic_centres ORDER BY topic_id"
    ).fetchall()
    vectors = np.array([row[1] for row in rows], dtype=np.float32)
    reach = np.array([row[2] for row in rows], dtype=np.float32)
    return np.array([row[0] for row in rows], dtype=np.int64), Centres(vectors, reach)


def read_assigned(connection: duckdb.DuckDBPyConnection) -> dict[str, Indices]:
    """Read post_id, topic_id (−1 for an outlier) and content_id of the posts looked at."""
    table = connection.sql(
        "SELECT post_id, coalesce(topic_id, -1) AS topic_id, content_id FROM post_topics"
    ).to_arrow_table()
    return {name: table[name].to_numpy() for name in table.column_names}


def next_ids(connection: duckdb.DuckDBPyConnection, count: int) -> range:
    """Take ids for new topics, which are never given again."""
    [[first]] = connection.execute("SELECT next FROM counters WHERE name = 'topic'").fetchall()
    connection.execute("UPDATE counters SET next = next + $1 WHERE name = 'topic'", [count])
    return range(first, first + count)


def replace(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    topics: list[Topic],
    centre_of: list[int],
    centres: Centres,
) -> None:
    """Replace all topics; posts are assigned afterwards.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    settings : Settings
        How they were made.
    topics : list of Topic
        Topics and groups.
    centre_of : list of int
        Topic of each centre.
    centres : Centres
        Their centres.
    """
    rows: list[dict[str, Any]] = [vars(topic) for topic in topics]
    connection.register("new_topics", pa.Table.from_pylist(rows, schema=_TOPICS))
    dim = centres.vectors.shape[1]
    connection.register(
        "new_centres",
        pa.table(
            {
                "topic_id": pa.array(centre_of, pa.int64()),
                "centre": pa.FixedSizeListArray.from_arrays(
                    to_arrow(centres.vectors.reshape(-1)), dim
                ).cast(pa.list_(pa.float32())),
                "reach": to_arrow(centres.reach.astype(np.float64)),
            }
        ),
    )
    connection.execute(sql.read("topics/store"))
    connection.execute(
        "INSERT INTO topic_settings VALUES (now() AT TIME ZONE 'UTC', ?, ?, ?, ?, ?)",
        list(vars(settings).values()),
    )


def write_assigned(
    connection: duckdb.DuckDBPyConnection,
    post_id: Indices,
    topic_id: Indices,
    score: np.ndarray[Any, Any],
    content_id: Indices,
) -> None:
    """Store the topics of posts (−1 for an outlier), over older ones; sizes are counted anew."""
    table = pa.table(
        {
            "post_id": to_arrow(post_id),
            "topic_id": pa.array(topic_id, mask=topic_id < 0),
            "score": to_arrow(score.astype(np.float64)),
            "content_id": to_arrow(content_id),
        }
    )
    connection.register("assigned", table)
    connection.execute(sql.read("topics/assign"))
    count(connection)


def count(connection: duckdb.DuckDBPyConnection) -> None:
    """Count the posts of each topic and group; groups without topics are deleted."""
    connection.execute(sql.read("topics/count"))
    touch(connection)
