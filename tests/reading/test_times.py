"""Moments in all spellings: read where they are unambiguous, asked for where they aren't."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedstore.errors import InputError
from embedstore.reading.fields.calendars import MONTHS, ZONES
from embedstore.reading.fields.clocks import read_zone
from embedstore.reading.fields.times import TimeReader, to_time

MOMENT = datetime(2016, 11, 4, 17, 7, 45)


def reader(*values: object, **options: str | None) -> TimeReader:
    found = TimeReader.of_options(options.get("date_format"), options.get("timezone"))
    found.learn(values)
    found.settle("posts.csv", "date")
    return found


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-11-04 17:07:45 EST", "2016-11-04 22:07:45"),
        ("2016-11-04 17:07:45 EDT", "2016-11-04 21:07:45"),
        ("2016-11-04 17:07:45 CEST", "2016-11-04 15:07:45"),
        ("2016-11-04 17:07:45 BRT", "2016-11-04 20:07:45"),
        ("2016-11-04 17:07:45 UTC+02:00", "2016-11-04 15:07:45"),
        ("2016-11-04 17:07:45 UTC+2", "2016-11-04 15:07:45"),
        ("2016-11-04 17:07:45 UTC-3:30", "2016-11-04 20:37:45"),
        ("Friday, November 4, 2016 at 5:07:45 PM GMT-5", "2016-11-04 22:07:45"),
        ("2016-11-04 17:07:45 PT", "2016-11-05 00:07:45"),
        ("2016-12-04 17:07:45 PT", "2016-12-05 01:07:45"),
        ("2016-12-04 17:07:45 ET", "2016-12-04 22:07:45"),
        ("2016-12-04T17:07:45 Etc/UTC", "2016-12-04 17:07:45"),
        ("pt., 3 czerwca 2016 17:07:45", "2016-06-03 17:07:45"),
        ("2016-11-04 17:07:45 America/New_York", "2016-11-04 21:07:45"),
        ("Fri Nov 04 17:07:45 PDT 2016", "2016-11-05 00:07:45"),
        ("Fri Nov 04 2016 17:07:45 GMT+0100 (Central European Time)", "2016-11-04 16:07:45"),
        ("Fri, 04 Nov 2016 17:07:45 GMT", "2016-11-04 17:07:45"),
        ("Fri, 04 Nov 2016 17:07:45 -0800", "2016-11-05 01:07:45"),
        ("2016-11-04 17:07:45 -0800", "2016-11-05 01:07:45"),
        ("20161104170745", "2016-11-04 17:07:45"),
        ("1478279265000000", "2016-11-04 17:07:45"),
        ("1.478279265e+12", "2016-11-04 17:07:45"),
        ("Nov 4, 2016, 5:07:45 PM", "2016-11-04 17:07:45"),
        ("Nov 4, 2016, 5:07:45\u202fPM", "2016-11-04 17:07:45"),
        ("2016-11-04 5:07:45 p.m.", "2016-11-04 17:07:45"),
        ("2016-11-04 12:07:45 AM", "2016-11-04 00:07:45"),
        ("2016/11/4 17:07:45", "2016-11-04 17:07:45"),
        ("2016.11.04 17:07:45", "2016-11-04 17:07:45"),
        ("2016年11月4日 下午5:07:45", "2016-11-04 17:07:45"),
        ("2016年11月04日(金) 17時07分45秒", "2016-11-04 17:07:45"),
        ("2016년 11월 4일 오후 5:07:45", "2016-11-04 17:07:45"),
    ],
)
def test_a_time_to_the_second_is_read_in_any_spelling(text: str, moment: str) -> None:
    found = TimeReader().read(text)
    assert found == (datetime.fromisoformat(moment), "second")


@pytest.mark.parametrize(
    "text",
    [
        "2016-11-04 17:07",
        "2016-11-04T17:07Z",
        "4 November 2016 17:07",
        "Friday, November 4, 2016 17:07",
        "Nov 4, 2016 · 5:07 PM UTC",
        "5:07 PM · Nov 4, 2016",
        "Nov 4, 2016 at 5:07 PM",
        "04.11.2016 17:07",
        "04.11.2016, 17:07 Uhr",
        "4. November 2016 um 17:07",
        "4 novembre 2016 à 17:07",
        "ven. 4 nov. 2016 17h07",
        "4 de noviembre de 2016, 17:07",
        "4 de nov. de 2016 17:07",
        "4 novembre 2016, 17:07",
        "4 listopadu 2016 17:07",
        "4 ноя. 2016 г. в 17:07",
        "4 Kas 2016 17:07",
        "4-Nov-16 17:07",
        "04-Nov-2016 05:07 PM",
    ],
)
def test_a_time_to_the_minute_is_read_in_any_spelling(text: str) -> None:
    assert TimeReader().read(text) == (MOMENT.replace(second=0), "minute")


@pytest.mark.parametrize(
    "value",
    ["2016-11-04", "20161104", "Fri, Nov 4, 2016", "November 4th, 2016", date(2016, 11, 4)],
)
def test_a_day_is_known_as_such(value: object) -> None:
    assert TimeReader().read(value) == (datetime(2016, 11, 4), "day")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4月21日 23:59", "has no year"),
        ("Nov 4", "has no year"),
        ("2h", "relative to when it was read"),
        ("3 days ago", "relative to when it was read"),
        ("yesterday", "relative to when it was read"),
        ("1.22E+12", "its time is lost"),
        ("03/04/2021", "can be read in two ways: say which with --date-format"),
        ("mar. 14 mars juil. 2026", "is not a date"),
        ("hello 4 Nov 2016", "is not a date"),
        ("31 Nov 2016", "is not a date"),
        ("14/14/2016", "is not a date"),
        ("42678", "with --date-format excel"),
    ],
)
def test_what_is_ambiguous_or_no_moment_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        TimeReader().read(text)


def test_a_french_tuesday_is_not_march() -> None:
    assert to_time("mar. 14 juil. 2026") == datetime(2026, 7, 14)
    assert to_time("14 mar. 2026") == datetime(2026, 3, 14)


days = st.datetimes(datetime(2005, 1, 1), datetime(2026, 6, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
ORDERS = {"day-first": "%d/%m/%Y %H:%M", "month-first": "%m/%d/%Y %I:%M %p"}


@given(st.lists(days, min_size=1, max_size=20), st.sampled_from(sorted(ORDERS)))
def test_a_column_decides_what_is_first_or_it_is_asked_for(
    moments: list[datetime], order: str
) -> None:
    values = [moment.strftime(ORDERS[order]) for moment in moments]
    clear = any(moment.day > 12 for moment in moments)
    if clear or all(moment.day == moment.month for moment in moments):
        found = reader(*values)
    else:
        with pytest.raises(InputError, match="--date-format day-first or month-first"):
            reader(*values)
        found = reader(*values, date_format=order)
    assert [found.read(value) for value in values] == [(moment, "minute") for moment in moments]


@given(st.lists(days, min_size=40, max_size=40))
def test_years_of_two_digits_are_told_by_the_column_too(moments: list[datetime]) -> None:
    values = [moment.strftime("%m/%d/%y %H:%M") for moment in moments]
    try:
        found = reader(*values)
    except InputError:
        return
    assert [found.read(value) for value in values] == [(moment, "minute") for moment in moments]


def test_a_column_of_both_orders_is_read_where_each_value_is_clear() -> None:
    found = reader("27/08/2008", "8/27/2008", "03/04/2008")
    assert found.read("27/08/2008") == found.read("8/27/2008")
    with pytest.raises(InputError, match="can be read in two ways"):
        found.read("03/04/2008")


def test_the_platforms_order_is_taken_where_the_column_does_not_tell() -> None:
    found = TimeReader(usual="month-first")
    found.learn(["03/04/2021 10:00"])
    assert found.undecided
    found.settle("posts.csv", "Publish time")
    assert found.read("03/04/2021 10:00") == (datetime(2021, 3, 4, 10), "minute")


def test_options_say_how_times_are_written_and_where() -> None:
    found = reader("04/11/2016 17h", date_format="%d/%m/%Y %Hh", timezone="Europe/Paris")
    assert found.read("04/11/2016 17h") == (datetime(2016, 11, 4, 16), "minute")
    # A zone that is named wins, and a day stays that day.
    assert found.read("2016-11-04T17:07:45Z") == (MOMENT, "second")
    assert found.read("2016-11-04") == (datetime(2016, 11, 4), "day")
    assert reader(timezone="EST").read("2016-11-04 17:07:45") == (
        MOMENT + timedelta(hours=5),
        "second",
    )
    with pytest.raises(InputError, match='there is no time zone "Mars"'):
        read_zone("Mars")
    with pytest.raises(InputError, match="is none of day-first, month-first"):
        TimeReader.of_options("sometimes", None)


@given(st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 30)))
def test_excels_days_are_read_where_the_column_has_them(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    found = reader(serial, str(serial), date_format=None)
    for value in (serial, str(serial)):
        read = found.read(value)
        assert read is not None
        assert abs(read[0] - moment) < timedelta(seconds=1)


def test_whole_days_of_excel_need_a_column_of_them() -> None:
    assert reader("42678", "42679").read("42678") == (datetime(2016, 11, 4), "day")
    assert reader(date_format="excel").read(42678) == (datetime(2016, 11, 4), "day")
    with pytest.raises(InputError):
        reader("2016-11-04", "2016-11-05", "42678").read("42678")


def test_a_column_of_midnights_has_days_alone() -> None:
    nights = [datetime(2020, 1, day) for day in range(1, 9)]
    assert reader(*nights).days_only
    assert reader(*(f"{night:%Y-%m-%d} 00:00:00" for night in nights)).days_only
    assert not reader(*nights, datetime(2020, 1, 1, 3)).days_only
    assert not reader(nights[0]).days_only


@given(days, st.sampled_from(sorted(set(MONTHS))))
def test_every_month_name_is_read(moment: datetime, name: str) -> None:
    moment = datetime(moment.year, MONTHS[name], min(moment.day, 28), moment.hour, moment.minute)
    text = f"{moment.day} {name.capitalize()} {moment.year} {moment:%H:%M}"
    assert to_time(text) == moment


@given(days, st.sampled_from(sorted(ZONES)))
def test_every_zone_is_taken_off(moment: datetime, name: str) -> None:
    shifted = moment + timedelta(hours=ZONES[name])
    assert to_time(f"{shifted:%Y-%m-%d %H:%M} {name}") == moment
    assert to_time(f"{shifted:%d.%m.%Y %H:%M} {name}") == moment


@given(st.text(max_size=30) | st.from_regex(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}( \d+:\d+)?"))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    found = TimeReader()
    try:
        found.learn([text])
        found.settle("a", "b")
        read = found.read(text)
    except InputError:
        return
    assert read is None or read[0].tzinfo is None


def test_moments_with_a_zone_are_kept_in_utc() -> None:
    assert to_time(MOMENT.replace(tzinfo=UTC)) == MOMENT
