"""What a report holds, as plain values: pages, JSON and other programs show the same."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Effect:
    """How a kind of posts does, as a multiple of what the account usually gets.

    Attributes
    ----------
    kind : str
        The kind in words, such as "a video".
    multiple, low, high : float, optional
        Multiple with its 95% interval; None where the posts can't tell.
    own, all : int
        Posts of the kind: of the account (or company), and of everyone.
    told : bool
        Whether it may be told: it stands out among all that was asked
        (`heads.reports.pooling.discoveries`).
    why : str
        Why it is not told; empty if it is.
    everyone : tuple of (float, float, float), optional
        Mean multiple over the accounts of the store, with its interval.
    everyone_told : bool
        Whether that may be told.
    """

    kind: str
    multiple: float | None
    low: float | None
    high: float | None
    own: int
    all: int
    told: bool
    why: str
    everyone: tuple[float, float, float] | None = None
    everyone_told: bool = False


@dataclass(frozen=True)
class Answer:
    """A question with its effects, and in a sentence why there are none, if there are none."""

    question: str
    title: str
    effects: tuple[Effect, ...]
    sentence: str


@dataclass(frozen=True)
class Cell:
    """An hour of the week; weekday 0 is Monday. See `Effect`."""

    weekday: int
    hour: int
    multiple: float | None
    low: float | None
    high: float | None
    told: bool


@dataclass(frozen=True)
class Share:
    """Share of the variance of log1p likes that goes with something, with 95% intervals."""

    name: str
    own: float | None
    own_low: float | None
    own_high: float | None
    everyone: float
    everyone_low: float
    everyone_high: float


@dataclass(frozen=True)
class Series:
    """An account's level over time: what a post of it usually got.

    Attributes
    ----------
    account : str
        Its name.
    role : str
        ``asked``, ``company`` or ``similar``.
    posts : int
        Posts that the level rests on.
    days : tuple of str
        Days, as 2020-01-31.
    levels : tuple of float
        Likes.
    """

    account: str
    role: str
    posts: int
    days: tuple[str, ...]
    levels: tuple[float, ...]


@dataclass(frozen=True)
class PostLine:
    """A post in a list.

    Attributes
    ----------
    picture : str, optional
        sha256 of its first picture.
    likes, expected, low, high : float, optional
        Its likes, and what was to be expected.
    multiple : float, optional
        Likes as a multiple of what was expected.
    learned : bool
        Whether the head that expects has learned from this very post.
    """

    post_id: int
    source: str
    id: str
    username: str
    created_at: datetime
    text: str
    permalink: str | None
    picture: str | None
    likes: float | None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    multiple: float | None = None
    learned: bool = False


@dataclass(frozen=True)
class Repeats:
    """Near-repeats: how many, how they fare, and some with the post that they repeat."""

    posts: int
    of: int
    effect: Effect | None
    examples: tuple[tuple[PostLine, PostLine], ...]


@dataclass(frozen=True)
class BestTime:
    """What the head expects of one post at an hour of the week.

    Attributes
    ----------
    at : datetime
        Its next date, in the time zone of the question.
    weekday, hour : int
        Day, 0 for Monday, and hour.
    likes, low, high : float
        Median and 90% interval of one post, likes.
    multiple : float
        Of the median of all 168 hours.
    chance : float, optional
        Probability of doing better than at the median hour.
    """

    at: datetime
    weekday: int
    hour: int
    likes: float
    low: float
    high: float
    multiple: float
    chance: float | None


@dataclass(frozen=True)
class Quality:
    """What the data lack.

    Attributes
    ----------
    gaps : tuple of (str, str, int)
        First and last day without a post, and the days between.
    """

    posts: int
    used: int
    without_time: int
    without_likes: int
    too_young: int
    reposts: int
    without_pictures: int
    day_only: int
    gaps: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Subject:
    """All that is said of one account or company.

    Attributes
    ----------
    name : str
        The account or company.
    accounts : tuple of str
        Its accounts.
    posts : int
        Posts that count.
    first, last : str
        Days of the first and the last of them.
    usual : float
        Likes that a post usually got, at the end.
    trend : float, optional
        That, as a multiple of a year before.
    answers : tuple of Answer
        What goes with likes.
    week : tuple of Cell
        Hours of the week.
    shares : tuple of Share
        What explains the likes.
    better, worse : tuple of PostLine
        Posts that did far better or worse than expected.
    repeats : Repeats
        Posts that were said again.
    times : tuple of BestTime
        All hours of the week, by the head; empty without one.
    latest : tuple of PostLine
        The last posts with what the head expects of them.
    quality : Quality
        What the data lack.
    asked : int
        How many effects were looked at.
    notes : tuple of str
        Sentences on what is left out, and why.
    """

    name: str
    accounts: tuple[str, ...]
    posts: int
    first: str
    last: str
    usual: float
    trend: float | None
    answers: tuple[Answer, ...]
    week: tuple[Cell, ...]
    shares: tuple[Share, ...]
    better: tuple[PostLine, ...]
    worse: tuple[PostLine, ...]
    repeats: Repeats
    times: tuple[BestTime, ...]
    latest: tuple[PostLine, ...]
    quality: Quality
    asked: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """A report of one account, one company, or several accounts beside each other.

    Attributes
    ----------
    title : str
        Who it is about.
    store : str
        Name of the store.
    made_at : datetime
        When it was made, UTC.
    timezone : str
        Time zone of hours and days.
    head : str, optional
        Run of the head that answered.
    levels : tuple of Series
        Levels over time.
    subjects : tuple of Subject
        Who it is about.
    everyone : int
        Posts of all accounts that the effects rest on.
    """

    title: str
    store: str
    made_at: datetime
    timezone: str
    head: str | None
    levels: tuple[Series, ...]
    subjects: tuple[Subject, ...]
    everyone: int

    def to_json(self) -> dict[str, Any]:
        """Return it as dicts, lists, numbers and texts."""
        return asdict(self)
