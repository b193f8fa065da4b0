"""Fetching: what is stored, how politely it is asked for, when it is tried again."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from web_server import Close, Page, Request, Site, Steps, connected, picture, respond

from embedstore.errors import InputError, StoreFullError
from embedstore.fetch import FailureClass, Fetched, FetchFailure, FetchLimits, fetch, stored_path

GOOD = picture()


def failures(results: list[Fetched | FetchFailure]) -> Counter[str]:
    return Counter(result.failure for result in results if isinstance(result, FetchFailure))


def first_then(first: bytes, later: bytes) -> Page:
    """Answer the first request in one way and all others in another."""
    answers = iter([first])

    def page(_: Request) -> Steps:
        yield next(answers, later)

    return page


def hang(_: Request) -> Steps:
    yield 10.0


def test_an_image_is_stored_under_the_hash_of_its_bytes(tmp_path: Path) -> None:
    with Site({"/x": respond(GOOD, content_type="text/html")}) as site:
        [result] = fetch([site.url("/x#part")], tmp_path / "media", limits=site.limits())
    sha256 = hashlib.sha256(GOOD).hexdigest()
    path = tmp_path / "media" / sha256[:2] / sha256
    assert result == Fetched(site.url("/x#part"), sha256, path, "image/jpeg", len(GOOD))
    assert path == stored_path(tmp_path / "media", sha256)
    assert path.read_bytes() == GOOD


def test_one_url_is_asked_once_and_one_content_is_stored_once(tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        urls = [site.url("/a"), site.url("/b"), site.url("/a")]
        results = list(fetch(urls, tmp_path, limits=site.limits()))
        assert sorted(request.path for request in site.requests) == ["/a", "/b"]
    assert sorted(result.url for result in results) == urls[:2]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_what_is_known_is_not_asked_for_while_its_bytes_are_there(tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        url = site.url("/x")
        [first] = fetch([url], tmp_path, limits=site.limits())
        assert isinstance(first, Fetched)
        known = {url: first.sha256}
        assert list(fetch([url], tmp_path, limits=site.limits(), known=known)) == [first]
        assert len(site.requests) == 1
        first.path.unlink()
        assert list(fetch([url], tmp_path, limits=site.limits(), known=known)) == [first]
        assert len(site.requests) == 2


def test_a_stored_file_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        [first] = fetch([site.url("/x")], tmp_path, limits=site.limits())
        assert isinstance(first, Fetched)
        first.path.write_bytes(GOOD[:10])
        list(fetch([site.url("/x")], tmp_path, limits=site.limits()))
    assert first.path.read_bytes() == GOOD


def test_redirects_are_followed_and_the_result_carries_the_url_that_was_asked(
    tmp_path: Path,
) -> None:
    pages: dict[str, Page | bytes] = {"/a": respond(status=301, location="b?x=1")}
    with Site({"/b/c": respond(GOOD)}) as other, Site(pages) as site:
        pages["/b"] = respond(status=307, location=other.url("/b/c"))
        limits = site.limits(allow=frozenset({("127.0.0.1", p) for p in (site.port, other.port)}))
        [result] = fetch([site.url("/a")], tmp_path, limits=limits)
    assert isinstance(result, Fetched)
    assert result.url == site.url("/a")


def test_connections_are_kept_alive_also_after_a_404(tmp_path: Path) -> None:
    def page(path: str) -> bytes:
        return respond(b"not here", 404) if path.endswith("5") else respond(GOOD)

    with Site(page) as site:
        urls = [site.url(f"/{n}") for n in range(60)]
        results = list(fetch(urls, tmp_path, limits=site.limits(per_host=3)))
        assert failures(results) == {FailureClass.NOT_FOUND: 6}
        assert site.connections <= 3


def test_no_host_is_asked_for_more_at_a_time_than_allowed(tmp_path: Path) -> None:
    running = most = 0

    def page(_: Request) -> Steps:
        nonlocal running, most
        running += 1
        most = max(most, running)
        yield 0.01
        running -= 1
        yield respond(GOOD)

    with Site(lambda _: page) as site:
        urls = [site.url(f"/{n}") for n in range(40)]
        limits = site.limits(per_host=3, patience_s=5.0)
        assert len(list(fetch(urls, tmp_path, limits=limits))) == 40
    assert most == 3


def test_hanging_downloads_never_hold_up_the_rest(tmp_path: Path) -> None:
    pages: dict[str, Page | bytes] = {f"/hang/{n}": hang for n in range(8)}
    pages |= {f"/good/{n}": respond(GOOD) for n in range(60)}
    with Site(pages) as site:
        limits = site.limits(
            attempts=1, per_host=2, concurrency=2, patience_s=0.05, read_s=1, total_s=1
        )
        results = list(fetch([site.url(path) for path in pages], tmp_path, limits=limits))
    # Eight hang at a time in two places, and every good one is there before the first gives up.
    assert all(isinstance(result, Fetched) for result in results[:60])
    assert failures(results) == {FailureClass.TIMEOUT: 8}


def test_a_failure_that_passes_is_tried_again(tmp_path: Path) -> None:
    pages: dict[str, Page | bytes] = {
        "/500": first_then(respond(status=500), respond(GOOD)),
        "/429": first_then(respond(status=429, retry_after="0"), respond(GOOD)),
        "/cut": cut_once(),
    }
    with Site(pages) as site:
        results = list(fetch([site.url(path) for path in pages], tmp_path, limits=site.limits()))
        assert Counter(request.path for request in site.requests) == dict.fromkeys(pages, 2)
    assert failures(results) == {}


def cut_once() -> Page:
    tries = iter([True])

    def page(_: Request) -> Steps:
        if next(tries, False):
            yield respond(GOOD)[:-9]
            yield Close()
        yield respond(GOOD)

    return page


def test_a_server_that_asks_for_a_long_wait_is_not_waited_for(tmp_path: Path) -> None:
    with Site(lambda _: respond(status=429, retry_after="3600")) as site:
        urls = [site.url(f"/{n}") for n in range(50)]
        results = list(fetch(urls, tmp_path, limits=site.limits(per_host=2)))
        assert len(site.requests) <= 4
    assert failures(results) == {FailureClass.RATE_LIMITED: 50}
    assert {r.retry_after_s for r in results if isinstance(r, FetchFailure)} == {3600.0}


def test_retry_after_may_be_a_date(tmp_path: Path) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with Site(lambda _: respond(status=503, retry_after=date)) as site:
        [result] = fetch([site.url("/x")], tmp_path, limits=site.limits())
    assert isinstance(result, FetchFailure)
    assert result.failure is FailureClass.HTTP_5XX
    assert result.attempts == 1
    assert 3500 < (result.retry_after_s or 0) <= 3600


@pytest.mark.parametrize("value", ["soon", "-1", "9" * 5000, "Thu, 99 Foo 2020 99:99:99 GMT"])
def test_a_senseless_retry_after_is_ignored(value: str, tmp_path: Path) -> None:
    with Site({"/x": first_then(respond(status=503, retry_after=value), respond(GOOD))}) as site:
        [result] = fetch([site.url("/x")], tmp_path, limits=site.limits())
    assert isinstance(result, Fetched)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_host_that_cannot_be_reached_is_given_up_after_a_few_tries(
    tmp_path: Path, closed_port: int
) -> None:
    connected.clear()
    with Site(lambda _: respond(GOOD)) as site:
        allow = frozenset({("127.0.0.1", site.port), ("127.0.0.1", closed_port)})
        limits = site.limits(allow=allow, per_host=4)
        dead = [f"http://127.0.0.1:{closed_port}/{n}" for n in range(300)]
        results = list(fetch([*dead, site.url("/x")], tmp_path, limits=limits))
    found = failures(results)
    assert found.keys() == {FailureClass.HOST_UNREACHABLE, FailureClass.CONNECT}
    assert found.total() == 300
    assert sum(port == closed_port for _, port in connected) <= 3 * 4
    assert all(r.retry_after_s for r in results if isinstance(r, FetchFailure))


def test_a_host_that_accepts_but_never_answers_is_given_up(tmp_path: Path) -> None:
    with Site(lambda _: hang) as site:
        limits = site.limits(per_host=4, read_s=0.1, give_up_host_after=2)
        results = list(fetch([site.url(f"/{n}") for n in range(100)], tmp_path, limits=limits))
        assert site.connections < 50
    assert failures(results)[FailureClass.HOST_UNREACHABLE] > 50


def test_without_a_network_everything_fails_soon(tmp_path: Path) -> None:
    asked: set[str] = set()

    def resolver(host: str) -> list[str]:
        asked.add(host)
        raise OSError("temporary failure in name resolution")

    limits = FetchLimits(
        resolver=resolver, concurrency=4, backoff_s=0.3, max_wait_s=0.3, offline_after_s=0.2
    )
    urls = [f"https://host{n}.example/x.jpg" for n in range(2000)]
    results = list(fetch(urls, tmp_path, limits=limits))
    found = failures(results)
    assert found.keys() <= {FailureClass.HOST_UNREACHABLE, FailureClass.DNS}
    assert found.total() == 2000
    assert len(asked) < 2000
    reasons = {r.reason for r in results if isinstance(r, FetchFailure)}
    assert "no host can be reached: is there a network?" in reasons


def test_a_resolver_that_hangs_holds_up_neither_the_run_nor_its_end(tmp_path: Path) -> None:
    release = threading.Event()

    def resolver(host: str) -> list[str]:
        if host == "slow.example":
            release.wait(10)
        return ["127.0.0.1"]

    with Site(lambda _: respond(GOOD)) as site:
        limits = site.limits(resolver=resolver, connect_s=0.2, attempts=1)
        urls = [site.url("/x", "slow.example"), site.url("/x", "quick.example")]
        results = list(fetch(urls, tmp_path, limits=limits))
    release.set()
    assert isinstance(results[0], Fetched)
    assert failures(results) == {FailureClass.DNS: 1}


def test_another_address_of_a_name_is_tried_when_the_first_refuses(
    tmp_path: Path,
) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        allow = frozenset({("127.0.0.1", site.port), ("127.0.0.3", site.port)})
        limits = site.limits(allow=allow, resolver=lambda _: ["127.0.0.3", "127.0.0.1"])
        [result] = fetch([site.url("/x", "pics.example")], tmp_path, limits=limits)
    assert isinstance(result, Fetched)


def test_closing_the_generator_stops_at_once_and_leaves_no_partial_file(tmp_path: Path) -> None:
    pages: dict[str, Page | bytes] = {"/good": respond(GOOD)}
    pages |= {f"/hang/{n}": hang for n in range(20)}
    with Site(pages) as site:
        limits = site.limits(read_s=60, total_s=60)
        results = fetch([site.url(path) for path in pages], tmp_path, limits=limits)
        first = next(iter(results))
        results.close()  # type: ignore[attr-defined]
    assert isinstance(first, Fetched)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first.path]


def test_ctrl_c_ends_a_hanging_download_and_keeps_what_arrived(tmp_path: Path) -> None:
    script = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from embedstore.fetch import FetchLimits, fetch\n"
        # A shell's background jobs ignore it, and so does what they start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "port = int(sys.argv[1])\n"
        "limits = FetchLimits(allow=frozenset({('127.0.0.1', port)}), read_s=300, total_s=300)\n"
        "urls = [f'http://127.0.0.1:{port}/{name}' for name in ('good', 'hang')]\n"
        "for result in fetch(urls, Path(sys.argv[2]), limits=limits):\n"
        "    print(result.sha256, flush=True)\n"
    )
    with Site({"/good": respond(GOOD), "/hang": hang}) as site:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(site.port), str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        sha256 = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode in (-signal.SIGINT, 128 + signal.SIGINT)
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [sha256]


def test_a_full_disk_ends_the_run_and_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with Site(lambda _: respond(GOOD)) as site:
        results = fetch([site.url("/x"), site.url("/y")], tmp_path, limits=site.limits())
        with pytest.raises(StoreFullError, match=r"no room left in .*: free some"):
            list(results)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "value"), [("attempts", 0), ("read_s", 0.0), ("max_bytes", -1), ("backoff_s", -0.1)]
)
def test_a_limit_without_sense_is_refused(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"^{name} is {value}, expected"):
        FetchLimits(**{name: value})  # type: ignore[arg-type]


def test_the_user_agent_names_the_project(tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        list(fetch([site.url("/x")], tmp_path, limits=site.limits()))
        assert site.requests[0].headers["user-agent"].startswith("embedstore/")
