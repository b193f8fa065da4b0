"""Varied images."""

import numpy as np
import pytest
from PIL import Image

from heads.augment import images


def test_views_of_a_picture_differ_and_keep_most_of_it() -> None:
    image = Image.effect_noise((120, 80), 60).convert("L")
    views = [images.vary(image, np.random.default_rng(seed)) for seed in range(8)]
    for view in views:
        assert view.mode == "RGB"
        assert view.width * view.height >= 0.95 * images.SMALLEST * 120 * 80
        assert view.width / view.height == pytest.approx(1.5, rel=0.05)
    assert len({view.tobytes() for view in views}) == 8
