"""Splits: the posts that a head learns from, and those that it is scored on."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from embedstore.errors import InputError
from heads.arrays import Indices, Mask
from heads.data.posts import Posts

Kind = Literal["time", "company", "fewshot", "random", "given"]

FOLDS = 5
FIRST_SCORED = 21
"""The post of an account from which few-shot scores, the same for every K."""

_FORMS = "time:DATE, company:FOLD/5, fewshot:K, random:SEED, column:NAME or ids:FILE"


@dataclass(frozen=True)
class Split:
    """A split as ``--split`` names it.

    Attributes
    ----------
    kind : {"time", "company", "fewshot", "random", "given"}
        Kind of the split; given by a column or a file.
    text : str
        The split as it was written.
    until : datetime64, optional
        The date of a split in time.
    number : int
        The fold (from 1), the known posts per account, or the seed.
    train, test : array, int64, optional
        Ids of the posts to learn from and to score, where they are given.
    """

    kind: Kind
    text: str
    until: np.datetime64 | None = None
    number: int = 1
    train: Indices | None = None
    test: Indices | None = None


@dataclass(frozen=True)
class Fold:
    """One division of the posts into training and test; masks of shape (n,).

    Attributes
    ----------
    train, test : bool
        Posts to learn from, posts to be scored. Both only where the label is known.
    known : bool
        Labels that may serve as anyone's history.
    until : datetime64, optional
        Date at which frozen histories end.
    cold : bool
        True where a post sees no labels of its own company.
    number : int
        Number of the fold.
    """

    train: Mask
    test: Mask
    known: Mask
    until: np.datetime64 | None
    cold: bool
    number: int


def parse_split(text: str) -> Split:
    """Read a split.

    Raises
    ------
    InputError
        It has another form, or is one that only `heads.data.given_splits` reads.
    """
    kind, _, value = text.partition(":")
    if kind == "time":
        try:
            until = np.datetime64(datetime.fromisoformat(value.strip()), "us")
            return Split("time", text, until=until)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"the split {text!r} has no date after `time:`: write time:2020-01-01"
            ) from error
    if kind == "company" and (found := re.fullmatch(rf"([1-{FOLDS}])/{FOLDS}", value)):
        return Split("company", text, number=int(found[1]))
    if kind == "fewshot" and value.isdigit() and 1 <= int(value) < FIRST_SCORED:
        return Split("fewshot", text, number=int(value))
    if kind == "random" and value.isdigit():
        return Split("random", text, number=int(value))
    raise InputError(
        f"the split {text!r} can't be read: write {_FORMS} (FOLD from 1 to {FOLDS}, K from 1 to"
        f" {FIRST_SCORED - 1})"
    )


def folds(posts: Posts, split: Split) -> list[Fold]:
    """Make all folds that an evaluation of the split pools; several by company or few shots."""
    known, labelled = posts.known, posts.labelled
    if split.kind == "time":
        assert split.until is not None
        before = posts.time < split.until
        fold = Fold(labelled & before, labelled & ~before, known, split.until, False, 1)
        return [_checked(fold, split)]
    if split.kind == "given":
        return [_checked(_given(posts, split), split)]
    if split.kind == "random":
        # By text, so that no copy of a test post is learned from.
        test = _share(_text_keys(posts), f"random:{split.number}") < 1 / FOLDS
        fold = Fold(labelled & ~test, labelled & test, known & ~test, None, False, 1)
        return [_checked(fold, split)]
    place = (_share(_company_keys(posts), "company") * FOLDS).astype(np.int64) + 1
    found = []
    for number in range(1, FOLDS + 1):
        held = place == number
        if split.kind == "company":
            fold = Fold(labelled & ~held, labelled & held, known & ~held, None, True, number)
        else:
            # The same few labels are known of everyone, so that learning sees what scoring will.
            first = posts.nth <= split.number
            fold = Fold(
                labelled & ~held & ~first,
                labelled & held & (posts.nth >= FIRST_SCORED),
                known & first,
                None,
                False,
                number,
            )
        found.append(fold)
    return [_checked(fold, split) for fold in found]


def _given(posts: Posts, split: Split) -> Fold:
    """Make the fold of a given split: one in time if all that is scored is later."""
    assert split.train is not None
    assert split.test is not None
    train = posts.labelled & np.isin(posts.post_id, split.train)
    test = posts.labelled & np.isin(posts.post_id, split.test)
    until = None
    if train.any() and test.any() and posts.time[test].min() > posts.time[train].max():
        until = posts.time[test].min()
    return Fold(train, test, (train | test) if until is not None else train, until, False, 1)


def the_fold(posts: Posts, split: Split) -> Fold:
    """Make the fold that a fit uses: the named one for companies, else the first."""
    every = folds(posts, split)
    return every[split.number - 1] if split.kind == "company" else every[0]


def fingerprint(posts: Posts, fold: Fold) -> str:
    """Hash the keys of the rows that are learned from, scored and known."""
    keys = [
        f"{source}:{row_id}"
        for source, row_id in zip(
            posts.table["source"].to_pylist(), posts.table["id"].to_pylist(), strict=True
        )
    ]
    digest = hashlib.sha256()
    for mask in (fold.train, fold.test, fold.known):
        digest.update("\n".join(sorted(keys[row] for row in np.flatnonzero(mask))).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _checked(fold: Fold, split: Split) -> Fold:
    """Refuse a fold without posts to learn from or to score."""
    for name, mask in (("learn from", fold.train), ("score", fold.test)):
        if not mask.any():
            raise InputError(
                f"the split {split.text!r} leaves no posts to {name} (fold {fold.number}): choose"
                " another one, or build more posts into the store"
            )
    return fold


def _company_keys(posts: Posts) -> list[str]:
    """Name each post's company; of a post without one, its account."""
    companies = posts.company_names.to_pylist()
    accounts = posts.account_names
    return [c or f"account {a or ''}" for c, a in zip(companies, accounts, strict=True)]


def _text_keys(posts: Posts) -> list[str]:
    """Write the texts in lower case with single spaces."""
    return [" ".join(text.lower().split()) for text in posts.texts]


def _share(keys: list[str], salt: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Hash each key to a number in [0, 1): the same in every store and version."""
    drawn = {
        key: int(hashlib.sha256(f"{salt}\0{key}".encode()).hexdigest()[:13], 16) / 16**13
        for key in set(keys)
    }
    return np.array([drawn[key] for key in keys])


def default_split(posts: Posts) -> str:
    """Return ``time:`` at the day from which the latest fifth of the labelled posts is.

    Raises
    ------
    InputError
        No post has a label.
    """
    if not posts.labelled.any():
        raise InputError("no post has both a time and a count to learn from or to score")
    ordered = np.sort(posts.time[posts.labelled])
    day = ordered[int(0.8 * len(ordered))].astype("datetime64[D]")
    return f"time:{day}"
