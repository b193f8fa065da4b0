"""Judges are fitted on different posts, also where there is but one account."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from heads.tweets.data.material import Material
from heads.tweets.models.judge import halves


@pytest.mark.parametrize("accounts", [1, 2, 7])
def test_two_sets_of_posts_have_nothing_in_common_and_none_is_empty(accounts: int) -> None:
    account = np.arange(20) % accounts
    material = cast("Material", SimpleNamespace(posts=SimpleNamespace(account=account)))
    rows = np.arange(2, 20)
    one, other = halves(material, rows)
    assert sorted([*one, *other]) == rows.tolist()
    assert min(len(one), len(other)) >= 2
    if accounts > 1:
        assert not set(account[one]) & set(account[other])
