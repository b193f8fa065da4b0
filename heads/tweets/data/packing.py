"""Chains of posts as a batch of tokens: several posts to a line, and who may look at whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from heads.tweets.data.material import Material, level_codes
from heads.tweets.data.retrieval import Chain
from heads.tweets.data.vocabulary import CAPTION, COMPANY, END, IMAGE, NOTHING, WRITE

LONGEST = 120
"""Tokens of a neighbour that are looked at; 99% of tweets have fewer."""

LINE = 128
"""Tokens in a line of posts; more where a post needs them."""

Words = Callable[[str], list[int]]
"""Tokens of a text."""


def batches_of_like_length(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Group places by length, so that little is padded.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each item.
    tokens : int
        Tokens of a batch, padding included, unless one item alone has more.
    """
    batches: list[list[int]] = []
    for place in np.argsort(lengths, kind="stable").tolist():
        if not batches or lengths[place] * (len(batches[-1]) + 1) > tokens:
            batches.append([])
        batches[-1].append(place)
    return batches


@dataclass
class Packed:
    """A batch of C chains, each of up to P posts whose tokens lie in R lines of W places.

    Attributes
    ----------
    tokens, post, place : tensor, shape (C, R, W), int64
        Tokens, number of their post in the chain, position in their post. Posts P to 2P − 1 are
        captions, post 2P is the token that stands for nothing; −1 where there is only padding.
    next_token : tensor, shape (C, R, W), int64
        The token that comes next; −100 where nothing is to be learned.
    visible : tensor, shape (C, 2P + 1, 2P + 1), bool
        True where a post (dimension 1) may look at another (dimension 2).
    company, image, clock : tensor, shape (C, P, dim), float32
        Vectors of the posts.
    level, media : tensor, shape (C, P), int64
        Codes of relative level and kind of media.
    """

    tokens: Tensor
    post: Tensor
    place: Tensor
    next_token: Tensor
    visible: Tensor
    company: Tensor
    image: Tensor
    clock: Tensor
    level: Tensor
    media: Tensor

    def to(self, device: torch.device | str) -> "Packed":
        """Move the batch to another device."""
        return Packed(**{name: value.to(device) for name, value in vars(self).items()})


@dataclass(frozen=True)
class _Part:
    """A post, a caption or the token for nothing: its number in the chain, tokens, next tokens."""

    post: int
    tokens: list[int]
    next_token: list[int]


def pack(
    words: Words, material: Material, chains: Sequence[Chain], *, blank: bool = False
) -> Packed:
    """Pack chains into a batch; with `blank`, targets are only the slots they begin with."""
    most = max(len(chain.rows) for chain in chains)
    parts = [_parts(words, material, chain, most, blank=blank) for chain in chains]
    width = max(LINE, max(len(part.tokens) for some in parts for part in some))
    lines = [_lines(some, width) for some in parts]
    shape = (len(chains), max(len(some) for some in lines), width)
    tokens, place = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    post, next_token = np.full(shape, -1), np.full(shape, -100)
    rows = np.zeros((len(chains), most), dtype=np.int64)
    visible = np.zeros((len(chains), 2 * most + 1, 2 * most + 1), dtype=bool)
    for number, chain in enumerate(chains):
        own = np.arange(len(chain.rows))
        rows[number, own] = chain.rows
        visible[number, : len(own), : len(own)] = chain.visible
        visible[number, own, most + own] = True  # Its caption.
        for line, some in enumerate(lines[number]):
            start = 0
            for part in some:
                here = (number, line, slice(start, start + len(part.tokens)))
                tokens[here], next_token[here] = part.tokens, part.next_token
                post[here], place[here] = part.post, np.arange(len(part.tokens))
                start += len(part.tokens)
    visible[:, :, 2 * most] = True
    images = np.nan_to_num(material.images[rows])
    if not images.shape[-1]:
        images = np.zeros((*rows.shape, 1), dtype=np.float32)
    arrays = (
        tokens, post, place, next_token, visible,
        material.company_vectors[rows], images, material.clock[rows],
        level_codes(material, rows), material.media[rows],
    )  # fmt: skip
    return Packed(*(torch.from_numpy(array) for array in arrays))


def _parts(
    words: Words, material: Material, chain: Chain, most: int, *, blank: bool
) -> list[_Part]:
    """List the parts of a chain: the token for nothing, posts, captions."""
    parts = [_Part(2 * most, [NOTHING], [-100])]
    begin = [COMPANY, IMAGE, WRITE]
    for number, row in enumerate(chain.rows.tolist()):
        caption = material.captions[row]
        if chain.target[number] and caption:
            ids = [CAPTION, *words(caption)[:LONGEST]]
            parts.append(_Part(most + number, ids, [-100] * len(ids)))
        if not chain.target[number]:
            ids = [*begin, *words(material.texts[row])[:LONGEST], END]
            parts.append(_Part(number, ids, [-100] * len(ids)))
        elif blank:
            parts.append(_Part(number, begin, [-100] * len(begin)))
        else:
            own = words(material.texts[row])
            parts.append(_Part(number, [*begin, *own, END], [-100, -100, *own, END, -100]))
    return parts


def _lines(parts: Sequence[_Part], width: int) -> list[list[_Part]]:
    """Fit parts into lines of at most `width` tokens, each in the first line that has room."""
    lines: list[list[_Part]] = []
    room: list[int] = []
    for part in parts:
        size = len(part.tokens)
        place = next((k for k, left in enumerate(room) if left >= size), len(lines))
        if place == len(lines):
            lines.append([])
            room.append(width)
        lines[place].append(part)
        room[place] -= size
    return lines
