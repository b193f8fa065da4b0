"""What a head of likes is asked to learn: the posts, their counts, what to look at, the split."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any

from embedstore.store import Store
from heads.data import splits
from heads.data.counts import choose_unit, days_until_known, parse_after
from heads.data.features import Material, gather, parse_inputs, read_profile
from heads.data.given_splits import choose_split
from heads.data.history import check_delay
from heads.data.posts import load_labelled
from heads.data.splits import Fold, Split


@dataclass(frozen=True)
class Options:
    """Options that fitting, evaluating and exporting have in common.

    Attributes
    ----------
    kpi : str
        Count to predict: a column of the store (`heads.data.counts.KPIS`), ``extra.NAME`` for a
        number in the column `extra`, or an expression such as ``likes / followers``.
    inputs : str, optional
        Groups by commas; everything the store has by default.
    split : str, optional
        ``time:DATE``, ``company:FOLD/5``, ``fewshot:K``, ``random:SEED``, ``column:NAME`` or
        ``ids:FILE``; the latest fifth of the posts is held out by default.
    label_delay : float
        Days until a post's label is known.
    after : str or timedelta, optional
        Predict the count at this age of a post.
    profile : path, optional
        CSV of account facts.
    reposts, crossposts : bool
        Keep reposts, and all copies of a text that was posted in several places.
    where : str, optional
        SQL condition on the columns of `posts`: others are as if they had no count.
    """

    kpi: str = "likes"
    inputs: str | None = None
    split: str | None = None
    label_delay: float = 0
    after: str | timedelta | None = None
    profile: str | PathLike[str] | None = None
    reposts: bool = False
    crossposts: bool = False
    where: str | None = None


@dataclass(frozen=True)
class Task:
    """What is to be learned, read from a store.

    Attributes
    ----------
    options : Options
        What was asked for.
    material : Material
        The posts, with counts in `unit`, and what to look at of them.
    split : Split
        The split.
    folds : list of Fold
        Its folds.
    delay : float
        Days until a label is known, with what `after` adds.
    horizon : timedelta, optional
        The age `after`.
    unit : float
        What a count of 1 stands for; below 1 where ratios are learned.
    """

    options: Options
    material: Material
    split: Split
    delay: float
    horizon: timedelta | None
    unit: float
    folds: list[Fold] = field(default_factory=list)

    @property
    def fold(self) -> Fold:
        """The fold that a fit uses: the named one for companies, else the first."""
        return self.folds[self.split.number - 1 if self.split.kind == "company" else 0]

    def left_out(self) -> dict[str, int]:
        """Count the posts that are left out: without a count, reposts, cross-posts."""
        posts = self.material.posts
        return {"without_count": int((~posts.known).sum())} | {
            f"{name}_left_out": count for name, count in posts.left_out.items()
        }


def read_task(store: Store, options: Options, shared: Task | None = None) -> Task:
    """Read what is to be learned from a store.

    Parameters
    ----------
    store : Store
        The store.
    options : Options
        What is asked for.
    shared : Task, optional
        Another task on the same posts, whose vectors are used again.

    Raises
    ------
    InputError
        An option can't be used, or too few posts have a label.
    """
    check_delay(options.label_delay)
    horizon = parse_after(options.after)
    posts = load_labelled(
        store,
        options.kpi,
        reposts=options.reposts,
        crossposts=options.crossposts,
        after=horizon,
        where=options.where,
    )
    path = None if options.profile is None else Path(options.profile)
    facts = read_profile(path, options.kpi) if path is not None else {}
    split = choose_split(posts, options.split, store)
    folds = splits.folds(posts, split)
    # The unit is a choice, and so made from posts that are learned from.
    unit = choose_unit(options.kpi, posts.kpi[folds[0].train])
    posts = posts.with_kpi(posts.kpi / unit)
    if shared is not None:
        material = replace(shared.material, posts=posts, profile=facts)
    else:
        chosen = parse_inputs(options.inputs, store, profile=path is not None)
        material = gather(store, posts, chosen, facts)
    delay = days_until_known(options.label_delay, horizon)
    return Task(options, material, split, delay, horizon, unit, folds)


def options_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `heads.data.posts.load_posts` that a run was fitted with."""
    return {
        "kpi": settings["kpi"],
        # Heads of earlier versions learned from reposts and cross-posts too.
        "reposts": bool(settings.get("reposts", True)),
        "after": parse_after(settings.get("after")),
        "where": settings.get("where"),
    }
