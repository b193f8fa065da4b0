"""Which download runs when: politeness, retries, and giving up on hosts.

Everything here runs in one event loop, in a thread that `embedstore.fetch.fetch` owns.
"""

import asyncio
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from embedstore.fetch.download import Failed, Redirect, download, parse_url
from embedstore.fetch.limits import (
    RETRY_LATER_S,
    TRANSIENT,
    FailureClass,
    Fetched,
    FetchFailure,
    FetchLimits,
)
from embedstore.fetch.network import PublicBackend, open_pool

_LINGERING = 4
"""How many times `concurrency` and `per_host` may linger past `patience_s`."""

_MIN_OFFLINE_TRIES = 3
_FEED = 200

_UNREACHED = frozenset({FailureClass.DNS, FailureClass.CONNECT})
_SILENT = frozenset({FailureClass.TIMEOUT, FailureClass.DISCONNECTED})


@dataclass(eq=False)
class _Host:
    """What is known of one host and port."""

    name: str
    waiting: "deque[_Job]" = field(default_factory=deque)
    resting: "set[_Job]" = field(default_factory=set)  # until their next try is due
    enlisted: bool = False
    fresh: int = 0
    lingering: int = 0
    paused_until: float = 0.0
    answered_at: float | None = None
    strikes: int = 0  # rounds of not being reached since it last answered
    struck_at: float = -1.0
    slowdowns: int = 0  # rounds of 429 since its last image
    given_up: Failed | None = None


@dataclass(eq=False)
class _Job:
    """One URL on its way."""

    asked: str
    home: _Host  # where each attempt begins
    redirected: httpx2.URL | None = None
    redirects: int = 0
    spent_s: float = 0.0  # of this attempt, redirects included
    attempts: int = 0

    def restart(self) -> None:
        self.redirected, self.redirects, self.spent_s = None, 0, 0.0


@dataclass(eq=False)
class _Slot:
    """A running download's claim: fresh at first, lingering when it takes long."""

    host: _Host
    started: float
    lingering: bool = False
    timer: asyncio.TimerHandle | None = None


class Schedule:
    """Downloads URLs, each with one result, and reports them as they are known.

    Parameters
    ----------
    folder : Path
        The media folder.
    limits : FetchLimits
        What it may cost.
    report : callable
        Called with every result, in the loop's thread.
    """

    def __init__(
        self,
        folder: Path,
        limits: FetchLimits,
        report: Callable[[Fetched | FetchFailure], None],
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._report = report
        self._backend = PublicBackend(limits)
        self._hosts: dict[tuple[str, int], _Host] = {}
        self._ready: deque[_Host] = deque()
        self._due: list[tuple[float, int, _Host, _Job | None]] = []  # None: a pause ends
        self._order = itertools.count()  # of entries in `_due` for the same moment
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._open = 0
        self._fresh = 0
        self._lingering = 0
        self._tries = 0

    async def run(self, urls: Iterable[str]) -> None:
        """Download `urls`; returns when each has been reported."""
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._began = self._loop.time()
        async with open_pool(self._backend, self._limits) as self._pool:
            try:
                await self._feed(urls)
                while self._open:
                    await self._start_some()
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _feed(self, urls: Iterable[str]) -> None:
        """Queue all URLs, starting the first ones while the rest are still being read."""
        for number, asked in enumerate(urls, 1):
            url = parse_url(asked)
            self._open += 1
            if isinstance(url, Failed):
                self._done(FetchFailure(asked, url.failure, url.reason, 0, None))
            else:
                host = self._host(url)
                self._queue(host, _Job(asked, host))
            if number % _FEED == 0:
                self._wake.set()
                await self._start_some()
                await asyncio.sleep(0)

    async def _start_some(self) -> None:
        """Start what may start, then wait until something changes."""
        self._admit_due()
        while self._ready and self._fresh < self._limits.concurrency:
            host = self._ready.popleft()
            host.enlisted = False
            if host.paused_until <= self._loop.time() and self._has_room(host):
                self._start(host, host.waiting.popleft())
                self._enlist(host)  # at the end: hosts take turns
        try:
            async with asyncio.timeout_at(self._due[0][0] if self._due else None):
                await self._wake.wait()
        except TimeoutError:
            pass  # something is due
        self._wake.clear()
        if self._error is not None:
            raise self._error

    def _host(self, url: httpx2.URL) -> _Host:
        key = (url.host, url.port or {"http": 80, "https": 443}[url.scheme])
        if key not in self._hosts:
            self._hosts[key] = _Host(url.netloc.decode("ascii"))
        return self._hosts[key]

    def _queue(self, host: _Host, job: _Job, *, first: bool = False) -> None:
        if host.given_up is not None:
            self._fail(job, host.given_up)
            return
        (host.waiting.appendleft if first else host.waiting.append)(job)
        self._enlist(host)

    def _has_room(self, host: _Host) -> bool:
        return bool(host.waiting) and host.fresh < self._limits.per_host

    def _enlist(self, host: _Host) -> None:
        if not host.enlisted and self._has_room(host):
            host.enlisted = True
            self._ready.append(host)
            self._wake.set()

    def _admit_due(self) -> None:
        """Queue jobs whose rest is over, and hosts whose pause is."""
        while self._due and self._due[0][0] <= self._loop.time():
            _, _, host, job = heapq.heappop(self._due)
            if job is None:
                self._enlist(host)
            elif job in host.resting:
                host.resting.remove(job)
                self._queue(host, job)  # behind what has not been tried yet

    def _rest(self, host: _Host, job: _Job, wait_s: float) -> None:
        host.resting.add(job)
        heapq.heappush(self._due, (self._loop.time() + wait_s, next(self._order), host, job))

    def _pause(self, host: _Host, wait_s: float) -> None:
        host.paused_until = max(host.paused_until, self._loop.time() + wait_s)
        heapq.heappush(self._due, (host.paused_until, next(self._order), host, None))

    def _start(self, host: _Host, job: _Job) -> None:
        host.fresh += 1
        self._fresh += 1
        self._tries += 1
        slot = _Slot(host, self._loop.time())
        self._be_patient(slot)
        task = self._loop.create_task(self._work(slot, job))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._error = task.exception()  # a full disk, say, ends the whole run
        self._wake.set()

    def _be_patient(self, slot: _Slot) -> None:
        slot.timer = self._loop.call_later(self._limits.patience_s, self._linger, slot)

    def _linger(self, slot: _Slot) -> None:
        """Let a slow download linger beside the others instead of in their way."""
        limits, host = self._limits, slot.host
        if (
            host.lingering >= _LINGERING * limits.per_host
            or self._lingering >= _LINGERING * limits.concurrency
        ):
            self._be_patient(slot)
            return
        slot.lingering = True
        host.lingering += 1
        self._lingering += 1
        self._make_room(host)

    def _release(self, slot: _Slot) -> None:
        if slot.timer is not None:
            slot.timer.cancel()
        if slot.lingering:
            slot.host.lingering -= 1
            self._lingering -= 1
        else:
            self._make_room(slot.host)

    def _make_room(self, host: _Host) -> None:
        host.fresh -= 1
        self._fresh -= 1
        self._enlist(host)
        self._wake.set()

    async def _work(self, slot: _Slot, job: _Job) -> None:
        if job.redirected is None:
            job.attempts += 1
        url = job.redirected or parse_url(job.asked)
        assert isinstance(url, httpx2.URL)  # it was parsed when it was queued
        left_s = max(self._limits.total_s - job.spent_s, 0.0)
        try:
            outcome = await download(self._pool, url, job.asked, self._folder, self._limits, left_s)
        finally:
            self._release(slot)
        host, now = slot.host, self._loop.time()
        job.spent_s += now - slot.started
        if not isinstance(outcome, Failed) or outcome.answered:
            host.answered_at = now
            host.strikes = 0
        if isinstance(outcome, Failed):
            self._failed(slot, job, outcome)
        elif isinstance(outcome, Redirect):
            self._redirected(job, outcome)
        else:
            host.slowdowns = 0
            self._done(outcome)

    def _redirected(self, job: _Job, redirect: Redirect) -> None:
        job.redirects += 1
        if job.redirects > self._limits.max_redirects:
            reason = f"more than {self._limits.max_redirects} redirects"
            self._fail(job, Failed(FailureClass.TOO_MANY_REDIRECTS, reason))
            return
        job.redirected = redirect.url
        self._queue(self._host(redirect.url), job, first=True)

    def _failed(self, slot: _Slot, job: _Job, failed: Failed) -> None:
        """Try again later where that may help, and see what it says of the host."""
        host, limits = slot.host, self._limits
        # Exponential, with jitter between one half and the whole of it.
        wait_s = min(limits.backoff_s * 2.0 ** (job.attempts - 1), limits.max_wait_s)
        wait_s *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, keeps no secret
        if failed.wait_s is not None:
            wait_s = max(wait_s, failed.wait_s)
        if failed.failure is FailureClass.RATE_LIMITED:
            self._slow_down(host, failed, wait_s)
        elif not failed.answered and failed.failure in _UNREACHED | _SILENT:
            self._strike(slot, failed, wait_s)
        if (
            failed.failure in TRANSIENT
            and job.attempts < limits.attempts
            and wait_s <= limits.max_wait_s
            and host.given_up is None
            and job.home.given_up is None
        ):
            job.restart()
            self._rest(job.home, job, wait_s)
        else:
            self._fail(job, failed)

    def _strike(self, slot: _Slot, failed: Failed, wait_s: float) -> None:
        """Count a round in which a host wasn't reached, and give it up after a few.

        Downloads that ran side by side met the same trouble and count once. A host that
        has answered before may hang on single URLs: only a long silence counts for it.
        """
        host, limits, now = slot.host, self._limits, self._loop.time()
        if host.answered_at is not None and failed.failure in _SILENT:
            if now - host.answered_at > 2 * limits.total_s:
                self._give_up(host, f"nothing from {host.name} for {2 * limits.total_s:g} s")
            return
        if slot.started >= host.struck_at:
            host.strikes += 1
            host.struck_at = now
            self._pause(host, wait_s)
        if host.strikes >= limits.give_up_host_after:
            self._give_up(host, f"{host.name} can't be reached: {failed.reason}")
        if (
            not self._backend.reached
            and now - self._began >= limits.offline_after_s
            and self._tries >= _MIN_OFFLINE_TRIES
        ):
            for other in self._hosts.values():
                self._give_up(other, "no host can be reached: is there a network?")

    def _slow_down(self, host: _Host, failed: Failed, wait_s: float) -> None:
        """Let a whole host rest, since it counts its callers and not their URLs."""
        if self._loop.time() < host.paused_until:
            return  # asked before this pause began
        host.slowdowns += 1
        if wait_s > self._limits.max_wait_s or host.slowdowns >= self._limits.give_up_host_after:
            self._give_up(host, f"{host.name} asks to slow down", failed)
        else:
            self._pause(host, wait_s)

    def _give_up(self, host: _Host, reason: str, like: Failed | None = None) -> None:
        """Fail all that waits for `host`: as unreachable, or for the same cause as `like`."""
        if host.given_up is not None:
            return
        failure = like.failure if like else FailureClass.HOST_UNREACHABLE
        host.given_up = Failed(failure, reason, wait_s=like.wait_s if like else None)
        jobs = [*host.waiting, *host.resting]
        host.waiting.clear()
        host.resting.clear()
        for job in jobs:
            self._fail(job, host.given_up)

    def _fail(self, job: _Job, failed: Failed) -> None:
        retry_s: float | None = None
        if failed.failure in TRANSIENT:
            retry_s = RETRY_LATER_S if failed.wait_s is None else failed.wait_s
        self._done(FetchFailure(job.asked, failed.failure, failed.reason, job.attempts, retry_s))

    def _done(self, result: Fetched | FetchFailure) -> None:
        self._open -= 1
        self._report(result)
        self._wake.set()
