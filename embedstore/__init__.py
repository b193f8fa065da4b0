"""An embedding store for social-media posts.

>>> import embedstore
>>> embedstore.build("tweets.store", ["posts.csv"], models="bundled")  # doctest: +SKIP
>>> store = embedstore.open("tweets.store")  # doctest: +SKIP
>>> store.sql("SELECT company, avg(likes) FROM posts GROUP BY 1")  # doctest: +SKIP

Encoders live in `embedstore.encoders`; every error is in `embedstore.errors`. Importing this
package costs nothing: each name is imported when it is used first.
"""

from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedstore.building.forecast.plan import Plan
    from embedstore.building.forecast.planning import plan_build
    from embedstore.building.options import BuildOptions
    from embedstore.building.report import BuildReport
    from embedstore.building.run import build
    from embedstore.errors import EmbedstoreError
    from embedstore.fetch import FetchLimits
    from embedstore.reading import ReadOptions, parse_mapping
    from embedstore.storage.session import Mode
    from embedstore.store import Store
    from embedstore.topics.edit import drop_topics, merge_topics, rename_topic
    from embedstore.topics.find import find_topics
    from embedstore.topics.over_time import topics_over_time

__all__ = [
    "BuildOptions",
    "BuildReport",
    "EmbedstoreError",
    "FetchLimits",
    "Plan",
    "ReadOptions",
    "Store",
    "build",
    "drop_topics",
    "find_topics",
    "merge_topics",
    "open",
    "parse_mapping",
    "plan_build",
    "rename_topic",
    "topics_over_time",
]

_HOMES = {
    "BuildOptions": "embedstore.building.options",
    "BuildReport": "embedstore.building.report",
    "EmbedstoreError": "embedstore.errors",
    "FetchLimits": "embedstore.fetch",
    "Plan": "embedstore.building.forecast.plan",
    "ReadOptions": "embedstore.reading",
    "Store": "embedstore.store",
    "build": "embedstore.building.run",
    "drop_topics": "embedstore.topics.edit",
    "find_topics": "embedstore.topics.find",
    "merge_topics": "embedstore.topics.edit",
    "parse_mapping": "embedstore.reading",
    "plan_build": "embedstore.building.forecast.planning",
    "rename_topic": "embedstore.topics.edit",
    "topics_over_time": "embedstore.topics.over_time",
}
"""Public name → the module that has it."""

_CHECKOUT = Path(__file__).parents[1]
if not (Path(__file__).parent / "sql").is_dir() and (_CHECKOUT / "sql").is_dir():
    # In a checkout, `cli/` and `sql/` stand beside this folder; installed, they lie inside it.
    __path__.append(str(_CHECKOUT))


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in ("encoders", "errors"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "encoders", "errors"])


def open(  # noqa: A001
    path: str | PathLike[str], mode: "Mode" = "r", *, follow: bool = False
) -> "Store":
    """Open a store: read-only unless `mode` is "rw".

    Parameters
    ----------
    path : path
        The store's directory.
    mode : {"r", "rw"}
        Whether queries may write.
    follow : bool
        Keep the database open between calls, for any number of threads. Builds are let in, and
        the next call sees what they have committed; `Store.close` ends it.

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    """
    from embedstore.store import Store

    return Store(path, mode, follow=follow)
