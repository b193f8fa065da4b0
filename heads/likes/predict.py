"""Ask a head on record for predictions of stored posts, or of ones that were never posted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from embedstore.building.options import Images
from embedstore.errors import InputError
from embedstore.reading import ReadOptions
from heads import runs
from heads.arrays import Indices, there
from heads.data.accounts import fold_name
from heads.data.features import Material
from heads.data.history import Mode, View, view
from heads.data.posts import passing
from heads.likes.drafts import read_drafts, with_drafts
from heads.likes.familiar import compare
from heads.likes.known import Known, known
from heads.likes.models import design as designs
from heads.likes.models.design import Matrix
from heads.likes.models.head import Predictions
from heads.likes.saved import Loaded, load_head
from heads.stores import StoreLike, as_store


def predict_likes(
    store: StoreLike,
    drafts: pa.Table | Sequence[str | Path] | None = None,
    *,
    run: str | None = None,
    history: Mode = "online",
    where: str | None = None,
    images: Images = "fetch",
    read: ReadOptions | None = None,
    save: bool = False,
) -> pa.Table:
    """Predict stored posts, or new ones, with a head on record.

    Parameters
    ----------
    store : Store or path
        The store whose posts are history.
    drafts : pyarrow.Table or files, optional
        New posts, as files that `embedstore build` reads, or as a table with the columns
        source, id, username, company, created_at, text, and perhaps pictures (see
        `heads.likes.drafts`). The posts in the store by default.
    run : str, optional
        Run of the head; the pinned one or the newest by default.
    history : {"online", "frozen"}
        With ``online``, labels since the head was trained count; with ``frozen`` they don't.
    where : str, optional
        SQL condition on the columns of `posts`; only for stored posts.
    images : {"fetch", "local", "none"}
        Pictures of new posts, for a head that looks at pictures: fetch them, read only those
        beside the file, or do without.
    read : ReadOptions, optional
        How files are read, where they don't tell themselves: `embedstore.ReadOptions`.
    save : bool
        Put predictions of stored posts in the table `predictions`.

    Returns
    -------
    pyarrow.Table
        post_id (None for new posts), source, id, likes, mean, low, high, missing, run; of new
        posts also unlike: in which way a post is unlike those of the store, empty if it is not.
        The metadata name the head that answered: run, model, kpi and inputs; and what any row
        lacks.

    Raises
    ------
    InputError
        There is no such head, a new post has no date, or predictions are to be saved in a store
        that was opened read-only.
    """
    store = as_store(store, write=save)
    if read not in (None, ReadOptions()) and (drafts is None or isinstance(drafts, pa.Table)):
        raise InputError("options of reading are for files of new posts: name a file")
    head = load_head(store, run)
    here = known(store, head)
    material = here.material
    if drafts is None:
        rows = np.flatnonzero(passing(store, material.posts, where))
    elif where is not None:
        raise InputError("a filter chooses among stored posts: leave --where out for new ones")
    else:
        table = drafts if isinstance(drafts, pa.Table) else read_drafts(drafts, read)
        material = with_drafts(store, material, table, images=images)
        rows = material.posts.rows_of(-1 - np.arange(table.num_rows))
    if drafts is not None:
        strange = compare(here.familiar, material, rows)
        seen = strange.unread(material, rows)
        matrix, _ = matrix_of(head, seen, history, rows, here)
        found = _table(head, material, rows, head.model.predict(strange.held_back(matrix)))
        found = found.append_column("unlike", pa.array(strange.warnings(), pa.string()))
        return head.signed(found, found["missing"].to_pylist())
    matrix, _ = matrix_of(head, material, history, rows, here)
    found = _table(head, material, rows, head.model.predict(matrix))
    if save:
        columns = ["post_id", "likes", "mean", "low", "high"]
        runs.save_predictions(store, head.run_id, found.select(columns))
    return head.signed(found, found["missing"].to_pylist())


def matrix_of(
    head: Loaded, material: Material, history: Mode, rows: Indices, here: Known
) -> tuple[Matrix, View]:
    """Compute the head's matrix of some rows, under a history; and what each post may see."""
    posts = material.posts
    seen = view(
        posts,
        mode=history,
        until=np.datetime64(head.settings["until"], "us"),
        delay_days=head.settings["label_delay"],
        known=posts.known,
    )
    design = head.model.design
    return designs.apply(design, material, seen, rows, here.factors, here.past), seen


def missing_inputs(material: Material, matrix_rows: Indices) -> list[str]:
    """Name the inputs that each row lacks, by commas; empty if none."""
    posts, inputs = material.posts.take(matrix_rows), material.inputs
    lacking: dict[str, np.ndarray[Any, np.dtype[np.bool_]]] = {}
    if inputs.has("history"):
        every = material.posts
        lacking["account"] = ~np.isin(every.account[matrix_rows], every.account[every.known])
        lacking["account"] |= np.asarray(posts.table["username"].is_null())
    for group, spaces in (("text", inputs.texts), ("image", inputs.images)):
        if inputs.has(group):
            gone = [~there(material.vectors[name][matrix_rows]) for name in spaces]
            lacking[group] = np.all(gone, axis=0)
    if inputs.has("profile"):
        facts = {fold_name(name) for name in material.profile}
        lacking["profile"] = np.array([name not in facts for name in posts.account_names])
    return [
        ",".join(name for name, mask in lacking.items() if mask[place])
        for place in range(len(matrix_rows))
    ]


def _table(head: Loaded, material: Material, rows: Indices, found: Predictions) -> pa.Table:
    """Tabulate the predictions of some rows in counts, rounded."""
    posts = material.posts
    ids = posts.post_id[rows]
    return pa.table(
        {
            "post_id": pa.array(ids, mask=ids < 0),
            "source": posts.table["source"].take(rows),
            "id": posts.table["id"].take(rows),
            "likes": head.counts(np.expm1(found.log)),
            "mean": head.counts(found.mean),
            "low": head.counts(np.expm1(found.low)),
            "high": head.counts(np.expm1(found.high)),
            "missing": missing_inputs(material, rows),
            "run": pa.array([head.run_id] * len(rows), pa.string()),
        }
    )
