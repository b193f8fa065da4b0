"""The posts: who, when, about what, with which words and pictures, and how many likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from embedstore.sample import effects
from embedstore.sample.accounts import make_accounts, topic_leaning
from embedstore.sample.brands import BRANDS
from embedstore.sample.calendars import FIRST_DAY, N_DAYS, TOPICS, holiday_on, topic_weights
from embedstore.sample.media_field import KINDS, Attachment
from embedstore.sample.pictures import Picture, plan_pictures, random_name, scenes_for
from embedstore.sample.texts import campaign_topics, random_integers, write_campaign, write_text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 20_000
"""Posts made at a time: texts are distinct within a block, apart from planted repeats."""

_KIND_SHARES = {"help": (0.62, 0.28, 0.0, 0.05, 0.05), "": (0.14, 0.60, 0.07, 0.15, 0.04)}
_WEEKDAY_SHARES = (1.0, 1.1, 1.1, 1.1, 1.0, 0.55, 0.5)
_HOUR_SHARES = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 18, 17, 17, 16, 15, 14, 12, 10, 8, 6, 4, 2)
_REPEATABLE = ("launch", "sale", "event", "tip", "hiring", "ask")
_REPEATS_PER_POST, _CAMPAIGNS_PER_POST = 0.006, 1 / 450
_RARE = 0.003
_MISSING, _UNREACHABLE = 0.05, 0.03
_DEAD_HOSTS = ("img.closed-cdn.invalid", "media.old-agency.invalid", "pics.gone.invalid")


@dataclass
class Block:
    """Some posts and their part of the truth; every list has one entry a post."""

    accounts: list[int] = field(default_factory=list)
    seconds: list[int] = field(default_factory=list)
    topics: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    likes: list[int | None] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    retweets: list[int] = field(default_factory=list)
    latent: list[float] = field(default_factory=list)
    expected: list[float] = field(default_factory=list)
    picture_effects: list[float] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    same_text: list[list[int]] = field(default_factory=list)
    campaigns: list[list[int]] = field(default_factory=list)


@dataclass
class _Plan:
    accounts: Ints
    seconds: Ints
    topics: Ints
    kinds: list[str]
    same_text: list[list[int]]
    campaigns: list[list[int]]


class World:
    """All that the posts of one seed have in common."""

    def __init__(self, seed: int, pictures_per_scene: int) -> None:
        self.rng = np.random.default_rng([seed, 0])
        self.accounts = make_accounts(self.rng)
        self._draw: Callable[[], int] = random_integers(self.rng).__next__
        self.pictures = plan_pictures(self._draw, pictures_per_scene)
        self.used: set[Picture] = set()
        self._rates = np.asarray([account.rate for account in self.accounts])
        self._bases = np.asarray([account.base for account in self.accounts])
        self._walks = np.asarray([account.walk for account in self.accounts])
        self._leaning = topic_leaning(self.accounts)
        shares = [_KIND_SHARES.get(account.role, _KIND_SHARES[""]) for account in self.accounts]
        self._kinds = np.cumsum(shares, axis=1)[:, :-1]
        self._by_brand = [
            [i for i, account in enumerate(self.accounts) if account.brand == brand]
            for brand in range(len(BRANDS))
        ]

    def blocks(self, posts: int) -> Iterator[Block]:
        """Make the posts, a block at a time."""
        for start in range(0, posts, BLOCK):
            yield self._block(min(BLOCK, posts - start))

    def _block(self, n: int) -> Block:
        plan = self._plan(n)
        texts = self._texts(plan)
        block = Block(
            accounts=plan.accounts.tolist(),
            seconds=plan.seconds.tolist(),
            topics=plan.topics.tolist(),
            texts=texts,
            same_text=plan.same_text,
            campaigns=plan.campaigns,
        )
        for i, text in enumerate(texts):
            attachment, effect = self._attach(block, i, plan.kinds[i], text)
            block.attachments.append(attachment)
            block.picture_effects.append(effect)
        self._count_likes(block, plan)
        return block

    def _plan(self, n: int) -> _Plan:
        rng = self.rng
        accounts = rng.choice(len(self.accounts), n, p=self._rates / self._rates.sum())
        weekdays = (np.arange(N_DAYS) + FIRST_DAY.weekday()) % 7
        busy = np.asarray(_WEEKDAY_SHARES)[weekdays] * np.linspace(0.8, 1.2, N_DAYS)
        shares = np.concatenate([[0.0], np.cumsum(busy / busy.sum())])
        begin = shares[[self.accounts[a].first_day for a in accounts.tolist()]]
        place = begin + (1.0 - begin) * rng.random(n)
        days = np.minimum(np.searchsorted(shares, place, side="right") - 1, N_DAYS - 1)
        seconds = self._seconds(days, accounts)
        days = seconds // 86_400
        taste = topic_weights()[days] + self._leaning[accounts]
        topics = np.argmax(taste + rng.gumbel(size=taste.shape), axis=1)
        kinds = [KINDS[kind] for kind in (rng.random((n, 1)) > self._kinds[accounts]).sum(1)]
        plan = _Plan(accounts, seconds, topics.astype(np.int64), kinds, [], [])
        self._plant(plan)
        return plan

    def _seconds(self, days: Ints, accounts: Ints) -> Ints:
        rng, n = self.rng, len(days)
        shares = np.cumsum(_HOUR_SHARES) / sum(_HOUR_SHARES)
        hours = np.searchsorted(shares, rng.random(n), side="right")
        offsets = np.asarray([account.utc_offset for account in self.accounts])[accounts]
        minutes, rest = rng.integers(0, 60, n), rng.integers(0, 60, n)
        scheduled = rng.random(n) < 0.35
        minutes = np.where(scheduled, minutes // 15 * 15, minutes)
        rest = np.where(scheduled, 0, rest)
        seconds = days * 86_400 + (hours - offsets) * 3_600 + minutes * 60 + rest
        clipped: Ints = np.clip(seconds, 0, N_DAYS * 86_400 - 1).astype(np.int64)
        return clipped

    def _plant(self, plan: _Plan) -> None:
        """Turn some posts into repeats of others, and some into campaigns."""
        rng, n = self.rng, len(plan.kinds)
        holiday = TOPICS.index("holiday")
        free = [i for i in rng.permutation(n).tolist() if plan.topics[i] != holiday]
        repeatable = {TOPICS.index(topic) for topic in _REPEATABLE}
        for _ in range(max(1, round(n * _REPEATS_PER_POST))):
            first = next((i for i in free if int(plan.topics[i]) in repeatable), None)
            if first is None or len(free) < 12:
                return
            free.remove(first)
            again = free.pop()
            later = int(plan.seconds[first]) + int(rng.integers(7, 200)) * 86_400 + 60
            plan.accounts[again] = plan.accounts[first]
            plan.topics[again] = plan.topics[first]
            plan.kinds[again] = plan.kinds[first]
            plan.seconds[again] = min(later, N_DAYS * 86_400 - 1)
            plan.same_text.append([first, again])
        large = [members for members in self._by_brand if len(members) >= 3]
        for _ in range(max(1, round(n * _CAMPAIGNS_PER_POST))):
            members = large[int(rng.integers(len(large)))][:5]
            if len(free) < len(members):
                return
            topic = campaign_topics()[int(rng.integers(len(campaign_topics())))]
            earliest = max(self.accounts[member].first_day for member in members)
            start = int(rng.integers(earliest, N_DAYS - 3)) * 86_400 + 15 * 3_600
            at_once = bool(rng.integers(2))
            group = [free.pop() for _ in members]
            for i, member in zip(group, members, strict=True):
                plan.accounts[i] = member
                plan.topics[i] = TOPICS.index(topic)
                plan.seconds[i] = start if at_once else start + int(rng.integers(2 * 86_400))
            plan.campaigns.append(group)

    def _texts(self, plan: _Plan) -> list[str]:
        n, draw = len(plan.kinds), self._draw
        texts: list[str | None] = [None] * n
        days = (plan.seconds // 86_400).tolist()
        seen: set[str] = set()
        for group in plan.campaigns:
            brand = self.accounts[plan.accounts[group[0]]].brand
            has_media = [plan.kinds[i] != "none" for i in group]
            topic = TOPICS[plan.topics[group[0]]]
            written = write_campaign(brand, topic, days[group[0]], has_media, draw)
            for i, text in zip(group, written, strict=True):
                texts[i] = text
        repeats = {again: first for first, again in plan.same_text}
        wordless = set(self._rare(n))
        for i, (account, topic_index) in enumerate(
            zip(plan.accounts.tolist(), plan.topics.tolist(), strict=True)
        ):
            if texts[i] is not None or i in repeats:
                continue
            if i in wordless and plan.kinds[i] != "none" and i not in repeats.values():
                texts[i] = ""
                continue
            brand, topic = self.accounts[account].brand, TOPICS[topic_index]
            holiday = holiday_on(days[i]) if topic == "holiday" else None
            for _ in range(12):
                text = write_text(brand, topic, holiday, days[i], plan.kinds[i] != "none", draw)
                if text not in seen:
                    break
            seen.add(text)
            texts[i] = text
        for again, first in repeats.items():
            texts[again] = texts[first]
        return [text or "" for text in texts]

    def _rare(self, n: int) -> list[int]:
        wanted: list[int] = self.rng.permutation(n)[: max(1, round(n * _RARE))].tolist()
        return wanted

    def _attach(self, block: Block, i: int, kind: str, text: str) -> tuple[Attachment, float]:
        """Choose the pictures of a post; give them with their effect."""
        draw = self._draw
        if kind == "none":
            return Attachment(kind, (), "", 0.0), 0.0
        day, topic = block.seconds[i] // 86_400, TOPICS[block.topics[i]]
        holiday = holiday_on(day) if topic == "holiday" else None
        scenes = scenes_for(self.accounts[block.accounts[i]].brand, topic, holiday, text)
        urls, warmths = [], []
        for _ in range(2 + draw() % 3 if kind == "photos" else 1):
            die = draw() % 1_000 / 1_000
            if die < _MISSING:
                urls.append(f"images/{random_name(draw)}.jpg")
            elif die < _MISSING + _UNREACHABLE:
                host = _DEAD_HOSTS[draw() % len(_DEAD_HOSTS)]
                urls.append(f"http://{host}/media/{random_name(draw)}.jpg")
            else:
                pictures = self.pictures[scenes[draw() % len(scenes)]]
                picture = pictures[draw() % len(pictures)]
                self.used.add(picture)
                urls.append(f"images/{picture.name}.jpg")
                warmths.append(picture.warmth)
        token = random_name(draw) if kind in ("video", "gif") else ""
        duration = round(6.0 + (draw() % 1_000) ** 2 / 8_000, 3) if kind == "video" else 0.0
        return Attachment(kind, tuple(urls), token, duration), effects.picture_effect(warmths)

    def _count_likes(self, block: Block, plan: _Plan) -> None:
        """Add up the planted effects and draw the likes and what hangs on them."""
        rng, n = self.rng, len(block.texts)
        days = plan.seconds / 86_400.0
        whole_days = plan.seconds // 86_400
        brands = [BRANDS[self.accounts[a].brand] for a in block.accounts]
        dates = np.datetime64(FIRST_DAY) + whole_days
        days_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
        form = [
            effects.form_effect(text, kind)
            for text, kind in zip(block.texts, plan.kinds, strict=True)
        ]
        latent: Floats = (
            effects.account_effect(self._bases, self._walks, plan.accounts, days)
            + effects.hour_effect(plan.seconds % 86_400 // 3_600)
            + effects.weekday_effect((whole_days + FIRST_DAY.weekday()) % 7)
            + effects.season_effect(
                np.asarray([brand.peak_month for brand in brands], np.float64),
                np.asarray([brand.amplitude for brand in brands]),
                days_of_year.astype(np.float64),
            )
            + effects.topic_effect(plan.topics, TOPICS, days)
            + np.asarray(form)
            + np.asarray(block.picture_effects)
        )
        likes = effects.likes_from(latent + effects.draw_noise(rng, n))
        retweets_topic = [effects.RETWEETS_TOPIC.get(topic, 0.0) for topic in TOPICS]
        replies_topic = [effects.REPLIES_TOPIC.get(topic, 0.0) for topic in TOPICS]
        asks = np.asarray(["?" in text for text in block.texts])
        retweets = effects.follow_on(
            rng, likes, effects.RETWEETS, np.asarray(retweets_topic)[plan.topics]
        )
        replies = effects.follow_on(
            rng,
            likes,
            effects.REPLIES,
            np.asarray(replies_topic)[plan.topics] + effects.REPLIES["question"] * asks,
        )
        views = effects.follow_on(rng, likes, effects.VIEWS, np.zeros(n)).tolist()
        block.retweets, block.replies = retweets.tolist(), replies.tolist()
        block.likes = list(likes.tolist())
        for i in self._rare(n):
            block.likes[i] = None
        block.latent = np.round(latent, 4).tolist()
        block.expected = np.round(effects.expected_log1p(latent), 4).tolist()
        block.media = [
            attachment.field(seen)
            for attachment, seen in zip(block.attachments, views, strict=True)
        ]
