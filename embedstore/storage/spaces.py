"""Which vector spaces a store has, and which ones a build asks for. Pure, but for `load`."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import duckdb

from embedstore.encoders.base import Encoder, Output
from embedstore.errors import FingerprintError, InputError

TextField = Literal["text", "formatted_text"]
Models = Literal["hub", "bundled"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")


@dataclass(frozen=True)
class Space:
    """One row of `spaces`; what is None is not known until the first vector.

    Attributes
    ----------
    space : str
        Its name.
    encoder : str
        Name of the encoder that fills it.
    weights : str, optional
        Hub name, folder or file; None for the encoder's default.
    output : str, optional
        Which of the encoder's outputs it holds; None for the main one.
    texts, images : bool
        What a build embeds in it.
    text_field : str, optional
        The column it embeds, where `texts`.
    settings : dict
        What `load_encoder` needs beside name and weights to give the same encoder again.
    """

    space: str
    encoder: str
    weights: str | None
    output: str | None
    texts: bool
    images: bool
    text_field: TextField | None
    settings: dict[str, Any]
    fingerprint: str | None = None
    joint: str | None = None
    dim: int | None = None
    max_length: int | None = None


_KINDS: dict[str, tuple[bool, bool]] = {
    # encoder: does a build embed texts with it, and images
    "minilm": (True, False),
    "distilbert": (True, False),
    "hash": (True, False),
    "clip": (True, True),
    "conse": (False, True),
    "e5": (True, False),
}

_MODELS: dict[Models, tuple[tuple[str, str | None], ...]] = {
    # the encoders of each choice, with the output that makes a space of its own
    "hub": (("distilbert", None), ("clip", None)),
    "bundled": (("minilm", None), ("conse", None), ("conse", "effnet")),
}


def of_models(models: Models, text_field: TextField = "text") -> list[Space]:
    """The spaces that ``--models`` stands for."""
    return [
        _space(output or encoder, encoder, None, output, text_field)
        for encoder, output in _MODELS[models]
    ]


def parse(item: str, text_field: TextField = "text") -> Space:
    """The space that ``--space NAME=ENCODER[:WEIGHTS]`` describes.

    Raises
    ------
    InputError
        The text has another form, or there is no such encoder.
    """
    name, equals, rest = item.partition("=")
    encoder, _, weights = rest.partition(":")
    if not equals or not _NAME.fullmatch(name):
        raise InputError(
            f"`--space {item}` should read NAME=ENCODER[:WEIGHTS], the name in small letters,"
            " digits and underscores, such as `--space words=minilm`"
        )
    if encoder not in _KINDS:
        raise InputError(f"there is no encoder {encoder!r}: choose from {', '.join(_KINDS)}")
    return replace(_space(name, encoder, weights or None, None, text_field), space=name)


def _space(
    name: str, encoder: str, weights: str | None, output: str | None, text_field: TextField
) -> Space:
    texts, images = _KINDS[encoder]
    if texts and text_field != "text":
        name = f"{name}_{text_field}"
    return Space(name, encoder, weights, output, texts, images, text_field if texts else None, {})


def plan(
    existing: Sequence[Space],
    *,
    models: Models | None = None,
    text_field: TextField | None = None,
    spaces: Sequence[str] = (),
) -> list[Space]:
    """The spaces that a build has to add to the `existing` ones.

    A new store without any wish gets the hub's models. A store that has spaces keeps
    to them, unless a build names others; naming one that is there already adds nothing.

    Raises
    ------
    InputError
        A wanted space has the name of an existing one but another encoder or field.
    """
    field: TextField = text_field or "text"
    wanted = [parse(item, field) for item in spaces]
    if models is not None or (not existing and not wanted):
        wanted += of_models(models or "hub", field)
    elif text_field is not None and not wanted:
        wanted += [
            _space(space.encoder, space.encoder, space.weights, None, field)
            for space in existing
            if space.texts and space.text_field == "text"
        ]
    by_name = {space.space: space for space in existing}
    added: list[Space] = []
    for space in wanted:
        known = by_name.get(space.space)
        if known is None:
            by_name[space.space] = space
            added.append(space)
        elif (known.encoder, known.weights, known.text_field) != (
            space.encoder,
            space.weights,
            space.text_field,
        ):
            raise InputError(
                f"the space {space.space!r} is there already, filled by {describe(known)}:"
                f" give the one filled by {describe(space)} another name with --space"
            )
    return added


def describe(space: Space) -> str:
    """The space's encoder in words: ``minilm (default weights) from text``."""
    weights = space.weights or "default weights"
    return f"{space.encoder} ({weights})" + (f" from {space.text_field}" if space.texts else "")


def declared(connection: duckdb.DuckDBPyConnection) -> list[Space]:
    """The spaces of a store, in the order of their declaration."""
    rows = connection.sql(
        "SELECT space, encoder, weights, output, texts, images, text_field,"
        " settings::VARCHAR AS settings, fingerprint, joint, dim, max_length"
        " FROM spaces ORDER BY position"
    ).to_arrow_table()
    return [Space(**row | {"settings": json.loads(row["settings"])}) for row in rows.to_pylist()]


def declare(connection: duckdb.DuckDBPyConnection, added: Sequence[Space]) -> None:
    """Add rows to `spaces`."""
    for space in added:
        connection.execute(
            "INSERT INTO spaces (space, position, encoder, weights, output, texts, images,"
            " text_field, settings)"
            " SELECT ?, (SELECT count(*) FROM spaces), ?, ?, ?, ?, ?, ?, ?",
            [
                space.space,
                space.encoder,
                space.weights,
                space.output,
                space.texts,
                space.images,
                space.text_field,
                json.dumps(space.settings),
            ],
        )


def settle(
    connection: duckdb.DuckDBPyConnection, space: Space, encoder: Encoder, output: Output
) -> None:
    """Record what the loaded encoder knows about its space, before the first vector."""
    connection.execute(
        "UPDATE spaces SET fingerprint = ?, joint = ?, dim = ?, max_length = ?, settings = ?,"
        " device = ?, dtype = ?, created_at = now() AT TIME ZONE 'UTC' WHERE space = ?",
        [
            output.fingerprint,
            output.joint,
            output.dim,
            getattr(encoder, "max_length", None) if space.texts else None,
            json.dumps(encoder.settings),
            encoder.device,
            encoder.dtype,
            space.space,
        ],
    )


def output_of(space: Space, encoder: Encoder) -> Output:
    """The encoder's output that belongs in the space.

    Raises
    ------
    FingerprintError
        The space was filled by other weights, another tokenizer or other settings.
    """
    output = next((out for out in encoder.outputs if out.name == space.output), encoder.outputs[0])
    if space.fingerprint is not None and space.fingerprint != output.fingerprint:
        raise FingerprintError(
            f"space {space.space!r} holds vectors of {describe(space)} with fingerprint"
            f" {space.fingerprint[:8]}, but the weights at hand have {output.fingerprint[:8]}"
            f" ({output.dim} dimensions): bring the first weights back, or build a new space"
            f" beside it with `--space NAME={space.encoder}"
            + (f":{space.weights}`" if space.weights else "`")
        )
    return output


FIELD_COLUMN = {"text": "text_content_id", "formatted_text": "formatted_content_id"}
"""Column of `posts` with the content of each text field."""
