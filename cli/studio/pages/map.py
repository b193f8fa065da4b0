"""Map: posts as points, near each other where they say the like; a lasso lists some of them."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

import numpy as np
from embedstore.cli.studio.pages.cards import cards
from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.levels import levels
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import Here, HereOf, topics_of
from fastapi import Response
from numpy.typing import NDArray

from embedstore import sql
from embedstore.errors import EmbedstoreError, InputError
from embedstore.store import Store

router = views()

MOST_POINTS = 200_000
"""Points that a page draws; of more, some are drawn by chance."""

MOST_CORNERS = 400
"""Corners of a lasso."""

SHOWN = 24
"""Posts of a selection that are shown as cards."""

HUES = 12
"""Topics that have a colour of their own, the largest."""

COLOURS = {"topic": "topic", "above": "likes above usual", "time": "time"}


@dataclass(frozen=True)
class Selection:
    """What is selected; its names are those of the address.

    Attributes
    ----------
    colour : str
        What the colours say: one of `COLOURS`.
    lasso : array, shape (corners, 2), optional
        Corners of what was drawn, in the map's coordinates.
    topic : int, optional
        A topic whose posts are selected.
    """

    colour: str
    lasso: NDArray[np.float64] | None
    topic: int | None

    @classmethod
    def of(cls, here: Here) -> Self:
        """Take the values of an address.

        Raises
        ------
        InputError
            A lasso or a topic is none.
        """
        given = here.request.query_params
        colour = given.get("colour", "")
        topic = given.get("topic", "")
        if topic and not topic.isdigit():
            raise InputError(f"{topic!r} is not the number of a topic")
        return cls(
            colour if colour in COLOURS else "topic",
            _corners(given["lasso"]) if given.get("lasso") else None,
            int(topic) if topic else None,
        )

    @property
    def made(self) -> bool:
        """Whether anything is selected."""
        return self.lasso is not None or self.topic is not None

    def address(self) -> str:
        """Write it as a query string."""
        values: dict[str, str] = {"colour": self.colour}
        if self.lasso is not None:
            values["lasso"] = ",".join(f"{value:.4g}" for value in self.lasso.ravel().tolist())
        if self.topic is not None:
            values["topic"] = str(self.topic)
        return urlencode(values)


def _corners(text: str) -> NDArray[np.float64]:
    try:
        numbers = np.array([float(part) for part in text.split(",")])
    except ValueError as error:
        raise InputError("a lasso is numbers with commas between: x,y,x,y,x,y") from error
    if len(numbers) % 2 or not 6 <= len(numbers) <= 2 * MOST_CORNERS:
        raise InputError(f"a lasso has 3 to {MOST_CORNERS} corners")
    if not np.isfinite(numbers).all():
        raise InputError("a corner of the lasso is not a number")
    return numbers.reshape(-1, 2)


@router.get("/s/{store}/map")
def show(here: HereOf) -> Response:
    """Show the map; its points are asked for by the page."""
    error, selection = None, Selection("topic", None, None)
    try:
        selection = Selection.of(here)
    except InputError as problem:
        error = here.said(problem)
    topics = topics_of(here.store)
    return here.render(
        "map.html",
        "map",
        error=error,
        selection=selection,
        colours=COLOURS if topics else {k: v for k, v in COLOURS.items() if k != "topic"},
        topics=topics,
        hues=HUES,
    )


@router.get("/s/{store}/map/points")
def points(here: HereOf) -> dict[str, Any]:
    """Return all points, column by column."""
    found = _points(here.store)
    place = np.searchsorted(levels(here.store).post_id, found["post_id"])
    known = levels(here.store)
    place = np.minimum(place, max(0, len(known.post_id) - 1))
    multiple = np.full(len(place), np.nan)
    if len(known.post_id):
        same = known.post_id[place] == found["post_id"]
        multiple = np.where(same, known.multiple[place], np.nan)
    above = np.log2(np.clip(multiple, 1e-3, 1e3))
    return {
        "x": np.round(found["x"], 4).tolist(),
        "y": np.round(found["y"], 4).tolist(),
        "topic": found["topic"].tolist(),
        "above": [None if np.isnan(value) else round(value, 2) for value in above.tolist()],
        "time": found["share"].tolist(),
    }


def _points(store: Store) -> dict[str, NDArray[Any]]:
    """Read the points: where they are, their topic, and place in time from 0 to 1."""
    table = store.sql(sql.read("studio/points"), {"most": MOST_POINTS})
    return {name: table[name].to_numpy() for name in table.column_names}


@router.get("/s/{store}/map/selected")
def selected(here: HereOf) -> Response:
    """Return the posts of a selection as a piece of the page."""
    try:
        selection = Selection.of(here)
        ids = select(here.store, selection)
    except EmbedstoreError as error:
        return here.render("map_selected.html", error=here.said(error))
    known = levels(here.store)
    multiples = known.multiple[np.isin(known.post_id, ids)]
    multiples = multiples[np.isfinite(multiples)]
    return here.render(
        "map_selected.html",
        selection=selection,
        count=len(ids),
        middle=float(np.median(multiples)) if len(multiples) else None,
        cards=cards(here.store, ids[:SHOWN]),
    )


@router.get("/s/{store}/map.{form}")
def selected_rows(here: HereOf, form: str) -> Response:
    """Return the posts of a selection as a file."""
    ids = select(here.store, Selection.of(here))
    return download([card.row() for card in cards(here.store, ids)], f"{here.name}-map", form)


def select(store: Store, selection: Selection) -> list[int]:
    """List the posts of a selection, those first that did best beside the usual."""
    if selection.topic is not None:
        rows = store.sql("SELECT post_id FROM post_topics WHERE topic_id = ?", [selection.topic])
        chosen = np.asarray(rows["post_id"].to_numpy(), dtype=np.int64)
    elif selection.lasso is not None:
        found = _points(store)
        within = inside(np.column_stack([found["x"], found["y"]]), selection.lasso)
        chosen = np.asarray(found["post_id"][within], dtype=np.int64)
    else:
        return []
    multiples = [multiple or 0.0 for _, multiple in levels(store).of(chosen.tolist())]
    order = np.argsort(-np.array(multiples), kind="stable")
    return [int(post_id) for post_id in chosen[order]]


def inside(places: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points are inside a polygon: a ray from them crosses it an odd number of times.

    Parameters
    ----------
    places : array, shape (n, 2)
        The points.
    corners : array, shape (corners, 2)
        The polygon's corners in order.
    """
    x, y = places[:, 0], places[:, 1]
    within = np.zeros(len(places), dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        within ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return within
