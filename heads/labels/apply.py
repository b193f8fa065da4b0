"""Label the posts of a store with a head on record, and suggest posts to label by hand."""

import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.storage import database
from embedstore.storage.changes import touch
from embedstore.store import Store
from heads import runs
from heads.labels.model import suggest
from heads.labels.posts import load_label_posts
from heads.labels.saved import load_label
from heads.stores import StoreLike, as_store


def label_posts(store: StoreLike, name: str, *, run: str | None = None) -> pa.Table:
    """Give every post with a vector its class, in the table `labels`.

    Posts that the head learned from keep the class that a person gave, with probability 1.

    Parameters
    ----------
    store : Store or path
        The store.
    name : str
        Name of the label.
    run : str, optional
        Run of the head; the pinned one or the newest by default.

    Returns
    -------
    pyarrow.Table
        For each class: label, posts, share, probability (the mean of its posts).

    Raises
    ------
    InputError
        There is no such head.
    """
    opened = as_store(store, write=True)
    head = load_label(opened, f"label-{name}", run)
    _, here = load_label_posts(opened, head.settings["space"])
    classes = head.settings["classes"]
    chance = head.model.probabilities(here.vectors[here.there])
    given = chance.argmax(axis=1)
    likely = chance.max(axis=1)
    post_id = here.posts.post_id[here.there]
    place = {int(post): row for row, post in enumerate(post_id)}
    for post, label in head.examples:
        if post in place:
            given[place[post]], likely[place[post]] = classes.index(label), 1.0
    rows = pa.table(
        {
            "post_id": post_id,
            "name": pa.array([name] * len(given), pa.string()),
            "label": pa.array([classes[each] for each in given.tolist()], pa.string()),
            "probability": likely,
            "run_id": pa.array([head.run_id] * len(given), pa.string()),
        }
    )
    with database.transaction(opened.path) as connection:
        connection.register("given", rows)
        connection.execute(sql.read("labels/store"))
        touch(connection)
    count = np.bincount(given, minlength=len(classes))
    total = np.bincount(given, likely, minlength=len(classes))
    return pa.table(
        {
            "label": pa.array(classes, pa.string()),
            "posts": count,
            "share": np.round(count / len(given), 4),
            "probability": np.round(total / np.maximum(count, 1), 4),
        }
    )


def update_labels(store: StoreLike, *, changed: bool = False) -> dict[str, int]:
    """Label the posts that have come, each label by the head that gave it to the others.

    Parameters
    ----------
    store : Store or path
        The store.
    changed : bool
        Texts of posts may have changed since: label all of them anew.

    Returns
    -------
    dict of str to int
        For each label that was looked at, how many posts had none before.

    Raises
    ------
    InputError
        The head of a label is gone.
    FingerprintError
        The store's vectors are others than those the head was trained on.
    """
    opened = as_store(store, write=True)
    with opened.connection() as connection:
        rows = connection.execute(sql.read("labels/waiting")).fetchall()
    found = {}
    for name, run_id, posts in rows:
        if posts or changed:
            label_posts(store, name, run=run_id)
            found[name] = int(posts)
    return found


def suggest_posts(
    store: StoreLike, name: str, count: int = 20, *, run: str | None = None
) -> pa.Table:
    """Suggest posts that would teach a label's head most: uncertain, and unlike each other.

    Returns
    -------
    pyarrow.Table
        post (``source:id``), label (the likeliest class), probability and text: with the
        labels put right, a file of examples.

    Raises
    ------
    InputError
        There is no such head.
    """
    opened = as_store(store)
    head = load_label(opened, f"label-{name}", run)
    _, here = load_label_posts(opened, head.settings["space"])
    taught = [post for post, _ in head.examples]
    rows = here.there[~np.isin(here.posts.post_id[here.there], taught)]
    # A text that several posts share would be asked for more than once.
    _, first = np.unique(here.posts.table["text"].take(rows).to_pylist(), return_index=True)
    rows = rows[np.sort(first)]
    chance = head.model.probabilities(here.vectors[rows])
    chosen = suggest(here.vectors[rows], chance, count)
    found = rows[chosen]
    table = here.posts.table.take(found)
    keys = zip(table["source"].to_pylist(), table["id"].to_pylist(), strict=True)
    classes = head.settings["classes"]
    return pa.table(
        {
            "post": pa.array([f"{source}:{name}" for source, name in keys], pa.string()),
            "label": pa.array(
                [classes[each] for each in chance[chosen].argmax(axis=1).tolist()], pa.string()
            ),
            "probability": np.round(chance[chosen].max(axis=1), 3),
            "text": table["text"],
        }
    )


def predict_column(store: StoreLike, name: str, *, run: str | None = None) -> pa.Table:
    """Predict a column for every post with a vector, with a head of `fit_column`.

    Returns
    -------
    pyarrow.Table
        post_id, source, id; for classes label and probability; for a number value, low and
        high (the middle 90% of what held-out posts had).

    Raises
    ------
    InputError
        There is no such head.
    """
    opened: Store = as_store(store)
    head = load_label(opened, f"column-{name}", run)
    _, here = load_label_posts(opened, head.settings["space"])
    table = here.posts.table.take(here.there).select(["post_id", "source", "id"])
    vectors = here.vectors[here.there]
    classes = head.settings["classes"]
    if classes is None:
        value = head.model.outputs(vectors)[:, 0]
        low, high = head.settings["errors"]
        columns = {"value": value, "low": value + low, "high": value + high}
        return _with(table, {key: pa.array(np.round(each, 4)) for key, each in columns.items()})
    chance = head.model.probabilities(vectors)
    labels = [classes[each] for each in chance.argmax(axis=1).tolist()]
    likely = pa.array(np.round(chance.max(axis=1), 4))
    return _with(table, {"label": pa.array(labels, pa.string()), "probability": likely})


def _with(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def has_label(store: Store, name: str) -> bool:
    """Tell whether the store has a head of a label."""
    return runs.has_run(store, f"label-{name}")
