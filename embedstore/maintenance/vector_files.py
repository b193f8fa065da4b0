"""Read files of vectors: Parquet, NumPy with metadata, clip-retrieval's folders, JSON lines.

Each reader yields chunks of rows: what names the post or text of a row, and its vector. A row
that can't be used has a `problem` instead of a vector; it never ends the rest.
"""

import base64
import binascii
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from embedstore.errors import InputError
from embedstore.index.subjects import Kind
from embedstore.reading.formats import open_table
from embedstore.reading.rows import Row

Item = TypeVar("Item")

ROWS = 4096
"""Rows of one chunk, and rows in memory at once."""

KEYS = ("key", "post_key", "custom_id", "id")
TEXTS = ("text", "caption", "input", "content", "document", "page_content")
VECTORS = ("vector", "embedding", "embeddings", "emb", "values")

FORMATS = (
    "a Parquet file or a folder of them, a NumPy file (.npy) beside a table of its rows, a folder"
    " of clip-retrieval (text_emb/ or img_emb/, and metadata/), or JSON lines with an `embedding`"
)

_SCHEMA = pa.schema(
    [("key", pa.string()), ("text", pa.string()), ("position", pa.int64()), ("url", pa.string())]
)


@dataclass(frozen=True)
class Columns:
    """Columns to read; None for the first well-known name that a file has.

    Attributes
    ----------
    key : str, optional
        Column of the posts' keys. Where it is named, texts are not looked at, unless the column
        of texts is named too.
    text : str, optional
        Column of the texts.
    vector : str, optional
        Column of the vectors.
    """

    key: str | None = None
    text: str | None = None
    vector: str | None = None

    def names(self, row: Mapping[str, object]) -> dict[str, Any]:
        """Find what names the post of a row, by the columns of `_SCHEMA`."""
        key = _first(row, (self.key,) if self.key else KEYS)
        source = row.get("source")
        if self.key is None and _first(row, KEYS[:-1]) is None and key is not None and source:
            key = f"{source}:{key}"
        wanted = (self.text,) if self.text else () if self.key else TEXTS
        text = _first(row, wanted)
        position, url = row.get("position"), row.get("url")
        return {
            "key": None if key is None else str(key).strip(),
            "text": text if isinstance(text, str) else None,
            "position": int(str(position)) if str(position).isdecimal() else None,
            "url": url if isinstance(url, str) else None,
        }


@dataclass(frozen=True)
class Chunk:
    """Rows of one file.

    Attributes
    ----------
    file : Path
        The file.
    kind : {"texts", "images"}, optional
        What the vectors are of, where the layout tells.
    rows : sequence of int
        Number of each row, or line, from 1.
    names : pyarrow.Table
        What names each row's post: key, text, position and url, each may be NULL.
    vectors : pyarrow.Array
        A list of numbers for each row; NULL where it has none.
    problems : dict
        By place in the chunk, why a row has no vector.
    """

    file: Path
    kind: Kind | None
    rows: Sequence[int]
    names: pa.Table
    vectors: pa.Array
    problems: dict[int, str]


def read_vectors(path: Path, metadata: Path | None, columns: Columns) -> Iterator[Chunk]:
    """Read a file or folder of vectors, recognised by what is in it.

    Parameters
    ----------
    path : Path
        The file or folder.
    metadata : Path, optional
        Table whose rows belong to those of a NumPy file; the one beside it if None.
    columns : Columns
        Columns to read.

    Raises
    ------
    InputError
        There is no such file, it is in no known format, lacks the columns, or is damaged.
    """
    if not path.exists():
        raise InputError(f"there is no file or folder {path}")
    if metadata is not None and not _is_numpy(path):
        raise InputError(f"--metadata goes with a NumPy file, and {path} is none")
    if path.is_dir():
        return _read_folder(path, columns)
    return _read_file(path, metadata, columns)


def _read_folder(folder: Path, columns: Columns) -> Iterator[Chunk]:
    if (folder / "_versions").is_dir() or any(folder.glob("*.lance")):
        raise InputError(_lance(folder))
    layouts: list[tuple[str, Kind]] = [("text_emb", "texts"), ("img_emb", "images")]
    found = [(folder / name, kind) for name, kind in layouts if (folder / name).is_dir()]
    if found:
        return itertools.chain.from_iterable(
            _read_clip_retrieval(part, folder / "metadata", kind, columns) for part, kind in found
        )
    for pattern in ("*.parquet", "*.npy", "*.jsonl"):
        if files := sorted(folder.glob(pattern)):
            return itertools.chain.from_iterable(_read_file(file, None, columns) for file in files)
    raise InputError(f"{folder} has no vectors that can be read: give {FORMATS}")


def _lance(folder: Path) -> str:
    """Say how a LanceDB folder becomes a file that can be read."""
    table = folder if (folder / "_versions").is_dir() else sorted(folder.glob("*.lance"))[0]
    return (
        f"{folder} is a folder of LanceDB, whose files only LanceDB reads. Export the table as"
        " Parquet and import that: pyarrow.parquet.write_table("
        f"lancedb.connect({str(table.parent)!r}).open_table({table.stem!r}).to_arrow(),"
        " 'vectors.parquet')"
    )


def _read_clip_retrieval(
    folder: Path, metadata: Path, kind: Kind, columns: Columns
) -> Iterator[Chunk]:
    """Read ``text_emb_0.npy`` with ``metadata_0.parquet``, and so on."""
    for file in sorted(folder.glob("*.npy")):
        number = file.stem.rpartition("_")[2]
        yield from _read_numpy(file, metadata / f"metadata_{number}.parquet", kind, columns)


def _read_file(file: Path, metadata: Path | None, columns: Columns) -> Iterator[Chunk]:
    if _is_numpy(file):
        return _read_numpy(file, metadata or _beside(file), None, columns)
    with file.open("rb") as opened:
        head = opened.read(4096)
    if head.startswith(b"PAR1"):
        return _read_parquet(file, columns)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return _read_json_lines(file, columns)
    raise InputError(f"{file} has no vectors that can be read: give {FORMATS}")


def _is_numpy(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(6) == b"\x93NUMPY"


def _read_parquet(file: Path, columns: Columns) -> Iterator[Chunk]:
    try:
        with closing(pq.ParquetFile(file)) as opened:
            schema = opened.schema_arrow
            vector = _vector_column(file, schema, columns.vector)
            wanted = _present(file, schema.names, columns)
            row = 1
            for batch in opened.iter_batches(ROWS, columns=[*wanted, vector]):
                names = [columns.names(each) for each in batch.select(wanted).to_pylist()]
                table = pa.Table.from_pylist(names, schema=_SCHEMA)
                numbers = range(row, row + len(batch))
                yield Chunk(file, None, numbers, table, batch[vector], {})
                row += len(batch)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputError(f"{file} is damaged: {error}") from error


def _vector_column(file: Path, schema: pa.Schema, named: str | None) -> str:
    """Find the column of vectors: the named one, one with a usual name, or the only list."""
    lists = [field.name for field in schema if _is_vector(field.type)]
    if named is not None and named not in lists:
        has = f"the column {named!r} of {schema.field(named).type}" if named in schema.names else ""
        raise InputError(
            f"{file} has {has or f'no column {named!r}'}: a column of vectors has lists of numbers"
            f" ({', '.join(lists) or 'there is none'})"
        )
    usual = [name for name in VECTORS if name in lists]
    if named is None and not usual and len(lists) != 1:
        raise InputError(
            f"{file} has {len(lists) or 'no'} columns with lists of numbers"
            + (f" ({', '.join(lists)}): say which with --vector COLUMN" if lists else "")
        )
    return named or (usual or lists)[0]


def _is_vector(kind: pa.DataType) -> bool:
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not listed and not pa.types.is_fixed_size_list(kind):
        return False
    return bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _present(file: Path, has: Sequence[str], columns: Columns) -> list[str]:
    """List the columns of a file that can name a post."""
    for name in (columns.key, columns.text):
        if name is not None and name not in has:
            raise InputError(f"{file} has no column {name!r}: it has {', '.join(has)}")
    known = {*KEYS, *TEXTS, "source", "position", "url", columns.key, columns.text}
    wanted = [name for name in has if name in known]
    if not {*KEYS, *TEXTS, "url", columns.key, columns.text} & set(wanted):
        raise InputError(
            f"{file} has no column that names posts: it has {', '.join(has)}. Say which with"
            " --key COLUMN (source:id, or a unique id) or --text COLUMN"
        )
    return wanted


def _beside(file: Path) -> Path:
    """Find the table beside a NumPy file that has its rows."""
    names = [
        f"{stem}.{ending}"
        for stem in (file.stem, "metadata")
        for ending in ("parquet", "csv", "jsonl")
    ]
    for name in names:
        if (found := file.with_name(name)).is_file():
            return found
    raise InputError(
        f"{file} has vectors alone: add --metadata FILE, a Parquet or CSV table with the same rows"
        " that has their keys or texts"
    )


def _read_numpy(file: Path, metadata: Path, kind: Kind | None, columns: Columns) -> Iterator[Chunk]:
    vectors = _matrix(file)
    rows = 0
    with open_table(metadata) as table:
        _present(metadata, table.columns, columns)
        # Every row is counted before the first is taken: rows that are shifted against each
        # other would give posts the vectors of others.
        rows = sum(1 for _ in table.rows)
    if rows != len(vectors):
        raise InputError(
            f"{file} has {len(vectors):,} rows and {metadata} has {rows:,}: they don't belong"
            " together"
        )
    with open_table(metadata) as table:
        start = 0
        for part in _batched(table.rows, ROWS):
            names = [columns.names(row.cells) if isinstance(row, Row) else {} for row in part]
            problems = {
                place: f"the row of metadata can't be read: {row.reason}"
                for place, row in enumerate(part)
                if not isinstance(row, Row)
            }
            block = np.ascontiguousarray(vectors[start : start + len(part)])
            lists = pa.FixedSizeListArray.from_arrays(block.reshape(-1), vectors.shape[1])
            numbers = range(start + 1, start + 1 + len(part))
            table_of_names = pa.Table.from_pylist(names, schema=_SCHEMA)
            yield Chunk(file, kind, numbers, table_of_names, lists, problems)
            start += len(part)


def _matrix(file: Path) -> NDArray[Any]:
    """Map a NumPy file of shape (rows, dim)."""
    try:
        vectors = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{file} can't be read as a NumPy array of numbers: {error}") from error
    if vectors.ndim != 2 or vectors.shape[1] == 0 or vectors.dtype.kind not in "fiu":
        raise InputError(
            f"{file} has shape {vectors.shape} and {vectors.dtype}: vectors are numbers of shape"
            " (rows, dimensions)"
        )
    return np.asarray(vectors)


def _read_json_lines(file: Path, columns: Columns) -> Iterator[Chunk]:
    """Read one JSON object a line, also OpenAI's output of a batch."""
    with file.open("rb") as lines:
        numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
        for part in _batched(numbered, ROWS):
            names: list[dict[str, Any]] = []
            vectors: list[NDArray[np.float32] | None] = []
            problems: dict[int, str] = {}
            for place, (_, line) in enumerate(part):
                found = _json_row(line, columns)
                if isinstance(found, str):
                    problems[place] = found
                    names.append({})
                    vectors.append(None)
                else:
                    names.append(found[0])
                    vectors.append(found[1])
            table = pa.Table.from_pylist(names, schema=_SCHEMA)
            lists = pa.array(vectors, pa.list_(pa.float32()))
            yield Chunk(file, None, [n for n, _ in part], table, lists, problems)


def _json_row(line: bytes, columns: Columns) -> tuple[dict[str, Any], NDArray[np.float32]] | str:
    """Read one line; the reason if it can't be used."""
    try:
        row = _decoded(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return "the line is no JSON"
    if not isinstance(row, dict):
        return "the line is no JSON object"
    value = _first(row, (columns.vector,) if columns.vector else VECTORS)
    if value is None and isinstance(row.get("response"), dict):
        value = _of_response(row["response"])
    if value is None:
        return "the line has no vector"
    try:
        vector = _from_base64(value) if isinstance(value, str) else _numbers(value)
    except (TypeError, ValueError, OverflowError):
        return "the vector is no list of numbers"
    return columns.names(row), vector


def _decoded(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        # It refuses NaN, which Python writes; such a vector has a reason of its own.
        return json.loads(line)


def _of_response(response: Mapping[str, Any]) -> object:
    """Find the vector in a line of OpenAI's output of a batch; None if there isn't one."""
    body = response.get("body")
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
        return data[0].get("embedding")
    return None


def _numbers(value: object) -> NDArray[np.float32]:
    array = np.asarray(value)
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise ValueError("no list of numbers")
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _from_base64(value: str) -> NDArray[np.float32]:
    """Decode OpenAI's `encoding_format="base64"`: little-endian float32."""
    try:
        return np.frombuffer(base64.b64decode(value, validate=True), "<f4").astype(np.float32)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, size)):
        yield part


def _first(row: Mapping[str, object], names: Sequence[str]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)
