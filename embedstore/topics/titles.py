"""Titles of topics by SmolLM2, a small language model, from their representative posts.

The model sees two examples and the posts nearest to a topic's centre, each of another company, and
goes on where the title stands; the likeliest token is taken each time, so that the same topic has
the same title. A title that repeats itself, or shares no word with the topic, is dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.weights import smollm2
from embedstore.errors import InputError
from embedstore.progress import Progress, silent, told
from embedstore.topics.words import stem

POSTS = 3
"""Posts that stand for a topic."""

LETTERS = 160
"""Letters of a post that are looked at."""

SHORTEST = 20
"""Letters of a post that says enough."""

MOST = 100
"""Topics that get a title, the largest; each takes about a second of one core."""

TOKENS = 10
"""Tokens of a title."""

_EXAMPLES = """Give each group of social media posts a short topic title.

Posts:
- Sorry your flight is delayed, our team at the airport is on it
- We have found your luggage and will send it home
Keywords: flight delayed, airport, luggage
Title: Flight delays and lost luggage

Posts:
- Our new album is out now, listen here
- Which song is your favourite?
Keywords: album, song, listen
Title: New music releases

"""
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|<\w+>|&\w+;|@\w+")


@dataclass(frozen=True)
class Sketch:
    """What a title is made of.

    Attributes
    ----------
    posts : list of str
        Representative posts.
    words : list of str
        The topic's words.
    """

    posts: list[str]
    words: list[str]


def sketch(
    texts: Sequence[str],
    owner: Indices,
    score: Vectors,
    rows: Indices,
    words: list[str],
) -> Sketch:
    """Choose the posts that stand for a topic: the nearest to its centre, one of each company.

    Parameters
    ----------
    texts, owner, score : sequences, length n
        Text, company and similarity to the centre of all posts.
    rows : array, shape (m,), int64
        The topic's posts.
    words : list of str
        The topic's words.
    """
    chosen: dict[int, str] = {}
    for row in rows[np.argsort(-score[rows], kind="stable")].tolist():
        text = " ".join(_NO_WORDS.sub(" ", texts[row]).split())[:LETTERS]
        if len(text) >= SHORTEST:
            chosen.setdefault(int(owner[row]), text)
        if len(chosen) == POSTS:
            break
    return Sketch(list(chosen.values()), words)


def require_model() -> None:
    """Raise unless the model is here.

    Raises
    ------
    InputError
        It isn't installed.
    """
    if not smollm2.is_here():
        raise InputError(
            "SmolLM2 isn't installed: run `embedstore models install smollm2`, or name topics by"
            " their words"
        )


def write_titles(sketches: Sequence[Sketch], progress: Progress = silent) -> list[str | None]:
    """Write a title for each topic; None where the model has nothing usable to say.

    Raises
    ------
    InputError
        The model isn't installed.
    """
    require_model()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    source = str(smollm2.folder())
    tokenizer: Any = AutoTokenizer.from_pretrained(source)
    model: Any = AutoModelForCausalLM.from_pretrained(source, dtype=torch.bfloat16)
    model.eval()
    found: list[str | None] = []
    for each in told(progress, "name", sketches, "topics"):
        ids = tokenizer(_prompt(each), return_tensors="pt").input_ids
        with torch.inference_mode():
            written = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=TOKENS,
                do_sample=False,
                pad_token_id=tokenizer.eos_token_id,
            )
        tokens = written[0, ids.shape[1] :]
        said = tokenizer.decode(tokens, skip_special_tokens=True).strip()
        found.append(usable(said, each.words, cut=len(tokens) == TOKENS and "\n" not in said))
    return found


def _prompt(given: Sketch) -> str:
    posts = "".join(f"- {post}\n" for post in given.posts)
    return f"{_EXAMPLES}Posts:\n{posts}Keywords: {', '.join(given.words[:6])}\nTitle:"


def usable(said: str, words: Sequence[str], *, cut: bool = False) -> str | None:
    """Take the title out of what the model said, if it is one.

    Parameters
    ----------
    said : str
        What the model said; its first line counts.
    words : sequence of str
        The topic's words: a title has one of them.
    cut : bool
        It was cut off in the middle: then it is none.
    """
    title = said.strip().partition("\n")[0].strip(" .\"'")
    found = [stem(word) for word in re.findall(r"[^\W_]+", title.lower())]
    known = {stem(word) for word in words}
    if cut or not known & set(found) or len(set(found)) < len(found):
        return None
    return title
