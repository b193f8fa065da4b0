"""What all views have in common: the frame around them, and how values are written for people."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from embedstore.cli.output import size
from embedstore.cli.studio.heads_process import HeadsProcess
from embedstore.cli.studio.pages import prose, static
from embedstore.cli.studio.problems import without_paths
from embedstore.cli.studio.stores import Stores
from embedstore.cli.studio.warming import Warming
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, select_autoescape

from embedstore.store import Store


@dataclass(frozen=True)
class View:
    """One entry of the navigation.

    Attributes
    ----------
    name : str
        Its last part of the address, and the name of its icon.
    title : str
        What it is called.
    shown : callable, optional
        Whether a store has what the view shows; every store has it if None.
    """

    name: str
    title: str
    shown: Callable[[Store], bool] | None = None


def has_map(store: Store) -> bool:
    """Tell whether the store has a projection of its posts (`embedstore atlas`)."""
    there = store.sql("SELECT 1 FROM duckdb_views() WHERE view_name = 'map'").num_rows
    return bool(there) and bool(store.sql("FROM map LIMIT 1").num_rows)


def has_labels(store: Store) -> bool:
    """Tell whether the store has the table of labels; one of an older version lacks it."""
    return bool(store.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'labels'").num_rows)


def topics_of(store: Store) -> list[dict[str, Any]]:
    """List the topics that posts belong to, the largest first; none where none were found."""
    if not store.sql("SELECT 1 FROM duckdb_tables() WHERE table_name = 'topics'").num_rows:
        return []
    rows: list[dict[str, Any]] = store.sql(
        "SELECT topic_id, name, size FROM topics WHERE level = 0 ORDER BY size DESC, topic_id"
    ).to_pylist()
    return rows


VIEWS = (
    View("find", "Find"),
    View("map", "Map", has_map),
    View("compose", "Compose"),
    View("works", "What works"),
    View("label", "Label", has_labels),
    View("data", "Data"),
    View("sql", "SQL"),
)
"""In the order of the navigation."""

_environment = Environment(
    loader=PackageLoader("embedstore.cli.studio.pages"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {
    "count": prose.count,
    "day": prose.day,
    "moment": prose.moment,
    "multiple": prose.multiple,
    "number": prose.number,
    "percent": prose.percent,
    "post_text": prose.post_text,
    "size": size,
    "tone": prose.tone,
    "usual": prose.usual,
}
_environment.globals["static"] = static.address
_templates = Jinja2Templates(env=_environment)

FIRST = ("find.html", "base.html", "cards.html", "icons.html")
"""Templates of the first page."""


def prepare() -> None:
    """Compile the templates of the first page, while its posts are still being looked up."""
    for name in FIRST:
        _environment.get_template(name)


@dataclass(frozen=True)
class Here:
    """The store that a request is about.

    Attributes
    ----------
    request : Request
        The request.
    name : str
        The store's name in addresses.
    store : Store
        The store.
    """

    request: Request
    name: str
    store: Store

    @property
    def heads(self) -> HeadsProcess:
        """Where heads compute."""
        found: HeadsProcess = self.request.app.state.heads
        return found

    @property
    def command_name(self) -> str:
        """The store as a command names it, without the folder it lies in."""
        return Path(self.store.path).name

    def address(self, view: str) -> str:
        """Return the address of a view of this store."""
        return f"/s/{self.name}/{view}"

    def said(self, error: Exception) -> str:
        """Return an error's message without a path of the server."""
        stores: Stores = self.request.app.state.stores
        return without_paths(str(error), stores.paths)

    def render(self, template: str, view: str = "", **values: Any) -> HTMLResponse:
        """Fill a template; a whole page has the navigation with `view` marked."""
        stores: Stores = self.request.app.state.stores
        frame: Mapping[str, Any] = {
            "here": self,
            "stores": stores.names,
            "view": view,
            "views": [each for each in VIEWS if each.shown is None or each.shown(self.store)],
            "address": self.address,
        }
        made = _templates.TemplateResponse(self.request, template, {**frame, **values})
        warming: Warming = self.request.app.state.warming
        warming.shown()
        return made


def here(request: Request, store: str) -> Iterator[Here]:
    """Use the store that the address names, until the answer is made."""
    stores: Stores = request.app.state.stores
    with stores.reading(store) as opened:
        yield Here(request, store, opened)


def error_page(request: Request, status: int, said: str) -> HTMLResponse:
    """Say an error on a page of its own."""
    values = {"status": status, "said": said}
    return _templates.TemplateResponse(request, "error.html", values, status_code=status)


HereOf = Annotated[Here, Depends(here)]
"""Parameter of a view: the store that its address names."""
