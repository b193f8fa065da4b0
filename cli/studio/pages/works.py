"""What works: the report of an account, a company, or several accounts beside each other.

What this view alone needs is imported when it is asked for, so that a service is there sooner.
"""

import shlex
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from math import log
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from embedstore.cli.studio.pages.cards import cards
from embedstore.cli.studio.pages.charts import LogScale, Series
from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import Here, HereOf
from fastapi import HTTPException, Response

from embedstore.errors import EmbedstoreError
from embedstore.storage.layout import database_file
from embedstore.store import Store

if TYPE_CHECKING:
    from heads.reports.data import BestTime, Cell, PostLine, Report, Subject

router = views()

MOST_REPORTS = 32
"""Reports that are kept until their store changes."""

STEPS = 4
"""Shades on each side of the usual in a week's grid."""

FAR = log(1.5)
"""Logarithm of the multiple that has the darkest shade."""


@dataclass(frozen=True)
class Asked:
    """Whom the report is about; its names are those of the address.

    Attributes
    ----------
    account : str
        An account, or several with commas between.
    company : str
        A company, instead.
    timezone : str
        Of hours and days.
    """

    account: str
    company: str
    timezone: str

    @classmethod
    def of(cls, here: Here) -> Self:
        """Take the values of an address; the busiest account if it names nobody."""
        given = here.request.query_params
        account, company = given.get("account", "").strip(), given.get("company", "").strip()
        if not account and not company:
            rows = here.store.sql(
                "SELECT username FROM posts WHERE username IS NOT NULL"
                " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            ).to_pylist()
            account = rows[0]["username"] if rows else ""
        return cls(account, "" if account else company, given.get("timezone", "").strip() or "UTC")

    @property
    def names(self) -> list[str]:
        """The accounts."""
        return [name.strip() for name in self.account.split(",") if name.strip()]

    def address(self) -> str:
        """Write it as a query string."""
        values = {"account": self.account, "company": self.company, "timezone": self.timezone}
        return urlencode({name: value for name, value in values.items() if value})

    def command(self, store: str) -> str:
        """Return the command that writes the same report as a page."""
        if self.company:
            who = ["--company", self.company]
        elif len(self.names) > 1:
            who = ["--compare", ",".join(self.names)]
        else:
            who = ["--username", self.account]
        zone = ["--timezone", self.timezone] if self.timezone != "UTC" else []
        return shlex.join(["heads", "report", store, *who, *zone])


_kept: "OrderedDict[tuple[str, int, str], Report]" = OrderedDict()


def make(here: Here, asked: Asked) -> "Report":
    """Make the report, or return the one that is kept until the store changes.

    Raises
    ------
    EmbedstoreError
        Nobody of that name has posts, or the store has too few.
    """
    file = database_file(here.store.path)
    key = (str(here.store.path), file.stat().st_mtime_ns, asked.address())
    if key in _kept:
        return _kept[key]
    if asked.company:
        who: dict[str, Any] = {"company": asked.company}
    elif len(asked.names) > 1:
        who = {"compare": asked.names}
    else:
        who = {"username": asked.account}
    found: Report = here.heads.ask("slow", here.store, "report", timezone=asked.timezone, **who)
    _kept[key] = found
    while len(_kept) > MOST_REPORTS:
        _kept.popitem(last=False)
    return found


@router.get("/s/{store}/works")
def works(here: HereOf) -> Response:
    """Show the frame of the report; the page itself asks for what takes seconds."""
    names = here.store.sql(
        "SELECT username, any_value(company) AS company, count(*) AS posts FROM posts"
        " WHERE username IS NOT NULL GROUP BY 1 ORDER BY posts DESC, 1 LIMIT 1000"
    ).to_pylist()
    return here.render(
        "works.html",
        "works",
        asked=Asked.of(here),
        accounts=[row["username"] for row in names],
        companies=sorted({row["company"] for row in names if row["company"]}),
    )


@router.get("/s/{store}/works/report")
def works_report(here: HereOf) -> Response:
    """Return the report as a piece of the page."""
    from heads.reports import wording
    from heads.reports.factors import DAYS

    asked = Asked.of(here)
    try:
        found = make(here, asked)
    except EmbedstoreError as error:
        return here.render("works_report.html", error=here.said(error))
    return here.render(
        "works_report.html",
        asked=asked,
        report=found,
        subjects=[_shown(here.store, subject) for subject in found.subjects],
        lines=_levels(found),
        wording=wording,
        days=DAYS,
        command=asked.command(here.command_name),
    )


@router.get("/s/{store}/works.{form}")
def works_file(here: HereOf, form: str) -> Response:
    """Return the report as a page to hand in, as JSON, or its effects as CSV."""
    asked = Asked.of(here)
    found = make(here, asked)
    name = f"{here.name}-{found.title}".replace(" · ", "-").replace(" ", "-")
    name = name.encode("ascii", "ignore").decode() or here.name
    if form == "html":
        from heads.reports.page import report_page

        headers = {"Content-Disposition": f'attachment; filename="{name}.html"'}
        return Response(report_page(found, here.store), media_type="text/html", headers=headers)
    if form == "json":
        return download([found.to_json()], name, "json")
    if form == "csv":
        return download(_effects(found), name, "csv")
    raise HTTPException(404)


def _effects(report: "Report") -> list[dict[str, Any]]:
    return [
        {"account": subject.name, "question": answer.title, **vars(effect)}
        for subject in report.subjects
        for answer in subject.answers
        for effect in answer.effects
    ]


def _shown(store: Store, subject: "Subject") -> dict[str, Any]:
    """Return a subject with the places of what is drawn."""
    from heads.reports import wording

    told = wording.told(subject)
    ends = [1 / 1.25, 1.25]
    for _, effect in told:
        ends += [effect.low or 1.0, effect.high or 1.0]
    latest = [line for line in subject.latest if line.expected is not None]
    counts = [
        value
        for line in latest
        for value in (line.low, line.high, line.likes)
        if value is not None
    ]  # fmt: skip
    by_hour = {(one.weekday, one.hour): one for one in subject.times}
    return {
        "subject": subject,
        "summary": wording.summary(subject),
        "told": told,
        "scale": LogScale(min(ends), max(ends)),
        "week": [
            [_shade(by_hour.get((day, hour))) for hour in range(24)] for day in range(7)
        ] if by_hour else [],
        "told_week": [
            [_shade(cell) for cell in subject.week if cell.weekday == day] for day in range(7)
        ] if any(cell.told for cell in subject.week) else [],
        "better": _with_likes(store, subject.better),
        "worse": _with_likes(store, subject.worse),
        "latest": latest,
        "latest_scale": LogScale(min(counts), max(counts), 1) if counts else None,
    }  # fmt: skip


def _with_likes(store: Store, lines: "tuple[PostLine, ...]") -> list[Any]:
    return cards(store, [line.post_id for line in lines])


def _shade(one: "BestTime | Cell | None") -> dict[str, Any]:
    """Return an hour of the week with its shade: -4 to 4, 0 where nothing is told."""
    from heads.reports.data import Cell

    if one is None or one.multiple is None or (isinstance(one, Cell) and not one.told):
        return {"step": 0, "multiple": None}
    share = max(-1.0, min(1.0, log(max(one.multiple, 1e-9)) / FAR))
    return {"step": round(STEPS * share), "multiple": one.multiple}


def _levels(report: "Report") -> dict[str, Any]:
    """Place the levels over time: accounts asked for first."""
    series = sorted(report.levels, key=lambda one: one.role != "asked")
    days = [date.fromisoformat(day).toordinal() for one in series for day in one.days]
    levels = [level for one in series for level in one.levels]
    if len(set(days)) < 2:
        return {}
    first, last = min(days), max(days)
    scale = LogScale(max(0.0, min(levels)), max(levels), 1)
    drawn = [
        (
            one.role,
            Series(
                one.account,
                [
                    (
                        100 * (date.fromisoformat(day).toordinal() - first) / (last - first),
                        100 - scale(level),
                    )
                    for day, level in zip(one.days, one.levels, strict=True)
                ],
            ),
        )
        for one in series
    ]
    middle = ((1 + scale.low) * (1 + scale.high)) ** 0.5 - 1
    return {
        "series": drawn,
        "x_ticks": [date.fromordinal(day) for day in (first, (first + last) // 2, last)],
        "y_ticks": [scale.high, middle, scale.low],
    }
