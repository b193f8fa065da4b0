"""State of a run of downloads: its hosts, its URLs, and the downloads in progress."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import httpx2

from embedstore.fetch.download import Failed


@dataclass(eq=False)
class Host:
    """State of one host and port.

    Attributes
    ----------
    name : str
        Host and port, as a URL spells them.
    waiting : deque of UrlFetch
        URLs to be requested, the next one first.
    waiting_to_retry : set of UrlFetch
        URLs whose next attempt isn't due yet.
    is_ready : bool
        True while it is in the queue of hosts that may start a download.
    counted, lingering : int
        Downloads in progress that count towards the limits, and those that no longer do.
    paused_until : float
        Time of the event loop before which nothing is requested from it, in seconds.
    answered_at : float or None
        When it last answered.
    failed_rounds : int
        Rounds in which it wasn't reached, since it last answered.
    round_failed_at : float
        When the last of them failed.
    slow_down_rounds : int
        Rounds in which it asked to slow down, since its last image.
    given_up : Failed or None
        Why all its URLs fail at once.
    """

    name: str
    waiting: "deque[UrlFetch]" = field(default_factory=deque)
    waiting_to_retry: "set[UrlFetch]" = field(default_factory=set)
    is_ready: bool = False
    counted: int = 0
    lingering: int = 0
    paused_until: float = 0.0
    answered_at: float | None = None
    failed_rounds: int = 0
    round_failed_at: float = -1.0
    slow_down_rounds: int = 0
    given_up: Failed | None = None


@dataclass(eq=False)
class UrlFetch:
    """State of one URL.

    Attributes
    ----------
    asked : str
        The URL as the user gave it.
    origin : Host
        Its host, where each attempt begins.
    redirected : httpx2.URL or None
        Target of the last redirect of this attempt.
    redirects : int
        Redirects of this attempt.
    spent_s : float
        Seconds of this attempt, redirects included.
    attempts : int
        Attempts so far.
    """

    asked: str
    origin: Host
    redirected: httpx2.URL | None = None
    redirects: int = 0
    spent_s: float = 0.0
    attempts: int = 0

    def restart(self) -> None:
        """Prepare the next attempt, which begins at the URL that was asked for."""
        self.redirected, self.redirects, self.spent_s = None, 0, 0.0


@dataclass(eq=False)
class Slot:
    """One download in progress.

    Attributes
    ----------
    host : Host
        The host that it downloads from.
    started : float
        Time of the event loop when it started, in seconds.
    lingering : bool
        True once it took longer than `FetchLimits.patience_s` and no longer counts.
    timer : asyncio.TimerHandle or None
        Timer of its patience.
    """

    host: Host
    started: float
    lingering: bool = False
    timer: asyncio.TimerHandle | None = None
