"""The inputs of a build: files, folders of them, accounts' archives, and tables in memory."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from embedstore.building.options import BuildOptions
from embedstore.errors import InputError
from embedstore.reading import (
    Batch,
    OpenPosts,
    ReadOptions,
    expand_inputs,
    open_posts,
    source_of,
)

Posts: TypeAlias = Any
"""What `build` takes as posts: a path or pattern, a table (pandas, polars, Arrow, a DuckDB
relation: whatever exports an Arrow stream), or a sequence of these."""

TABLE = "table"
"""Source and name of a table in memory."""


_KEPT_OPEN = 8
_KEPT_BYTES = 4 * 2**20
"""So many inputs stay open between the first look at them and reading them, and so large ones:
a workbook that is open takes memory. The first one stays open whatever its size."""


class Input:
    """One file of posts, or one table; closed by `close`.

    Parameters
    ----------
    given : Path or table
        The file or folder, or the table in memory.
    name : str
        What failures and messages call it.
    source : str
        First half of its posts' keys.
    folder : Path
        What local pictures are relative to.
    """

    def __init__(self, given: Any, name: str, source: str, folder: Path) -> None:
        self.given = given
        self.name = name
        self.source = source
        self.folder = folder
        self._opening: AbstractContextManager[OpenPosts] | None = None
        self._opened: OpenPosts | None = None

    @classmethod
    def of_file(cls, path: Path, source: str | None = None) -> "Input":
        """Describe a file, or a folder that is an archive."""
        folder = path if path.is_dir() else path.resolve().parent
        return cls(path, str(path), source or source_of(path), folder)

    @property
    def path(self) -> Path | None:
        """The file or folder; None of a table in memory."""
        return self.given if isinstance(self.given, Path) else None

    @property
    def size(self) -> int:
        """Bytes of the file, of all files in the folder, or of the table where it tells."""
        if self.path is None:
            size = getattr(self.given, "nbytes", 0)
            return size if isinstance(size, int) else 0
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def workbook(self) -> bool:
        """Whether it is read as a whole, however few of its rows are asked for."""
        return self.path is not None and self.path.suffix.lower() in (".xlsx", ".xls", ".xlsm")

    def open(self, options: ReadOptions) -> OpenPosts:
        """Open it unless it is open, and tell how it is read.

        Raises
        ------
        InputError
            It can't be read.
        """
        if self._opened is None:
            self._opening = open_posts(self.given, options, source=self.source)
            self._opened = self._opening.__enter__()
        return self._opened

    def batches(self, options: ReadOptions, *, rows: int) -> Iterator[Batch]:
        """Read it to its end, in batches of at most `rows` rows, and close it.

        Raises
        ------
        InputError
            It can't be read.
        """
        try:
            yield from self.open(options).batches(rows)
        finally:
            self.close()

    def close(self) -> None:
        """Close it; what was read ahead is read again."""
        opening, self._opening, self._opened = self._opening, None, None
        if opening is not None:
            opening.__exit__(None, None, None)


@contextmanager
def opened(posts: Posts, options: BuildOptions) -> Iterator[list[Input]]:
    """List the inputs that `posts` stands for, and close them after the block.

    Raises
    ------
    InputError
        A name matches no file, or something is neither a path nor a table.
    """
    inputs: list[Input] = []
    tables = 0
    for item in _each(posts):
        if isinstance(item, str | os.PathLike):
            known = {each.path.resolve() for each in inputs if each.path is not None}
            files = expand_inputs([os.fspath(item)])
            inputs += [
                Input.of_file(file, options.source) for file in files if file.resolve() not in known
            ]
        else:
            tables += 1
            name = TABLE if tables == 1 else f"{TABLE}{tables}"
            inputs.append(Input(item, name, options.source or name, Path.cwd()))
    try:
        yield inputs
    finally:
        for each in inputs:
            each.close()


def stays_open(each: Input, place: int) -> bool:
    """Tell whether an input, the one at `place`, stays open after the first look at it."""
    if each.path is None or place == 0:
        return True
    return place < _KEPT_OPEN and each.size <= _KEPT_BYTES


def _each(posts: Posts) -> Iterable[Any]:
    if isinstance(posts, str | os.PathLike) or _is_table(posts):
        return [posts]
    if isinstance(posts, Sequence | set | frozenset | Iterator) and not isinstance(posts, bytes):
        items = list(posts)
        wrong = [item for item in items if not _is_input(item)]
        if not wrong:
            return items
        posts = wrong[0]
    kind = type(posts)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    hint = "; call .collect() first" if kind.__name__ == "LazyFrame" else ""
    raise InputError(
        f"posts are paths, or tables of pandas, polars, Arrow or DuckDB, or a list of these;"
        f" this is {name}{hint}"
    )


def _is_input(item: Any) -> bool:
    return isinstance(item, str | os.PathLike) or _is_table(item)


def _is_table(item: Any) -> bool:
    # Classes have the attribute too.
    return hasattr(item, "__arrow_c_stream__") and not isinstance(item, type)
