"""Counts in the spellings of people and platforms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.errors import InputError
from embedstore.reading.fields.counts import CountReader, to_count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1,234", 1234),
        ("1.234.567", 1234567),
        ("1 234 567", 1234567),
        ("1\u202f234", 1234),
        ("12'345", 12345),
        ("1,23,456", 123456),
        ("1.234,0", 1234),
        ("1,234.00", 1234),
        ("407,0", 407),
        ("407.137", 407137),
        ("12K", 12_000),
        ("12.5k", 12_500),
        ("1.2M", 1_200_000),
        ("1.5m", 1_500_000),
        ("2B", 2_000_000_000),
        ("3,4 mil", 3_400),
        ("1,2 mi", 1_200_000),
        ("12 Mio.", 12_000_000),
        ("2 Mrd.", 2_000_000_000),
        ("3 Tsd.", 3_000),
        ("1.5万", 15_000),
        ("1.5万次", 15_000),
        ("2.3亿", 230_000_000),
        ("1.2천", 1_200),
        ("5만", 50_000),
        ("1,5 тыс.", 1_500),
        ("2 lakh", 200_000),
        ("1.5 crore", 15_000_000),
        ("12 likes", 12),
        ("1.2K views", 1_200),
        ("+5", 5),
        ("١٢", 12),
        ("١٬٢٣٤", 1234),
        ("0", 0),
    ],
)
def test_a_number_is_read_in_any_spelling(text: str, count: int) -> None:
    assert to_count(text) == count


@pytest.mark.parametrize(
    "value",
    ["-", "--", "—", "–", "Hidden", "hidden", "N/A", "n/a", "[]", "-1", -1, "null", "", "#N/A"],
)
def test_a_hidden_or_missing_number_is_null(value: object) -> None:
    assert to_count(value) is None


@pytest.mark.parametrize(
    "value",
    ["10+", "<10", "1.5", "1,5", "12 34", "1.23K5", "many", "-5", "1e", "12 of 40", "1.2345K"],
)
def test_a_bound_a_fraction_or_words_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="is not a whole number"):
        to_count(value)


def column(*values: str) -> list[int | None]:
    reader = CountReader()
    reader.learn(values)
    return [reader.read(value) for value in values]


def test_dotted_thousands_are_told_by_the_column() -> None:
    assert column("407.137", "144.000", "12.000") == [407137, 144000, 12000]
    assert column("144.000", "1.234.567") == [144000, 1234567]
    assert column("144.000", "900", "12") == [144000, 900, 12]
    assert column("144.000", "0.000", "12.000") == [144, 0, 12]
    assert column("144.000", "12345") == [144, 12345]
    assert column("144.0", "12.000") == [144, 12]
    assert column("12,000", "1,234") == [12000, 1234]
    assert column("12,000", "7,0") == [12, 7]


def test_a_column_that_contradicts_itself_costs_its_unclear_values_alone() -> None:
    reader = CountReader()
    reader.learn(["407.137", "12.0", "144.000"])
    assert reader.read("407.137") == 407137
    assert reader.read("12.0") == 12
    with pytest.raises(InputError, match=r'"144\.000" may be 144 or 144,000'):
        reader.read("144.000")


@given(st.lists(st.integers(0, 10**9), min_size=1), st.sampled_from(["{:,}", "{}", "{:.1f}"]))
def test_any_column_reads_back_as_it_was_written(counts: list[int], form: str) -> None:
    assert column(*map(form.format, counts)) == counts


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_any_column_of_dotted_thousands_reads_back(counts: list[int]) -> None:
    values = [f"{count:,}".replace(",", ".") for count in counts]
    if all(value.endswith(".000") and value.count(".") == 1 for value in values):
        return  # it may as well have three decimals
    assert column(*values) == counts


@given(st.text(max_size=20))
def test_any_text_is_a_count_or_refused(text: str) -> None:
    reader = CountReader()
    reader.learn([text])
    try:
        count = reader.read(text)
    except InputError:
        return
    assert count is None or count >= 0
