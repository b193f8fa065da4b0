"""Reasons of rejected rows: counted together where they are one, whatever the rows hold."""

from hypothesis import given
from hypothesis import strategies as st

from embedstore.building import rejections
from embedstore.building.rejections import Rejections


def _counted(reasons: list[str]) -> Rejections:
    counted = Rejections()
    counted.update(reasons)
    return counted


def test_reasons_that_differ_in_values_alone_are_one() -> None:
    dates = [f'created_at: "{day} May" is not a date that can be read: x' for day in range(9)]
    keys = [
        "the key a:1 belongs to account x, this row has y",
        "the key b:77 belongs to account z, this row has 'w\n'",
    ]
    first, second = _counted(dates + keys).most_common()
    assert (first.rows, first.remedy) == (9, "--date-format FORMAT")
    assert first.reason == 'created_at: "0 May" is not a date that can be read: x'
    assert (second.rows, second.remedy) == (2, "--source NAME")


@given(st.lists(st.text()))
def test_no_row_is_lost_when_reasons_are_counted(reasons: list[str]) -> None:
    found = _counted(reasons).most_common()
    assert sum(each.rows for each in found) == len(reasons)
    assert [each.rows for each in found] == sorted((each.rows for each in found), reverse=True)
    assert {each.reason for each in found} <= set(reasons)


def test_memory_stays_bounded_however_many_reasons_there_are() -> None:
    reasons = [f"{chr(97 + n % 26)}{'x' * n}: odd" for n in range(rejections.MOST_REASONS + 500)]
    found = _counted(reasons).most_common()
    assert len(found) == rejections.MOST_REASONS + 1
    assert (found[0].reason, found[0].rows) == (rejections.OTHERS, 500)
