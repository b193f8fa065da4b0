"""The rows of ``posts.csv``, and a ledger of what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from embedstore.sample import broken
from embedstore.sample.brands import BRANDS
from embedstore.sample.calendars import FIRST_DAY
from embedstore.sample.posts import Block, World

COLUMNS = (
    "id", "date", "likes", "content", "username", "media", "inferred company", "replies",
    "retweets",
)  # fmt: skip
"""The challenge's columns, and two counts more."""

_ITEM = {"photo": "Photo", "photos": "Photo", "video": "Video", "gif": "Gif"}


@dataclass
class Ledger:
    """What the rows hold; the lists with an entry a post are in the order of the ids."""

    rows: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    media: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    without_likes: int = 0
    without_text: int = 0
    repeated_rows: list[int] = field(default_factory=list)
    same_text: list[list[int]] = field(default_factory=list)
    campaigns: list[list[int]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    topics: list[int] = field(default_factory=list)
    latent: list[float] = field(default_factory=list)
    expected: list[float] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)


def make_rows(
    world: World, posts: int, seed: int, ledger: Ledger, say: Callable[[str], None]
) -> Iterator[list[str]]:
    """Yield the rows in order, the broken and repeated ones among them, and fill the ledger."""
    rng = np.random.default_rng([seed, 2])
    extras = broken.plan(rng, posts)
    next_id = 1
    for block in world.blocks(posts):
        start = len(ledger.ids)
        gaps = rng.integers(1, 4, len(block.texts)).tolist()
        for i, row in enumerate(_good_rows(world, block)):
            row[0] = str(next_id)
            ledger.ids.append(next_id)
            ledger.rows += 1
            next_id += gaps[i]
            yield row
            for kind in extras.get(start + i, ()):
                ledger.rows += 1
                if kind == broken.REPEATED:
                    ledger.repeated_rows.append(ledger.ids[-1])
                    yield row
                else:
                    yield broken.break_row(kind, row, next_id, ledger.broken[kind])
                    ledger.broken[kind] += 1
                    next_id += 1
        _note(ledger, block, start, world)
        say(f"wrote {len(ledger.ids):,} of {posts:,} posts")


def _good_rows(world: World, block: Block) -> Iterator[list[str]]:
    midnight = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day)
    columns = zip(
        block.accounts, block.seconds, block.likes, block.texts, block.media, block.replies,
        block.retweets, strict=True,
    )  # fmt: skip
    for account_index, seconds, likes, text, media, replies, retweets in columns:
        account = world.accounts[account_index]
        yield [
            "",
            str(midnight + timedelta(seconds=seconds)),
            "" if likes is None else str(likes),
            text,
            account.username,
            media,
            BRANDS[account.brand].company,
            str(replies),
            str(retweets),
        ]


def _note(ledger: Ledger, block: Block, start: int, world: World) -> None:
    ids = ledger.ids[start:]
    ledger.without_likes += block.likes.count(None)
    ledger.without_text += block.texts.count("")
    ledger.same_text += [[ids[i] for i in pair] for pair in block.same_text]
    ledger.campaigns += [[ids[i] for i in group] for group in block.campaigns]
    ledger.topics += block.topics
    ledger.latent += block.latent
    ledger.expected += block.expected
    ledger.pictures += block.picture_effects
    alive = {f"images/{picture.name}.jpg" for picture in world.used}
    for attachment in block.attachments:
        if attachment.kind != "none":
            ledger.media[_ITEM[attachment.kind]] += len(attachment.urls)
        for url in attachment.urls:
            if url not in alive:
                kind = "unreachable" if url.startswith("http") else "missing_file"
                ledger.dead[kind] += 1
