"""The pictures: which scene a post shows, and how one is drawn."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from embedstore.sample.brands import BRANDS
from embedstore.sample.canvas import Dice, Pen, develop
from embedstore.sample.scenes import SCENES

_OWN = "own"
_TOPIC_SCENES: dict[str, tuple[str, ...]] = {
    "launch": (_OWN, _OWN, _OWN, _OWN, "stage"),
    "hiring": ("desk", "desk", "laptop", "city"),
    "charity": ("heart", "heart", "fruit", "plate", "blocks"),
    "climate": ("forest", "forest", "turbine", "mountain"),
    "sale": ("price_tag", "price_tag", _OWN),
    "customer": (_OWN, _OWN, "heart"),
    "event": ("stage", "stage", "city", _OWN),
    "tip": ("bulb", "bulb", _OWN),
    "outage": ("cone", "cone", "laptop"),
    "behind": (_OWN, _OWN, _OWN, "desk"),
    "sports": ("football",),
    "results": ("chart",),
    "animals": ("dog", "dog", "cat"),
    "ask": (_OWN, _OWN, "bulb"),
    "milestone": ("fireworks", "gift", _OWN),
}
_HOLIDAY_SCENES: dict[str, tuple[str, ...]] = {
    "New Year": ("fireworks",),
    "Valentine's Day": ("heart", "flower"),
    "International Women's Day": ("flower", "desk"),
    "Mother's Day": ("flower", "heart"),
    "Father's Day": ("gift", "football"),
    "the Fourth of July": ("fireworks",),
    "Labor Day": ("beach", "desk"),
    "Halloween": ("pumpkin",),
    "Thanksgiving": ("pumpkin", "plate", "bread"),
    "Christmas": ("gift",),
}


@dataclass(frozen=True)
class Picture:
    """One picture of the corpus.

    ``warmth`` is its light, from -1 (cold) to 1 (warm): it moves the likes and is written
    nowhere but in the pixels and in ``truth.json``.
    """

    name: str
    scene: str
    warmth: float
    number: int


def plan_pictures(draw: Callable[[], int], per_scene: int) -> dict[str, list[Picture]]:
    """Plan so many pictures of every scene, half of them warm, and give them by scene."""
    plan: dict[str, list[Picture]] = {}
    number = 0
    for scene in SCENES:
        pictures = plan.setdefault(scene, [])
        first = draw() % 2
        for i in range(per_scene):
            side = 1 if (first + i) % 2 else -1
            warmth = side * (400 + draw() % 601) / 1000
            pictures.append(Picture(random_name(draw), scene, warmth, number))
            number += 1
    return plan


def random_name(draw: Callable[[], int]) -> str:
    """Make up a file's name of 14 hexadecimal digits, which tells nothing about the picture."""
    return f"{draw() % (1 << 28):07x}{draw() % (1 << 28):07x}"


def scenes_for(brand_index: int, topic: str, holiday: str | None, text: str) -> tuple[str, ...]:
    """Return the scenes that suit a post, the likelier ones more than once."""
    if topic == "holiday":
        return _HOLIDAY_SCENES[holiday or "New Year"]
    if topic == "animals" and (" cat" in text or "kitten" in text):
        return ("cat",)
    own = BRANDS[brand_index].scenes
    chosen: tuple[str, ...] = ()
    for scene in _TOPIC_SCENES[topic]:
        chosen += own if scene == _OWN else (scene,)
    return chosen


def draw_picture(picture: Picture, seed: int) -> bytes:
    """Draw a picture.

    Returns
    -------
    bytes
        A JPEG of up to 360 by 288 pixels. The same picture and seed give the same pixels
        everywhere, and the same bytes with the same release of Pillow.
    """
    dice = Dice(np.random.default_rng([seed, 1, picture.number]))
    pen = Pen()
    SCENES[picture.scene](pen, dice)
    out = io.BytesIO()
    develop(pen.image, picture.warmth, dice).save(out, "JPEG", quality=82)
    return out.getvalue()
