"""What the addresses of the service have in common: the store, its threads, and what they say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from embedstore.cli.studio.heads_process import HeadsProcess
from embedstore.cli.studio.stores import Stores
from embedstore.cli.studio.work import Kind, Work
from fastapi import Depends, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from embedstore.store import Store

Result = TypeVar("Result")

PREFIX = "/api/v1"
"""Where the addresses of the service begin."""


class Strict(BaseModel):
    """A body whose members are all known."""

    model_config = ConfigDict(extra="forbid")


class ProblemDetails(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["there is no post 'x:1': posts are named source:id"])


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": ProblemDetails.model_json_schema()}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _problem("The question can't be answered as it is; `detail` says why."),
    401: _problem("The token is missing or wrong."),
    403: _problem("A page of another site asks."),
    404: _problem("There is no such store."),
    413: _problem("The body is too large."),
    421: _problem("The server is not known by that name."),
    422: _problem("A value is missing or malformed, or a limit was reached."),
    429: _problem("Too many requests."),
    503: _problem("Too busy, or another process writes: ask again."),
}


class Rows(BaseModel):
    """Rows; `Accept: application/vnd.apache.arrow.stream` gives Arrow, `text/csv` CSV."""

    model_config = ConfigDict(extra="allow")

    rows: list[dict[str, Any]]


def answering_rows(example: dict[str, Any], **more: Any) -> dict[int | str, dict[str, Any]]:
    """Document an answer of rows, with an example of one."""
    return {
        **PROBLEMS,
        200: {
            "description": "The rows.",
            "model": Rows,
            "content": {
                "application/json": {"example": {"rows": [example], **more}},
                "application/vnd.apache.arrow.stream": {
                    "schema": {"type": "string", "format": "binary"}
                },
                "text/csv": {"schema": {"type": "string"}},
            },
        },
    }


@dataclass(frozen=True)
class Asked:
    """One request about one store.

    Attributes
    ----------
    request : Request
        The request.
    name : str
        The store's name.
    """

    request: Request
    name: str

    @property
    def stores(self) -> Stores:
        """All stores."""
        stores: Stores = self.request.app.state.stores
        return stores

    @property
    def heads(self) -> HeadsProcess:
        """Where heads compute."""
        found: HeadsProcess = self.request.app.state.heads
        return found

    @property
    def path(self) -> Path:
        """The store's directory."""
        return self.stores.path(self.name)

    async def answer(self, kind: Kind, function: Callable[[Store], Result]) -> Result:
        """Ask the store in a thread of a kind; the question ends if the client goes."""
        self.stores.served(self.name)
        work: Work = self.request.app.state.work

        def ask() -> Result:
            with self.stores.reading(self.name) as store:
                return function(store)

        return await work.answer(self.request, kind, ask)

    def picture(self, name: str | None) -> Path | None:
        """Return the file of a picture that was sent before; None if none is named."""
        from embedstore.cli.studio.pages.uploads import pictures

        return pictures(self.request).file(name)


def _asked(
    request: Request, store: Annotated[str, InPath(description="Name of the store.")]
) -> Asked:
    return Asked(request, store)


AskedOf = Annotated[Asked, Depends(_asked)]
"""Parameter of an address: the store that it names."""

Run = Annotated[
    str | None, Query(description="Which head; the pinned one or the newest by default.")
]

Moment = Annotated[
    datetime,
    Field(description="ISO 8601; UTC without a zone.", examples=["2020-06-01T12:00:00"]),
]
