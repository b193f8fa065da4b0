"""Where the fields of a file's rows are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from embedstore.reading.paths import Derived, Source
from embedstore.reading.platforms.spec import Layout
from embedstore.reading.schema import COUNTS, EXPECTED


@dataclass(frozen=True)
class Plan:
    """Where the fields of a file's rows are.

    Attributes
    ----------
    fields
        Field to its places, the first that a row has being taken.
    layout
        The kind of file that was recognised, if any.
    reactions
        Kind of a reaction to the place of its count.
    surplus
        Columns that aren't kept in `extra`.
    unseen
        Places of the layout that none of the first rows has; later ones may.
    link
        The id that a post's own address has.
    """

    fields: dict[str, tuple[Source | Derived, ...]]
    layout: Layout | None = None
    reactions: dict[str, Source] = field(default_factory=dict)
    surplus: frozenset[str] = frozenset()
    unseen: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    link: Derived | None = None

    def where(self) -> dict[str, str]:
        """Say where each field is found."""
        found = {
            name: " | ".join(
                place.where
                for rank, place in enumerate(places)
                # What links tell is the last resort of nearly every file.
                if rank == 0 or isinstance(place, Source)
            )
            for name, places in self.fields.items()
        }
        if self.reactions:
            found["reactions"] = ", ".join(place.where for place in self.reactions.values())
        return found

    def used_up(self) -> tuple[set[str], dict[str, set[str]]]:
        """Return the columns that fields take whole, and the keys of others that they take."""
        # A second place is kept: where the first has a value, it says something else.
        first = [places[0] for places in self.fields.values()]
        whole = {*used(first), *self.surplus}
        whole |= set(used(self.reactions.values()))
        partly: dict[str, set[str]] = {}
        for name in COUNTS:
            for place in self.fields.get(name, ())[:1]:
                if isinstance(place, Source) and len(place.steps) == 1:
                    partly.setdefault(place.column, set()).add(str(place.steps[0]))
        return whole, partly

    def missing(self, given: Iterable[str] = ()) -> list[str]:
        """List what a file of posts is expected to have, and this one hasn't."""
        return [name for name in EXPECTED if name not in self.fields and name not in given]


def used(places: Iterable[Source | Derived]) -> Iterator[str]:
    """Give the columns that places take whole."""
    for place in places:
        if isinstance(place, Derived):
            yield from place.columns
        elif not place.steps:
            yield place.column
