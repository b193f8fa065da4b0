"""Which column of a file is which field of a post.

What `--map` says comes first, then the layout of a platform
(:mod:`embedstore.reading.platforms`), then names that plain tables use, then the same names
in nested objects.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from embedstore.errors import ColumnsError, InputError
from embedstore.reading.fields.accounts import ACCOUNT_NAMES
from embedstore.reading.fields.counts import CountReader
from embedstore.reading.fields.links import is_known_platform, read_link
from embedstore.reading.fields.times import TimeReader
from embedstore.reading.paths import (
    Cells,
    Derived,
    Source,
    find_column,
    find_source,
    fold,
    present,
    split_path,
)
from embedstore.reading.platforms import choose_layout
from embedstore.reading.platforms.spec import Layout
from embedstore.reading.schema import COUNTS, EXPECTED
from embedstore.reading.values import is_missing, words

# Field -> names its column goes by, best first. The first is the field's own name; the
# challenge's names come next. Compared without case, spaces, underscores and hyphens.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "tweet_id", "post_id", "status_id", "id_str", "tweet_id_str", "shortcode"),
        *("message_id", "media_id", "video_id", "twitter_id", "note_id", "item_id", "aweme_id"),
    ),
    "username": (
        *("username", "user", "account", "screen_name", "user_screen_name", "handle", "author"),
        *("author_username", "user_name", "user_username", "account_username", "owner_username"),
        *("account_name", "page_name", "profile", "profile_name", "author_name", "author_handle"),
        *("from_user", "user_handle", "page", "channel_title", "channel_name", "nickname"),
        *("account_handle", "twitter_handle", "creator", "owner", "poster"),
    ),
    "company": ("company", "inferred company", "company_name", "brand", "brand_name"),
    "created_at": (
        *("created_at", "date", "timestamp", "time", "datetime", "posted_at", "published_at"),
        *("created", "created_time", "create_time", "created_utc", "created_date", "creation_time"),
        *("post_date", "post_time", "posted", "posted_on", "date_posted", "publish_date"),
        *("publish_time", "published", "published_date", "date_published", "pub_date"),
        *("post_created", "post_created_at", "tweet_date", "tweet_created_at", "taken_at"),
        *("upload_date", "sent_at", "date_time", "date_utc", "timestamp_utc", "created_at_utc"),
        *("date_created", "post_publish_date", "published_time", "tweet_time", "tweet_created"),
        *("publication_date", "datum", "fecha", "data", "发布时间", "create_date"),
    ),
    "text": (
        *("text", "content", "tweet", "full_text", "tweet_text", "post_text", "caption", "message"),
        *("body", "post", "description", "post_content", "message_text", "post_message"),
        *("status_text", "tweet_content", "raw_content", "text_content", "selftext", "desc"),
        *("clean_text", "original_text", "texto", "微博正文", "正文", "title"),
    ),
    "platform": ("platform", "network", "social_network", "social_media", "site_name", "channel"),
    "kind": ("kind", "post_type", "tweet_type", "content_type", "media_type", "type"),
    "lang": ("lang", "language", "language_code", "lang_code", "post_lang"),
    "parent_id": (
        *("parent_id", "in_reply_to_status_id_str", "in_reply_to_status_id", "in_reply_to_id"),
        *("in_reply_to_tweet_id", "reply_to_id", "in_reply_to", "replied_to_id"),
        *("quoted_status_id_str", "quoted_status_id", "retweeted_id", "retweet_id"),
        *("retweeted_status_id", "quoted_id"),
    ),
    "permalink": (
        *("permalink", "post_url", "tweet_url", "post_link", "url", "permalink_url", "link"),
        *("tweet_permalink", "post_permalink", "tweet_link", "video_link", "video_url"),
        *("share_url", "web_url"),
    ),
    "followers": (
        *("followers", "followers_count", "follower_count", "user_followers_count"),
        *("user_followers", "author_followers", "followers_at_posting", "subscriber_count"),
        *("number_of_followers", "account_followers"),
    ),
    "media_raw": (
        *("media_raw", "media", "media_url", "media_urls", "image_url", "image_urls", "image"),
        *("images", "photo", "picture", "photos", "pictures", "thumbnail", "thumbnail_url"),
        *("display_url", "full_picture", "photo_url", "thumbnails"),
    ),
    "likes": (
        *("likes", "favorite_count", "like_count", "favorites", "favourites", "favourite_count"),
        *("likes_count", "favorites_count", "favs", "nlikes", "num_likes", "total_likes"),
        *("number_of_likes", "hearts", "heart_count", "digg_count", "thumbs_up", "liked_count"),
        *("reaction_count", "reactions_count", "total_reactions", "点赞数"),
    ),
    "comments": (
        *("comments", "replies", "reply_count", "comment_count", "comments_count"),
        *("replies_count", "nreplies", "num_comments", "num_replies", "total_comments"),
        *("number_of_comments", "评论数"),
    ),
    "shares": (
        *("shares", "retweets", "retweet_count", "share_count", "reposts", "repost_count"),
        *("retweets_count", "reposts_count", "nretweets", "num_shares", "total_shares"),
        *("shares_count", "rt_count", "num_retweets", "reblogs_count", "reshares"),
        *("number_of_shares", "转发数"),
    ),
    "quotes": ("quotes", "quote_count", "quote_tweets", "quotes_count", "num_quotes"),
    "views": (
        *("views", "view_count", "views_count", "total_views", "post_views", "num_views"),
        *("number_of_views", "viewcount"),
    ),
    "bookmarks": (
        *("bookmarks", "bookmark_count", "saves", "save_count", "saved", "saves_count"),
        *("bookmarks_count", "collect_count", "bookmarked_count"),
    ),
    "impressions": (
        *("impressions", "impression_count", "impressions_count", "total_impressions"),
        *("post_impressions", "lifetime_post_total_impressions"),
    ),
    "reach": ("reach", "post_reach", "total_reach", "people_reached", "lifetime_post_total_reach"),
    "clicks": (
        *("clicks", "total_clicks", "post_clicks", "click_count", "link_clicks", "url_clicks"),
    ),
    "video_views": (
        *("video_views", "video_view_count", "plays", "play_count", "video_play_count"),
        *("video_plays", "media_views"),
    ),
    "reactions": ("reactions", "reactions_by_type", "reaction_counts"),
    "observed_at": (
        *("observed_at", "scraped_at", "collected_at", "crawled_at", "fetched_at", "retrieved_at"),
        *("retrieved_on", "scrape_date", "scrape_time", "collection_date", "date_collected"),
        *("downloaded_at", "crawl_time", "snapshot_date"),
    ),
}
REQUIRED = ("text", "id")

# Reactions that tables have columns for.
_REACTIONS = ("like", "love", "care", "haha", "wow", "sad", "angry", "thankful", "pride")

# In nested objects: those of another post, or of something else that has counts too.
_OTHERS = words(
    "retweetedstatus quotedstatus referencedtweets quoted parent replyto inreplyto reblog"
    " entities extendedentities place location card poll repost retweet comments latestcomments"
    " music sound hashtags mentions quotedtweet retweetedtweet inreplytouser coowners"
)
_ACCOUNTS = words(
    "user author owner account profile from creator channel authormeta actor ownermeta page"
)
# Objects that are the post itself.
_SELVES = words("post data attributes fields node record snippet tweet note status")
_ONLY_TOP = frozenset({"kind", "platform", "company", "reactions", "parent_id"})

_FIELD_OF = {fold(name): field for field, names in SYNONYMS.items() for name in names}
# Further names, such as `data`, mean other things as well.
_SURE_NAMES_OF_TIMES = 7
_CLOCKS = ("time", "post time", "hour", "posttime", "publish time")


@dataclass(frozen=True)
class Plan:
    """Where the fields of a file's rows are.

    Attributes
    ----------
    fields
        Field to its places, the first that a row has being taken.
    layout
        The kind of file that was recognised, if any.
    reactions
        Kind of a reaction to the place of its count.
    surplus
        Columns that aren't kept in `extra`.
    unseen
        Places of the layout that none of the first rows has; later ones may.
    link
        The id that a post's own address has.
    """

    fields: dict[str, tuple[Source | Derived, ...]]
    layout: Layout | None = None
    reactions: dict[str, Source] = field(default_factory=dict)
    surplus: frozenset[str] = frozenset()
    unseen: dict[str, tuple[Source, ...]] = field(default_factory=dict)
    link: Derived | None = None

    def where(self) -> dict[str, str]:
        """Say where each field is found."""
        found = {
            name: " | ".join(
                place.where
                for rank, place in enumerate(places)
                # What links tell is the last resort of nearly every file.
                if rank == 0 or isinstance(place, Source)
            )
            for name, places in self.fields.items()
        }
        if self.reactions:
            found["reactions"] = ", ".join(place.where for place in self.reactions.values())
        return found

    def used_up(self) -> tuple[set[str], dict[str, set[str]]]:
        """Return the columns that fields take whole, and the keys of others that they take."""
        # A second place is kept: where the first has a value, it says something else.
        first = [places[0] for places in self.fields.values()]
        whole = {*_used(first), *self.surplus}
        whole |= set(_used(self.reactions.values()))
        partly: dict[str, set[str]] = {}
        for name in COUNTS:
            for place in self.fields.get(name, ())[:1]:
                if isinstance(place, Source) and len(place.steps) == 1:
                    partly.setdefault(place.column, set()).add(str(place.steps[0]))
        return whole, partly

    def missing(self, given: Iterable[str] = ()) -> list[str]:
        """List what a file of posts is expected to have, and this one hasn't."""
        return [name for name in EXPECTED if name not in self.fields and name not in given]


def parse_mapping(items: Sequence[str]) -> dict[str, str]:
    """Read the values of ``--map`` and ``--set``: ``["text=body"]`` gives ``{"text": "body"}``.

    A field may be named by any of its synonyms, such as ``date`` or ``media``.

    Raises
    ------
    InputError
        If an item is not of the form FIELD=COLUMN, names no field, or names one twice.
    """
    mapping: dict[str, str] = {}
    for item in items:
        name, equals, column = item.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise InputError(
                f'--map "{item}" is not of the form FIELD=COLUMN, for example text=body'
            )
        named = field_named(name)
        if named in mapping:
            raise InputError(f"--map names the field {named} twice: {mapping[named]} and {column}")
        mapping[named] = column.strip()
    return mapping


def score(columns: Sequence[str]) -> int:
    """Count the fields of a post that a list of names has columns for.

    Used to find the row of a table that names the columns, and the sheet that has posts.
    """
    return len({_FIELD_OF.get(fold(name)) for name in columns} - {None})


def field_named(name: str) -> str:
    """Return the field of that name, or of which that is a synonym.

    Raises
    ------
    InputError
        If there is none.
    """
    named = _FIELD_OF.get(fold(name))
    if named is None:
        raise InputError(f'"{name.strip()}" is no field. The fields are: {", ".join(SYNONYMS)}')
    return named


def recognise(
    columns: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    *,
    name: str,
    rows: Sequence[Cells] = (),
    given: Iterable[str] = (),
    id_column: bool = True,
) -> Plan:
    """Decide where each field is.

    An explicit mapping comes first, then what a platform's files look like, then a field's own
    name, then its synonyms in order. Of two columns for one field the better is used; the
    other belongs to none.

    Parameters
    ----------
    columns
        The header.
    mapping
        Field (or a synonym of it) to column or path, as :func:`parse_mapping` returns it.
    name
        The file, for messages.
    rows
        The first rows, which tell nested values.
    given
        Fields that need no column.
    id_column
        Whether ids come from a column.

    Raises
    ------
    ColumnsError
        If a mapped column is missing, or no column holds the text or the id.
    """
    given = set(given)
    chosen = _mapped(mapping or {}, columns, name)
    layout = choose_layout(columns, rows)
    reactions: dict[str, Source] = {}
    surplus: set[str] = set()
    unseen: dict[str, tuple[Source, ...]] = {}
    closed = set(chosen) | given
    if layout is not None:
        for named, place in layout.fields.items():
            if named not in closed:
                if later := _later(place, columns, rows):
                    unseen[named] = later
                if places := _places(place, columns, rows):
                    chosen[named] = places
                elif place == "":
                    closed.add(named)
        for kind, path in layout.reactions.items():
            if (source := find_source(path, columns)) is not None and _found(source, rows):
                reactions[kind] = source
        surplus = {c for s in layout.surplus if (c := find_column(s, columns)) is not None}
        if layout.platform is not None:
            closed.add("platform")
    taken = {column for places in chosen.values() for column in _used(places)}
    free = [column for column in columns if column not in taken]
    for named, names in SYNONYMS.items():
        if named in chosen or named in closed:
            continue
        found = [column for synonym in names if (column := find_column(synonym, free)) is not None]
        found = [column for column in found if _fits(named, column, rows)]
        if found:
            best = found[0]
            chosen[named] = (_within(best, rows) if named == "username" else Source(best, best),)
            if named == "id" and "id_str" in free:
                # Where a number is beside its text, the number may have been rounded.
                chosen[named] = (Source("id_str", "id_str"), Source(best, best))
            if named == "created_at" and (clock := _clock(best, free, rows)) is not None:
                chosen[named] = (_with_clock(best, clock),)
    _add_nested(chosen, closed, columns, rows)
    _add_reactions(chosen, reactions, free, rows, closed)
    link = _add_what_links_tell(chosen, closed, rows)
    order = [named for named in SYNONYMS if named in chosen]
    fields = {named: chosen[named] for named in order}
    plan = Plan(fields, layout, reactions, frozenset(surplus), unseen, link)
    _require(plan, columns, rows, name=name, given=given, id_column=id_column)
    return plan


def _within(column: str, rows: Sequence[Cells]) -> Source:
    """Return the place of an account's name: the column, or a key of the objects in it."""
    accounts = [value for cells in rows[:50] if isinstance(value := cells.get(column), dict)]
    for name in ACCOUNT_NAMES if accounts else ():
        if any(present(account.get(name)) for account in accounts):
            return Source(f"{column}.{name}", column, (name,))
    return Source(column, column)


def _mapped(
    mapping: Mapping[str, str], columns: Sequence[str], name: str
) -> dict[str, tuple[Source | Derived, ...]]:
    chosen: dict[str, tuple[Source | Derived, ...]] = {}
    taken: set[str] = set()
    for key, wanted in mapping.items():
        places: list[Source] = []
        # A column of that very name comes first, since a name may have a bar in it.
        paths = [wanted] if find_column(wanted, columns) is not None else wanted.split("|")
        for path in paths:
            source = find_source(path, columns)
            if source is not None:
                places.append(source)
        if not places:
            raise ColumnsError(
                f'{name} has no column "{wanted}", which --map {key}={wanted} asks for. '
                f"{_listed(columns)}"
            )
        whole = {place.column for place in places if not place.steps}
        if both := whole & taken:
            raise ColumnsError(f'--map uses the column "{min(both)}" of {name} for two fields')
        taken |= whole
        chosen[field_named(key)] = tuple(places)
    return chosen


def _places(
    place: str | Derived, columns: Sequence[str], rows: Sequence[Cells]
) -> tuple[Source | Derived, ...]:
    if isinstance(place, Derived):
        found = [path for path in place.paths if _leads(path, columns, rows)]
        return (replace(place, where=" | ".join(found)),) if found else ()
    sources = (find_source(path, columns) for path in place.split("|") if path)
    return tuple(source for source in sources if source is not None and _found(source, rows))


def _leads(path: str, columns: Sequence[str], rows: Sequence[Cells]) -> bool:
    source = find_source(path, columns)
    return source is not None and _found(source, rows)


def _later(
    place: str | Derived, columns: Sequence[str], rows: Sequence[Cells]
) -> tuple[Source, ...]:
    """Return the nested places that none of the first rows has."""
    if isinstance(place, Derived):
        return ()
    unseen = []
    for path in place.split("|"):
        if "." in path and find_column(path, columns) is None:
            source = find_source(path, columns)
            if source is None or not _found(source, rows):
                head, *steps = split_path(path)
                unseen.append(Source(path, str(head), tuple(steps)))
    return tuple(unseen)


def _found(source: Source, rows: Sequence[Cells]) -> bool:
    """Tell whether a column is there, or a path leads somewhere in any of the first rows."""
    return not source.steps or any(source.get(cells) is not None for cells in rows)


def _used(places: Iterable[Source | Derived]) -> Iterator[str]:
    for place in places:
        if isinstance(place, Derived):
            yield from place.columns
        elif not place.steps:
            yield place.column


def _fits(named: str, column: str, rows: Sequence[Cells]) -> bool:
    """Refuse a column whose name fits but whose values can't be the field."""
    values = [value for cells in rows[:50] if present(value := cells.get(column))]
    if not values:
        return True
    if named == "reactions":
        return all(isinstance(value, dict) or str(value)[:1] == "{" for value in values)
    weak = _rank(named, column) > 0
    if named in COUNTS or named == "followers":
        if any(isinstance(value, list | dict) for value in values):
            return False
        return not weak or _any_readable(CountReader().read, values)
    if named == "created_at" and _rank(named, column) >= _SURE_NAMES_OF_TIMES:
        return _any_readable(TimeReader(order="day-first").read, values) or _any_readable(
            TimeReader(order="month-first").read, values
        )
    if named in ("id", "created_at", "text", "kind", "lang", "permalink"):
        return not all(isinstance(value, dict | list) for value in values)
    if named == "platform":
        # "channel" may be an account's name.
        return fold(column) != "channel" or all(map(is_known_platform, values))
    return True


def _rank(named: str, column: str) -> int:
    """Return the place of a column's name among the synonyms of a field."""
    folded = fold(column)
    return next((r for r, name in enumerate(SYNONYMS[named]) if fold(name) == folded), 0)


def _any_readable(read: Callable[[Any], object], values: Iterable[object]) -> bool:
    for value in values:
        try:
            read(value)
        except InputError:
            continue
        return True
    return False


def _clock(day: str, columns: Sequence[str], rows: Sequence[Cells]) -> str | None:
    """Find the column that has the time of day beside one that has the day."""
    if fold(day) not in ("date", "day", "postdate", "publishdate", "datum", "fecha"):
        return None
    for name in _CLOCKS:
        column = find_column(name, [other for other in columns if other != day])
        if column is not None:
            times = [str(cells.get(column) or "").strip() for cells in rows[:50]]
            times = [time for time in times if time]
            if times and all(":" in time and len(time) <= 14 for time in times):
                return column
    return None


def _with_clock(day: str, clock: str) -> Derived:
    def join(cells: Cells) -> object:
        date, time = cells.get(day), cells.get(clock)
        if not isinstance(date, str) or is_missing(time) or ":" in date:
            return date
        return f"{date.strip()} {str(time).strip()}"

    return Derived(f"{day} + {clock}", join, (day, clock))


def _add_nested(
    chosen: dict[str, tuple[Source | Derived, ...]],
    closed: set[str],
    columns: Sequence[str],
    rows: Sequence[Cells],
) -> None:
    """Look for fields that have no column in nested objects, and in flattened names of them."""
    paths = list(_nested_paths(columns, rows))
    for named, names in SYNONYMS.items():
        if named in chosen or named in closed or named in _ONLY_TOP:
            continue
        ranks = {fold(synonym): rank for rank, synonym in enumerate(names)}
        candidates: list[tuple[int, int, str]] = []
        for steps in paths:
            *containers, leaf = [fold(step) for step in steps]
            if leaf not in ranks or _OTHERS.intersection(containers):
                continue
            of_account = bool(_ACCOUNTS.intersection(containers))
            if named in ("username", "followers"):
                fits = of_account
            elif named in COUNTS:
                fits = not of_account
            else:
                fits = not of_account and containers[-1] in _SELVES
            if fits:
                candidates.append((ranks[leaf], len(steps), ".".join(steps)))
        for _, _, path in sorted(candidates):
            source = find_source(path, columns)
            if source is not None and _fits_nested(named, source, rows):
                chosen[named] = (source,)
                break


def _fits_nested(named: str, source: Source, rows: Sequence[Cells]) -> bool:
    values = [value for cells in rows[:50] if present(value := source.get(cells))]
    return named == "media_raw" or not any(isinstance(value, list | dict) for value in values)


def _nested_paths(columns: Sequence[str], rows: Sequence[Cells]) -> Iterator[tuple[str, ...]]:
    seen: set[tuple[str, ...]] = set()
    for column in columns:
        steps = tuple(str(step) for step in _flattened(column))
        if len(steps) > 1:
            seen.add(steps)
            yield steps
    for cells in rows[:50]:
        for column, value in cells.items():
            if isinstance(value, dict):
                for path in _leaves((column,), value):
                    if path not in seen:
                        seen.add(path)
                        yield path


def _flattened(column: str) -> tuple[Any, ...]:
    if "." not in column and "/" not in column:
        return ()
    try:
        return split_path(column.replace("/", "."))
    except InputError:
        return ()


def _leaves(path: tuple[str, ...], value: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and len(path) < 3:
            yield from _leaves((*path, key), inner)
        elif present(inner):
            yield (*path, key)


def _add_reactions(
    chosen: dict[str, tuple[Source | Derived, ...]],
    reactions: dict[str, Source],
    free: Sequence[str],
    rows: Sequence[Cells],
    closed: set[str],
) -> None:
    if not reactions and "reactions" not in chosen and "reactions" not in closed:
        kinds = {kind: find_column(kind, free) for kind in _REACTIONS}
        found = {kind: column for kind, column in kinds.items() if column is not None}
        if len(found) >= 2:
            reactions |= {kind: Source(column, column) for kind, column in found.items()}
    if "likes" not in chosen and "likes" not in closed:
        # A table that counts reactions of all kinds together.
        column = find_column("reactions", free)
        if column is not None and not _fits("reactions", column, rows):
            chosen["likes"] = (Source(column, column),)


def _add_what_links_tell(
    chosen: dict[str, tuple[Source | Derived, ...]], closed: set[str], rows: Sequence[Cells]
) -> Derived | None:
    """Take ids, accounts and platforms from a post's address where no column has them.

    Returns
    -------
    Derived or None
        The id that the address has.
    """
    if "permalink" not in chosen:
        return None
    sources = chosen["permalink"]

    def part(name: str) -> Derived:
        def read(cells: Cells) -> object:
            for source in sources:
                if (link := read_link(source.get(cells))) is not None:
                    return getattr(link, name)
            return None

        return Derived(sources[0].where, read)

    told = {name: part(name) for name in ("platform", "id", "username")}
    for named, place in told.items():
        if named not in closed and (
            not rows or any(place.get(cells) is not None for cells in rows[:200])
        ):
            # Of a column that is there but empty, the link is the second choice.
            chosen[named] = (*chosen.get(named, ()), place)
    return told["id"]


def _require(
    plan: Plan,
    columns: Sequence[str],
    rows: Sequence[Cells],
    *,
    name: str,
    given: set[str],
    id_column: bool,
) -> None:
    missing = []
    if "text" not in plan.fields and "text" not in given and not _is_update(plan, columns, rows):
        missing.append("text")
    if "id" not in plan.fields and "id" not in given and id_column:
        missing.append("id")
    if missing:
        remedy = " ".join(f"--map {named}=COLUMN" for named in missing)
        auto = " Where there is none, --id auto makes one of account, time and text."
        raise ColumnsError(
            f"{name} has no {' and no '.join(missing)} column that can be recognised. "
            f"{_listed(columns)} Say which it is with {remedy}." + (auto if "id" in missing else "")
        )


def _is_update(plan: Plan, columns: Sequence[str], rows: Sequence[Cells]) -> bool:
    """Tell whether a file without texts has counts of known posts: ids, counts, no sentences."""
    if "media_raw" in plan.fields and "id" in plan.fields:
        return True
    if not any(named in plan.fields for named in COUNTS) or "id" not in plan.fields:
        return False
    used = {column for places in plan.fields.values() for column in _used(places)}
    for column in columns:
        if column not in used:
            values = [v for cells in rows[:50] if isinstance(v := cells.get(column), str)]
            if values and sum(value.count(" ") >= 2 for value in values) * 2 > len(values):
                return False
    return True


def _listed(columns: Sequence[str]) -> str:
    listed = ", ".join(f'"{column}"' for column in columns[:40])
    more = f" and {len(columns) - 40} more" if len(columns) > 40 else ""
    return f"Columns found: {listed}{more}."
