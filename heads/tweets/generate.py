"""Write posts for a company, an account and a time that are yet to come."""

from collections.abc import Sequence
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
from heads.data.history import history, view
from heads.tweets.data import material as materials
from heads.tweets.data.material import Material
from heads.tweets.data.retrieval import Retriever
from heads.tweets.data.words import longest_shared
from heads.tweets.models.decoder import EMPHASIS
from heads.tweets.rerank import standard
from heads.tweets.saved import Loaded, load_decoder
from heads.tweets.scores import Rarity
from heads.tweets.writing import Draft, write


@dataclass(frozen=True)
class Generated:
    """Posts that were written, and what they were written from.

    Attributes
    ----------
    decoder : str
        Which decoder wrote them.
    run : str, optional
        Its run; None for a pretrained model that was not fine-tuned.
    notes : list of str
        What the reader should know: an unseen company, no likes head, texts left out.
    condition : dict
        Company, account, date, likes wanted, its relative level and what the account is
        expected to get.
    posts : list of dict
        The best first: text, likes, low, high (None without a likes head), copied (words of
        the longest run shared with a neighbour), bits_per_byte.
    neighbours : list of dict
        The posts that were given: post_id, why, created_at, username, level, text.
    left_out : dict
        How many candidates were not shown, by reason.
    """

    decoder: str
    run: str | None
    notes: list[str]
    condition: dict[str, Any]
    posts: list[dict[str, Any]]
    neighbours: list[dict[str, Any]]
    left_out: dict[str, int]

    def table(self) -> pa.Table:
        """The posts as rows."""
        columns = ("rank", "likes", "low", "high", "copied", "text")
        rows = [{name: post[name] for name in columns} for post in self.posts]
        return pa.Table.from_pylist(rows) if rows else pa.table({name: [] for name in columns})


def generate(
    store: Store,
    *,
    company: str,
    username: str | None = None,
    date: datetime | None = None,
    likes: float | None = None,
    image: str | PathLike[str] | None = None,
    caption: str | None = None,
    run: str | None = None,
    decoder: str | None = None,
    device: str = "auto",
    seed: int = 0,
    n: int = 5,
    candidates: int | None = None,
    progress: Progress = silent,
) -> Generated:
    """Write posts.

    Parameters
    ----------
    store : Store
        Whose posts are looked at; never one at `date` or later.
    company : str
        For whom; one that the store has never seen is written for from similar ones.
    username : str, optional
        The account.
    date : datetime, optional
        When it would be posted (UTC if it has no zone); now if not said.
    likes : float, optional
        How many are wanted.
    image : path, optional
        The picture that it goes with.
    caption : str, optional
        What the picture shows, in words.
    run, decoder : str, optional
        Which decoder: a run, or a pretrained model by name; the newest run if not said.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    seed : int
        The same seed gives the same texts.
    n : int
        Posts to return, at most.
    candidates : int, optional
        Texts to draw and choose from; the number that the decoder was tried with, or 3 n.
    progress : callable
        Told of every step.

    Raises
    ------
    InputError
        There is no decoder, or an option can't be used.
    """
    if n < 1:
        raise InputError(f"{n} posts can't be written: ask for 1 or more")
    if likes is not None and likes < 0:
        raise InputError(f"{likes:g} likes can't be wanted: give 0 or more")
    loaded = load_decoder(store, run=run, decoder=decoder, device=device)
    when = _naive(date)
    stored = materials.gather(store, captions=loaded.captions)
    named = _stored_name(company, stored.companies)
    table = pa.table(
        {
            "source": ["draft"],
            "id": ["1"],
            "username": pa.array([username], pa.string()),
            "company": pa.array([named or company], pa.string()),
            "created_at": pa.array([when], pa.timestamp("us")),
            "photos": [1.0 if image is not None else 0.0],
        }
    )
    material, row = _with_draft(store, stored, table, likes, caption, image)
    retriever = Retriever(material, np.ones(len(material.posts), dtype=bool))
    sampling = loaded.choice.sampling
    sampling = replace(
        sampling,
        count=candidates or max(sampling.count, 3 * n),
        emphasis=sampling.emphasis if likes is None else EMPHASIS,
    )
    [draft] = write(
        store, loaded.decoder, material, retriever, np.array([row]), sampling,
        Rarity(stored.texts), seed=seed, progress=progress,
    )  # fmt: skip
    notes: list[str] = []
    near = draft.chain.rows[:-1].tolist()
    if named is None:
        others = sorted({material.companies[other] for other in near})
        notes.append(
            f"the store has no posts of {company!r}: written from time"
            + (", picture" if image is not None else "")
            + f" and posts of {', '.join(others) or 'nobody'}"
        )
    elif username is not None and username not in stored.accounts:
        notes.append(f"the store has no posts of the account {username!r}: {named}'s others serve")
    if image is None and caption is None:
        notes.append("no picture was given: its vector is masked")
    posts = _ordered(store, loaded, draft, table, likes, n, notes)
    refused = [reason for reason in draft.candidates.refused if reason is not None]
    if len(posts) < n:
        notes.append(f"{len(posts)} of {n} posts: the other candidates were not fit to be shown")
    return Generated(
        loaded.decoder.title,
        loaded.run_id,
        notes,
        {
            "company": named or company,
            "username": username,
            "date": when,
            "likes": likes,
            "level": int(material.level[row]) + 1 if material.level[row] >= 0 else None,
            "expected_likes": round(float(np.expm1(material.expected[row])), 1),
        },
        posts,
        [
            {
                "post_id": int(material.posts.post_id[other]),
                "why": why,
                "created_at": material.posts.time[other].item(),
                "username": material.accounts[other],
                "level": int(material.level[other]) + 1 if material.level[other] >= 0 else None,
                "text": material.texts[other],
            }
            for other, why in zip(near, draft.chain.why, strict=False)
        ],
        {reason: refused.count(reason) for reason in sorted(set(refused))},
    )


def _naive(date: datetime | None) -> datetime:
    found = datetime.now(UTC) if date is None else date
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo is not None else found


def _stored_name(company: str, known: Sequence[str]) -> str | None:
    """The company as the store spells it."""
    wanted = company.strip().lower()
    return next((name for name in known if name and name.lower() == wanted), None)


def _with_draft(
    store: Store,
    stored: Material,
    table: pa.Table,
    likes: float | None,
    caption: str | None,
    image: str | PathLike[str] | None,
) -> tuple[Material, int]:
    """The material and one post to be written, and its row."""
    texts = stored.spaces.texts
    name = table["company"][0].as_py()
    both = stored.posts.plus(table)
    seen = view(both, mode="online", until=None, delay_days=0, known=both.known)
    [row] = both.rows_of([-1]).tolist()
    expected = history(both, seen).level[[row]]
    relative = np.array([np.nan]) if likes is None else np.log1p(likes) - expected
    words = materials.encode(store, texts, [name, *([caption] if caption else [])])
    blank = np.full((1, stored.vectors.shape[1]), np.nan, dtype=np.float32)
    found, rows = materials.with_drafts(
        stored,
        table,
        names={name: words[0]},
        captions=[caption],
        caption_vectors=words[1:2] if caption else blank,
        images=_image_vector(store, stored, image),
        expected=expected,
        level=materials.levels(relative, stored.edges),
    )
    return found, int(rows[0])


def _image_vector(store: Store, stored: Material, image: str | PathLike[str] | None) -> Vectors:
    """The picture's vector, shape (1, dim); NaN, which is masked, without one."""
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


def _ordered(
    store: Store, loaded: Loaded, draft: Draft, table: pa.Table, likes: float | None, n: int,
    notes: list[str],
) -> list[dict[str, Any]]:  # fmt: skip
    """The n best candidates with what is predicted of them."""
    written = draft.candidates.written
    predicted = _predicted(store, table, [item.text or " " for item in written], notes)
    wanted: Floats | None = None
    if likes is not None and predicted is not None:
        gap = np.abs(np.log1p(np.array(predicted["likes"])) - np.log1p(likes))
        # As much as all else together: the level is what was asked for.
        wanted = 3.0 * standard(-gap[:, None])[:, 0]
    posts: list[dict[str, Any]] = []
    seen: set[str] = set()
    for place in draft.candidates.order(loaded.choice.weights, wanted):
        item = written[place]
        if draft.candidates.refused[place] is not None or item.text in seen or len(posts) == n:
            continue
        seen.add(item.text)
        numbers = {
            name: None if predicted is None else predicted[name][place]
            for name in ("likes", "mean", "low", "high")
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


def _predicted(
    store: Store, table: pa.Table, texts: list[str], notes: list[str]
) -> dict[str, list[float]] | None:
    """Likes of each text with their interval; None without a likes head."""
    from heads.likes.predict import predict_likes

    if not store.sql("SELECT run_id FROM runs WHERE head = 'likes' LIMIT 1").num_rows:
        notes.append(f"no likes are predicted: train a head with `heads fit likes {store.path}`")
        return None
    count = len(texts)
    every = pa.concat_tables([table] * count).drop_columns(["photos", "id"])
    every = every.append_column("id", pa.array([str(k + 1) for k in range(count)]))
    found = predict_likes(store, every.append_column("text", pa.array(texts)))
    return {name: found[name].to_pylist() for name in ("likes", "mean", "low", "high")}
