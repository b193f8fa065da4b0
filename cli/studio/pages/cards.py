"""Posts as cards: text, pictures, and likes beside the account's usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from embedstore.cli.studio.pages.levels import levels

from embedstore import sql
from embedstore.store import Store


@dataclass(frozen=True)
class Card:
    """One post as a page shows it.

    Attributes
    ----------
    key : str
        ``source:id``.
    pictures : list of str
        SHA-256 of each, in order; the one it was found by first.
    usual, multiple : float, optional
        Likes that the account could expect, and the post's likes as a multiple of them.
    score : float, optional
        Cosine similarity to what was looked for.
    permalink : str, optional
        Address of the post on its platform.
    """

    post_id: int
    key: str
    username: str | None
    company: str | None
    created_at: datetime | None
    text: str | None
    likes: int | None
    kind: str | None
    pictures: list[str]
    usual: float | None
    multiple: float | None
    score: float | None
    permalink: str | None

    def row(self) -> dict[str, Any]:
        """Return what a download has of it."""
        names = ("post_id", "key", "username", "company", "created_at", "likes")
        found = {name: getattr(self, name) for name in names}
        found["usual_likes"] = None if self.usual is None else round(self.usual, 2)
        found["times_usual"] = None if self.multiple is None else round(self.multiple, 3)
        if self.score is not None:
            found["score"] = round(self.score, 4)
        return found | {"text": self.text, "permalink": self.permalink}


def cards(
    store: Store,
    post_ids: Sequence[int],
    scores: Mapping[int, float] | None = None,
    positions: Mapping[int, int] | None = None,
) -> list[Card]:
    """Return the cards of some posts, in their order.

    Parameters
    ----------
    store : Store
        The store.
    post_ids : sequence of int
        Posts.
    scores : mapping, optional
        Similarity of each.
    positions : mapping, optional
        Position of the picture that each was found by.
    """
    ids = list(post_ids)
    with store.connection() as connection:
        query = connection.sql(sql.read("studio/cards"), params={"ids": ids})
        rows = query.to_arrow_table()
    found = {row["post_id"]: row for row in rows.to_pylist()}
    there = [post_id for post_id in ids if post_id in found]
    return [
        _card(found[post_id], level, (scores or {}).get(post_id), (positions or {}).get(post_id))
        for post_id, level in zip(there, levels(store).of(there), strict=True)
    ]


def _card(
    row: dict[str, Any],
    level: tuple[float | None, float | None],
    score: float | None,
    position: int | None,
) -> Card:
    pictures = [
        each["sha256"]
        for each in sorted(row.pop("pictures"), key=lambda each: each["position"] != position)
    ]
    usual, multiple = level
    address = row.pop("permalink")
    return Card(
        key=f"{row.pop('source')}:{row.pop('id')}",
        pictures=pictures,
        usual=usual,
        multiple=multiple,
        score=score,
        permalink=address if address and urlsplit(address).scheme in ("http", "https") else None,
        **row,
    )
