"""Which filters may be remembered."""

import pytest

from embedstore.storage import filters


@pytest.mark.parametrize(
    ("where", "constant"),
    [
        ("likes < 10 AND company IN ('a', 'random()') -- now()", True),
        ("company = 'café' AND likes::INTEGER IS NOT NULL", True),
        ("", True),
        ("created_at < now()", False),
        ("created_at < current_date", False),
        ("company = 'café' AND random() < likes", False),
        ("likes > (SELECT avg(likes) FROM posts)", False),
    ],
)
def test_a_filter_is_constant_if_it_names_columns_only(where: str, constant: bool) -> None:
    assert filters.is_constant(where, ("likes", "company", "created_at")) == constant
