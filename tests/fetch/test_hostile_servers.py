"""Hostile servers and URLs: each refused for its own reason, the rest unaffected."""

import gzip
import hashlib
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_server import (
    Close,
    Page,
    Request,
    Site,
    Steps,
    connected,
    outcomes,
    picture,
    refusal,
    respond,
)

from embedstore.fetch import FailureClass, Fetched, FetchFailure, FetchLimits

GOOD = picture()


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Whatever a test asks for, no packet may go anywhere but to this machine."""
    connected.clear()
    yield
    assert {host for host, _ in connected} <= {"127.0.0.1"}


def redirect(location: str) -> bytes:
    return respond(status=302, location=location)


def endless(_: Request) -> Steps:
    yield respond(b"", content_length=None) + GOOD
    for _chunk in range(2000):
        yield bytes(10_000)


def drip(_: Request) -> Steps:
    yield respond(b"", content_length="100000") + GOOD[:40]
    for _byte in range(200):
        yield 0.05
        yield b"\0"


def drip_headers(_: Request) -> Steps:
    yield b"HTTP/1.1 200 OK\r\n"
    for _byte in range(200):
        yield 0.05
        yield b"X: y\r\n"


def hang(_: Request) -> Steps:
    yield 5.0


def reset_midway(_: Request) -> Steps:
    yield respond(b"", content_length="100000") + GOOD[:500]
    yield 0.05
    yield Close(reset=True)


def chunks_without_end(_: Request) -> Steps:
    yield respond(b"", content_length=None, transfer_encoding="chunked")
    yield b"200\r\n" + GOOD[:512] + b"\r\n"
    yield Close()


def closes_early(_: Request) -> Steps:
    yield respond(GOOD, content_length=str(len(GOOD) + 500))
    yield Close()


def hangs_up(_: Request) -> Steps:
    yield Close()


def pixel_bomb() -> bytes:
    """Make a small PNG of 30,000 × 30,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100_000), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


GZIP_BOMB = gzip.compress(bytes(10_000_000))

HOSTILE: dict[str, tuple[Page | bytes, FailureClass]] = {
    "/endless": (endless, FailureClass.TOO_LARGE),
    "/announced": (respond(GOOD, content_length="9999999999"), FailureClass.TOO_LARGE),
    "/drip": (drip, FailureClass.TIMEOUT),
    "/drip-headers": (drip_headers, FailureClass.TIMEOUT),
    "/hang": (hang, FailureClass.TIMEOUT),
    "/gzip-bomb": (
        respond(GZIP_BOMB, content_encoding="gzip"),
        FailureClass.CONTENT_ENCODING,
    ),
    "/pixel-bomb": (respond(pixel_bomb()), FailureClass.BOMB),
    "/wrong-length": (closes_early, FailureClass.WRONG_LENGTH),
    "/reset": (reset_midway, FailureClass.TRUNCATED),
    "/no-end": (chunks_without_end, FailureClass.TRUNCATED),
    "/hangs-up": (hangs_up, FailureClass.DISCONNECTED),
    "/html": (
        respond(b"<!DOCTYPE html><html>Please log in</html>", content_type="image/jpeg"),
        FailureClass.NOT_AN_IMAGE,
    ),
    "/empty": (respond(b"", content_type="image/png"), FailureClass.NOT_AN_IMAGE),
    "/short": (respond(b"\xff\xd8\xff"), FailureClass.NOT_AN_IMAGE),
    "/not-http": (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", FailureClass.BAD_RESPONSE),
    "/two-lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        FailureClass.BAD_RESPONSE,
    ),
    "/vast-headers": (
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n",
        FailureClass.BAD_RESPONSE,
    ),
    "/loop": (redirect("/loop"), FailureClass.TOO_MANY_REDIRECTS),
    "/nowhere": (respond(status=302), FailureClass.BAD_RESPONSE),
    "/to-file": (redirect("file:///etc/passwd"), FailureClass.REFUSED_SCHEME),
    "/to-ftp": (redirect("ftp://127.0.0.1/x.jpg"), FailureClass.REFUSED_SCHEME),
    "/to-link-local": (
        redirect("http://169.254.169.254/latest/meta-data/"),
        FailureClass.PRIVATE_ADDRESS,
    ),
    "/to-private": (redirect("http://10.0.0.1/x.jpg"), FailureClass.PRIVATE_ADDRESS),
    "/to-ipv6-loopback": (redirect("http://[::1]/x.jpg"), FailureClass.PRIVATE_ADDRESS),
    "/to-mapped": (redirect("http://[::ffff:127.0.0.1]/x.jpg"), FailureClass.PRIVATE_ADDRESS),
    "/to-nat64": (redirect("http://[64:ff9b::7f00:1]/x.jpg"), FailureClass.PRIVATE_ADDRESS),
    "/to-zero": (redirect("http://0.0.0.0/x.jpg"), FailureClass.PRIVATE_ADDRESS),
    "/absent": (respond(b"no", 404), FailureClass.NOT_FOUND),
    "/gone": (respond(b"no", 410), FailureClass.GONE),
    "/forbidden": (respond(b"no", 403), FailureClass.HTTP_4XX),
    "/broken": (respond(b"no", 503), FailureClass.HTTP_5XX),
    "/noai": (respond(GOOD, x_robots_tag="noai, noimageai"), FailureClass.NOAI),
}


def test_every_hostile_answer_is_refused_for_its_own_reason_and_the_rest_arrive(
    tmp_path: Path,
) -> None:
    pages: dict[str, Page | bytes] = {path: page for path, (page, _) in HOSTILE.items()}
    good = {f"/good/{n}.jpg": picture(n) for n in range(40)}
    pages |= {path: respond(body) for path, body in good.items()}
    with Site(pages) as site:
        with Site(lambda _: respond(GOOD)) as forbidden:
            pages["/to-loopback"] = redirect(forbidden.url("/x.jpg"))
            expected = {path: failure for path, (_, failure) in HOSTILE.items()}
            expected["/to-loopback"] = FailureClass.PRIVATE_ADDRESS
            paths = [path for pair in zip(expected, good, strict=False) for path in pair]
            urls = [site.url(path) for path in dict.fromkeys([*paths, *expected, *good])]
            results = outcomes(urls, tmp_path, site.limits())
            assert forbidden.connections == 0
        found = {
            path: result.failure
            for path in expected
            if isinstance(result := results[site.url(path)], FetchFailure)
        }
        assert found == expected
        stored = {
            path: result.sha256
            for path in good
            if isinstance(result := results[site.url(path)], Fetched)
        }
    assert stored == {path: hashlib.sha256(body).hexdigest() for path, body in good.items()}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == sorted(stored.values())
    assert {port for _, port in connected} == {site.port}


def test_only_failures_that_may_pass_are_tried_again(tmp_path: Path) -> None:
    paths = ["/html", "/gone", "/absent", "/noai", "/pixel-bomb", "/broken", "/wrong-length"]
    with Site({path: HOSTILE[path][0] for path in paths}) as site:
        results = outcomes([site.url(path) for path in paths], tmp_path, site.limits(attempts=3))
        asked = [request.path for request in site.requests]
    tried = {path: asked.count(path) for path in paths}
    assert tried == dict.fromkeys(paths[:5], 1) | {"/broken": 3, "/wrong-length": 3}
    for path in paths:
        result = results[site.url(path)]
        assert isinstance(result, FetchFailure)
        assert result.attempts == tried[path]
        assert (result.retry_after_s is None) == (tried[path] == 1)


def test_fifty_redirects_are_followed_for_three(tmp_path: Path) -> None:
    pages = {f"/{n}": redirect(f"/{n + 1}") for n in range(50)} | {"/50": respond(GOOD)}
    with Site(pages) as site:
        failure = refusal(site.url("/0"), tmp_path, site.limits())
        assert failure.failure is FailureClass.TOO_MANY_REDIRECTS
        assert failure.reason == "more than 3 redirects"
        assert [request.path for request in site.requests] == ["/0", "/1", "/2", "/3"]


def test_the_total_limit_counts_redirects_together(tmp_path: Path) -> None:
    def slow(request: Request) -> Steps:
        yield 0.2
        yield redirect(f"{request.path}x")

    with Site(lambda _: slow) as site:
        limits = site.limits(total_s=0.5, attempts=1, max_redirects=30)
        assert refusal(site.url("/a"), tmp_path, limits).failure is FailureClass.TIMEOUT
        assert len(site.requests) <= 3


def test_a_reason_never_carries_control_characters_of_a_server(tmp_path: Path) -> None:
    with Site({"/x": respond(status=302, location="ftp://\x1b[31mred\x07")}) as site:
        reason = refusal(site.url("/x"), tmp_path, site.limits()).reason
    assert reason.isprintable()
    assert reason.isascii()


def test_passwords_and_cookies_are_never_sent(tmp_path: Path) -> None:
    pages = {
        "/a": respond(status=302, location="/b", set_cookie="session=1"),
        "/b": respond(GOOD, set_cookie="session=2"),
    }
    with Site(pages) as site:
        url = site.url("/a").replace("http://", "http://user:secret@")
        assert isinstance(outcomes([url], tmp_path, site.limits())[url], Fetched)
        for request in site.requests:
            assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}
            assert request.headers["host"] == f"127.0.0.1:{site.port}"
            assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("tag", "refused"),
    [
        ("noai", True),
        ("noindex, NoImageAI", True),
        ("embedstore: noai", True),
        ("*: noai", True),
        ("max-snippet:-1, noai", True),
        ("otherbot: noai", False),
        ("noindex, nofollow", False),
        ("unavailable_after: 25 Jun 2030 15:00:00 GMT", False),
    ],
)
def test_noai_is_honoured_unless_told_otherwise(tag: str, refused: bool, tmp_path: Path) -> None:
    with Site({"/x": respond(GOOD, x_robots_tag=tag)}) as site:
        url = site.url("/x")
        result = outcomes([url], tmp_path, site.limits())[url]
        assert isinstance(result, FetchFailure if refused else Fetched)
        told = outcomes([url], tmp_path, site.limits(honour_noai=False))[url]
        assert isinstance(told, Fetched)


def damaged(number: int) -> bytes:
    """Make a response with some bytes replaced, cut out or repeated, the same for a number."""
    draw = random.Random(number)
    data = bytearray(
        respond(GOOD, content_type="image/jpeg", x_robots_tag="none", location="/x")
        if number % 3
        else respond(status=302, location=f"http://127.0.0.1/{number}")
    )
    for _ in range(draw.randint(1, 6)):
        place = draw.randrange(min(len(data), 160))
        data[place : place + draw.choice((0, 1, 1, 4))] = draw.randbytes(draw.choice((0, 1, 1, 5)))
    return bytes(data)


def test_damaged_responses_end_as_images_or_failures(tmp_path: Path) -> None:
    def page(path: str) -> Page:
        def steps(_: Request) -> Steps:
            yield damaged(int(path[1:]))
            yield Close()

        return steps

    with Site(page) as site:
        urls = [site.url(f"/{number}") for number in range(300)]
        assert len(outcomes(urls, tmp_path, site.limits(attempts=1))) == 300


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.text(), st.text().map("http://".__add__)), unique=True))
def test_no_text_in_place_of_a_url_breaks_the_run(tmp_path: Path, texts: list[str]) -> None:
    def resolver(host: str) -> list[str]:
        raise OSError(f"{host} is unknown")

    limits = FetchLimits(attempts=1, resolver=resolver)
    assert all(isinstance(r, FetchFailure) for r in outcomes(texts, tmp_path, limits).values())
    assert connected == []
