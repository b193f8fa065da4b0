"""The inputs of a build: files, folders that are archives, and tables in memory."""

import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from embedstore.building.options import BuildOptions
from embedstore.errors import InputError
from embedstore.reading import (
    Batch,
    Reading,
    ReadOptions,
    describe,
    expand_inputs,
    read_posts,
    source_of,
)

Posts: TypeAlias = Any
"""What `build` takes as posts: a path or pattern, a table (pandas, polars, Arrow, a DuckDB
relation: whatever exports an Arrow stream), or a sequence of these."""

TABLE = "table"
"""Source and name of a table in memory."""


@dataclass(frozen=True)
class Input:
    """One file of posts, or one table.

    Attributes
    ----------
    path : Path
        The file or folder that is read; of a table, a temporary file.
    name : str
        What failures and messages call it.
    source : str
        First half of its posts' keys.
    folder : Path
        What local pictures are relative to.
    """

    path: Path
    name: str
    source: str
    folder: Path

    @classmethod
    def of_file(cls, path: Path, source: str | None = None) -> "Input":
        """Describe a file, or a folder that is an archive."""
        folder = path if path.is_dir() else path.resolve().parent
        return cls(path, str(path), source or source_of(path), folder)

    @property
    def size(self) -> int:
        """Bytes of the file, or of all files in the folder."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def workbook(self) -> bool:
        """Whether it is read as a whole, however few of its rows are asked for."""
        return self.path.suffix.lower() in (".xlsx", ".xls", ".xlsm")

    def describe(self, options: ReadOptions) -> Reading:
        """Tell how it is read: format, platform, and which field is found where."""
        return describe(self.path, options)

    def batches(self, options: ReadOptions, *, rows: int) -> Generator[Batch, None, None]:
        """Read it in batches of at most `rows` rows.

        Raises
        ------
        InputError
            It can't be read.
        """
        return read_posts(self.path, source=self.source, options=options, batch_rows=rows)


@contextmanager
def opened(posts: Posts, options: BuildOptions) -> Iterator[list[Input]]:
    """List the inputs that `posts` stands for; tables lie in temporary files for the block.

    Raises
    ------
    InputError
        A name matches no file, or something is neither a path nor a table.
    """
    given = _each(posts)
    with tempfile.TemporaryDirectory(prefix="embedstore-") as folder:
        inputs: list[Input] = []
        tables = 0
        for item in given:
            if isinstance(item, str | os.PathLike):
                known = {each.path.resolve() for each in inputs}
                files = expand_inputs([os.fspath(item)])
                inputs += [
                    Input.of_file(file, options.source)
                    for file in files
                    if file.resolve() not in known
                ]
            else:
                tables += 1
                name = TABLE if tables == 1 else f"{TABLE}{tables}"
                file = Path(folder) / f"{name}.parquet"
                _write_table(item, file)
                inputs.append(Input(file, name, options.source or name, Path.cwd()))
        yield inputs


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


def _write_table(table: Any, file: Path) -> None:
    """Write a table as Parquet, batch by batch.

    Raises
    ------
    InputError
        A column mixes types, or has one that Arrow does not know.
    """
    try:
        if type(table).__module__.partition(".")[0] == "pandas":
            # Its index numbers rows: it is nobody's field.
            table = pa.Table.from_pandas(table, preserve_index=False)
        reader = pa.RecordBatchReader.from_stream(table)
        with pq.ParquetWriter(file, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError) as error:
        raise InputError(
            f"this {type(table).__name__} can't be read as a table of posts: {error}. A column"
            " that mixes types is best made text first, such as df['id'].astype(str)"
        ) from error
