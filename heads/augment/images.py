"""Another view of a picture: a crop, perhaps mirrored, in slightly other colours."""

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

SMALLEST = 0.6
"""Smallest share of the area that a crop covers."""

COLOUR = 0.2
"""Largest relative change of brightness, contrast and saturation."""


def vary(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Draw a view of an image, in RGB: a crop of its proportions, perhaps mirrored, recoloured."""
    view = image.convert("RGB")
    side = np.sqrt(random.uniform(SMALLEST, 1))
    width, height = (max(1, round(length * side)) for length in view.size)
    left = int(random.integers(view.width - width + 1))
    top = int(random.integers(view.height - height + 1))
    view = view.crop((left, top, left + width, top + height))
    if random.random() < 0.5:
        view = ImageOps.mirror(view)
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = enhance(view).enhance(random.uniform(1 - COLOUR, 1 + COLOUR))
    return view
