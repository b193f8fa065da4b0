"""Columns of numbers in named groups, each post's computed from what was known before it.

The groups are those that ``--inputs`` names: ``history``, ``time``, ``form``, ``text``,
``image``, ``neighbours`` and ``profile``. Vectors stay vectors here; the models project them.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embedstore.errors import InputError
from embedstore.reading.synonyms import field_named
from embedstore.storage.spaces import Space
from embedstore.store import Store
from heads.arrays import Floats, Indices, PostVectors, Vectors, stored_of
from heads.data.accounts import fold_name
from heads.data.counts import counts_in
from heads.data.history import Column, History, Past, View, history
from heads.data.neighbours import Found, nearest_before, weighted
from heads.data.posts import CAPITALS, Posts
from heads.data.vectors import load_vectors

GROUPS = ("history", "time", "form", "text", "image", "neighbours", "profile")
OTHERS = 20
"""Number of neighbours among other accounts' posts."""


@dataclass(frozen=True)
class Inputs:
    """Inputs of a head: groups of columns, and the spaces whose vectors it uses.

    Attributes
    ----------
    groups : tuple of str
        Names of the groups.
    texts, images : tuple of str
        Spaces whose vectors it uses.
    near : str, optional
        The space that neighbours are found in.
    """

    groups: tuple[str, ...]
    texts: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    near: str | None = None

    def has(self, group: str) -> bool:
        """Tell whether a group is among the inputs."""
        return group in self.groups


def parse_inputs(text: str | None, store: Store, *, profile: bool = False) -> Inputs:
    """Read ``--inputs``: groups by commas, text and image also as ``text:SPACE``.

    Without any, everything that the store has: `image` only where it has image vectors,
    `profile` only where a table of accounts is given.

    Raises
    ------
    InputError
        There is no such group.
    QueryError
        There is no such space, or it is empty.
    """
    filled = [space for space in store.spaces() if space.dim is not None]
    if text is None:
        wanted = ["history", "time", "form", "neighbours"]
        wanted += ["text"] * any(space.texts for space in filled)
        wanted += ["image"] * any(space.images for space in filled)
        wanted += ["profile"] * profile
    else:
        wanted = [part.strip() for part in text.split(",") if part.strip()]
    groups: list[str] = []
    spaces: dict[str, list[str]] = {"text": [], "image": []}
    for part in wanted:
        group, _, name = part.partition(":")
        if group not in GROUPS or (name and group not in spaces):
            raise InputError(
                f"there is no input {part!r}: choose from {', '.join(GROUPS)}; a space goes after"
                " text or image, as text:minilm"
            )
        if group in spaces:
            found = store.space(name or None, texts=group == "text", images=group == "image")
            spaces[group].append(found.space)
        if group == "profile" and not profile:
            raise InputError("the input `profile` needs a table of accounts: add --profile FILE")
        groups.append(group)
    if not groups:
        raise InputError(f"a head needs an input: choose from {', '.join(GROUPS)}")
    unique = tuple(group for group in GROUPS if group in groups)
    texts, images = (tuple(dict.fromkeys(spaces[group])) for group in ("text", "image"))
    near = next(iter((*texts, *images)), None)
    if near is None and "neighbours" in groups:
        near = next((space.space for space in filled if space.texts), None)
    return Inputs(unique, texts, images, near)


Profile = Mapping[str, Mapping[str, float]]
"""Facts of an account by its folded name: ``{"cnn": {"followers": 5e7}}``."""


def read_profile(file: Path, kpi: str) -> dict[str, dict[str, float]]:
    """Read account facts from a CSV file: the column `username` and columns of numbers.

    Parameters
    ----------
    file : Path
        One row for each account.
    kpi : str
        The count to be predicted, which can't be a fact of an account.

    Raises
    ------
    InputError
        The file can't be read, lacks the column `username` or any number, has an account twice,
        or has the count to be predicted as a column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file} can't be read as a CSV table of accounts: {error}") from error
    profile: dict[str, dict[str, float]] = {}
    for number, row in enumerate(rows, 2):
        if row.get("username") is None:
            raise InputError(f"{file} has no column `username`, only {', '.join(map(str, row))}")
        if target := next((key for key in row if _is_count(key, kpi)), None):
            raise InputError(
                f"{file} has the column {target!r}, which is what the head is to predict: a table"
                " of accounts has facts that are known before a post is made"
            )
        name = fold_name(row["username"])
        if name in profile:
            raise InputError(
                f"{file}, row {number}: the account {row['username']!r} is there twice; a table of"
                " accounts has one row for each"
            )
        facts = {}
        for key, value in row.items():
            if key == "username":
                continue
            try:
                facts[str(key)] = float(value)
            except (TypeError, ValueError):
                continue
        profile[name] = facts
    if not any(profile.values()):
        raise InputError(f"{file} has no numbers about accounts beside `username`")
    return profile


def _is_count(column: str | None, kpi: str) -> bool:
    """Tell whether a column of a table is the count `kpi`, by its name or a synonym of it."""
    name = (column or "").strip()
    counts = counts_in(kpi)
    if name.lower() in (count.removeprefix("extra.").lower() for count in counts):
        return True
    try:
        return field_named(name) in counts
    except InputError:
        return False


@dataclass(frozen=True)
class Material:
    """Posts with their vectors and the facts about their accounts.

    Attributes
    ----------
    posts, inputs
        The posts, and what to look at of them.
    vectors : dict
        By space, shape (n, dim).
    profile : dict
        By account.
    views : list of dict
        Other vectors by space, of reworded texts and varied pictures: only to learn from.
    spaces : dict
        The spaces by name, to encode further posts for.
    """

    posts: Posts
    inputs: Inputs
    vectors: dict[str, PostVectors] = field(default_factory=dict)
    profile: Profile = field(default_factory=dict)
    views: Sequence[dict[str, Vectors]] = ()
    spaces: Mapping[str, Space] = field(default_factory=dict)

    @property
    def likeness(self) -> PostVectors | None:
        """Vectors that neighbours are found by, shape (n, dim)."""
        return None if self.inputs.near is None else self.vectors[self.inputs.near]

    @property
    def stored_likeness(self) -> Vectors | None:
        """The same of the posts that are no drafts."""
        return None if self.likeness is None else stored_of(self.likeness)


def gather(store: Store, posts: Posts, inputs: Inputs, profile: Profile | None = None) -> Material:
    """Read the vectors that the inputs name."""
    vectors: dict[str, PostVectors] = {
        name: load_vectors(store, posts, name, images=True) for name in inputs.images
    }
    texts = dict.fromkeys((*inputs.texts, *([inputs.near] if inputs.near else [])))
    vectors |= {name: load_vectors(store, posts, name) for name in texts if name not in vectors}
    spaces = {space.space: space for space in store.spaces() if space.space in vectors}
    return Material(posts, inputs, vectors, profile or {}, spaces=spaces)


@dataclass(frozen=True)
class Columns:
    """Numeric features, column by column.

    Attributes
    ----------
    names, groups : list of str
        Of each column.
    values : array, shape (n, columns), float32
        NaN where something is not known.
    past : History
        Expected counts, from which baselines and residuals start.
    """

    names: list[str]
    groups: list[str]
    values: Vectors
    past: History


def columns(
    material: Material,
    seen: View,
    *,
    cold: bool = False,
    rows: Indices | None = None,
    past: Past | None = None,
) -> Columns:
    """Compute all columns of the material's groups, for every post or for those of some `rows`.

    Parameters
    ----------
    material : Material
        Posts, vectors, facts.
    seen : View
        Labels that each post may look at.
    cold : bool
        Let no post see labels of its own company, as for companies never seen.
    rows : array, shape (m,), int64, optional
        Rows of the posts that are wanted; all by default.
    past : Past, optional
        What was computed before of the same labels.
    """
    posts, inputs = material.posts, material.inputs
    asked = np.arange(len(posts)) if rows is None else rows
    likeness = material.likeness
    others = None
    if likeness is not None and inputs.has("neighbours") and not cold:
        others = nearest_before(posts, seen, likeness, k=OTHERS, other_accounts=True, rows=asked)
    earlier, relative = _history(posts, seen, asked, others, past)
    chosen = posts if rows is None else posts.take(rows)
    parts: list[tuple[str, Mapping[str, Floats | Column]]] = []
    if inputs.has("history") and not cold:
        parts.append(("history", earlier.columns))
    if inputs.has("time"):
        parts.append(("time", time_columns(chosen)))
    if inputs.has("form"):
        form = {name: values for name, values in chosen.form.items() if name != CAPITALS}
        parts.append(("form", form))
    if likeness is not None and inputs.has("text"):
        found = nearest_before(
            posts, seen, likeness, k=2 * OTHERS, other_companies=cold, rows=asked
        )
        y = np.where(posts.known, posts.y, 0)
        parts.append(("text", {"alike_level": weighted(found, y)}))
    if others is not None:
        parts.append(("neighbours", _neighbours(others, relative)))
    if inputs.has("profile"):
        parts.append(("profile", _profile(chosen, material.profile)))
    names = [name for _, part in parts for name in part]
    groups = [group for group, part in parts for _ in part]
    values = np.empty((len(asked), len(names)), dtype=np.float32)
    for place, column in enumerate(column for _, part in parts for column in part.values()):
        values[:, place] = column
    return Columns(names, groups, values, earlier)


def time_columns(posts: Posts) -> dict[str, Floats]:
    """Compute hour, weekday and season as points on circles, and days since 2020."""
    hours = (posts.time - np.datetime64("2020-01-06")) / np.timedelta64(1, "h")
    year = posts.time.astype("datetime64[Y]")
    season = (posts.time - year.astype("datetime64[us]")) / np.timedelta64(1, "D") / 365.25
    turns = {"hour": hours / 24, "weekday": hours / 168, "season": season}
    found: dict[str, Floats] = {"hour": hours % 24, "day_of_week": hours % 168 // 24}
    for name, turn in turns.items():
        found[f"{name}_sin"] = np.sin(2 * np.pi * turn)
        found[f"{name}_cos"] = np.cos(2 * np.pi * turn)
    return found | {"days_since_2020": hours / 24 + 5}


def _history(
    posts: Posts, seen: View, asked: Indices, others: Found | None, past: Past | None
) -> tuple[History, Floats]:
    """Compute the history of the posts asked for, and how their neighbours did.

    Returns
    -------
    earlier : History
        Of the posts asked for.
    relative : array, shape (n,)
        By row of all posts, its label relative to what was expected; 0 where nobody asks.
    """
    if others is None:
        return history(posts, seen, asked, past), np.zeros(len(posts))
    both = np.union1d(asked, others.row[others.row >= 0])
    earlier = history(posts, seen, both, past)
    relative = np.zeros(len(posts))
    relative[both] = np.where(posts.known[both], posts.y[both] - earlier.expected, 0)
    return earlier.take(np.searchsorted(both, asked)), relative


def _neighbours(found: Found, relative: Floats) -> dict[str, Floats]:
    """Average how other accounts' similar posts did, relative to what was expected of them."""
    return {
        "others_relative": weighted(found, relative),
        "others_similarity": found.score[:, 0].astype(np.float64),
        "others_mean_similarity": found.score.mean(axis=1).astype(np.float64),
    }


def _profile(posts: Posts, profile: Profile) -> dict[str, Floats]:
    """Look up the facts of each post's account, as log1p of their size."""
    names: Sequence[str] = sorted({name for facts in profile.values() for name in facts})
    # Heads of earlier versions have names as they were written.
    folded = {fold_name(name): facts for name, facts in profile.items()}
    accounts = [folded.get(name or "", {}) for name in posts.account_names]
    return {
        f"profile_{name}": _log([facts.get(name, np.nan) for facts in accounts]) for name in names
    }


def _log(values: list[float]) -> Floats:
    """Compute log1p of sizes; of a negative number minus that of its size."""
    numbers = np.array(values)
    signed: Floats = np.sign(numbers) * np.log1p(np.abs(numbers))
    return signed
