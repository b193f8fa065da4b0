"""A chart of a table: what is drawn and where, on a plane of 100 by 100."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa

Form = Literal["bars", "line", "points"]

MOST_BARS = 40
MOST_LINES = 3
MOST_POINTS = 2000

_TIMES = ("year", "quarter", "month", "week", "day", "date", "hour")


@dataclass(frozen=True)
class Series:
    """One column that is drawn.

    Attributes
    ----------
    name : str
        The column.
    places : list of tuple
        Where each row is, (0, 0) at the upper left.
    """

    name: str
    places: list[tuple[float, float]]

    @property
    def path(self) -> str:
        """The places as points of a polyline."""
        return " ".join(f"{x:.2f},{y:.2f}" for x, y in self.places)


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes
    ----------
    form : {"bars", "line", "points"}
        How it is drawn.
    x, y : str
        Names of the columns.
    bars : list of tuple
        Of bars: label, value, and its share of the largest, in hundredths.
    series : list of Series
        Of lines and points.
    x_ticks, y_ticks : list of tuple
        Place and words of the marks on an axis.
    forms : list of str
        In which forms the table can be drawn.
    """

    form: Form
    x: str
    y: str
    bars: list[tuple[str, float, float]] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)


@dataclass(frozen=True)
class LogScale:
    """Places values on a line from 0 to 100 by their logarithm.

    Attributes
    ----------
    low, high : float
        Values at its ends.
    plus : float
        What is added to each before: 1 for counts, which may be 0.
    """

    low: float
    high: float
    plus: float = 0

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        start, end = math.log(self.plus + self.low), math.log(self.plus + self.high)
        place = math.log(max(value, self.low) + self.plus) - start
        return round(100 * place / max(end - start, 1e-9), 2)


def chart(rows: pa.Table, wanted: str = "") -> Chart | None:
    """Draw a table: along its first column, or its first one of words or times.

    Parameters
    ----------
    rows : pyarrow.Table
        The rows.
    wanted : str
        A form; the one that fits best if empty or not possible.

    Returns
    -------
    Chart or None
        None for a table that has nothing to draw: a single row, or no numbers.
    """
    names = rows.column_names
    if rows.num_rows < 2 or len(set(names)) != len(names) or wanted == "none":
        return None
    numbers = [f.name for f in rows.schema if is_number(f.type) and not f.name.endswith("_id")]
    labels = [
        f.name for f in rows.schema if not is_number(f.type) and not pa.types.is_nested(f.type)
    ]
    times = [name for name in names if _is_time(rows.schema.field(name))]
    forms: list[Form] = []
    along = ""
    if times and [name for name in numbers if name != times[0]]:
        forms.append("line")
        along = times[0]
    if labels and numbers and rows.num_rows <= MOST_BARS:
        forms.append("bars")
    plain = [name for name in numbers if name != along]
    if len(plain) > 1:
        forms.append("points")
    if not forms:
        return None
    form = next((each for each in forms if each == wanted), forms[0])
    if form == "bars":
        return _bars(rows, labels[0], numbers[0], forms)
    if form == "line":
        return _lines(rows, along, plain[:MOST_LINES], forms)
    return _points(rows, plain[0], plain[1], forms)


def _bars(rows: pa.Table, label: str, value: str, forms: list[Form]) -> Chart:
    values = [_float(each) for each in rows[value].to_pylist()]
    most = max((abs(each) for each in values if each is not None), default=0.0) or 1.0
    bars = [
        (_words(name), each, round(100 * abs(each) / most, 2))
        for name, each in zip(rows[label].to_pylist(), values, strict=True)
        if each is not None
    ]
    return Chart("bars", label, value, bars=bars, forms=forms)


def _lines(rows: pa.Table, along: str, names: list[str], forms: list[Form]) -> Chart:
    # The first column decides the scale; others are drawn where they are of its size.
    x = [_position(each) for each in rows[along].to_pylist()]
    order = sorted(
        (place for place in range(len(x)) if x[place] is not None), key=lambda k: x[k] or 0
    )
    columns = {name: [_float(each) for each in rows[name].to_pylist()] for name in names}
    tops = {
        name: max((v for v in column if v is not None), default=0)
        for name, column in columns.items()
    }
    last = names[-1]
    drawn = [name for name in names if tops[last] and 0.1 <= tops[name] / tops[last] <= 10] or [
        last
    ]
    low, high = _range([v for name in drawn for v in columns[name]], zero=True)
    left, right = _range([x[place] for place in order])
    series = [
        Series(
            name,
            [
                (_share(x[place], left, right), 100 - _share(columns[name][place], low, high))
                for place in order
                if columns[name][place] is not None
            ],
        )
        for name in drawn
    ]
    kept = [order[round(share * (len(order) - 1))] for share in (0, 0.5, 1)]
    given = rows[along].to_pylist()
    ticks = [(_share(x[place], left, right), _words(given[place])) for place in dict.fromkeys(kept)]
    return Chart(
        "line", along, ", ".join(drawn), series=series, x_ticks=ticks,
        y_ticks=_ticks(low, high), forms=forms,
    )  # fmt: skip


def _points(rows: pa.Table, across: str, up: str, forms: list[Form]) -> Chart:
    pairs = [
        (a, b)
        for a, b in zip(
            map(_float, rows[across].to_pylist()), map(_float, rows[up].to_pylist()), strict=True
        )
        if a is not None and b is not None
    ][:MOST_POINTS]
    left, right = _range([a for a, _ in pairs])
    low, high = _range([b for _, b in pairs])
    places = [(_share(a, left, right), 100 - _share(b, low, high)) for a, b in pairs]
    ticks = [(_share(value, left, right), f"{value:,.4g}") for value in (left, right)]
    return Chart(
        "points", across, up, series=[Series(up, places)], x_ticks=ticks,
        y_ticks=_ticks(low, high), forms=forms,
    )  # fmt: skip


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Mark an axis at both ends and in the middle."""
    return [
        (
            100 - 100 * share,
            f"{low + share * (high - low):,.4g}"
            if high < 1e4
            else f"{low + share * (high - low):,.0f}",
        )
        for share in (0, 0.5, 1)
    ]


def _range(values: list[float | None], *, zero: bool = False) -> tuple[float, float]:
    there = [value for value in values if value is not None]
    low, high = min(there, default=0.0), max(there, default=1.0)
    if zero and low > 0:
        low = 0.0
    return low, high if high > low else low + 1


def _share(value: float | None, low: float, high: float) -> float:
    return round(100 * ((value or 0) - low) / (high - low), 2)


def _float(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _position(value: Any) -> float | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).timestamp()
    if isinstance(value, date):
        return float(value.toordinal()) * 86400
    return _float(value)


def _words(value: Any) -> str:
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M}"
    text = "–" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def is_number(kind: pa.DataType) -> bool:
    """Tell whether values of a type are numbers."""
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_time(column: pa.Field) -> bool:
    return bool(
        pa.types.is_temporal(column.type)
        or (pa.types.is_integer(column.type) and column.name.lower() in _TIMES)
    )
