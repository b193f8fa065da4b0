"""Rows as an answer: JSON, Arrow or CSV, as the header `Accept` asks."""

import io
import math
from datetime import date, datetime
from typing import Any

import msgspec
import pyarrow as pa
from embedstore.cli.output import cell_text, harmless
from starlette.requests import Request
from starlette.responses import Response

ARROW = "application/vnd.apache.arrow.stream"
CSV = "text/csv"


def rows(request: Request, table: pa.Table, **facts: Any) -> Response:
    """Answer with the rows of a table.

    Parameters
    ----------
    request : Request
        Its header `Accept` chooses JSON, Arrow's stream or CSV.
    table : pyarrow.Table
        The rows.
    **facts
        What is said beside them: members of the JSON, metadata of the Arrow schema; None is left
        out.
    """
    told = {name: value for name, value in facts.items() if value is not None}
    accept = request.headers.get("accept", "")
    if ARROW in accept:
        metadata = {name: msgspec.json.encode(_plain(value)) for name, value in told.items()}
        sink = io.BytesIO()
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata})
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return Response(sink.getvalue(), media_type=ARROW)
    if CSV in accept:
        return Response("﻿" + _csv(table), media_type=CSV)
    return value({"rows": records(table)} | told)


def value(value: Any) -> Response:
    """Answer with a value as JSON."""
    return Response(encode(value), media_type="application/json")


def encode(value: Any) -> bytes:
    """Encode a value as JSON; numbers that JSON doesn't have become null."""
    return msgspec.json.encode(_plain(value), enc_hook=str)


def records(table: pa.Table) -> list[dict[str, Any]]:
    """Convert a table to rows; of columns with the same name the last counts."""
    names = table.column_names
    columns = [column.to_pylist() for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def facts_of(table: pa.Table) -> dict[str, Any]:
    """Return what a head has said about itself in a table's metadata."""
    found: dict[str, Any] = {
        name.decode(): text.decode() for name, text in (table.schema.metadata or {}).items()
    }
    for name in ("inputs", "missing"):
        if name in found:
            found[name] = [each for each in found[name].split(",") if each]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return value


def _csv(table: pa.Table) -> str:
    import csv

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(name) for name in table.column_names])
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        cells = ["" if cell is None else cell_text(cell) for cell in row]
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue()
