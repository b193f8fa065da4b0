"""Schedule of all downloads: politeness, retries, and hosts that are given up.

All of it runs in one event loop, in the thread of `embedstore.fetch.background`.
"""

import asyncio
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx2

from embedstore.fetch.download import Failed, Redirect, download, parse_url
from embedstore.fetch.hosts import Host, Slot, UrlFetch
from embedstore.fetch.limits import (
    RETRY_LATER_S,
    TRANSIENT,
    FailureClass,
    Fetched,
    FetchFailure,
    FetchLimits,
)
from embedstore.fetch.network import PublicBackend, open_pool

_LINGERING_FACTOR = 4
"""Multiple of `concurrency` and `per_host` that may linger past `patience_s`."""

_MIN_OFFLINE_ATTEMPTS = 3
"""Downloads that must have been started before the network counts as down."""

_FEED_SIZE = 200
"""URLs that are queued before the next downloads start."""

_UNREACHED = frozenset({FailureClass.DNS, FailureClass.CONNECT})
_SILENT = frozenset({FailureClass.TIMEOUT, FailureClass.DISCONNECTED})


class Schedule:
    """Schedule of downloads, which reports one result a URL as soon as it is known.

    Parameters
    ----------
    folder : Path
        The media folder.
    limits : FetchLimits
        Limits on downloads.
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
        self._hosts: dict[tuple[str, int], Host] = {}
        self._ready: deque[Host] = deque()
        self._due: list[tuple[float, int, Host, UrlFetch | None]] = []  # None: a pause ends
        self._order = itertools.count()  # breaks ties in `_due`
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._open = 0
        self._counted = 0
        self._lingering = 0
        self._attempts = 0

    async def run(self, urls: Iterable[str]) -> None:
        """Download URLs, and return when each has been reported."""
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
        """Queue all URLs, and start the first downloads while the others are still queued."""
        for number, asked in enumerate(urls, 1):
            url = parse_url(asked)
            self._open += 1
            if isinstance(url, Failed):
                self._done(FetchFailure(asked, url.failure, url.reason, 0, None))
            else:
                host = self._host(url)
                self._queue(host, UrlFetch(asked, host))
            if number % _FEED_SIZE == 0:
                self._wake.set()
                await self._start_some()
                await asyncio.sleep(0)

    async def _start_some(self) -> None:
        """Start as many downloads as the limits allow, then wait until something changes."""
        self._admit_due()
        while self._ready and self._counted < self._limits.concurrency:
            host = self._ready.popleft()
            host.is_ready = False
            if host.paused_until <= self._loop.time() and self._has_room(host):
                self._start(host, host.waiting.popleft())
                self._mark_ready(host)  # at the end of the queue, so that hosts take turns
        try:
            async with asyncio.timeout_at(self._due[0][0] if self._due else None):
                await self._wake.wait()
        except TimeoutError:
            pass  # a retry is due, or a pause ends
        self._wake.clear()
        if self._error is not None:
            raise self._error

    def _host(self, url: httpx2.URL) -> Host:
        """Look up a URL's host, which is new the first time."""
        key = (url.host, url.port or {"http": 80, "https": 443}[url.scheme])
        if key not in self._hosts:
            self._hosts[key] = Host(url.netloc.decode("ascii"))
        return self._hosts[key]

    def _queue(self, host: Host, fetch: UrlFetch, *, first: bool = False) -> None:
        """Queue a URL at its host, or fail it if the host was given up."""
        if host.given_up is not None:
            self._fail(fetch, host.given_up)
            return
        (host.waiting.appendleft if first else host.waiting.append)(fetch)
        self._mark_ready(host)

    def _has_room(self, host: Host) -> bool:
        """Tell if a host has a URL waiting and may start another download."""
        return bool(host.waiting) and host.counted < self._limits.per_host

    def _mark_ready(self, host: Host) -> None:
        """Put a host into the queue of those that may start a download, if it may."""
        if not host.is_ready and self._has_room(host):
            host.is_ready = True
            self._ready.append(host)
            self._wake.set()

    def _admit_due(self) -> None:
        """Queue the URLs whose retry is due, and the hosts whose pause is over."""
        while self._due and self._due[0][0] <= self._loop.time():
            _, _, host, fetch = heapq.heappop(self._due)
            if fetch is None:
                self._mark_ready(host)
            elif fetch in host.waiting_to_retry:
                host.waiting_to_retry.remove(fetch)
                self._queue(host, fetch)  # behind URLs without an attempt

    def _retry_later(self, host: Host, fetch: UrlFetch, wait_s: float) -> None:
        """Queue a URL again after some seconds."""
        host.waiting_to_retry.add(fetch)
        heapq.heappush(self._due, (self._loop.time() + wait_s, next(self._order), host, fetch))

    def _pause(self, host: Host, wait_s: float) -> None:
        """Request nothing from a host for some seconds."""
        host.paused_until = max(host.paused_until, self._loop.time() + wait_s)
        heapq.heappush(self._due, (host.paused_until, next(self._order), host, None))

    def _start(self, host: Host, fetch: UrlFetch) -> None:
        """Start the download of a URL."""
        host.counted += 1
        self._counted += 1
        self._attempts += 1
        slot = Slot(host, self._loop.time())
        self._start_patience_timer(slot)
        task = self._loop.create_task(self._work(slot, fetch))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Keep the error of a task that failed, and wake the schedule."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._error = task.exception()  # such as a full disk: it ends the whole run
        self._wake.set()

    def _start_patience_timer(self, slot: Slot) -> None:
        """Let a download linger after `patience_s` seconds."""
        slot.timer = self._loop.call_later(self._limits.patience_s, self._linger, slot)

    def _linger(self, slot: Slot) -> None:
        """Stop counting a slow download, so that another one can start beside it."""
        limits, host = self._limits, slot.host
        if (
            host.lingering >= _LINGERING_FACTOR * limits.per_host
            or self._lingering >= _LINGERING_FACTOR * limits.concurrency
        ):
            self._start_patience_timer(slot)
            return
        slot.lingering = True
        host.lingering += 1
        self._lingering += 1
        self._free_place(host)

    def _release(self, slot: Slot) -> None:
        """Give back the place of a download that has ended."""
        if slot.timer is not None:
            slot.timer.cancel()
        if slot.lingering:
            slot.host.lingering -= 1
            self._lingering -= 1
        else:
            self._free_place(slot.host)

    def _free_place(self, host: Host) -> None:
        """Count one download less, and let the next one start."""
        host.counted -= 1
        self._counted -= 1
        self._mark_ready(host)
        self._wake.set()

    async def _work(self, slot: Slot, fetch: UrlFetch) -> None:
        """Make one request, and handle its outcome."""
        if fetch.redirected is None:
            fetch.attempts += 1
        url = fetch.redirected or parse_url(fetch.asked)
        assert isinstance(url, httpx2.URL)  # it was parsed when it was queued
        left_s = max(self._limits.total_s - fetch.spent_s, 0.0)
        try:
            outcome = await download(
                self._pool, url, fetch.asked, self._folder, self._limits, left_s
            )
        finally:
            self._release(slot)
        host, now = slot.host, self._loop.time()
        fetch.spent_s += now - slot.started
        if not isinstance(outcome, Failed) or outcome.answered:
            host.answered_at = now
            host.failed_rounds = 0
        if isinstance(outcome, Failed):
            self._failed(slot, fetch, outcome)
        elif isinstance(outcome, Redirect):
            self._redirected(fetch, outcome)
        else:
            host.slow_down_rounds = 0
            self._done(outcome)

    def _redirected(self, fetch: UrlFetch, redirect: Redirect) -> None:
        """Queue the target of a redirect first at its host, or fail after too many."""
        fetch.redirects += 1
        if fetch.redirects > self._limits.max_redirects:
            reason = f"more than {self._limits.max_redirects} redirects"
            self._fail(fetch, Failed(FailureClass.TOO_MANY_REDIRECTS, reason))
            return
        fetch.redirected = redirect.url
        self._queue(self._host(redirect.url), fetch, first=True)

    def _failed(self, slot: Slot, fetch: UrlFetch, failed: Failed) -> None:
        """Pause or give up the host if it is at fault, and retry the URL if that may help."""
        host, limits = slot.host, self._limits
        wait_s = self._backoff(fetch, failed)
        if failed.failure is FailureClass.RATE_LIMITED:
            self._slow_down(host, failed, wait_s)
        elif not failed.answered and failed.failure in _UNREACHED | _SILENT:
            self._count_failed_round(slot, failed, wait_s)
        if (
            failed.failure in TRANSIENT
            and fetch.attempts < limits.attempts
            and wait_s <= limits.max_wait_s
            and host.given_up is None
            and fetch.origin.given_up is None
        ):
            fetch.restart()
            self._retry_later(fetch.origin, fetch, wait_s)
        else:
            self._fail(fetch, failed)

    def _backoff(self, fetch: UrlFetch, failed: Failed) -> float:
        """Compute the seconds before the next attempt: exponential, with jitter."""
        wait_s = min(self._limits.backoff_s * 2.0 ** (fetch.attempts - 1), self._limits.max_wait_s)
        wait_s *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, keeps no secret
        return wait_s if failed.wait_s is None else max(wait_s, failed.wait_s)

    def _count_failed_round(self, slot: Slot, failed: Failed, wait_s: float) -> None:
        """Count a round in which a host wasn't reached, and give the host up after a few.

        Simultaneous downloads that fail count as one round. A host that has answered before
        may hang on single URLs: it is given up only after a long silence.
        """
        host, limits, now = slot.host, self._limits, self._loop.time()
        if host.answered_at is not None and failed.failure in _SILENT:
            if now - host.answered_at > 2 * limits.total_s:
                self._give_up(host, f"nothing from {host.name} for {2 * limits.total_s:g} s")
            return
        if slot.started >= host.round_failed_at:
            host.failed_rounds += 1
            host.round_failed_at = now
            self._pause(host, wait_s)
        if host.failed_rounds >= limits.give_up_host_after:
            self._give_up(host, f"{host.name} can't be reached: {failed.reason}")
        if (
            not self._backend.reached
            and now - self._began >= limits.offline_after_s
            and self._attempts >= _MIN_OFFLINE_ATTEMPTS
        ):
            for other in self._hosts.values():
                self._give_up(other, "no host can be reached: is there a network?")

    def _slow_down(self, host: Host, failed: Failed, wait_s: float) -> None:
        """Pause a whole host that answered 429, or give it up after a few rounds."""
        if self._loop.time() < host.paused_until:
            return  # this request was sent before the pause began
        limits = self._limits
        host.slow_down_rounds += 1
        if wait_s > limits.max_wait_s or host.slow_down_rounds >= limits.give_up_host_after:
            self._give_up(host, f"{host.name} asks to slow down", failed)
        else:
            self._pause(host, wait_s)

    def _give_up(self, host: Host, reason: str, like: Failed | None = None) -> None:
        """Fail all URLs of a host: as unreachable, or with the failure of `like`."""
        if host.given_up is not None:
            return
        failure = like.failure if like else FailureClass.HOST_UNREACHABLE
        host.given_up = Failed(failure, reason, wait_s=like.wait_s if like else None)
        fetches = [*host.waiting, *host.waiting_to_retry]
        host.waiting.clear()
        host.waiting_to_retry.clear()
        for fetch in fetches:
            self._fail(fetch, host.given_up)

    def _fail(self, fetch: UrlFetch, failed: Failed) -> None:
        """Report a URL as failed for good."""
        retry_s: float | None = None
        if failed.failure in TRANSIENT:
            retry_s = RETRY_LATER_S if failed.wait_s is None else failed.wait_s
        self._done(
            FetchFailure(fetch.asked, failed.failure, failed.reason, fetch.attempts, retry_s)
        )

    def _done(self, result: Fetched | FetchFailure) -> None:
        """Report the result of a URL."""
        self._open -= 1
        self._report(result)
        self._wake.set()
