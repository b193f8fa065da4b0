"""A draft in other forms, by a head: shorter, with a picture, without its link."""

import re
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa

from embedstore.errors import InputError
from heads.likes.drafts import show
from heads.likes.known import known
from heads.likes.predict import predict_likes
from heads.likes.saved import load_head
from heads.reports.times import chance_over, ratio, repeated_post, rows_of_account
from heads.stores import StoreLike, holding

_LINK = re.compile(r"\s*(?:<hyperlink>|https?://\S+|www\.\S+)")
_HASHTAG = re.compile(r"\s*#\w+")
_MENTION = re.compile(r"\s*(?:<mention>|@\w+)")
_EMOJI = re.compile(r"\s*[\U0001F000-\U0001FAFF\u2600-\u27BF\uFE0F\u200D]+")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Variant:
    """A draft in one form.

    Attributes
    ----------
    change : str
        What is changed, such as ``without the link``; ``as written`` for the draft itself.
    text : str
        Its text.
    likes, low, high : float
        Median and 90% interval, likes.
    multiple : float
        Of the draft as written.
    chance : float, optional
        Probability of doing better than as written.
    unlike : str
        In which way it is unlike the store's posts; empty if it is not.
    """

    change: str
    text: str
    likes: float
    low: float
    high: float
    multiple: float
    chance: float | None
    unlike: str


def what_if(
    store: StoreLike,
    username: str,
    text: str,
    *,
    date: datetime | None = None,
    image: str | PathLike[str] | None = None,
    run: str | None = None,
) -> list[Variant]:
    """Ask a head what a draft would get in other forms: an association, not a promise.

    Parameters
    ----------
    store : Store or path
        The store whose posts are history.
    username : str
        The account that would post.
    text : str
        The draft.
    date : datetime, optional
        When it would be posted, UTC; an hour after the store's last post by default.
    image : path, optional
        A picture that would go with it.
    run : str, optional
        Run of the head; the pinned one or the newest by default.

    Returns
    -------
    list of Variant
        The draft as written, then each change that alters it.

    Raises
    ------
    InputError
        There is no such head or account, or no text.
    MediaError
        The picture can't be read.
    """
    if not text.strip():
        raise InputError("there is no text: say with --text what would be posted")
    with holding(store) as opened:
        head = load_head(opened, run)
        posts = known(opened, head).material.posts
        row = int(rows_of_account(posts, username)[-1])
        moment = date or (posts.time.max() + np.timedelta64(1, "h")).astype("datetime64[s]").item()
        texts = {"as written": text.strip(), **changed_texts(text.strip())}
        at = np.array([moment], dtype="datetime64[us]")
        plain = [repeated_post(posts, row, at, said) for said in texts.values()]
        names = list(texts)
        if image is None:
            tables = [_with_media(table) for table in plain]
            tables += [_with_media(plain[0], photos=1), _with_media(plain[0], videos=1)]
            names += ["with a photo", "with a video"]
        else:
            tables = [_with_media(show(table, Path(image))) for table in plain]
            tables.append(_with_media(plain[0]))
            names.append("without the picture")
        drafts = pa.concat_tables(tables, promote_options="default")
        found = predict_likes(opened, drafts, run=head.run_id)
    likes = np.array(found["likes"].to_pylist())
    chances = chance_over(head, likes, float(likes[0]))
    return [
        Variant(
            name,
            drafts["text"][place].as_py(),
            float(likes[place]),
            found["low"][place].as_py(),
            found["high"][place].as_py(),
            ratio(float(likes[place]), float(likes[0])),
            None if chances is None or place == 0 else float(chances[place]),
            found["unlike"][place].as_py(),
        )
        for place, name in enumerate(names)
    ]


def _with_media(table: pa.Table, **counts: int) -> pa.Table:
    """Say how many photos, videos and GIFs a draft has; none where nothing is said."""
    for name in ("photos", "videos", "gifs"):
        if name not in table.column_names:
            table = table.append_column(name, pa.array([counts.get(name, 0)]))
    if "duration" not in table.column_names:
        table = table.append_column("duration", pa.array([0.0]))
    return table


def changed_texts(text: str) -> dict[str, str]:
    """Write a text in other forms; those that change nothing, or leave nothing, are left out."""
    forms = {
        "shorter": shorter(text),
        "without the link": _LINK.sub("", text),
        "without hashtags": _HASHTAG.sub("", text),
        "without mentions": _MENTION.sub("", text),
        "without emoji": _EMOJI.sub("", text),
    }
    tidy = {name: " ".join(form.split()) for name, form in forms.items()}
    same = " ".join(text.split())
    return {name: form for name, form in tidy.items() if form and form != same}


def shorter(text: str) -> str:
    """Keep the first sentences of a text, up to half of it; of one sentence, half its words."""
    sentences = _SENTENCE.split(text)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) > len(text) / 2:
            break
        kept = f"{kept} {sentence}"
    if len(sentences) > 1 and len(kept) < len(text):
        return kept
    words = text.split()
    return " ".join(words[: max(1, len(words) // 2)])
