"""What one kind of file looks like: how it is recognised, and where each field is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from embedstore.reading.fields.clocks import Order
from embedstore.reading.paths import Derived

Document = dict[str, Any]
Place = str | Derived
"""A path with fallbacks (``a|b.c``), or a function of a row's cells."""


@dataclass(frozen=True)
class Layout:
    """One kind of file of one platform or tool.

    Attributes
    ----------
    name
        Whose file it is, for messages: ``"X API v2"``.
    platform
        Where its posts are from: ``"x"``; None if they are from several, or rows tell.
    signs
        Columns or paths that such a file has, all of them; ``a|b`` is either. Of several
        layouts that fit, the one with most signs is taken.
    fields
        Field to where it is. A field that isn't named is looked for among the synonyms of
        plain tables; one that is ``""`` is not.
    reactions
        Kind of a reaction to where its count is.
    surplus
        Columns that say again what fields say: they are left out of `extra`.
    order
        Of day and month in dates of numbers, where the column doesn't tell.
    zone
        Of times that name none.
    reject
        Says of a row why it is no post; None if it is one.
    """

    name: str
    platform: str | None
    signs: tuple[str, ...]
    fields: Mapping[str, Place]
    reactions: Mapping[str, str] = field(default_factory=dict)
    surplus: tuple[str, ...] = ()
    order: Order | None = None
    zone: str | None = None
    reject: Callable[[Mapping[str, Any]], str | None] | None = None


@dataclass(frozen=True)
class Pages:
    """JSON documents that hold several posts, or wrap one.

    Attributes
    ----------
    keys
        Of such a document, any of them.
    unfold
        Gives the posts; None if it is another kind of document.
    """

    keys: tuple[str, ...]
    unfold: Callable[[Document], Iterator[Document] | None]
