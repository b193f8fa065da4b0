"""Cells to values."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedstore.errors import InputError
from embedstore.reading.fields.counts import to_count
from embedstore.reading.fields.ids import to_id
from embedstore.reading.fields.media import to_media
from embedstore.reading.fields.texts import to_label, to_text
from embedstore.reading.fields.times import to_time
from embedstore.reading.values import to_json, without_surrogates

MOMENT = datetime(2016, 11, 4, 5, 57, 45)
moments = st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 30))


@pytest.mark.parametrize(
    "value",
    [
        "2016-11-04 05:57:45",
        "2016-11-04T05:57:45",
        "2016-11-04T05:57:45Z",
        "2016-11-04 05:57:45+00:00",
        "2016-11-04 05:57:45 +0000",
        "2016-11-04T00:57:45-05:00",
        "2016-11-04T05:57:45.000Z",
        "20161104T055745",
        "2016-11-04 05:57:45 UTC",
        "Fri Nov 04 05:57:45 +0000 2016",
        "Fri Nov 04 07:57:45 +0200 2016",
        "  2016-11-04 05:57:45 ",
        "1478239065",
        "1478239065000",
        "1478239065.0",
        1478239065,
        1478239065000,
        1478239065.0,
        Decimal(1478239065),
        MOMENT,
        MOMENT.replace(tzinfo=UTC),
        MOMENT.replace(tzinfo=timezone(timedelta(hours=2))) + timedelta(hours=2),
    ],
)
def test_every_known_form_of_a_moment_is_read_as_utc(value: object) -> None:
    assert to_time(value) == MOMENT


@pytest.mark.parametrize("value", ["2016-11-04", "20161104", 20161104, date(2016, 11, 4)])
def test_a_date_is_its_first_moment(value: object) -> None:
    assert to_time(value) == datetime(2016, 11, 4)


def test_fractions_of_a_second_are_kept_to_the_microsecond() -> None:
    assert to_time("2016-11-04T05:57:45.1234567Z") == MOMENT.replace(microsecond=123456)
    assert to_time("1478239065123") == MOMENT.replace(microsecond=123000)


@pytest.mark.parametrize("value", [None, "", "  ", "nan", "NaT", "None", "null", float("nan")])
def test_a_missing_date_is_none(value: object) -> None:
    assert to_time(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2016-13-04",
        "2016-11-04 25:00",
        "2016",
        "Fri Foo 04 05:57:45 +0000 2016",
        "Fri Nov 31 05:57:45 +0000 2016",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1989-12-31",
        "2101-01-01",
        "12",
        "9" * 5000,
        "-1478239065",
        4328.4,
        float("inf"),
        Decimal("1E+999999"),
        True,
        [2016],
    ],
)
def test_what_is_no_date_is_refused_with_its_value(value: object) -> None:
    with pytest.raises(InputError, match="is not a date that can be read: expected ISO 8601"):
        to_time(value)


@given(moments, st.sampled_from(["T", " "]), st.integers(-14 * 60, 14 * 60))
def test_iso_moments_survive_any_zone(moment: datetime, separator: str, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    text = moment.replace(tzinfo=UTC).astimezone(zone).isoformat(separator)
    assert to_time(text) == moment


@given(moments)
def test_epoch_and_twitter_moments_survive(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    assert to_time(seconds) == to_time(str(seconds)) == moment
    assert to_time(seconds * 1000) == to_time(str(seconds * 1000)) == moment
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[moment.month * 3 - 3 : moment.month * 3]
    assert to_time(f"Mon {month} {moment:%d %H:%M:%S} +0000 {moment.year}") == moment


@given(
    st.text()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False)
    | st.booleans()
    | st.binary()
)
@example("1541120312345")
@example("1e5")
def test_any_value_is_read_or_refused(value: object) -> None:
    for parse in (to_time, to_count, to_id, to_text, to_label, to_media):
        try:
            result = parse(value)
        except InputError:
            continue
        assert result is None or isinstance(result, datetime | str | int)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("0", 0),
        ("41", 41),
        (" 41 ", 41),
        ("12.0", 12),
        ("1,234", 1234),
        ("1,234,567", 1234567),
        ("1.2E+05", 120000),
        ("9223372036854775807", 2**63 - 1),
        (41, 41),
        (41.0, 41),
        (Decimal("41.00"), 41),
        ("", None),
        (" ", None),
        ("nan", None),
        ("None", None),
        ("NULL", None),
        ("N/A", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_counts_are_whole_numbers_and_missing_ones_are_none(
    value: object, count: int | None
) -> None:
    assert to_count(value) == count


@pytest.mark.parametrize(
    "value",
    [
        "-5",
        "many",
        "1.5",
        "1,2",
        "1_000",
        "inf",
        "9223372036854775808",
        "9" * 5000,
        -2,
        1.5,
        True,
        [1],
        Decimal("1.5"),
        Decimal("1E+999999"),
        float("inf"),
    ],
)
def test_what_is_no_count_is_refused_with_its_value(value: object) -> None:
    with pytest.raises(InputError, match="is not a whole number of 0 or more"):
        to_count(value)


def test_a_refused_value_is_quoted_and_cut() -> None:
    with pytest.raises(InputError, match=r'^"-5" is not'):
        to_count("-5")
    with pytest.raises(InputError, match=r'^"x{60}…" is not'):
        to_count("x" * 1000)


@pytest.mark.parametrize(
    ("value", "identity"),
    [
        ("007", "007"),
        (" a b ", "a b"),
        ("12.0", "12.0"),
        (12, "12"),
        (12.0, "12"),
        (Decimal(12), "12"),
        (1234567890123456789, "1234567890123456789"),
        ("1234567890123456789", "1234567890123456789"),
        (b"abc", "abc"),
        ("", None),
        ("None", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_ids_are_strings_or_whole_numbers_kept_as_strings(
    value: object, identity: str | None
) -> None:
    assert to_id(value) == identity


@pytest.mark.parametrize("value", [1.2345678901234567e18, float(2**53), "1.23457E+18", "1,2e+18"])
def test_an_id_that_lost_its_last_digits_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="is a rounded number"):
        to_id(value)


@pytest.mark.parametrize("value", [1.5, True, ["a"], {"$oid": "a"}])
def test_an_id_must_be_text_or_a_whole_number(value: object) -> None:
    with pytest.raises(InputError, match="is neither a whole number nor text"):
        to_id(value)


def test_texts_are_kept_exactly_and_blank_ones_are_none() -> None:
    assert to_text(" a\n b ") == " a\n b "
    assert to_text("None") == "None"
    assert to_text(" \n\u2003") is None
    assert to_text(12.0) == "12"
    assert to_text(["a", "é"]) == '["a", "é"]'
    with pytest.raises(InputError, match="is not UTF-8 text"):
        to_text(b"\xff")


def test_labels_have_no_white_space_around_them() -> None:
    assert to_label(" IndyMusic\n") == "IndyMusic"
    assert to_label("\t") is None


@pytest.mark.parametrize("value", ["", "[]", " [] ", "None", "nan", "NULL", None, [], {}])
def test_missing_media_is_none(value: object) -> None:
    assert to_media(value) is None


def test_media_is_kept_as_given_and_nested_media_as_json() -> None:
    given_text = " [Photo(previewUrl='https://x/y', fullUrl='https://x/z')]"
    assert to_media(given_text) == given_text
    assert to_media([{"url": "https://x/y"}]) == '[{"url": "https://x/y"}]'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_json_is_valid_whatever_it_holds(value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(to_json(value), parse_constant=refuse)


def test_values_nested_too_deeply_are_refused() -> None:
    value: object = 1
    for _ in range(200_000):
        value = [value]
    with pytest.raises(InputError, match="nested too deeply"):
        to_json(value)


def test_halves_of_an_emoji_become_replacement_characters() -> None:
    value = {"a\ud800": ["x\udc00y", 1, None, {"b": "\U0001f600"}]}
    assert without_surrogates(value) == {"a\ufffd": ["x\ufffdy", 1, None, {"b": "\U0001f600"}]}
