"""The matrix that heads learn from, for those who bring their own model."""

import json
from datetime import timedelta
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from embedstore.files import whole_file
from heads.arrays import stored_of
from heads.data.history import Mode, check_delay, view
from heads.likes.models import design as designs
from heads.likes.models.design import Matrix
from heads.likes.task import Options, Task, read_task
from heads.stores import StoreLike, as_store

FORMS = {".parquet": "Parquet", ".arrow": "Arrow", ".feather": "Arrow"}


def features(
    store: StoreLike,
    *,
    kpi: str = "likes",
    inputs: str | None = None,
    split: str | None = None,
    label_delay: float = 0,
    after: str | timedelta | None = None,
    profile: str | PathLike[str] | None = None,
    reposts: bool = False,
    crossposts: bool = False,
    where: str | None = None,
    history: Mode = "online",
    vectors: bool = False,
) -> pa.Table:
    """Compute the columns that a head learns from, with the target and the split.

    Each post's columns are computed from what was known before it, as for a prediction. What is
    learned beforehand (main directions of the vectors, the Gaussian process behind the columns
    `kernel_…`) rests on the training posts alone.

    Parameters
    ----------
    store : Store or path
        The store.
    kpi, inputs, split, label_delay, after, profile, reposts, crossposts, where
        As for `fit_likes`. Of a split with several folds, the one that a fit would use.
    history : {"online", "frozen"}
        May a post use labels from the split's date on?
    vectors : bool
        Give whole vectors, a column of lists for each space, in place of main directions.

    Returns
    -------
    pyarrow.Table
        A row for each post, in the order of time: post_id, source, id, username, company,
        created_at; split (``train``, ``test``, or None where the split has no use for the post);
        kpi (the count) and target (its log1p, in the unit that the table's metadata name);
        then the features, float32, NaN where something is not known. A feature's field has its
        `group` in its metadata (``table.schema.field(name).metadata[b"group"]``); the table's
        have kpi, split, history, unit and, as JSON, `groups`: the names of each group's columns.

    Raises
    ------
    InputError
        An option can't be used.
    """
    check_delay(label_delay)
    options = Options(kpi, inputs, split, label_delay, after, profile, reposts, crossposts, where)
    task = read_task(as_store(store), options)
    posts, fold = task.material.posts, task.fold
    seen = {
        mode: view(posts, mode=mode, until=fold.until, delay_days=task.delay, known=fold.known)
        for mode in ("online", history)
    }
    design = designs.learn(
        task.material, seen["online"], fold.train, model="stack", residual=True, cold=fold.cold
    )
    return _table(task, designs.apply(design, task.material, seen[history]), history, vectors)


def export_features(store: StoreLike, file: str | PathLike[str], **options: object) -> pa.Table:
    """Write what `features` returns to a file: Parquet (.parquet), or Arrow (.arrow, .feather).

    Parameters
    ----------
    store : Store or path
        The store.
    file : path
        The file; it appears whole or not at all.
    **options
        Those of `features`.

    Returns
    -------
    pyarrow.Table
        What was written.

    Raises
    ------
    InputError
        The file's name has another ending, or an option can't be used.
    """
    path, opened = Path(file), as_store(store)
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise InputError(
            f"{path.name} has no ending that says what to write: end it in .parquet or .arrow"
        )
    table = features(opened, **options)  # type: ignore[arg-type]
    with whole_file(path) as beside:
        if form == "Parquet":
            import pyarrow.parquet

            pyarrow.parquet.write_table(table, beside)
        else:
            import pyarrow.feather

            pyarrow.feather.write_feather(table, str(beside))
    return table


def _table(task: Task, matrix: Matrix, history: Mode, vectors: bool) -> pa.Table:
    """Put keys, target, split and features side by side."""
    posts, fold = task.material.posts, task.fold
    part = np.where(fold.train, "train", np.where(fold.test, "test", "")).astype(object)
    keys = ("post_id", "source", "id", "username", "company", "created_at")
    columns = {name: posts.table[name] for name in keys}
    columns["split"] = pa.array([word or None for word in part.tolist()], pa.string())
    columns["kpi"] = pa.array(posts.kpi * task.unit, from_pandas=True)
    columns["target"] = pa.array(posts.y, from_pandas=True)
    schema = [pa.field(name, column.type) for name, column in columns.items()]
    values = list(columns.values())
    groups: dict[str, list[str]] = {}
    for place, (name, group) in enumerate(zip(matrix.names, matrix.groups, strict=True)):
        if vectors and matrix.spaces[place]:
            continue
        groups.setdefault(group, []).append(name)
        schema.append(pa.field(name, pa.float32(), metadata={"group": group}))
        values.append(pa.array(np.ascontiguousarray(matrix.values[:, place])))
    if vectors:
        inputs = task.material.inputs
        for group, names in (("text", inputs.texts), ("image", inputs.images)):
            for space in names:
                groups.setdefault(group, []).append(space)
                found = stored_of(task.material.vectors[space])
                flat = pa.array(np.ascontiguousarray(found).reshape(-1))
                values.append(pa.FixedSizeListArray.from_arrays(flat, found.shape[1]))
                schema.append(pa.field(space, values[-1].type, metadata={"group": group}))
    metadata = {
        "kpi": task.options.kpi,
        "split": task.split.text,
        "history": history,
        "unit": f"{task.unit:g}",
        "groups": json.dumps(groups),
    }
    return pa.table(values, schema=pa.schema(schema, metadata=metadata))
