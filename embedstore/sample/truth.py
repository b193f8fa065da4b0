"""``truth.json``: everything that was planted, for tests and for heads to be held against."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from embedstore.sample import effects
from embedstore.sample.brands import BRANDS
from embedstore.sample.calendars import FIRST_DAY, LAST_DAY, TOPICS
from embedstore.sample.pictures import Picture
from embedstore.sample.posts import World
from embedstore.sample.rows import Ledger

MARK = "embedstore sample"

_MODEL = (
    "log1p(likes) = account(t) + hour + weekday + season + topic(t) + form + picture + noise, "
    "floored at 0 and rounded to whole likes; t counts days since first_day, hours are UTC"
)


def truth_of(
    world: World, ledger: Ledger, pictures: list[Picture], posts: int, seed: int
) -> dict[str, Any]:
    """Gather the planted truth.

    ``per_post`` has a list per column, in the order of the ids: ``topic`` counts into
    ``topics``; ``latent`` is the sum of the effects; ``expected_log1p`` is the mean of
    log1p(likes) that goes with it, the best prediction there can be; ``picture`` is the share
    of the picture, which only its pixels show.
    """
    return {
        "made_by": MARK,
        "seed": seed,
        "posts": posts,
        "model": _MODEL,
        "first_day": str(FIRST_DAY),
        "last_day": str(LAST_DAY),
        "topics": list(TOPICS),
        "effects": _effects(world),
        "other_counts": _other_counts(),
        "counts": {
            "rows": ledger.rows,
            "posts": posts,
            "without_likes": ledger.without_likes,
            "without_text": ledger.without_text,
            "broken": dict(sorted(ledger.broken.items())),
            "repeated_rows": len(ledger.repeated_rows),
            "same_text": len(ledger.same_text),
            "campaigns": len(ledger.campaigns),
            "media": dict(sorted(ledger.media.items())),
            "dead_links": dict(sorted(ledger.dead.items())),
            "pictures": len(pictures),
        },
        "repeated_rows": ledger.repeated_rows,
        "same_text": ledger.same_text,
        "campaigns": ledger.campaigns,
        "pictures": {
            f"images/{picture.name}.jpg": {"scene": picture.scene, "warmth": picture.warmth}
            for picture in pictures
        },
        "per_post": {
            "id": ledger.ids,
            "topic": ledger.topics,
            "latent": ledger.latent,
            "expected_log1p": ledger.expected,
            "picture": [round(value, 4) for value in ledger.pictures],
        },
    }


def _effects(world: World) -> dict[str, Any]:
    hours = effects.hour_effect(np.arange(24))
    return {
        "accounts": {
            account.username: {
                "company": BRANDS[account.brand].company,
                "role": account.role,
                "followers": account.followers,
                "base": round(account.base, 4),
                "walk": list(account.walk),
            }
            for account in world.accounts
        },
        "account_days_per_step": effects.DAYS_PER_STEP,
        "hour": np.round(hours, 6).tolist(),
        "weekday": list(effects.WEEKDAY),
        "season": {
            brand.company: {"peak_month": brand.peak_month, "amplitude": brand.amplitude}
            for brand in BRANDS
        },
        "topic": {
            name: {"start": start, "per_year": per_year}
            for name, (start, per_year) in effects.TOPIC.items()
        },
        "form": {
            "question": effects.QUESTION,
            "hashtags": effects.HASHTAGS,
            "link": effects.LINK,
            "media": effects.MEDIA,
        },
        "picture": {"per_warmth": effects.PICTURE},
        "noise": {
            "sigma": effects.NOISE_SIGMA,
            "burst_share": effects.BURST_SHARE,
            "burst_mean": effects.BURST_MEAN,
            "deviation": round(effects.noise_deviation(), 6),
        },
    }


def _other_counts() -> dict[str, Any]:
    return {
        "model": "log1p(count) = intercept + likes * log1p(likes) + topic + question + noise",
        "retweets": {**effects.RETWEETS, "topic": effects.RETWEETS_TOPIC},
        "replies": {**effects.REPLIES, "topic": effects.REPLIES_TOPIC},
        "views": effects.VIEWS,
    }


def dump(truth: dict[str, Any]) -> str:
    """Write the truth as JSON: a line for every entry of the first two levels."""
    lines = []
    for key, value in truth.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {_json(name)}: {_json(part)}" for name, part in value.items())
            lines.append(f" {_json(key)}: {{\n{inner}\n }}")
        else:
            lines.append(f" {_json(key)}: {_json(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
