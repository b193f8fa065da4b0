"""Screens compared loosely: where there is ink, not which letters."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

SCREENS = Path(__file__).parents[1] / "fixtures" / "screens"
"""What the screens looked like when a person looked at them last."""

CELLS = 24
"""Cells across a screen: one is a few words wide, so fonts and figures hardly show in it."""

ALIKE = 0.65
"""Least likeness of two looks at one screen. With other fonts it is 0.77 and more; most views that
are moved by a fifth of the window have 0.36 to 0.65."""


def small(screenshot: bytes) -> Image.Image:
    """Shrink a screenshot to the brightness of its cells."""
    image = Image.open(io.BytesIO(screenshot)).convert("L")
    rows = round(CELLS * image.height / image.width)
    return image.resize((CELLS, rows), Image.Resampling.BOX)


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Compare where two small screens have ink: the correlation of their cells."""
    if one.size != other.size:
        return 0.0
    return float(np.corrcoef(np.asarray(one).ravel(), np.asarray(other).ravel())[0, 1])


def kept(name: str, seen: Image.Image) -> Image.Image:
    """Read the screen of a name; with REDRAW_SCREENS in the environment, write it first."""
    file = SCREENS / f"{name}.png"
    if os.environ.get("REDRAW_SCREENS"):
        file.parent.mkdir(exist_ok=True)
        seen.save(file, optimize=True)
    return Image.open(file)
