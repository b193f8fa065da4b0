"""What the scenes are drawn with: a pen, dice, and the light that falls on the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Colour: TypeAlias = "tuple[int, int, int] | tuple[int, int, int, int]"
Point: TypeAlias = tuple[float, float]
T = TypeVar("T")

SCALE = 6
"""Pixels to a unit while drawing; scenes are 100 by 75 units."""
WIDTH, HEIGHT = 100, 75
SIZES = ((320, 240), (320, 240), (288, 288), (252, 280), (360, 240))
"""Sizes of the finished pictures, in pixels."""


class Dice:
    """Random choices of a picture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[int(self.rng.integers(len(options)))]

    def between(self, low: float, high: float) -> float:
        """Return a number between two."""
        return low + (high - low) * float(self.rng.random())

    def count(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))


def shade(colour: Colour, factor: float) -> tuple[int, int, int]:
    """Make a colour darker (below 1) or lighter."""
    red, green, blue = (min(255, round(part * factor)) for part in colour[:3])
    return red, green, blue


class Pen:
    """Draws on a canvas of 100 by 75 units, y downward. Colours may carry an alpha."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def gradient(self, top: Colour, bottom: Colour, y0: float = 0, y1: float = HEIGHT) -> None:
        """Fill a horizontal band with a gradient."""
        rows = max(1, round((y1 - y0) * SCALE))
        part = np.linspace(0.0, 1.0, rows)[:, None]
        column = np.asarray(top[:3]) * (1 - part) + np.asarray(bottom[:3]) * part
        band = Image.fromarray(np.rint(column).astype(np.uint8)[:, None, :])
        wide = band.resize((WIDTH * SCALE, rows), Image.Resampling.NEAREST)
        self.image.paste(wide, (0, round(y0 * SCALE)))

    def table(self, colour: Colour, y: float = 52, planks: bool = True) -> None:
        """Put a table or a floor below a height."""
        self.gradient(shade(colour, 1.12), shade(colour, 0.72), y, HEIGHT)
        if planks:
            for i in range(-3, 14):
                x = 50 + (i - 5) * 9
                points = [(x, y), (50 + (x - 50) * 2.0, HEIGHT)]
                self.line(points, (*shade(colour, 0.6), 90), 0.5)

    def shadow(self, x: float, y: float, rx: float, ry: float, strength: int = 110) -> None:
        """Lay a soft shadow under something."""
        self._soft(x, y, rx, ry, 2.0, (12, 10, 14), strength)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: int = 170) -> None:
        """Let something shine."""
        self._soft(x, y, radius, radius, radius / 2.5, colour, strength)

    def _soft(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        blur: float,
        colour: Colour,
        strength: int,
    ) -> None:
        # The mask is made at one pixel a unit, around the spot only: soft edges need no more.
        reach = math.ceil(2.5 * blur)
        left, top = math.floor(x - rx) - reach, math.floor(y - ry) - reach
        width, height = math.ceil(2 * rx) + 2 * reach + 2, math.ceil(2 * ry) + 2 * reach + 2
        mask = Image.new("L", (width, height))
        box = (x - rx - left, y - ry - top, x + rx - left, y + ry - top)
        ImageDraw.Draw(mask).ellipse(box, fill=strength)
        mask = mask.filter(ImageFilter.GaussianBlur(blur))
        mask = mask.resize((width * SCALE, height * SCALE), Image.Resampling.BILINEAR)
        self.image.paste(colour[:3], (left * SCALE, top * SCALE), mask)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """Draw an ellipse by its middle and radii."""
        box = ((x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE)
        self._draw.ellipse(box, fill=colour)

    def ball(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a lit sphere."""
        steps = 9
        for i in range(steps):
            part = i / steps
            shift = radius * 0.32 * part
            self.oval(x - shift, y - shift, radius * (1 - part * 0.92), radius * (1 - part * 0.92),
                      shade(colour, 0.68 + 0.55 * part))  # fmt: skip

    def box(
        self, x0: float, y0: float, x1: float, y1: float, colour: Colour, round_: float = 0
    ) -> None:
        """Draw a rectangle, with round corners if asked."""
        corners = (x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE)
        self._draw.rounded_rectangle(corners, radius=round_ * SCALE, fill=colour)

    def cylinder(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        """Draw an upright body that is lit from the left."""
        strips = 16
        for i in range(strips):
            part = (i + 0.5) / strips
            light = 0.62 + 0.6 * max(0.0, 1 - abs(part - 0.32) * 1.7)
            left, right = x0 + (x1 - x0) * i / strips, x0 + (x1 - x0) * (i + 1) / strips
            self.box(left, y0, right, y1, shade(colour, light))

    def fur(
        self, d: Dice, x: float, y: float, rx: float, ry: float, colour: Colour, length: float = 3
    ) -> None:
        """Cover an ellipse with short hairs that run outward."""
        for _ in range(int(rx * ry * 0.9)):
            turn, part = d.between(0, 2 * math.pi), math.sqrt(d.between(0, 1))
            hx, hy = x + rx * part * math.cos(turn), y + ry * part * math.sin(turn)
            reach = length * d.between(0.5, 1.1)
            end = (hx + reach * math.cos(turn), hy + reach * (0.35 + math.sin(turn)))
            self.line([(hx, hy), end], shade(colour, d.between(0.62, 1.3)), 0.3)

    def rough(
        self, d: Dice, box: tuple[float, float, float, float], colour: Colour, n: int, length: float
    ) -> None:
        """Roughen a part of the picture with small strokes, light and dark."""
        for _ in range(n):
            x, y = d.between(box[0], box[2]), d.between(box[1], box[3])
            end = (x + d.between(-length, length), y + d.between(-length, length))
            self.line([(x, y), end], (*shade(colour, d.between(0.6, 1.35)), 110), 0.4)

    def poly(self, points: Sequence[Point], colour: Colour) -> None:
        """Draw a filled polygon."""
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1) -> None:
        """Draw a line through points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, round(width * SCALE)), joint="curve")

    def arc(
        self,
        box: tuple[float, float, float, float],
        start: float,
        end: float,
        colour: Colour,
        width: float = 1,
    ) -> None:
        """Draw a part of an ellipse's outline, in degrees clockwise from 3 o'clock."""
        scaled = [edge * SCALE for edge in box]
        self._draw.arc(scaled, start, end, fill=colour, width=max(1, round(width * SCALE)))


def develop(image: Image.Image, warmth: float, dice: Dice) -> Image.Image:
    """Frame a drawing and let warm or cold light fall on it.

    Parameters
    ----------
    image : PIL.Image.Image
        The drawing.
    warmth : float
        From -1, cold, to 1, warm. It is the planted picture effect: nothing but the pixels
        tells it.
    dice : Dice
        Chooses the frame, the size, the mirror and the grain.
    """
    width, height = dice.pick(SIZES)
    zoom = dice.between(0.86, 1.0)
    frame_height = image.height * zoom
    frame_width = min(frame_height * width / height, image.width)
    frame_height = frame_width * height / width
    left = (image.width - frame_width) * dice.between(0.35, 0.65)
    top = (image.height - frame_height) * dice.between(0.3, 0.7)
    box = (left, top, left + frame_width, top + frame_height)
    picture = image.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)
    if dice.count(0, 1):
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    red, green, blue = 1 + 0.20 * warmth, 1 + 0.02 * warmth, 1 - 0.28 * warmth
    bright = dice.between(0.94, 1.06)
    table = [
        round(min(255.0, max(0.0, value * gain * bright + lift * warmth)))
        for gain, lift in ((red, 12), (green, 3), (blue, -10))
        for value in range(256)
    ]
    pixels = np.asarray(picture.point(table), dtype=np.uint16)
    dimmed = (pixels * _vignette(width, height)) >> 7
    grain = dice.rng.integers(-7, 8, (height, width, 1), dtype=np.int8)
    lit = dimmed.astype(np.int16) + grain
    return Image.fromarray(np.clip(lit, 0, 255, out=lit).astype(np.uint8))


@cache
def _vignette(width: int, height: int) -> NDArray[np.uint16]:
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None, :]
    return np.rint(128 * (1.06 - 0.2 * (x * x + y * y))).astype(np.uint16)[..., None]
