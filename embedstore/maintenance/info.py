"""Count what a store holds: sources, spaces, failures, builds and bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from embedstore.files import size_of
from embedstore.storage.layout import FILE, database_bytes, index_folder, media_folder, runs_folder
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


_UNREADABLE = """
SELECT report->'$.unreadable' FROM builds
WHERE json_type(report, '$.unreadable') = 'OBJECT' ORDER BY build_id
"""


@dataclass(frozen=True)
class Info:
    """Counts of what a store holds.

    Attributes
    ----------
    sources : pyarrow.Table
        One row for each source.
    spaces : pyarrow.Table
        One row for each space.
    failures : pyarrow.Table
        One row for each stage and class of failures.
    builds : pyarrow.Table
        One row for each of the last ten builds, the newest first.
    contents : dict
        Number of distinct contents by kind: ``text``, ``image``, ``noise``.
    sizes : dict
        Bytes on disk of the database, the indexes, the pictures and the heads.
    planned : dict
        Number of the last build that had a plan → rows that compare plan and outcome.
    unreadable : dict
        Space → what texts its encoder can't read, in a sentence, from the last build that
        encoded such texts.
    shared : list of dict
        Pairs of sources with posts in common: ``source``, ``other_source``, ``posts``.
    """

    sources: pa.Table
    spaces: pa.Table
    failures: pa.Table
    builds: pa.Table
    contents: dict[str, int]
    sizes: dict[str, int]
    planned: dict[int, list[dict[str, Any]]]
    unreadable: dict[str, str]
    shared: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Convert to a dict of lists of rows."""
        return {
            "sources": self.sources.to_pylist(),
            "spaces": self.spaces.to_pylist(),
            "failures": self.failures.to_pylist(),
            "builds": self.builds.to_pylist(),
            "contents": self.contents,
            "sizes": self.sizes,
            "planned": self.planned,
            "unreadable": self.unreadable,
            "shared": self.shared,
        }


def info(store: Store) -> Info:
    """Count what the store holds."""
    with store.connection(own=True) as connection:
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
            build_id: compare_plan(json.loads(report))
            for build_id, report in connection.execute(_PLANNED).fetchall()
        }
        unreadable: dict[str, str] = {}
        for (found,) in connection.execute(_UNREADABLE).fetchall():
            unreadable |= json.loads(found)
        # A store that an earlier version wrote lacks the view until its next build.
        views = connection.execute("SELECT view_name FROM duckdb_views()").fetchall()
        shared = []
        if ("shared_posts",) in views:
            shared = connection.sql("FROM shared_posts").to_arrow_table().to_pylist()
    return Info(
        sources,
        spaces,
        failures,
        builds,
        contents,
        _sizes(store.path),
        planned,
        unreadable,
        shared,
    )


def _sizes(path: Path) -> dict[str, int]:
    """Sum the bytes of the database, and of each folder of the store."""
    sizes = {FILE: database_bytes(path)}
    for folder in (index_folder(path), media_folder(path), runs_folder(path)):
        sizes[folder.name] = size_of(folder)
    return sizes


def compare_plan(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare a build's plan with its outcome.

    Parameters
    ----------
    report : mapping
        The build's report as JSON.

    Returns
    -------
    list of dict
        One row for each stage, then for the whole build, its memory and its disk: ``what``,
        ``unit``, ``planned``, ``done``, ``planned_s``, ``took_s``. Empty for a build without
        a plan.
    """
    plan = report.get("plan")
    if plan is None:
        return []
    done, seconds = report["amounts"], report["seconds"]
    stages = [
        _compared(
            stage["stage"],
            stage["unit"],
            round(stage["amount"]),
            # The stage "index" has other amounts in the report than in the plan.
            None if stage["stage"] == "index" else round(done.get(stage["stage"], 0)),
            stage["seconds"],
            seconds.get(stage["stage"], 0.0),
        )
        for stage in plan["stages"]
    ]
    totals = [
        _compared("whole build", "", None, None, plan["seconds"], report["total_seconds"]),
        *(
            _compared(what, "MB", _megabytes(plan[key]), _megabytes(report[key]), None, None)
            for what, key in (("memory", "memory_bytes"), ("disk", "disk_bytes"))
        ),
    ]
    return stages + totals


def _compared(
    what: str,
    unit: str,
    planned: int | None,
    done: int | None,
    planned_s: float | None,
    took_s: float | None,
) -> dict[str, Any]:
    """Make one row of `compare_plan`."""
    return {
        "what": what,
        "unit": unit,
        "planned": planned,
        "done": done,
        "planned_s": planned_s,
        "took_s": took_s,
    }


def _megabytes(count: int | None) -> int | None:
    return None if count is None else round(count / 1e6)
