"""Label: classes of one's own, taught post by post; the head asks about what it can't tell.

What this view alone needs is imported when it is asked for, so that a service is there sooner.
"""

import csv
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from embedstore.cli.studio.pages.cards import cards
from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import HereOf
from embedstore.cli.studio.problems import without_paths
from embedstore.cli.studio.stores import Stores
from fastapi import HTTPException, Request, Response
from pydantic import BaseModel, Field

import heads
from embedstore.errors import EmbedstoreError
from embedstore.store import Store

if TYPE_CHECKING:
    from heads.labels.saved import Loaded

router = views()

ASKED = 20
"""Posts of one round."""

Name = Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")]
Class = Annotated[str, Field(min_length=1, max_length=60)]


class Begun(BaseModel):
    """A label that begins with a description of each class."""

    name: Name
    describe: dict[Class, Annotated[str, Field(min_length=1, max_length=500)]] = Field(
        min_length=2, max_length=9
    )


class Taught(BaseModel):
    """Classes that a person gave to posts."""

    name: Name
    labels: dict[str, Class] = Field(min_length=1, max_length=1000)


def names_of(store: Store) -> list[str]:
    """List the labels that the store has a head of, the newest first."""
    rows = store.sql(
        "SELECT head, max(created_at) AS newest FROM runs WHERE head LIKE 'label-%'"
        " GROUP BY 1 ORDER BY newest DESC"
    ).to_pylist()
    return [row["head"].removeprefix("label-") for row in rows]


@router.get("/s/{store}/label")
def label(here: HereOf) -> Response:
    """Ask about posts, or begin a label where there is none."""
    from heads.labels.saved import load_label

    names = names_of(here.store)
    name = here.request.query_params.get("name", "")
    if name not in names:
        name = names[0] if names and "new" not in here.request.query_params else ""
    if not name:
        return here.render("label_begin.html", "label", names=names)
    head = load_label(here.store, f"label-{name}")
    asked = here.heads.ask("quick", here.store, "suggest_posts", name, ASKED).to_pylist()
    return here.render(
        "label.html",
        "label",
        name=name,
        names=names,
        classes=head.settings["classes"],
        examples=Counter(given for _, given in head.examples),
        score=_score(here.store, head),
        counts=_counts(here.store, name),
        asked=_with_cards(here.store, asked),
    )


@router.get("/s/{store}/label.{form}")
def labels_file(here: HereOf, form: str) -> Response:
    """Return the class of every post as a file."""
    name = here.request.query_params.get("name", "")
    if name not in names_of(here.store):
        raise HTTPException(404, f"there is no label {name!r}")
    rows = here.store.sql(
        "SELECT source || ':' || id AS post, label, round(probability, 4) AS probability, text"
        " FROM labels JOIN posts USING (post_id) WHERE name = ? ORDER BY post_id",
        [name],
    )
    return download(rows, f"{here.name}-{name}", form)


@router.post("/s/{store}/label/begin")
def begin(request: Request, store: str, begun: Begun) -> dict[str, str]:
    """Train a head from descriptions alone, and give every post its likeliest class."""
    return _change(request, store, begun.name, {}, begun.describe)


@router.post("/s/{store}/label/teach")
def teach(request: Request, store: str, taught: Taught) -> dict[str, str]:
    """Train the head anew with more examples, and give every post its class."""
    return _change(request, store, taught.name, taught.labels, None)


def _change(
    request: Request,
    store: str,
    name: str,
    labels: Mapping[str, str],
    describe: Mapping[str, str] | None,
) -> dict[str, str]:
    from heads.labels.saved import load_label

    stores: Stores = request.app.state.stores
    # No reader is held here: the change waits until there is none.
    try:
        with stores.writing(store) as opened:
            before = None if describe else load_label(opened, f"label-{name}")
            _learn(opened, name, labels, describe, before)
            heads.label_posts(opened, name)
    except EmbedstoreError as error:
        raise HTTPException(400, without_paths(str(error), stores.paths)) from error
    return {"address": f"/s/{store}/label?{urlencode({'name': name})}"}


def _learn(
    store: Store,
    name: str,
    labels: Mapping[str, str],
    describe: Mapping[str, str] | None,
    before: "Loaded | None",
) -> None:
    if before is None:
        heads.fit_label(store, name, describe=describe)
        return
    described = before.settings["describe"]
    given = _keys(store, before.examples) | dict(labels)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "examples.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["post", "label"])
            writer.writerows(given.items())
        # Fewer than two examples of a class are too few to learn from: descriptions help out.
        heads.fit_label(store, name, examples=[file], describe=described)


def _keys(store: Store, examples: Sequence[tuple[int, str]]) -> dict[str, str]:
    """Name the posts of earlier examples by their keys."""
    classes = dict(examples)
    rows = store.sql(
        "SELECT post_id, source || ':' || id AS key FROM posts WHERE list_contains($1, post_id)",
        [list(classes)],
    ).to_pylist()
    return {row["key"]: classes[row["post_id"]] for row in rows}


def _score(store: Store, head: "Loaded") -> float | None:
    """Return the share of held-out examples that the head labels right; None if not measured."""
    rows = heads.list_runs(store).to_pylist()
    found = [row["score"] for row in rows if row["run_id"] == head.run_id]
    return found[0] if found else None


def _counts(store: Store, name: str) -> list[dict[str, Any]]:
    """Count the posts of each class."""
    rows: list[dict[str, Any]] = store.sql(
        "SELECT label, count(*) AS posts FROM labels WHERE name = ? GROUP BY 1 ORDER BY 1", [name]
    ).to_pylist()
    return rows


def _with_cards(store: Store, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add its card to each post that is asked about."""
    keys = {row["post"]: row for row in asked}
    rows = store.sql(
        "SELECT post_id FROM posts WHERE list_contains($1, source || ':' || id)", [list(keys)]
    )
    found = {card.key: card for card in cards(store, rows["post_id"].to_pylist())}
    return [row | {"card": found[key]} for key, row in keys.items() if key in found]
