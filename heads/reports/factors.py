"""What posts are: the questions that a report asks, and the columns that answer them.

A question has kinds of posts, such as "a photo" or "a video"; each kind is a column. Times of
day and week are waves, so that neighbouring hours learn from each other. What a text is about
is held fixed by the main directions of its vectors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heads.arrays import Floats, Indices, Mask, Times, Vectors
from heads.data.posts import Posts

WAVES = 3
"""Waves of a day: one, two and three turns."""

WEEKEND_WAVES = 2
"""Waves by which a day of the weekend may differ."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

BLOCK_HOURS = 3
"""Hours that are told apart in words; the chart has each hour."""

FEWEST_KIND = 10
"""Posts of a kind, of all accounts, that anything is said of."""

MOST_DIRECTIONS = 32
"""Main directions of vectors that are held fixed."""

POSTS_A_DIRECTION = 40
"""Posts for each such direction, at least."""

LENGTH_STEP = 10
"""Lengths are parted at multiples of so many characters."""

_MEDIA_LINK = re.compile(r"(<hyperlink>|https?://t\.co/\S+|pic\.twitter\.com/\S+)\s*$")
_LINK = re.compile(r"<hyperlink>|https?://\S+|pic\.twitter\.com/\S+")


@dataclass(frozen=True)
class Question:
    """A way in which posts differ.

    Attributes
    ----------
    name : str
        Such as ``media``.
    title : str
        The question in words.
    group : str
        ``form``, ``topic`` or ``repeats``: where its share of the variance counts.
    kinds : tuple of str
        The kinds in words, as in "posts with a video".
    kind : array, shape (n,), int64
        Kind of each post.
    """

    name: str
    title: str
    group: str
    kinds: tuple[str, ...]
    kind: Indices

    def columns(self) -> Floats:
        """Mark the posts of each kind, shape (n, kinds)."""
        return np.asarray(self.kind[:, None] == np.arange(len(self.kinds)), dtype=np.float64)


def form_questions(posts: Posts) -> list[Question]:
    """Ask what any text and its attachments tell.

    The link that platforms put at the end of a text for an attached picture is none.
    """
    form = posts.form
    attached = form["photos"] + form["videos"] + form["gifs"] > 0
    media = np.select(
        [form["videos"] > 0, form["gifs"] > 0, form["photos"] > 1, form["photos"] > 0],
        [3, 4, 2, 1],
        default=0,
    )
    ends = np.array([bool(_MEDIA_LINK.search(text)) for text in posts.texts], dtype=bool)
    links = form["links"] - (attached & ends)
    bare = np.array([len(_LINK.sub("", text).strip()) for text in posts.texts], dtype=np.float64)
    return [
        Question(
            "media",
            "Picture, video or neither",
            "form",
            ("no picture", "one photo", "several photos", "a video", "a GIF"),
            media.astype(np.int64),
        ),
        _length(bare),
        _counted("hashtags", "Hashtags", form["hashtags"], (0, 2), "hashtag"),
        _yes_or_no("link", "A link", links > 0, "a link", "no link"),
        _yes_or_no("mention", "Mentions", form["mentions"] > 0, "a mention", "no mention"),
        _yes_or_no("emoji", "Emoji", form["emoji"] > 0, "emoji", "no emoji"),
        _yes_or_no("question", "A question", form["questions"] > 0, "a question", "no question"),
        _yes_or_no(
            "reply",
            "An answer to somebody",
            form["is_reply"] > 0,
            "a mention at the start",
            "another start",
        ),
    ]


def _yes_or_no(name: str, title: str, yes: Mask, word: str, other: str) -> Question:
    return Question(name, title, "form", (other, word), yes.astype(np.int64))


def _counted(name: str, title: str, count: Floats, edges: tuple[int, int], one: str) -> Question:
    few, many = f"1 or {edges[1]} {one}s", f"{edges[1] + 1} or more {one}s"
    kind = np.searchsorted(np.array(edges), count, side="left").astype(np.int64)
    return Question(name, title, "form", (f"no {one}", few, many), kind)


def _length(characters: Floats) -> Question:
    """Part posts in three of like number by the length of their texts without links."""
    thirds = np.quantile(characters, [1 / 3, 2 / 3]) if len(characters) else np.array([0.0, 0.0])
    low, high = (max(LENGTH_STEP, round(edge / LENGTH_STEP) * LENGTH_STEP) for edge in thirds)
    high = max(high, low + LENGTH_STEP)
    kind = np.searchsorted([low, high], characters, side="left").astype(np.int64)
    kinds = (
        f"at most {low} characters",
        f"{low + 1} to {high} characters",
        f"more than {high} characters",
    )
    return Question("length", "Length of the text without links", "form", kinds, kind)


def clock(time: Times) -> tuple[Floats, Indices]:
    """Compute the hour, with its fraction, and the day of the week, 0 for Monday."""
    hours = (time - np.datetime64("2020-01-06")) / np.timedelta64(1, "h")
    return hours % 24, np.asarray(hours % 168 // 24, dtype=np.int64)


def time_columns(hour: Floats, weekday: Indices) -> Floats:
    """Compute the waves of the day, the days of the week, and the weekend's own waves.

    Returns
    -------
    array, shape (n, 17)
    """
    turn = 2 * np.pi * hour[:, None] / 24 * np.arange(1, WAVES + 1)[None]
    waves = np.concatenate([np.cos(turn), np.sin(turn)], axis=1)
    some = np.concatenate(
        [np.cos(turn[:, :WEEKEND_WAVES]), np.sin(turn[:, :WEEKEND_WAVES])], axis=1
    )
    days = np.asarray(weekday[:, None] == np.arange(7), dtype=np.float64)
    weekend = (weekday >= 5)[:, None]
    return np.concatenate([waves, days, some * weekend], axis=1)


def directions(vectors: Vectors | None, posts: int) -> Floats:
    """Compute the main directions of vectors, shape (posts, directions); 0 where there is none.

    As many as the posts can bear (`POSTS_A_DIRECTION`), each with variance 1.
    """
    most = min(MOST_DIRECTIONS, posts // POSTS_A_DIRECTION)
    if vectors is None or most == 0:
        return np.empty((posts, 0))
    there = np.flatnonzero(np.isfinite(vectors[:, 0]))
    if len(there) < posts // 10 or len(there) <= most:
        return np.empty((posts, 0))
    known = vectors[there] - vectors[there].mean(axis=0)
    axes = _main_axes(known, most)
    along = (known @ axes).astype(np.float64)
    size = np.sqrt((along**2).mean(axis=0))
    chosen = size > 1e-4 * size.max(initial=1e-30)
    found = np.zeros((posts, int(chosen.sum())))
    found[there] = along[:, chosen] / size[chosen]
    return found


def _main_axes(rows: Vectors, most: int) -> Vectors:
    """Compute the directions of most variance, shape (dim, most), by subspace iteration.

    All that matters is that they span nearly the same: a whole decomposition of 1280 dimensions
    takes seconds (Halko, Martinsson and Tropp, 2011).
    """
    count = min(most + 8, rows.shape[1])
    axes = np.random.default_rng(0).standard_normal((rows.shape[1], count)).astype(np.float32)
    for _ in range(4):
        axes, _ = np.linalg.qr(rows.T @ (rows @ axes))
    _, turn = np.linalg.eigh((rows @ axes).T @ (rows @ axes))
    return np.asarray(axes @ turn[:, ::-1][:, :most], dtype=np.float32)


@dataclass(frozen=True)
class Design:
    """All columns of a regression, in groups.

    Attributes
    ----------
    x : array, shape (n, columns)
        The columns.
    groups : dict of slice
        Columns of ``time``, of each question by its name, of ``content`` and ``picture``.
    questions : tuple of Question
        The questions.
    hour, weekday : arrays, shape (n,)
        Hour with its fraction, and day, in the time zone of the report.
    timed : array, shape (n,), bool
        Posts whose hour is known.
    """

    x: Floats
    groups: dict[str, slice]
    questions: tuple[Question, ...]
    hour: Floats
    weekday: Indices
    timed: Mask


def make_design(
    questions: Sequence[Question],
    local: Times,
    timed: Mask,
    content: Floats,
    picture: Floats,
) -> Design:
    """Put all columns side by side.

    Parameters
    ----------
    questions : sequence of Question
        The questions.
    local : array, shape (n,), datetime64
        Wall-clock time of each post.
    timed : array, shape (n,), bool
        Posts whose hour is known; the others count for no hour.
    content, picture : arrays, shape (n, directions)
        Main directions of the texts' and the pictures' vectors.
    """
    hour, weekday = clock(local)
    waves = time_columns(hour, weekday)
    days = slice(2 * WAVES, 2 * WAVES + 7)
    untimed = waves * timed[:, None]
    untimed[:, days] = waves[:, days]
    parts = {"time": untimed}
    parts |= {question.name: question.columns() for question in questions}
    parts |= {"content": content, "picture": picture}
    groups, place = {}, 0
    for name, part in parts.items():
        groups[name] = slice(place, place + part.shape[1])
        place += part.shape[1]
    return Design(
        np.concatenate(list(parts.values()), axis=1),
        groups,
        tuple(questions),
        hour,
        weekday,
        timed,
    )


@dataclass(frozen=True)
class Contrast:
    """A kind of posts against the usual mix of an account.

    Attributes
    ----------
    question : str
        Name of the question, or ``hour``, ``weekday``, ``cell``.
    kind : str
        The kind in words.
    place : int
        Number of the kind; of an hour's block its first hour; of a cell 24 · weekday + hour.
    weights : array, shape (columns,)
        The kind's columns less the mean of the account's posts.
    own, all : int
        Posts of the kind: of the account, and of everyone.
    """

    question: str
    kind: str
    place: int
    weights: Floats
    own: int
    all: int


def contrasts(design: Design, mine: Mask) -> list[Contrast]:
    """List what can be asked of an account's posts: times, then each question's kinds.

    Of a question of yes and no the rarer kind is asked only: the other says the same.
    """
    return [*_times(design, mine), *_kinds(design, mine)]


def _kinds(design: Design, mine: Mask) -> list[Contrast]:
    found = []
    for question in design.questions:
        own = np.bincount(question.kind[mine], minlength=len(question.kinds))
        every = np.bincount(question.kind, minlength=len(question.kinds))
        usual = own / max(1, own.sum())
        places = range(len(question.kinds))
        if len(question.kinds) == 2:
            places = range(int(usual[1] <= 0.5), int(usual[1] <= 0.5) + 1)
        for place in places:
            weights = np.zeros(design.x.shape[1])
            weights[design.groups[question.name]] = -usual
            weights[design.groups[question.name].start + place] += 1
            found.append(
                Contrast(
                    question.name,
                    question.kinds[place],
                    place,
                    weights,
                    int(own[place]),
                    int(every[place]),
                )
            )
    return found


def _times(design: Design, mine: Mask) -> list[Contrast]:
    grid = grid_columns()
    timed = mine & design.timed
    part = design.groups["time"]
    if not timed.any():
        return []
    usual = design.x[timed, part].mean(axis=0)
    week = np.bincount(design.weekday[timed], minlength=7) / timed.sum()
    day = np.bincount(design.hour[timed].astype(np.int64), minlength=24) / timed.sum()
    block = (design.hour // BLOCK_HOURS).astype(np.int64)
    found = []
    by_cell = grid.reshape(7, 24, -1)
    by_hour, by_day = np.tensordot(week, by_cell, 1), np.tensordot(day, by_cell, (0, 1))
    for first in range(0, 24, BLOCK_HOURS):
        here = design.timed & (block == first // BLOCK_HOURS)
        found.append(
            Contrast(
                "hour",
                f"{first:02d}:00 to {first + BLOCK_HOURS:02d}:00",
                first,
                _placed(design, by_hour[first : first + BLOCK_HOURS].mean(axis=0) - usual),
                int((here & mine).sum()),
                int(here.sum()),
            )
        )
    for number, name in enumerate(DAYS):
        here = design.weekday == number
        found.append(
            Contrast(
                "weekday",
                name,
                number,
                _placed(design, by_day[number] - usual),
                int((here & mine).sum()),
                int(here.sum()),
            )
        )
    for cell, columns in enumerate(grid):
        near = design.timed & (design.weekday == cell // 24)
        near &= np.abs((design.hour - cell % 24 - 0.5 + 12) % 24 - 12) <= BLOCK_HOURS / 2
        found.append(
            Contrast(
                "cell",
                f"{DAYS[cell // 24]} {cell % 24:02d}:00",
                cell,
                _placed(design, columns - usual),
                int((near & mine).sum()),
                int(near.sum()),
            )
        )
    return found


def grid_columns() -> Floats:
    """Compute the time columns in the middle of each hour of the week, shape (168, columns)."""
    cells = np.arange(168)
    return time_columns(np.asarray(cells % 24 + 0.5, dtype=np.float64), cells // 24)


def _placed(design: Design, weights: Floats) -> Floats:
    found = np.zeros(design.x.shape[1])
    found[design.groups["time"]] = weights
    return found
