"""Options that say how a store is built: the same for every command that builds."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from embedstore.cli.reading_options import reading_options


def _kinds(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split the list of kinds."""
    return tuple(kind.strip() for kind in (value or "").split(",") if kind.strip())


_OPTIONS = (
    click.option(
        "--models",
        type=click.Choice(["hub", "bundled"]),
        help="Encoders of a new store. hub: DistilBERT for texts and CLIP for texts and images;"
        " bundled: MiniLM for texts and ConSE for images, from the package registry alone."
        "  [default: hub; an existing store keeps its own]",
    ),
    click.option("--source", help="Name of the posts' source.  [default: each file's stem]"),
    click.option(
        "--text-field",
        type=click.Choice(["text", "formatted_text"]),
        help="What text spaces embed; formatted_text (date, company and text) makes a space"
        " beside.",
    ),
    click.option(
        "--space",
        multiple=True,
        metavar="NAME=ENCODER[:WEIGHTS]",
        help="A further vector space; WEIGHTS is a hub name, a folder or a file. May be repeated.",
    ),
    click.option(
        "--images",
        type=click.Choice(["fetch", "local", "none"]),
        default="fetch",
        show_default=True,
        help="Fetch pictures from the web, only read those beside the input file, or leave them"
        " out.",
    ),
    click.option(
        "--missing-image",
        type=click.Choice(["mask", "noise"]),
        default="mask",
        show_default=True,
        help="What a post gets whose pictures can't be had: no vector, or that of random noise.",
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Where to encode.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Encode in this process, or on a Ray cluster (extra `ray`).",
    ),
    click.option(
        "--address",
        help="Ray cluster to join, such as auto or HOST:6379.  [default: one on this machine]",
    ),
    click.option(
        "--only",
        callback=_kinds,
        metavar="KIND,…",
        help="Store posts of these kinds alone: own, reply, quote, repost, story, reel. Posts whose"
        " kind is not told count as own.  [default: all]",
    ),
    click.option(
        "--allow-forgotten",
        is_flag=True,
        help="Store also posts that `remove --forget` has removed for good.",
    ),
    click.option("--retry-failed", is_flag=True, help="Try pictures again that failed before."),
)


def build_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a build; it gets them as one argument, `options`."""

    @wraps(function)
    def with_options(**values: Any) -> Any:
        from embedstore import BuildOptions

        own = {name: values.pop(name) for name in _NAMES}
        return function(options=BuildOptions(**own), **values)

    command = reading_options(with_options)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_NAMES = (
    "read",
    "models",
    "source",
    "text_field",
    "space",
    "images",
    "missing_image",
    "device",
    "engine",
    "address",
    "only",
    "allow_forgotten",
    "retry_failed",
)
