"""Private addresses and untrusted servers: neither is contacted, or nothing is sent to it."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from web_server import (
    Close,
    Request,
    Site,
    Steps,
    connected,
    outcomes,
    picture,
    refusal,
    respond,
)

from embedstore.fetch import FailureClass, Fetched, FetchFailure, FetchLimits, fetch

GOOD = picture()


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Whatever a test asks for, no packet may go anywhere but to this machine."""
    connected.clear()
    yield
    assert {host for host, _ in connected} <= {"127.0.0.1"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/x.jpg",
        "http://localhost:{port}/x.jpg",
        "http://127.1:{port}/x.jpg",
        "http://0x7f000001:{port}/x.jpg",
        "http://2130706433:{port}/x.jpg",
        "http://0:{port}/x.jpg",
        "http://[::1]:{port}/x.jpg",
        "http://[::ffff:7f00:1]:{port}/x.jpg",
        "http://[::ffff:127.0.0.1]:{port}/x.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://user:secret@127.0.0.1:{port}/x.jpg",
        "https://127.0.0.1:{port}/x.jpg",
        "http://[fe80::1%25lo]:{port}/x.jpg",
    ],
)
def test_no_spelling_of_a_private_address_is_contacted(url: str, tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        failure = refusal(url.format(port=site.port), tmp_path, FetchLimits(backoff_s=0.01))
        assert failure.failure in (FailureClass.PRIVATE_ADDRESS, FailureClass.BAD_URL)
        assert site.connections == 0
    assert connected == []


def test_allowing_a_server_allows_its_exact_address_and_port_only(tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as allowed, Site(lambda _: respond(GOOD)) as other:
        limits = allowed.limits(resolver=lambda host: [host.removesuffix(".example")])
        urls = [
            other.url("/x.jpg"),
            allowed.url("/x.jpg", "127.0.0.2"),
            allowed.url("/x.jpg", "[::ffff:127.0.0.1]"),
            allowed.url("/x.jpg", "127.0.0.2.example"),
        ]
        for result in fetch(urls, tmp_path, limits=limits):
            assert isinstance(result, FetchFailure)
            assert result.failure is FailureClass.PRIVATE_ADDRESS
        assert (allowed.connections, other.connections) == (0, 0)


def test_a_name_with_one_private_address_among_others_is_refused(tmp_path: Path) -> None:
    with Site(lambda _: respond(GOOD)) as site:
        limits = site.limits(resolver=lambda _: ["127.0.0.1", "10.0.0.7"])
        failure = refusal(site.url("/x.jpg", "pics.example"), tmp_path, limits)
        assert failure.failure is FailureClass.PRIVATE_ADDRESS
        assert failure.reason == "pics.example leads to 10.0.0.7, which isn't public: private"
        assert site.connections == 0


def test_a_name_that_changes_its_mind_is_checked_at_each_connection(tmp_path: Path) -> None:
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    def once(_: Request) -> Steps:
        yield respond(GOOD)
        yield Close()

    with Site(lambda _: once) as site:
        limits = site.limits(resolver=resolver, per_host=1)
        urls = [site.url(f"/{n}.jpg", "pics.example") for n in range(2)]
        results = [
            result for url in urls for result in [*outcomes([url], tmp_path, limits).values()]
        ]
    assert isinstance(results[0], Fetched)
    assert isinstance(results[1], FetchFailure)
    assert results[1].failure is FailureClass.PRIVATE_ADDRESS
    # One question a connection: what was checked is what was connected to.
    assert asked == ["pics.example"] * 2
    assert connected == [("127.0.0.1", site.port)]


def test_a_redirect_to_a_name_with_a_private_address_is_refused(tmp_path: Path) -> None:
    names = {"pics.example": ["127.0.0.1"], "inside.example": ["192.168.0.1"]}
    with Site({"/x": respond(status=302, location="http://inside.example/secret")}) as site:
        limits = site.limits(resolver=names.__getitem__)
        failure = refusal(site.url("/x", "pics.example"), tmp_path, limits)
    assert failure.failure is FailureClass.PRIVATE_ADDRESS
    assert "inside.example leads to 192.168.0.1" in failure.reason


@pytest.mark.parametrize(
    ("url", "failure"),
    [
        ("ftp://pics.example/x.jpg", FailureClass.REFUSED_SCHEME),
        ("file:///etc/passwd", FailureClass.REFUSED_SCHEME),
        ("data:image/png;base64,AAAA", FailureClass.REFUSED_SCHEME),
        ("javascript:alert(1)", FailureClass.REFUSED_SCHEME),
        ("x.jpg", FailureClass.REFUSED_SCHEME),
        ("http://", FailureClass.BAD_URL),
        ("http:///x.jpg", FailureClass.BAD_URL),
        ("http://pics.example:99999/x.jpg", FailureClass.BAD_URL),
        ("http://pics.example:0/x.jpg", FailureClass.BAD_URL),
        ("http://pics.example/x.jpg\r\nHost: other", FailureClass.BAD_URL),
        ("http://" + "a" * 100_000, FailureClass.BAD_URL),
        ("http://[::1", FailureClass.BAD_URL),
        ("http://a..b/", FailureClass.DNS),
        ("http://" + "a" * 300 + ".example/", FailureClass.DNS),
    ],
)
def test_a_url_that_cannot_be_asked_for_is_refused(
    url: str, failure: FailureClass, tmp_path: Path
) -> None:
    assert refusal(url, tmp_path, FetchLimits(attempts=1)).failure is failure
    assert connected == []


def test_proxies_in_the_environment_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site(lambda _: respond(GOOD)) as site, Site(lambda _: respond(GOOD)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url("/"))
        result = outcomes([site.url("/x.jpg")], tmp_path, site.limits())
        assert isinstance(result[site.url("/x.jpg")], Fetched)
        assert proxy.connections == 0


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def tls_for(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


Trust = Callable[[trustme.CA], None]


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trust:
    """Make this process trust an authority, as an administrator would."""

    def trust(authority: trustme.CA) -> None:
        path = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(str(path))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))

    return trust


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, authority: trustme.CA
) -> None:
    with Site({"/x": respond(GOOD)}, tls_for(authority, "pics.example")) as site:
        limits = site.limits(resolver=lambda _: ["127.0.0.1"])
        failure = refusal(site.url("/x", "pics.example"), tmp_path, limits)
        assert failure.failure is FailureClass.TLS
        assert failure.attempts == 1
        assert site.requests == []


def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, authority: trustme.CA, trust: Trust
) -> None:
    trust(authority)
    with Site({"/x": respond(GOOD)}, tls_for(authority, "other.example")) as site:
        limits = site.limits(resolver=lambda _: ["127.0.0.1"])
        failure = refusal(site.url("/x", "pics.example"), tmp_path / "media", limits)
        assert failure.failure is FailureClass.TLS
        assert "pics.example" in failure.reason
        assert site.requests == []


def test_a_good_certificate_is_checked_against_the_name_and_not_the_address(
    tmp_path: Path, authority: trustme.CA, trust: Trust
) -> None:
    trust(authority)
    with Site({"/x": respond(GOOD)}, tls_for(authority, "pics.example")) as site:
        limits = site.limits(resolver=lambda _: ["127.0.0.1"], connect_s=5)
        url = site.url("/x", "pics.example")
        assert isinstance(outcomes([url], tmp_path / "media", limits)[url], Fetched)
        assert site.requests[0].headers["host"] == f"pics.example:{site.port}"


def test_plain_http_on_a_tls_url_is_a_failure_of_its_own(tmp_path: Path) -> None:
    with Site({"/x": respond(GOOD)}) as site:
        url = site.url("/x").replace("http:", "https:")
        failure = refusal(url, tmp_path, site.limits(attempts=1))
    assert failure.failure in (FailureClass.TLS, FailureClass.CONNECT)
