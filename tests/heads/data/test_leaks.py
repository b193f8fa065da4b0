"""A copied label is found, an honest column is none."""

import numpy as np

from heads.data.leaks import leaking


def test_honest_columns_are_no_leak() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=500)
    values = np.column_stack([y + random.normal(size=500), -2 * y, y**3]).astype(np.float32)
    assert leaking(["noisy", "negated", "bent"], values, y) == ["negated", "bent"]
