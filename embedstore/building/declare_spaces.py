"""The vector spaces that a build asks for, taken back when it fails before their first vector.

A space that stayed behind would ask every later build for weights that can't be had.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from embedstore.building.context import BuildContext
from embedstore.errors import EmbedstoreError
from embedstore.storage import spaces
from embedstore.storage.changes import assign_contents

_WITHDRAW = """
DELETE FROM spaces WHERE space NOT IN (SELECT space FROM vectors) AND NOT EXISTS (
    FROM builds
    WHERE finished_at IS NOT NULL AND builds.build_id >= coalesce(spaces.build_id, 0)
)
"""
"""Spaces without a vector that no finished build has confirmed."""


def declare_spaces(connection: duckdb.DuckDBPyConnection, context: BuildContext) -> None:
    """Add the spaces that the options ask for to the store.

    Spaces that a killed build has left empty stay if the options name no others, so that it
    can be continued.

    Raises
    ------
    InputError
        A wanted space has the name of an existing one but another encoder or field.
    """
    options = context.options
    if options.models is not None or options.space:
        withdraw_spaces(connection)
    added = spaces.plan(
        spaces.declared(connection),
        models=options.models,
        text_field=options.text_field,
        spaces=options.space,
    )
    spaces.declare(connection, added)
    connection.execute(
        "UPDATE spaces SET build_id = ? WHERE list_contains(?, space)",
        [context.build_id, [space.space for space in added]],
    )
    if any(space.text_field == "formatted_text" for space in added):
        assign_contents(connection)


@contextmanager
def withdrawn_on_failure(context: BuildContext) -> Iterator[None]:
    """Take declared spaces back if the block fails and no vector was written in it.

    An interruption is no failure: the build will be continued.
    """
    try:
        yield
    except Exception:
        if not context.amounts.get("write"):
            # Whatever went wrong is worth more than an error here.
            with suppress(EmbedstoreError), context.write() as connection:
                withdraw_spaces(connection)
        raise


def withdraw_spaces(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete the spaces that unfinished builds have declared and left without a vector."""
    connection.execute(_WITHDRAW)
    connection.execute(
        "UPDATE spaces SET position = p.position"
        " FROM (SELECT space, row_number() OVER (ORDER BY position) - 1 AS position FROM spaces) p"
        " WHERE p.space = spaces.space"
    )
