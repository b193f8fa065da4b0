"""Write posts for a company, an account and a time that are yet to come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from embedstore.encoders.base import ImageEncoder
from embedstore.errors import InputError
from embedstore.progress import Progress, silent
from embedstore.storage import spaces
from embedstore.store import Store
from heads.arrays import Floats, Vectors, unit_or_nan
from heads.data.accounts import fold_name, no_posts_of
from heads.data.history import history, view
from heads.tweets.data import material as materials
from heads.tweets.data.material import Material
from heads.tweets.data.retrieval import Retriever
from heads.tweets.data.words import longest_shared
from heads.tweets.models.decoder import EMPHASIS
from heads.tweets.rerank import standard
from heads.tweets.saved import Loaded
from heads.tweets.scores import Rarity
from heads.tweets.writing import Draft, write

Predict = Callable[[pa.Table], pa.Table]
"""Predicts drafts (source, id, username, company, created_at, text).

The columns returned are likes, mean, low, high and run.
"""

PREDICTED = ("likes", "mean", "low", "high")

LIKES_WEIGHT = 3.0
"""Weight of the predicted likes among the scores: as much as all others together, since the
likes are what was asked for."""


@dataclass(frozen=True)
class Condition:
    """The condition that posts are written for.

    Attributes
    ----------
    company : str, optional
        The company; that of the account's posts if None.
    username : str, optional
        The account.
    date : datetime, optional
        When it would be posted (UTC if it has no zone); now if None.
    likes : float, optional
        Number of likes that are wanted.
    image : path, optional
        The picture that it goes with.
    caption : str, optional
        Content of the picture, in words.
    """

    company: str | None = None
    username: str | None = None
    date: datetime | None = None
    likes: float | None = None
    image: str | PathLike[str] | None = None
    caption: str | None = None

    def check(self, n: int) -> None:
        """Refuse a number of posts or of likes that can't be.

        Raises
        ------
        InputError
            `n` is below 1, fewer than 0 likes are wanted, or nobody is named.
        """
        if not (self.company or self.username):
            raise InputError("for whom? name an account, or a company")
        if n < 1:
            raise InputError(f"{n} posts can't be written: ask for 1 or more")
        if self.likes is not None and self.likes < 0:
            raise InputError(f"{self.likes:g} likes can't be wanted: give 0 or more")

    def draft(self, company: str) -> pa.Table:
        """Return the post to be written as a row of a table, without its text."""
        return pa.table(
            {
                "source": ["draft"],
                "id": ["1"],
                "username": pa.array([self.username], pa.string()),
                "company": pa.array([company], pa.string()),
                "created_at": pa.array([_naive(self.date)], pa.timestamp("us")),
                "photos": [1.0 if self.image is not None else 0.0],
            }
        )


@dataclass(frozen=True)
class Generated:
    """Posts that were written, and what they were written from.

    Attributes
    ----------
    decoder : str
        Name of the decoder that wrote them.
    run : str, optional
        Its run; None for a pretrained model that was not fine-tuned.
    likes_run : str, optional
        Run of the likes head that made the predictions; None without one.
    notes : list of str
        Warnings for the reader: an unseen company, no likes head, texts left out.
    condition : dict
        Company, account, date, likes wanted, the relative level that they are, and the likes
        that the account is expected to get.
    posts : list of dict
        The best first: text, likes, low, high (None without a likes head), copied (words of
        the longest run shared with a neighbour), bits_per_byte.
    neighbours : list of dict
        The posts that were given: post_id, why, created_at, username, level, text.
    left_out : dict
        Number of candidates that were not shown, by reason.
    """

    decoder: str
    run: str | None
    likes_run: str | None
    notes: list[str]
    condition: dict[str, Any]
    posts: list[dict[str, Any]]
    neighbours: list[dict[str, Any]]
    left_out: dict[str, int]

    def table(self) -> pa.Table:
        """Return the posts as rows."""
        columns = ("rank", "likes", "low", "high", "copied", "text")
        rows = [{name: post[name] for name in columns} for post in self.posts]
        return pa.Table.from_pylist(rows) if rows else pa.table({name: [] for name in columns})


def write_posts(
    store: Store,
    loaded: Loaded,
    condition: Condition,
    *,
    n: int = 5,
    candidates: int | None = None,
    seed: int = 0,
    predict: Predict | None = None,
    progress: Progress = silent,
) -> Generated:
    """Write posts with a decoder and order them.

    Parameters
    ----------
    store : Store
        Whose posts are looked at; never one at the condition's date or later.
    loaded : Loaded
        The decoder.
    condition : Condition
        The condition to write for.
    n : int
        Posts to return, at most.
    candidates : int, optional
        Texts to draw and choose from; the number that the decoder was tried with, or 3 n.
    seed : int
        The same seed gives the same texts.
    predict : callable, optional
        Predicts the likes of drafts; without it none are predicted.
    progress : callable
        Told of every step.

    Raises
    ------
    InputError
        The condition can't be used.
    """
    condition.check(n)
    stored = materials.gather(store, captions=loaded.captions)
    company = condition.company or _company_of(condition.username, stored)
    named = _stored_name(company, stored.companies)
    table = condition.draft(named or company)
    material, row = _with_draft(store, stored, table, condition)
    retriever = Retriever(material, np.ones(len(material.posts), dtype=bool))
    sampling = loaded.choice.sampling
    sampling = replace(
        sampling,
        count=candidates or max(sampling.count, 3 * n),
        emphasis=sampling.emphasis if condition.likes is None else EMPHASIS,
    )
    [draft] = write(
        store, loaded.decoder, material, retriever, np.array([row]), sampling,
        Rarity(stored.texts), seed=seed, progress=progress,
    )  # fmt: skip
    notes = _notes(condition, company, named, stored, material, draft)
    if predict is None:
        notes.append(f"no likes are predicted: train a head with `heads fit likes {store.path}`")
    predicted, likes_run = _predicted(predict, table, draft) if predict else (None, None)
    posts = _best(loaded, draft, predicted, condition.likes, n)
    if len(posts) < n:
        notes.append(f"{len(posts)} of {n} posts: the other candidates were not fit to be shown")
    refused = [reason for reason in draft.candidates.refused if reason is not None]
    return Generated(
        loaded.decoder.title,
        loaded.run_id,
        likes_run,
        notes,
        {
            "company": named or company,
            "username": condition.username,
            "date": table["created_at"][0].as_py(),
            "likes": condition.likes,
            "level": _level(material, row),
            "expected_likes": round(float(np.expm1(material.expected[row])), 1),
        },
        posts,
        _neighbours(material, draft),
        {reason: refused.count(reason) for reason in sorted(set(refused))},
    )


def _naive(date: datetime | None) -> datetime:
    """Return a moment in UTC without its zone; now if there is none."""
    found = datetime.now(UTC) if date is None else date
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo is not None else found


def _company_of(username: str | None, stored: Material) -> str:
    """Return the company that an account's posts name.

    Raises
    ------
    InputError
        The account has no posts, or none that names a company.
    """
    assert username is not None
    posts = stored.posts
    rows = posts.rows_by_name.get(fold_name(username))
    if rows is None:
        remedy = "name a company to write for a new account"
        raise InputError(no_posts_of(username, posts.table["username"], remedy))
    company: str | None = posts.company_names[int(rows[-1])].as_py()
    if company is None:
        raise InputError(f"no post of {username} names its company: name it yourself")
    return company


def _stored_name(company: str, known: Sequence[str]) -> str | None:
    """Return a company's name as the store spells it; None if the store has no posts of it."""
    wanted = company.strip().lower()
    return next((name for name in known if name and name.lower() == wanted), None)


def _level(material: Material, row: int) -> int | None:
    """Return the relative level of a post from 1 to 10; None where it is not known."""
    level = int(material.level[row])
    return level + 1 if level >= 0 else None


def _with_draft(
    store: Store, stored: Material, table: pa.Table, condition: Condition
) -> tuple[Material, int]:
    """Add the post to be written to the material; returns both and the post's row."""
    likes, caption = condition.likes, condition.caption
    name = table["company"][0].as_py()
    both = stored.posts.plus(table)
    seen = view(both, mode="online", until=None, delay_days=0, known=both.known)
    [row] = both.rows_of([-1]).tolist()
    expected = history(both, seen).expected[[row]]
    relative = np.array([np.nan]) if likes is None else np.log1p(likes) - expected
    words = materials.encode(store, stored.spaces.texts, [name, *([caption] if caption else [])])
    blank = np.full((1, stored.vectors.shape[1]), np.nan, dtype=np.float32)
    found, rows = materials.with_drafts(
        stored,
        table,
        names={name: words[0]},
        captions=[caption],
        caption_vectors=words[1:2] if caption else blank,
        images=_image_vector(store, stored, condition.image),
        expected=expected,
        level=materials.levels(relative, stored.edges),
    )
    return found, int(rows[0])


def _image_vector(store: Store, stored: Material, image: str | PathLike[str] | None) -> Vectors:
    """Encode the picture, shape (1, dim); NaN, which the decoder masks, without one."""
    blank = np.full((1, stored.images.shape[1]), np.nan, dtype=np.float32)
    if image is None:
        return blank
    if stored.spaces.images is None:
        raise InputError(
            f"{store.path} has no vectors of pictures: build it with --images, or describe the"
            " picture with a caption"
        )
    space = store.space(stored.spaces.images)
    encoder = store.encoder(space)
    assert isinstance(encoder, ImageEncoder)
    [(_, found)] = list(encoder.encode_images([Path(image)]))
    if isinstance(found, Exception):
        raise found
    vector = found[spaces.output_of(space, encoder).name]
    return unit_or_nan(np.asarray(vector, dtype=np.float32)[None])


def _notes(
    condition: Condition,
    company: str,
    named: str | None,
    stored: Material,
    material: Material,
    draft: Draft,
) -> list[str]:
    """Say where the condition is not known to the store."""
    notes: list[str] = []
    if named is None:
        others = sorted({material.companies[row] for row in draft.neighbour_rows})
        notes.append(
            f"the store has no posts of {company!r}: written from time"
            + (", picture" if condition.image is not None else "")
            + f" and posts of {', '.join(others) or 'nobody'}"
        )
    elif condition.username is not None and (
        fold_name(condition.username) not in stored.posts.account_names
    ):
        notes.append(
            f"the store has no posts of the account {condition.username!r}: {named}'s others serve"
        )
    if condition.image is None and condition.caption is None:
        notes.append("no picture was given: its vector is masked")
    return notes


def _predicted(
    predict: Predict, table: pa.Table, draft: Draft
) -> tuple[dict[str, list[float]], str]:
    """Predict the likes of each candidate with their interval, by name; by which head."""
    texts = [item.text or " " for item in draft.candidates.written]
    every = pa.concat_tables([table] * len(texts)).drop_columns(["photos", "id"])
    every = every.append_column("id", pa.array([str(k + 1) for k in range(len(texts))]))
    found = predict(every.append_column("text", pa.array(texts)))
    return {name: found[name].to_pylist() for name in PREDICTED}, found["run"][0].as_py()


def _best(
    loaded: Loaded,
    draft: Draft,
    predicted: dict[str, list[float]] | None,
    likes: float | None,
    n: int,
) -> list[dict[str, Any]]:
    """Return the n best different candidates with their predicted likes, the best first."""
    wanted: Floats | None = None
    if likes is not None and predicted is not None:
        gap = np.abs(np.log1p(np.array(predicted["likes"])) - np.log1p(likes))
        wanted = LIKES_WEIGHT * standard(-gap[:, None])[:, 0]
    posts: list[dict[str, Any]] = []
    shown: set[str] = set()
    for place in draft.candidates.order(loaded.choice.weights, wanted):
        item = draft.candidates.written[place]
        if draft.candidates.refused[place] is not None or item.text in shown or len(posts) == n:
            continue
        shown.add(item.text)
        numbers = {
            name: None if predicted is None else predicted[name][place] for name in PREDICTED
        }
        posts.append(
            {
                "rank": len(posts) + 1,
                "text": item.text,
                **numbers,
                "copied": longest_shared(item.text, draft.neighbours),
                "bits_per_byte": round(item.bits / max(1, len(item.text.encode())), 3),
            }
        )
    return posts


def _neighbours(material: Material, draft: Draft) -> list[dict[str, Any]]:
    """List the earlier posts that the decoder was given, with the reason for each."""
    return [
        {
            "post_id": int(material.posts.post_id[row]),
            "why": why,
            "created_at": material.posts.time[row].item(),
            "username": material.accounts[row],
            "level": _level(material, row),
            "text": material.texts[row],
        }
        for row, why in zip(draft.neighbour_rows, draft.chain.why, strict=False)
    ]
