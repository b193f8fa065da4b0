"""Find: posts by words, by a picture, or like another post, among those that pass filters."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlencode

import duckdb
import numpy as np
from embedstore.cli.studio.pages.cards import Card, cards
from embedstore.cli.studio.pages.download import download
from embedstore.cli.studio.pages.levels import levels
from embedstore.cli.studio.pages.routes import views
from embedstore.cli.studio.pages.shell import HereOf, has_labels, topics_of
from embedstore.cli.studio.pages.uploads import pictures
from embedstore.cli.studio.problems import without_paths
from fastapi import Response

from embedstore.errors import EmbedstoreError, InputError, QueryError
from embedstore.index.words import are_words_indexed
from embedstore.search.nothing_found import why_none_pass
from embedstore.search.words import parse_words
from embedstore.storage.filters import posts_where
from embedstore.store import Store
from heads.data.accounts import fold_name

router = views()

PAGE = 24
"""Posts that are shown at first, and added by "Show more"."""

MOST = 480
"""Posts that one page shows; a download has as many."""

SORTS = {
    "new": "newest first",
    "likes": "most likes first",
    "above": "furthest above usual first",
    "below": "furthest below usual first",
}


Way = Literal["vectors", "words", "hybrid"]
"""How posts are found, as SQL's `search` names it."""


@dataclass(frozen=True)
class Search:
    """What the form asks for; its names are those of the address.

    Attributes
    ----------
    q : str
        Words.
    like : str
        Key of a post.
    picture : str
        SHA-256 of an uploaded picture.
    among : str
        texts or images; empty for what fits.
    by : str
        meaning or words; empty for both.
    company, account, since, until, at_least, at_most, kind, topic, label : str
        Filters; the dates are days, the last one included; a topic is its number, a label
        ``name:class``.
    sort : str
        Order where nothing is looked for: one of `SORTS`.
    n : str
        Posts to show.
    """

    q: str = ""
    like: str = ""
    picture: str = ""
    among: str = ""
    by: str = ""
    company: str = ""
    account: str = ""
    since: str = ""
    until: str = ""
    at_least: str = ""
    at_most: str = ""
    kind: str = ""
    topic: str = ""
    label: str = ""
    sort: str = ""
    n: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Take the values that an address has."""
        names = {each.name for each in fields(cls)}
        return cls(**{name: parameters[name].strip() for name in names & set(parameters)})

    @property
    def asked(self) -> bool:
        """Whether it looks for something, rather than listing posts."""
        return bool(self.q or self.like or self.picture)

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        looked_for = ("q", "like", "picture", "among", "by", "sort", "n")
        names = [each.name for each in fields(self) if each.name not in looked_for]
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def count(self) -> int:
        """Posts to show."""
        return min(MOST, int(self.n)) if self.n.isdigit() and int(self.n) else PAGE

    def address(self, **changes: str) -> str:
        """Write it as a query string, with some values changed."""
        values = {each.name: getattr(self, each.name) for each in fields(self)} | changes
        return urlencode({name: value for name, value in values.items() if value})

    def condition(self) -> str | None:
        """Write the filters as SQL; DuckDB itself writes the literals.

        Raises
        ------
        InputError
            A date or a number can't be read.
        """
        parts = []
        for column, value in (("company", self.company), ("kind", self.kind)):
            if value:
                parts.append(f"{column} = {_literal(value)}")
        if self.account:
            parts.append(of_account(self.account))
        if self.since:
            parts.append(f"created_at >= {_literal(_day(self.since))}")
        if self.until:
            parts.append(f"created_at < {_literal(_day(self.until))} + INTERVAL 1 DAY")
        for sign, value in ((">=", self.at_least), ("<=", self.at_most)):
            if value:
                parts.append(f"likes {sign} {_number(value)}")
        if self.topic:
            topic = _number(self.topic, "the number of a topic")
            of_topic = f"SELECT t.post_id FROM post_topics t WHERE t.topic_id = {topic}"  # noqa: S608
            parts.append(f"post_id IN ({of_topic})")
        if self.label:
            name, _, label = self.label.partition(":")
            labelled = f"l.name = {_literal(name)} AND l.label = {_literal(label)}"
            parts.append(f"post_id IN (SELECT l.post_id FROM labels l WHERE {labelled})")  # noqa: S608
        return " AND ".join(parts) or None


def of_account(name: str) -> str:
    """Write the condition that a post is of an account."""
    return f"fold_username(username) = {_literal(fold_name(name))}"


def _literal(value: Any) -> str:
    return str(duckdb.ConstantExpression(value))


def _day(value: str) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%d")
    except ValueError as error:
        raise InputError(f"{value!r} is not a day: write it as 2021-03-04") from error


def _number(value: str, what: str = "a number of likes") -> int:
    if not value.isdigit() or len(value) > 18:
        raise InputError(f"{value!r} is not {what}")
    return int(value)


@router.get("/s/{store}/find")
def find(here: HereOf) -> Response:
    """Show what was found, or the newest posts."""
    search = Search.of(here.request.query_params)
    found: list[Card] = []
    error = nothing = None
    how: Way = "vectors"
    try:
        how = way(here.store, search)
        found = look(here.store, search, pictures(here.request).file(search.picture))
        if not found:
            nothing = why_none_pass(here.store, search.condition())
            nothing = without_paths(nothing, here.request.app.state.stores.paths)
    except EmbedstoreError as problem:
        error = here.said(problem)
    return here.render(
        "find.html",
        "find",
        search=search,
        sorts=SORTS,
        cards=found,
        error=error,
        nothing=nothing,
        model=_like(here.store, search.like),
        more=len(found) == search.count < MOST,
        page=PAGE,
        by_words=bool(search.q) and has_words(here.store, search.q),
        choices=_choices(here.store),
        topics=topics_of(here.store),
        labels=_labels(here.store),
        with_pictures=any(card.pictures for card in found),
        how=how,
        sql=None if error else _sql(search, how),
        command=None if error else _command(here.command_name, search, how),
    )


@router.get("/s/{store}/find.{form}")
def find_rows(here: HereOf, form: str) -> Response:
    """Return what was found as a file."""
    search = Search.of(here.request.query_params)
    found = look(here.store, search, pictures(here.request).file(search.picture))
    return download([card.row() for card in found], f"{here.name}-posts", form)


def look(store: Store, search: Search, picture: Path | None) -> list[Card]:
    """Find posts, the best first.

    Raises
    ------
    EmbedstoreError
        Something that is asked for can't be used.
    """
    where = search.condition()
    if not search.asked:
        return cards(store, _listed(store, where, search.sort, search.count))
    if search.among not in ("", "texts", "images"):
        raise InputError(f"posts are found among texts or images, not {search.among!r}")
    text = search.q if not (search.like or picture) else ""
    how = way(store, search)
    rows = store.similar(
        text=text if text and how != "words" else None,
        words=text if text and how != "vectors" else None,
        post=search.like or None,
        image=picture if not search.like else None,
        k=search.count,
        among=search.among or None,  # type: ignore[arg-type]
        where=where,
        distinct=True,
    ).to_pylist()
    return cards(
        store,
        [row["post_id"] for row in rows],
        # Scores of words are on another scale, which says nothing to a reader.
        {row["post_id"]: row["score"] for row in rows} if how == "vectors" else {},
        {row["post_id"]: row["position"] for row in rows if "position" in row},
    )


def way(store: Store, search: Search) -> Way:
    """Choose whether posts are found by meaning, by spelling, or by both.

    Raises
    ------
    InputError
        They are to be found by words, and there are none.
    """
    if not search.q or search.like or search.picture or search.among == "images":
        return "vectors"
    if search.by == "meaning":
        return "vectors"
    if has_words(store, search.q):
        return "words" if search.by == "words" else "hybrid"
    if search.by == "words":
        raise InputError("no words are indexed in this store yet, or there is none to find")
    return "vectors"


def has_words(store: Store, text: str) -> bool:
    """Tell whether a text has words to look for, in a store whose words are indexed."""
    with store.connection() as connection:
        if not are_words_indexed(connection):
            return False
        try:
            parse_words(connection, text)
        except QueryError:
            return False
    return True


def _listed(store: Store, where: str | None, sort: str, count: int) -> list[int]:
    """List the first posts that pass a filter, in an order."""
    with store.connection() as connection:
        posts = posts_where(connection, where)
        if sort not in ("above", "below"):
            order = "likes DESC NULLS LAST, post_id" if sort == "likes" else "created_at DESC"
            chosen = posts.order(f"{order} NULLS LAST" if sort != "likes" else order)
            return [row[0] for row in chosen.project("post_id").limit(count).fetchall()]
        passing = np.asarray(posts.project("post_id").fetchnumpy()["post_id"], dtype=np.int64)
    known = levels(store)
    some = np.isin(known.post_id, passing) & np.isfinite(known.multiple)
    ids, multiple = known.post_id[some], known.multiple[some]
    order_of = np.argsort(-multiple if sort == "above" else multiple, kind="stable")
    return [int(post_id) for post_id in ids[order_of][:count]]


def _like(store: Store, key: str) -> Card | None:
    """The post that others shall be like, if there is one."""
    if not key:
        return None
    source, _, name = key.partition(":")
    rows = store.sql("SELECT post_id FROM posts WHERE source = ? AND id = ?", [source, name])
    found = cards(store, rows["post_id"].to_pylist())
    return found[0] if found else None


def _choices(store: Store) -> dict[str, list[str]]:
    """Values that the filters offer, the most frequent first."""
    found = {}
    for name, column in (("companies", "company"), ("accounts", "username"), ("kinds", "kind")):
        rows = store.sql(
            f"SELECT {column} FROM posts WHERE {column} IS NOT NULL"  # noqa: S608
            " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1000"
        )
        found[name] = [str(row[column]) for row in rows.to_pylist()]
    return found


def _labels(store: Store) -> list[str]:
    """List the classes of all labels as ``name:class``."""
    if not has_labels(store):
        return []
    rows = store.sql("SELECT DISTINCT name || ':' || label AS label FROM labels ORDER BY 1")
    return [str(label) for label in rows["label"].to_pylist()]


def _sql(search: Search, how: Way) -> str | None:
    """Write the search as SQL; None where SQL can't say it, as for a picture."""
    if search.picture:
        return None
    where = search.condition()
    if not search.asked:
        order = {"likes": "likes DESC"}.get(search.sort, "created_at DESC")
        if search.sort in ("above", "below"):
            return None
        shown = "SELECT created_at, username, likes, text\nFROM posts"
        kept = f"\nWHERE {where}" if where else ""
        return f"{shown}{kept}\nORDER BY {order}\nLIMIT {search.count}"
    if search.like or search.among == "images":
        return None
    among = f", where := {_literal(where)}" if where else ""
    mode = "" if how == "vectors" else f", mode := '{how}'"
    return (
        "SELECT score, created_at, username, likes, text\n"
        f"FROM search({_literal(search.q)}, {search.count}{among}{mode})\n"
        "JOIN posts USING (post_id)\nORDER BY score DESC"
    )


def _command(store: str, search: Search, how: Way) -> str | None:
    """Write the search as a command."""
    if not search.asked:
        query = _sql(search, how)
        return None if query is None else shlex.join(["embedstore", "sql", store, query])
    parts = ["embedstore", "similar", store]
    if search.like:
        parts += ["--post", search.like]
    elif search.picture:
        parts += ["--image", "PICTURE.jpg"]
    else:
        parts += ["--words" if how == "words" else "--text", search.q]
        parts += ["--hybrid"] if how == "hybrid" else []
    parts += ["--in", search.among] if search.among else []
    parts += ["--where", where] if (where := search.condition()) else []
    return shlex.join([*parts, "-k", str(search.count), "--distinct"])
