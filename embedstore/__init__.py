"""An embedding store for social-media posts.

>>> import embedstore
>>> embedstore.build("tweets.store", ["posts.csv"], models="bundled")  # doctest: +SKIP
>>> store = embedstore.open("tweets.store")  # doctest: +SKIP
>>> store.sql("SELECT company, avg(likes) FROM posts GROUP BY 1")  # doctest: +SKIP

Encoders live in `embedstore.encoders`; every error is in `embedstore.errors`.
"""

from os import PathLike

from embedstore.build import BuildReport, build
from embedstore.errors import EmbedstoreError
from embedstore.fetch import FetchLimits
from embedstore.plan import Plan
from embedstore.planning import plan_build
from embedstore.reading import parse_mapping
from embedstore.store import Mode, Store

__all__ = [
    "BuildReport",
    "EmbedstoreError",
    "FetchLimits",
    "Plan",
    "Store",
    "build",
    "open",
    "parse_mapping",
    "plan_build",
]


def open(path: str | PathLike[str], mode: Mode = "r") -> Store:  # noqa: A001
    """Open a store: read-only unless `mode` is "rw".

    Raises
    ------
    StoreNotFoundError
        There is no store at `path`.
    """
    return Store(path, mode)
