"""Functions in SQL that need only a store: embed, search, duplicates and campaigns.

`embed` returns a vector of the store's default text space. `search` returns the posts nearest
to words, or those that have them, as a table (post_id, score) to join with; it applies its
`where`, a condition on `posts`, before it searches. `duplicates` groups posts that say nearly the
same, and `campaigns` sums the groups up.
"""

from typing import Any, Protocol

import pyarrow as pa

from embedstore import sql
from embedstore.arrays import Vectors
from embedstore.errors import QueryError
from embedstore.search.registry import registered
from embedstore.search.sql_calls import Definition, Function, Offer
from embedstore.storage.limits import FILTER_TIMEOUT_S, Clock

MODES = ("vectors", "words", "hybrid")
"""What a search goes by: meaning, spelling, or both fused."""


class Searching(Protocol):
    """A store that is asked."""

    def embed(self, words: str, *, space: str | None = None) -> Vectors:
        """Embed words in a space, in the default text space if none is named."""
        ...

    def similar(
        self,
        *,
        text: str | None = None,
        words: str | None = None,
        k: int = 10,
        where: str | None = None,
        space: str | None = None,
        timeout: float | None = None,
    ) -> pa.Table:
        """Find the posts nearest to a text, or that have words: post_id and score."""
        ...

    def duplicates(
        self, threshold: float = 0.9, *, where: str | None = None, space: str | None = None
    ) -> pa.Table:
        """Group near-duplicates: duplicate, post_id and score."""
        ...


def offers(store: Searching) -> list[Offer]:
    """List the functions that a query may name: those of any store, and registered ones."""
    return [
        Offer(("embed",), lambda _: _embed(store)),
        Offer(("search",), lambda clock: _search(store, clock)),
        Offer(("duplicates", "campaigns"), lambda _: _duplicates(store)),
        *(
            Offer(names, lambda _, define=define: define(store))  # type: ignore[misc]
            for names, define in registered().items()
        ),
    ]


def _embed(store: Searching) -> Definition:
    def embed(words: str | None, space: str | None) -> list[float] | None:
        if words is None:
            return None
        return [float(x) for x in store.embed(words, space=space)]

    return Definition(
        {"embed": Function(embed, ("VARCHAR", "VARCHAR"), "FLOAT[]")},
        scalars={"embed": "(words, space := NULL) AS {embed}(words, space)"},
    )


def _search(store: Searching, clock: Clock) -> Definition:
    def search(
        words: str | None, k: int | None, where: str | None, space: str | None, mode: str | None
    ) -> list[dict[str, Any]]:
        if words is None:
            return []
        mode = mode or MODES[0]
        if mode not in MODES:
            raise QueryError(f"search goes by {', '.join(MODES)} (mode := …), not by {mode!r}")
        found = store.similar(
            text=None if mode == "words" else words,
            words=None if mode == "vectors" else words,
            k=k or 10,
            where=where,
            space=space,
            timeout=clock.remaining() or FILTER_TIMEOUT_S,
        )
        return _rows(found, ("post_id", "score"))

    return Definition(
        {
            "search": Function(
                search,
                ("VARCHAR", "BIGINT", "VARCHAR", "VARCHAR", "VARCHAR"),
                "STRUCT(post_id BIGINT, score FLOAT)[]",
            )
        },
        tables={
            "search": '(words, k := 10, "where" := NULL, space := NULL, mode := NULL) AS TABLE'
            ' SELECT unnest({search}(words, k, "where", space, mode), recursive := true)'
        },
    )


def _duplicates(store: Searching) -> Definition:
    def duplicates(
        threshold: float | None, where: str | None, space: str | None
    ) -> list[dict[str, Any]]:
        found = store.duplicates(0.9 if threshold is None else threshold, where=where, space=space)
        return _rows(found, ("duplicate", "post_id", "score"))

    parameters = '(threshold := 0.9, "where" := NULL, space := NULL) AS TABLE'
    return Definition(
        {
            "duplicates": Function(
                duplicates,
                ("DOUBLE", "VARCHAR", "VARCHAR"),
                "STRUCT(duplicate BIGINT, post_id BIGINT, score FLOAT)[]",
            )
        },
        tables={
            "duplicates": f"{parameters} SELECT"
            ' unnest({duplicates}(threshold, "where", space), recursive := true)',
            "campaigns": f"{parameters} {sql.read('search/campaigns')}",
        },
    )


def _rows(table: pa.Table, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.select(list(columns)).to_pylist()
    return rows
