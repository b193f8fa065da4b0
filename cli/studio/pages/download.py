"""Tables as files: CSV that a spreadsheet shows and never computes, and JSON."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from embedstore.cli.output import cell_text, harmless, plain
from fastapi import HTTPException, Response


def download(rows: pa.Table | Sequence[dict[str, Any]], name: str, form: str) -> Response:
    """Return rows as a file to save.

    Parameters
    ----------
    rows : table or sequence of dict
        The rows.
    name : str
        Of the file, without its ending.
    form : str
        csv or json.
    """
    records = rows.to_pylist() if isinstance(rows, pa.Table) else list(rows)
    columns = (
        rows.column_names if isinstance(rows, pa.Table) else list(records[0]) if records else []
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if form == "json":
        text = json.dumps(records, ensure_ascii=False, default=plain, indent=1)
        return Response(text, media_type="application/json", headers=headers)
    if form != "csv":
        raise HTTPException(404)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for record in records:
        cells = ["" if record[name] is None else cell_text(record[name]) for name in columns]
        writer.writerow([harmless(cell) for cell in cells])
    # A byte order mark: without it, Excel takes UTF-8 for something else.
    return Response("\ufeff" + out.getvalue(), media_type="text/csv", headers=headers)
