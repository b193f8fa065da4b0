"""Read the store's SQL from files: migrations, views and macros, and longer statements.

Migrations are files ``migrations/NNNN_what.sql``, applied once each in order; the number of
the last one is the version of a store's schema. ``views.sql`` is run again after every
migration, so that views and macros are always those of this version.
"""

from functools import cache
from importlib.resources import files


@cache
def read(name: str) -> str:
    """Read the file ``name.sql``; `name` includes the folder, such as ``features/posts``."""
    return (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """List the version and the text of every migration, in order."""
    names = sorted(
        entry.name.removesuffix(".sql")
        for entry in (files(__package__) / "migrations").iterdir()
        if entry.name.endswith(".sql")
    )
    return tuple((int(name[:4]), read(f"migrations/{name}")) for name in names)
