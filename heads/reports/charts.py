"""The charts of a report, as SVG: readable in print and without colour (Vega-Altair)."""

import base64
from datetime import date
from math import exp, log
from typing import TYPE_CHECKING, Any

from embedstore.errors import InputError
from heads.reports.data import BestTime, Cell, PostLine, Series, Share, Subject
from heads.reports.factors import DAYS
from heads.reports.wording import SHARE_NAMES, kind_in_words, shortened, times, told

if TYPE_CHECKING:
    import altair as alt

INK, SOFT, LINE = "#1d2433", "#7a8394", "#d5dae2"
WIDTH = 760
"""Pixels that a chart is wide, without its labels."""

WIDE_NAMES = {"left": 44, "right": 14, "top": 5, "bottom": 5}
"""Room around charts with names at the left: a browser's font may be wider than the one that they
were measured with."""

_ROLES = {
    "asked": "the account",
    "company": "others of the company",
    "similar": "similar accounts",
}


def _altair() -> Any:
    try:
        import altair
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise InputError(
            "charts need the extra `report`: pip install 'embedstore[report]', or leave them out"
            " with --format json"
        ) from error
    return altair


def svg(chart: "alt.TopLevelMixin") -> str:
    """Draw a chart, as the address of an `img`: nothing in it is ever run."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart.to_json())
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"


def _plain(chart: "alt.LayerChart | alt.Chart") -> str:
    return svg(
        chart.configure(font="Helvetica, Arial, sans-serif", background="white")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK, titleColor=SOFT, gridColor=LINE, domainColor=SOFT, tickColor=SOFT,
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelLimit=320,
        )
        .configure_legend(
            labelColor=INK, labelFontSize=12, orient="top", title=None, symbolSize=160,
            symbolStrokeColor=INK, columnPadding=48,
        )
    )  # fmt: skip


def levels(series: tuple[Series, ...]) -> str:
    """Draw levels over time: the accounts asked for in thick lines, others dashed or dotted."""
    alt = _altair()
    rows = [
        {
            "account": shortened(one.account, 24),
            "role": _ROLES[one.role],
            "day": day,
            "likes": level + 1,
        }
        for one in series
        for day, level in zip(one.days, one.levels, strict=True)
    ]
    ends = [
        {
            "account": shortened(one.account, 24),
            "day": one.days[-1],
            "likes": one.levels[-1] + 1,
            "role": _ROLES[one.role],
        }
        for one in series
    ]
    _spread(ends)
    days = [date.fromisoformat(day[:10]) for one in series for day in (one.days[0], one.days[-1])]
    aside = str(max(days) + (max(days) - min(days)) * 0.03)
    for end in ends:
        end["aside"] = aside
    roles = list(_ROLES.values())
    x = alt.X("day:T", axis=alt.Axis(title=None, tickCount=8, format="%b %Y", grid=False))
    scale = alt.Scale(type="log", nice=False)
    axis = alt.Axis(
        title="likes of a usual post, plus one (logarithmic)",
        format="~s",
        values=_round_marks(rows),
    )
    y = alt.Y("likes:Q", scale=scale, axis=axis)
    lines = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(interpolate="monotone")
        .encode(
            x=x,
            y=y,
            detail="account:N",
            strokeDash=alt.StrokeDash(
                "role:N",
                title=None,
                scale=alt.Scale(domain=roles, range=[[1, 0], [6, 3], [1.5, 3]]),
            ),
            size=alt.Size(
                "role:N", scale=alt.Scale(domain=roles, range=[3, 1.3, 1.3]), legend=None
            ),
            color=alt.Color(
                "role:N", scale=alt.Scale(domain=roles, range=[INK, SOFT, SOFT]), legend=None
            ),
        )
    )
    at_end = alt.Chart(alt.Data(values=ends)).encode(
        x=alt.X("aside:T"), y=alt.Y("place:Q", scale=scale)
    )
    names = at_end.mark_text(align="left", dx=4, fontSize=11, color=INK).encode(text="account:N")
    leads = at_end.mark_rule(size=0.7, color=SOFT).encode(x=x, y=y, x2="aside:T", y2="place:Q")
    room = {"left": 5, "right": 90, "top": 5, "bottom": 8}
    return _plain((leads + lines + names).properties(width=WIDTH - 40, height=300, padding=room))


def _round_marks(rows: list[dict[str, Any]]) -> list[float]:
    """List 1, 2, 5, 10, 20, … as far as the lines go; where they go far, powers of ten."""
    low, high = (pick(row["likes"] for row in rows) for pick in (min, max))
    steps = (1, 2, 3, 5, 7) if high / low < 12 else (1, 2, 5) if high / low < 1000 else (1,)
    marks = [step * 10.0**power for power in range(9) for step in steps]
    return [mark for mark in marks if low * 0.9 <= mark <= high * 1.1]


def _spread(ends: list[dict[str, Any]]) -> None:
    """Move the names at the ends of lines apart, as little as possible, and say where they go."""
    ordered = sorted(ends, key=lambda one: one["likes"])
    wanted = [log(one["likes"]) for one in ordered]
    step = max((wanted[-1] - wanted[0]) / 20, 0.05)
    # Blocks of names that touch, each around the mean of where its names would stand.
    blocks: list[tuple[float, int]] = []
    for place in wanted:
        blocks.append((place, 1))
        while len(blocks) > 1:
            (low, under), (high, over) = blocks[-2:]
            if high - low >= step * (under + over) / 2:
                break
            blocks[-2:] = [((low * under + high * over) / (under + over), under + over)]
    places = [mid + step * (k - (n - 1) / 2) for mid, n in blocks for k in range(n)]
    for one, place in zip(ordered, places, strict=True):
        one["place"] = exp(place)


def effects(subject: Subject) -> str:
    """Draw the effects that may be told, with their intervals, around the account's usual."""
    alt = _altair()
    rows = [
        {
            "kind": shortened(kind_in_words(part.question, one.kind), 46),
            "multiple": one.multiple,
            "low": one.low,
            "high": one.high,
            "label": times(one.multiple or 1.0),
            "sign": "better" if (one.multiple or 1.0) > 1 else "worse",
        }
        for part, one in sorted(told(subject), key=lambda pair: -(pair[1].multiple or 1.0))
    ]
    low = min(0.8, *(row["low"] for row in rows)) * 0.95  # type: ignore[type-var,operator]
    high = max(1.25, *(row["high"] for row in rows)) * 1.05  # type: ignore[type-var,operator]
    marks = [
        mark
        for mark in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 2, 3, 5, 10)
        if low <= mark <= high
    ]
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    y = alt.Y("kind:N", sort=None, title=None)
    base = alt.Chart(alt.Data(values=rows))
    axis = alt.Axis(values=marks, format="~g", title="times the account's usual likes")
    bars = base.mark_rule(size=2, color=INK).encode(
        y=y, x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=110, color=INK, opacity=1).encode(
        y=y,
        x=alt.X("multiple:Q", scale=scale),
        shape=alt.Shape(
            "sign:N",
            scale=alt.Scale(domain=["better", "worse"], range=["triangle-up", "triangle-down"]),
            legend=None,
        ),
    )
    numbers = base.mark_text(dy=-11, fontSize=11, color=INK).encode(
        y=y, x=alt.X("multiple:Q", scale=scale), text="label:N"
    )
    usual = (
        alt.Chart(alt.Data(values=[{"one": 1}]))
        .mark_rule(color=SOFT, strokeDash=[4, 3])
        .encode(x=alt.X("one:Q", scale=scale))
    )
    return _plain(
        (usual + bars + points + numbers).properties(
            width=WIDTH - 150, height=34 * len(rows), padding=WIDE_NAMES
        )
    )


def week(cells: tuple[Cell, ...]) -> str:
    """Draw the hours of the week that may be told, each with its multiple; a dot for others."""
    rows = [
        {
            "day": DAYS[cell.weekday],
            "hour": f"{cell.hour:02d}",
            "value": cell.multiple if cell.told else None,
            "label": times(cell.multiple or 1.0) if cell.told else "·",
        }
        for cell in cells
    ]
    return _grid(rows)


def best_times(found: tuple[BestTime, ...]) -> str:
    """Draw what the head expects of one post at each hour, against the middle hour."""
    rows = [
        {
            "day": DAYS[one.weekday],
            "hour": f"{one.hour:02d}",
            "value": one.multiple,
            "label": times(one.multiple),
        }
        for one in found
    ]
    return _grid(rows)


def _grid(rows: list[dict[str, Any]]) -> str:
    alt = _altair()
    known = [row["value"] for row in rows if row["value"] is not None]
    far = max([1.25, *(max(value, 1 / value) for value in known)])
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("hour:N", title="hour", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("day:N", sort=list(DAYS), title=None),
    )
    # Grey by the logarithm: paler is worse, darker better, and the number says it.
    shades = (
        base.transform_filter("isValid(datum.value)")
        .mark_rect(stroke=LINE)
        .encode(
            color=alt.Color(
                "value:Q",
                scale=alt.Scale(
                    type="log",
                    domain=[1 / far, far],
                    range=["#ffffff", "#93a4bd"],
                    interpolate="rgb",
                ),
                legend=None,
            )
        )
    )
    numbers = base.mark_text(fontSize=10, color=INK).encode(text="label:N")
    return _plain((shades + numbers).properties(width=WIDTH + 40, height=7 * 26))


def shares(found: tuple[Share, ...], name: str) -> str:
    """Draw what explains how likes differ: over all accounts, and within the account."""
    alt = _altair()
    own, every = f"posts of {shortened(name, 24)}", "posts of all accounts"
    rows = []
    for share in found:
        what = SHARE_NAMES[share.name]
        rows.append(_bar(what, every, share.everyone, share.everyone_low, share.everyone_high))
        if share.own is not None:
            rows.append(_bar(what, own, share.own, share.own_low or 0.0, share.own_high or 0.0))
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("what:N", sort=list(SHARE_NAMES.values()), title=None),
        yOffset=alt.YOffset("whose:N", sort=[every, own]),
    )
    x = alt.X(
        "share:Q",
        axis=alt.Axis(format="%", title="share of the variance"),
        scale=alt.Scale(domain=[0, 1]),
    )
    bars = base.mark_bar(stroke=INK, strokeWidth=0.7).encode(
        x=x,
        color=alt.Color(
            "whose:N",
            title=None,
            scale=alt.Scale(domain=[every, own], range=["#ffffff", "#8fa3bf"]),
        ),
    )
    spans = base.mark_rule(color=INK).encode(x=alt.X("low:Q"), x2="high:Q")
    return _plain(
        (bars + spans).properties(width=WIDTH - 180, height=36 * len(found), padding=WIDE_NAMES)
    )


def _bar(what: str, whose: str, share: float, low: float, high: float) -> dict[str, Any]:
    return {
        "what": what,
        "whose": whose,
        "share": max(0.0, share),
        "low": max(0.0, low),
        "high": min(1.0, max(0.0, high)),
    }


def expectations(lines: tuple[PostLine, ...]) -> str:
    """Draw what the head expects of the last posts, and what they got."""
    alt = _altair()
    rows = [
        {
            "post": f"{line.created_at:%Y-%m-%d} {shortened(line.text, 34)}",
            "low": (line.low or 0) + 1,
            "expected": (line.expected or 0) + 1,
            "high": (line.high or 0) + 1,
            "likes": None if line.likes is None else line.likes + 1,
        }
        for line in lines
    ]
    base = alt.Chart(alt.Data(values=rows))
    y = alt.Y("post:N", sort=None, title=None)
    counts = [each for line in lines for each in (line.low, line.high, line.likes)]
    known = [1 + each for each in counts if each is not None]
    scale = alt.Scale(type="log", nice=False, domain=[min(known) * 0.9, max(known) * 1.1])
    axis = alt.Axis(
        format="~s",
        values=_round_marks([{"likes": each} for each in known]),
        title="likes, plus one: | expected, with 90% interval; ◆ what it got",
    )
    spans = base.mark_rule(size=2, color=SOFT).encode(
        y=y, x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
    )
    middle = base.mark_tick(thickness=3, size=16, color=INK).encode(
        y=y, x=alt.X("expected:Q", scale=scale)
    )
    got = (
        base.transform_filter("isValid(datum.likes)")
        .mark_point(shape="diamond", filled=True, size=120, color=INK, opacity=1)
        .encode(y=y, x=alt.X("likes:Q", scale=scale))
    )
    return _plain(
        (spans + middle + got).properties(
            width=WIDTH - 200, height=30 * len(rows), padding=WIDE_NAMES
        )
    )
