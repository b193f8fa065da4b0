"""Compose: drafts side by side, what each would get, why, and when to post it.

What this view alone needs is imported when it is asked for, so that a service is there sooner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlencode

import pyarrow as pa
from embedstore.cli.studio.pages.cards import Card, cards
from embedstore.cli.studio.pages.charts import LogScale
from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.find import of_account
from embedstore.cli.studio.pages.levels import levels
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import Here, HereOf
from embedstore.cli.studio.pages.uploads import pictures
from fastapi import Query, Response

from embedstore.errors import EmbedstoreError, InputError
from embedstore.store import Store

router = views()

MOST_DRAFTS = 6

MOST_WORDS = 40
"""Words of a draft that are tried, from its start."""

TELLING = 0.03
"""Least share by which a word has to move the prediction to be marked."""

STALE = timedelta(days=90)
"""Age of the newest post from which on the store's time, not today's, is what drafts are for."""


@dataclass(frozen=True)
class Plan:
    """What would be posted: its names are those of the address.

    Attributes
    ----------
    account : str
        The account.
    at : datetime
        When, UTC.
    drafts : tuple of str
        Texts.
    picture : str
        SHA-256 of an uploaded picture, empty without one.
    """

    account: str
    at: datetime
    drafts: tuple[str, ...]
    picture: str

    @classmethod
    def of(cls, here: Here) -> Self:
        """Take the values of an address; what it does not say is chosen from the store."""
        given = here.request.query_params
        account = given.get("account", "").strip()
        at = given.get("at", "")
        try:
            when = datetime.fromisoformat(at) if at else _usual_moment(here.store)
        except ValueError as error:
            raise InputError(f"{at!r} is not a time: write it as 2021-03-04T18:00") from error
        if when.tzinfo is not None:
            when = when.astimezone(UTC).replace(tzinfo=None)
        return cls(
            account or _busiest(here.store),
            when,
            tuple(given.getlist("draft")[:MOST_DRAFTS]),
            given.get("picture", ""),
        )

    def address(self, **changes: Any) -> str:
        """Write it as a query string, with some values changed."""
        values = {
            "account": self.account,
            "at": f"{self.at:%Y-%m-%dT%H:%M}",
            "draft": self.drafts,
            "picture": self.picture or None,
        }
        return urlencode(
            {name: value for name, value in (values | changes).items() if value}, doseq=True
        )

    def table(self, texts: Sequence[str], times: Sequence[datetime] = ()) -> pa.Table:
        """Tabulate posts of the account as `heads.predict_likes` takes them."""
        count = max(len(texts), len(times))
        return pa.table(
            {
                "source": ["draft"] * count,
                "id": [str(number + 1) for number in range(count)],
                "username": [self.account] * count,
                "company": pa.nulls(count, pa.string()),
                "created_at": pa.array(list(times) or [self.at] * count, pa.timestamp("us")),
                "text": list(texts) if len(texts) == count else list(texts) * count,
            }
        )


@dataclass(frozen=True)
class Judged:
    """One draft with what it would get.

    Attributes
    ----------
    number : int
        From 1, in the order on the page.
    likes, low, high : float
        The median and a 90% interval.
    multiple : float
        The median as a multiple of the account's usual.
    best : float
        Chance of being the best of all.
    place : int
        Rank, from 1.
    unlike : str
        In which way it is unlike the store's posts.
    """

    number: int
    likes: float
    low: float
    high: float
    multiple: float
    best: float
    place: int
    unlike: str


@dataclass(frozen=True)
class Word:
    """A word of a draft.

    Attributes
    ----------
    text : str
        The word.
    change : float, optional
        By which share the prediction is higher with it than without; None if not tried.
    """

    text: str
    change: float | None

    @property
    def tone(self) -> str:
        """Whether it speaks for the draft, against it, or neither."""
        if self.change is None or abs(self.change) < TELLING:
            return "even"
        return "above" if self.change > 0 else "below"


@router.get("/s/{store}/compose")
def compose(here: HereOf) -> Response:
    """Show the drafts; what they would get is asked for by the page itself."""
    from heads.runs import has_run

    if not has_run(here.store, "likes"):
        return here.render("compose_empty.html", "compose")
    # By the time that the first draft is written, what its prediction needs is there.
    here.heads.prepare(here.store)
    plan = Plan.of(here)
    drafts = [*plan.drafts, *[""] * (2 - len(plan.drafts))]
    rows = here.store.sql(
        "SELECT username, count(*) AS posts FROM posts WHERE username IS NOT NULL"
        " GROUP BY 1 ORDER BY posts DESC, 1 LIMIT 1000"
    )
    return here.render(
        "compose.html",
        "compose",
        plan=plan,
        drafts=drafts,
        most=MOST_DRAFTS,
        accounts=rows["username"].to_pylist(),
        writes=has_run(here.store, "tweets"),
    )


@router.get("/s/{store}/compose/judge")
def judge(here: HereOf) -> Response:
    """Return what each draft would get, as pieces of the page."""
    try:
        plan = Plan.of(here)
        picture = pictures(here.request).file(plan.picture)
        usual = levels(here.store).at(plan.account, plan.at)
        company = _company(here.store, plan.account)
        if not any(text.strip() for text in plan.drafts):
            return here.render(
                "compose_judged.html", plan=plan, usual=usual, company=company, judged=[]
            )
        ranked, judged = rank(here, plan, picture, usual)
    except EmbedstoreError as error:
        return here.render("compose_judged.html", error=here.said(error), judged=[])
    ends = [usual, *(each.low for each in judged), *(each.high for each in judged)]
    scale = LogScale(min(ends), max(ends), 1)
    said = {key.decode(): value.decode() for key, value in (ranked.schema.metadata or {}).items()}
    return here.render(
        "compose_judged.html",
        plan=plan,
        usual=usual,
        company=company,
        judged=judged,
        verdict=says(ranked),
        first=judged[min(range(len(judged)), key=lambda place: judged[place].place)],
        scale=scale,
        said=said,
    )


@router.get("/s/{store}/compose.{form}")
def judged_rows(here: HereOf, form: str) -> Response:
    """Return the ranking as a file."""
    plan = Plan.of(here)
    picture = pictures(here.request).file(plan.picture)
    ranked, _ = rank(here, plan, picture, levels(here.store).at(plan.account, plan.at))
    return download(ranked, f"{here.name}-drafts", form)


def rank(
    here: Here, plan: Plan, picture: Path | None, usual: float
) -> tuple[pa.Table, list[Judged]]:
    """Rank the drafts; returns the table of `heads.rank_likes`, and them in the page's order."""
    ranked: pa.Table = here.heads.ask(
        "quick",
        here.store,
        "rank_likes",
        plan.drafts,
        username=plan.account,
        date=plan.at,
        image=picture,
    )
    judged = [
        Judged(
            row["draft"],
            row["likes"],
            row["low"],
            row["high"],
            (1 + row["likes"]) / (1 + usual),
            row["best"],
            row["rank"],
            row["unlike"],
        )
        for row in ranked.to_pylist()
    ]
    return ranked, sorted(judged, key=lambda each: each.number)


def says(ranked: pa.Table) -> str | None:
    """Say which draft does better, in a sentence; None where there is only one."""
    from heads.likes.rank import TIED

    drafts, against = ranked["draft"].to_pylist(), ranked["against_next"].to_pylist()
    if len(drafts) < 2:
        return None
    if against[0] != TIED:
        others = f"than draft {drafts[1]}" if len(drafts) == 2 else "than the others"
        return f"Draft {drafts[0]} is {against[0]} {others}"
    tied = next((place for place, words in enumerate(against) if words != TIED), len(drafts)) + 1
    if tied >= len(drafts):
        return "The drafts can't be told apart: choose by other reasons"
    names = ", ".join(map(str, sorted(drafts[:tied])))
    return f"Drafts {names} can't be told apart; the others come after"


@router.get("/s/{store}/compose/why")
def why(here: HereOf, number: Annotated[int, Query(ge=1, le=MOST_DRAFTS)]) -> Response:
    """Return what moves one draft's prediction: its words, earlier posts, and the hour."""
    try:
        plan = Plan.of(here)
        if number > len(plan.drafts) or not (text := plan.drafts[number - 1].strip()):
            return here.render("compose_why.html", nothing=True)
        picture = pictures(here.request).file(plan.picture)
        words = try_words(here, plan, text, picture)
        hours = try_hours(here, plan, text, picture)
        near = earlier(here.store, plan, text)
    except EmbedstoreError as error:
        return here.render("compose_why.html", error=here.said(error))
    telling = sorted(
        {word.text: word for word in words if word.tone != "even"}.values(),
        key=lambda word: -abs(word.change or 0),
    )
    return here.render(
        "compose_why.html",
        plan=plan,
        number=number,
        words=words,
        telling=telling[:6],
        hours=hours,
        best_hour=max(hours, key=lambda hour: hour.likes),
        worst_hour=min(hours, key=lambda hour: hour.likes),
        most=max(hour.likes for hour in hours),
        near=near,
    )


def try_words(here: Here, plan: Plan, text: str, picture: Path | None) -> list[Word]:
    """Predict a draft without each of its words in turn."""
    parts = text.split()
    tried = list(dict.fromkeys(parts))[:MOST_WORDS]
    variants = [" ".join(part for part in parts if part != word) for word in tried]
    kept = [(word, variant) for word, variant in zip(tried, variants, strict=True) if variant]
    rows = _predict(here, plan.table([text, *(variant for _, variant in kept)]), picture)
    whole, *without = rows["likes"].to_pylist()
    changes = {
        word: (1 + whole) / (1 + likes) - 1
        for (word, _), likes in zip(kept, without, strict=True)
    }  # fmt: skip
    return [Word(part, changes.get(part)) for part in parts]


@dataclass(frozen=True)
class Hour:
    """What a draft would get at one hour of the day."""

    at: datetime
    likes: float
    low: float
    high: float


def try_hours(here: Here, plan: Plan, text: str, picture: Path | None) -> list[Hour]:
    """Predict a draft at every hour of its day."""
    day = plan.at.replace(hour=0)
    times = [day + timedelta(hours=hour) for hour in range(24)]
    rows = _predict(here, plan.table([text], times), picture).to_pylist()
    return [
        Hour(at, row["likes"], row["low"], row["high"])
        for at, row in zip(times, rows, strict=True)
    ]  # fmt: skip


def _predict(here: Here, table: pa.Table, picture: Path | None) -> pa.Table:
    images = "none"
    if picture is not None:
        from heads.likes.drafts import show

        table, images = show(table, picture), "local"
    found: pa.Table = here.heads.ask("quick", here.store, "predict_likes", table, images=images)
    return found


def earlier(store: Store, plan: Plan, text: str, k: int = 4) -> list[Card]:
    """Find the account's earlier posts that are nearest to a draft."""
    rows = store.similar(
        text=text,
        k=k,
        where=of_account(plan.account),
        before=plan.at,
        distinct=True,
    ).to_pylist()
    return cards(
        store, [row["post_id"] for row in rows], {row["post_id"]: row["score"] for row in rows}
    )


def _busiest(store: Store) -> str:
    """Name the account with the most posts."""
    rows = store.sql(
        "SELECT username FROM posts WHERE username IS NOT NULL"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    ).to_pylist()
    if not rows:
        raise InputError("the store's posts name no account")
    return str(rows[0]["username"])


def _company(store: Store, account: str) -> str:
    """Name the company of an account's latest post; empty without one."""
    rows = store.sql(
        "SELECT company FROM posts WHERE fold_username(username) = fold_username(?)"
        " AND company IS NOT NULL ORDER BY created_at DESC LIMIT 1",
        [account],
    ).to_pylist()
    return str(rows[0]["company"]) if rows else ""


def _usual_moment(store: Store) -> datetime:
    """Choose the next full hour; in a store that ended long ago, the evening after its end."""
    now = datetime.now(UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    [row] = store.sql("SELECT max(created_at) AS last FROM posts").to_pylist()
    last: datetime | None = row["last"]
    if last is not None and now - last > STALE:
        now = (last + timedelta(days=1)).replace(hour=17, minute=0, second=0, microsecond=0)
    return now + timedelta(hours=1)
