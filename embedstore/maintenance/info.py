"""What a store holds: sources, spaces, failures, builds and sizes."""

import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from embedstore.building.forecast.plan import beside
from embedstore.store import Store

_SOURCES = """
SELECT source, count(*) AS posts, count(DISTINCT username) AS accounts,
       count(DISTINCT company) AS companies, min(created_at) AS first, max(created_at) AS last,
       count(likes) AS with_likes, count(media_raw) AS with_media
FROM posts GROUP BY source ORDER BY source
"""

_SPACES = """
SELECT s.space, s.encoder, coalesce(s.text_field, 'images') AS of, s.dim, s.max_length,
       (SELECT count(*) FROM vectors v WHERE v.space = s.space) AS vectors,
       s.device, s.dtype, s.fingerprint
FROM spaces s ORDER BY s.position
"""

_FAILURES = """
SELECT stage, class, count(*) AS failures, sum(attempts)::BIGINT AS attempts,
       count(retry_after) AS can_be_retried
FROM failures GROUP BY ALL ORDER BY ALL
"""

_BUILDS = """
SELECT build_id, started_at, finished_at, inputs::VARCHAR AS inputs,
       (report->>'$.posts.new')::BIGINT AS new, (report->>'$.posts.updated')::BIGINT AS updated,
       (report->>'$.posts.rejected')::BIGINT AS rejected,
       (report->>'$.total_seconds')::DOUBLE AS seconds
FROM builds ORDER BY build_id DESC LIMIT 10
"""


_PLANNED = """
SELECT build_id, report::VARCHAR FROM builds
WHERE json_type(report, '$.plan') = 'OBJECT' ORDER BY build_id DESC LIMIT 1
"""


@dataclass(frozen=True)
class Info:
    """What a store holds.

    Attributes
    ----------
    sources, spaces, failures, builds : pyarrow.Table
        One row a source, a space, a kind of failure, and one of the last ten builds.
    contents : dict
        Distinct texts and images, by kind.
    sizes : dict
        Bytes on disk of the database, the indexes, the pictures and the heads.
    planned : dict
        By the number of the last build that was large enough for a plan: plan beside fact.
    """

    sources: pa.Table
    spaces: pa.Table
    failures: pa.Table
    builds: pa.Table
    contents: dict[str, int]
    sizes: dict[str, int]
    planned: dict[int, list[dict[str, Any]]]

    def to_json(self) -> dict[str, Any]:
        """The same as a dict of lists of rows."""
        return {
            "sources": self.sources.to_pylist(),
            "spaces": self.spaces.to_pylist(),
            "failures": self.failures.to_pylist(),
            "builds": self.builds.to_pylist(),
            "contents": self.contents,
            "sizes": self.sizes,
            "planned": self.planned,
        }


def info(store: Store) -> Info:
    """Count what the store holds."""
    with store.connection() as connection:
        sources, spaces, failures, builds = (
            connection.sql(query).to_arrow_table()
            for query in (_SOURCES, _SPACES, _FAILURES, _BUILDS)
        )
        contents = dict(
            connection.execute(
                "SELECT kind, count(*) FROM contents GROUP BY 1 ORDER BY 1"
            ).fetchall()
        )
        planned = {
            build_id: beside(json.loads(report))
            for build_id, report in connection.execute(_PLANNED).fetchall()
        }
    sizes = {
        name: sum(file.stat().st_size for file in (store.path / name).rglob("*") if file.is_file())
        for name in ("index", "media", "runs")
    }
    database = sum(file.stat().st_size for file in store.path.glob("store.duckdb*"))
    return Info(
        sources,
        spaces,
        failures,
        builds,
        contents,
        {"store.duckdb": database} | sizes,
        planned,
    )
