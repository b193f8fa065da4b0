"""Describe the vector spaces of a store, and choose those that a build adds to it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import uuid4

import duckdb

from embedstore.encoders.base import Encoder, Output, fingerprint
from embedstore.encoders.catalogue import ENCODERS, ModelSet, in_set
from embedstore.errors import FingerprintError, InputError

TextField = Literal["text", "formatted_text"]
Models = ModelSet

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")

NO_ENCODER = "none"
"""What the column `encoder` has in a space of imported vectors."""


@dataclass(frozen=True)
class Space:
    """One vector space: a row of `spaces`.

    Attributes
    ----------
    space : str
        Name of the space.
    encoder : str
        Name of the encoder that fills it; `NO_ENCODER` if its vectors were imported.
    weights : str, optional
        Hub name, folder or file; None for the encoder's default.
    output : str, optional
        Name of the encoder's output that the space holds; None for the main one.
    texts, images : bool
        Whether it holds vectors of texts, or of images; a build embeds them where there is an
        encoder.
    text_field : {"text", "formatted_text"}, optional
        Column of `posts` that is embedded; None where `texts` is false.
    settings : dict
        Options of `load_encoder` beside name and weights that load the same encoder again.
    fingerprint : str, optional
        Of the encoder's weights, tokenizer or preprocessing, and settings. This and the
        fields below are None until the first vector.
    joint : str, optional
        Name that spaces share whose vectors can be compared.
    dim : int, optional
        Dimensions of a vector.
    max_length : int, optional
        Tokens of a text that are encoded; None in a space without texts.
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

    @property
    def has_encoder(self) -> bool:
        """False if its vectors were imported: nothing new can be embedded in it."""
        return self.encoder != NO_ENCODER

    @property
    def content_column(self) -> str:
        """The column of `posts` that links a post to the content embedded in this space."""
        return "formatted_content_id" if self.text_field == "formatted_text" else "text_content_id"


def of_models(models: Models, text_field: TextField = "text") -> list[Space]:
    """Return the spaces that ``--models`` names."""
    return [
        _space(output.name, spec.name, None, output.name if number else None, text_field)
        for spec in in_set(models)
        for number, output in enumerate(spec.outputs)
    ]


def parse(item: str, text_field: TextField = "text") -> Space:
    """Parse the value of ``--space NAME=ENCODER[:WEIGHTS]``.

    Parameters
    ----------
    item : str
        The value.
    text_field : {"text", "formatted_text"}
        Column that the space embeds, if its encoder embeds texts.

    Raises
    ------
    InputError
        The value has another form, or there is no such encoder.
    """
    name, equals, rest = item.partition("=")
    encoder, _, weights = rest.partition(":")
    if not equals or not _NAME.fullmatch(name):
        raise InputError(
            f"`--space {item}` should read NAME=ENCODER[:WEIGHTS], the name in small letters,"
            " digits and underscores, such as `--space words=minilm`"
        )
    if encoder not in ENCODERS:
        raise InputError(f"there is no encoder {encoder!r}: choose from {', '.join(ENCODERS)}")
    return replace(_space(name, encoder, weights or None, None, text_field), space=name)


def _space(
    name: str, encoder: str, weights: str | None, output: str | None, text_field: TextField
) -> Space:
    spec = ENCODERS[encoder]
    if spec.texts and text_field != "text":
        name = f"{name}_{text_field}"
    field = text_field if spec.texts else None
    return Space(name, encoder, weights, output, spec.texts, spec.images, field, {})


def plan(
    existing: Sequence[Space],
    *,
    models: Models | None = None,
    text_field: TextField | None = None,
    spaces: Sequence[str] = (),
) -> list[Space]:
    """Choose the spaces that a build adds to the `existing` ones.

    A new store for which no space is named gets the hub's models. A store that has spaces gets
    only those that are named; naming an existing space adds nothing.

    Parameters
    ----------
    existing : sequence of Space
        Spaces of the store.
    models : {"hub", "bundled"}, optional
        Value of ``--models``.
    text_field : {"text", "formatted_text"}, optional
        Column that new text spaces embed; `text` if None.
    spaces : sequence of str
        Values of ``--space``.

    Raises
    ------
    InputError
        A named space has the name of an existing one but another encoder or column.
    """
    field: TextField = text_field or "text"
    wanted = [parse(item, field) for item in spaces]
    if models is not None or (not existing and not wanted):
        wanted += of_models(models or "hub", field)
    elif text_field is not None and not wanted:
        wanted += [
            _space(space.encoder, space.encoder, space.weights, None, field)
            for space in existing
            if space.has_encoder and space.text_field == "text"
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
    """Describe a space's encoder: ``minilm (default weights) from text``."""
    if not space.has_encoder:
        return "imported vectors"
    weights = space.weights or "default weights"
    return f"{space.encoder} ({weights})" + (f" from {space.text_field}" if space.texts else "")


def declared(connection: duckdb.DuckDBPyConnection) -> list[Space]:
    """Read the spaces of a store, in the order of their declaration."""
    rows = connection.sql(
        "SELECT space, encoder, weights, output, texts, images, text_field,"
        " settings::VARCHAR AS settings, fingerprint, joint, dim, max_length"
        " FROM spaces ORDER BY position"
    ).to_arrow_table()
    return [Space(**row | {"settings": json.loads(row["settings"])}) for row in rows.to_pylist()]


def declare(connection: duckdb.DuckDBPyConnection, added: Sequence[Space]) -> None:
    """Insert rows into `spaces`."""
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


def imported(name: str, dim: int, *, texts: bool, images: bool) -> Space:
    """Describe a space for imported vectors; it has no encoder.

    Raises
    ------
    InputError
        No space can have this name.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"a space can't be called {name!r}: use small letters, digits and underscores, such"
            " as `--space mine`"
        )
    # Unique, so that an index of earlier vectors under the same name is never used for these.
    unique = fingerprint("imported vectors", uuid4().hex)
    field: TextField | None = "text" if texts else None
    return Space(name, NO_ENCODER, None, None, texts, images, field, {}, unique, unique, dim)


def declare_imported(connection: duckdb.DuckDBPyConnection, space: Space) -> None:
    """Insert the row of a space that `imported` describes, or let it hold more kinds.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    space : Space
        The space; one of this name that is there already keeps its fingerprint.
    """
    if any(known.space == space.space for known in declared(connection)):
        connection.execute(
            "UPDATE spaces SET texts = texts OR $2, images = images OR $3,"
            " text_field = coalesce(text_field, $4) WHERE space = $1",
            [space.space, space.texts, space.images, space.text_field],
        )
        return
    declare(connection, [space])
    connection.execute(
        "UPDATE spaces SET fingerprint = $2, joint = $3, dim = $4,"
        " created_at = now() AT TIME ZONE 'UTC' WHERE space = $1",
        [space.space, space.fingerprint, space.joint, space.dim],
    )


def settle(
    connection: duckdb.DuckDBPyConnection, space: Space, encoder: Encoder, output: Output
) -> None:
    """Record the columns of a space that only its loaded encoder knows, before the first vector.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Open for writing, inside a transaction.
    space : Space
        The space.
    encoder : Encoder
        The encoder that fills it.
    output : Output
        The encoder's output that the space holds.
    """
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
    """Return the encoder's output that a space holds, after comparing fingerprints.

    Raises
    ------
    FingerprintError
        Other weights, another tokenizer or other settings filled the space.
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
