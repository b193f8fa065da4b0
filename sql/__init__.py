"""The SQL of the store, kept in files: migrations, views and macros, and longer statements.

Migrations are files ``migrations/NNNN_what.sql``, applied once each in order; the number of
the last one is the version of a store's schema. ``views.sql`` is replaced whenever a
store is migrated, so that views and macros are always those of this version.
"""

from functools import cache
from importlib.resources import files


@cache
def read(name: str) -> str:
    """Text of the file ``name.sql``; `name` includes the folder, such as ``features/posts``."""
    return (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Version and text of every migration, in order."""
    names = sorted(
        entry.name.removesuffix(".sql")
        for entry in (files(__package__) / "migrations").iterdir()
        if entry.name.endswith(".sql")
    )
    return tuple((int(name[:4]), read(f"migrations/{name}")) for name in names)
