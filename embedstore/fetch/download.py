"""One request: what is asked, what is accepted of the answer, and what a failure means."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpcore2
import httpx2

from embedstore.fetch.files import Incoming, RefusedError
from embedstore.fetch.limits import FailureClass, Fetched, FetchLimits
from embedstore.fetch.network import PrivateAddressError, ResolveError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_USE = frozenset({"noai", "noimageai"})
_SMALL_BODY = 2**14
_SHOWN = 120


@dataclass(frozen=True)
class Failed:
    """A request without an image.

    Attributes
    ----------
    failure, reason
        As in `FetchFailure`.
    answered : bool
        The server sent the head of a response.
    wait_s : float or None
        What its ``Retry-After`` asks for.
    """

    failure: FailureClass
    reason: str
    answered: bool = False
    wait_s: float | None = None


@dataclass(frozen=True)
class Redirect:
    """An answer that names another URL."""

    url: httpx2.URL


class _Answer:
    """What of a response has arrived, for the handlers of what goes wrong later."""

    begun = False
    length: int | None = None
    outcome: Redirect | Failed | None = None


def parse_url(text: str) -> httpx2.URL | Failed:
    """Read a URL that may be fetched: http or https, with a host; its fragment is dropped."""
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, ValueError) as error:
        return Failed(FailureClass.BAD_URL, f"no URL: {_shown(str(error))}")
    if url.scheme not in ("http", "https"):
        kind = _shown(url.scheme) if url.scheme else "no scheme"
        return Failed(FailureClass.REFUSED_SCHEME, f"{kind}, expected http or https")
    if not url.host:
        return Failed(FailureClass.BAD_URL, "no URL: it names no host")
    if url.port is not None and not 0 < url.port < 65536:
        return Failed(FailureClass.BAD_URL, f"no URL: there is no port {url.port}")
    return url.copy_with(fragment=None)


async def download(
    pool: httpcore2.AsyncConnectionPool,
    url: httpx2.URL,
    asked: str,
    folder: Path,
    limits: FetchLimits,
    time_left_s: float,
) -> Fetched | Redirect | Failed:
    """Make one request, within `time_left_s`.

    Parameters
    ----------
    pool : AsyncConnectionPool
        From `embedstore.fetch.network.open_pool`.
    url : URL
        Where to ask.
    asked : str
        The URL as the user gave it, before any redirect; a `Fetched` carries it.
    folder, limits
        As in `embedstore.fetch.fetch`.
    time_left_s : float
        What is left of `FetchLimits.total_s`.
    """
    answer = _Answer()
    try:
        async with asyncio.timeout(time_left_s):
            return await _exchange(pool, url, asked, folder, limits, answer)
    except TimeoutError:
        if answer.outcome is not None:  # only the rest of a body is missing
            return answer.outcome
        failure, reason = FailureClass.TIMEOUT, f"not done within {limits.total_s:g} s"
    except RefusedError as error:
        failure, reason = error.failure, str(error)
    except PrivateAddressError as error:
        failure, reason = FailureClass.PRIVATE_ADDRESS, str(error)
    except ResolveError as error:
        failure, reason = FailureClass.DNS, str(error)
    except httpcore2.ConnectTimeout:
        failure, reason = FailureClass.CONNECT, f"no connection within {limits.connect_s:g} s"
    except httpcore2.TimeoutException:
        failure, reason = FailureClass.TIMEOUT, f"silent for {limits.read_s:g} s"
    except httpcore2.ConnectError as error:
        failure, reason = _connection_failure(error)
    except httpcore2.NetworkError as error:
        failure, reason = _broken(answer, "the connection broke", str(error))
    except httpcore2.ProtocolError as error:
        failure, reason = _protocol_failure(answer, error)
    return Failed(failure, reason, answer.begun)


async def _exchange(
    pool: httpcore2.AsyncConnectionPool,
    url: httpx2.URL,
    asked: str,
    folder: Path,
    limits: FetchLimits,
    answer: _Answer,
) -> Fetched | Redirect | Failed:
    # User name and password of a URL are in none of these: they are never sent.
    target = httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
    headers = [
        (b"Host", url.netloc),
        (b"User-Agent", limits.user_agent.encode("latin-1", "replace")),
        (b"Accept", b"image/jpeg,image/png,image/webp,image/gif,image/bmp;q=0.9,*/*;q=0.1"),
        (b"Accept-Encoding", b"identity"),
    ]
    times = {"connect": limits.connect_s, "read": limits.read_s, "write": limits.read_s}
    request = pool.stream("GET", target, headers=headers, extensions={"timeout": times})
    async with request as response:
        answer.begun = True
        if response.status == 200:
            _check_headers(response, limits, answer)
            with Incoming(folder, limits) as incoming:
                async for chunk in response.aiter_stream():
                    incoming.write(chunk)
                return incoming.keep(asked)
        answer.outcome = _not_ok(response, url)
        # A small body is read to its end, so that the connection can be used again.
        length = _content_length(response)
        if length is not None and length <= _SMALL_BODY:
            with suppress(
                httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException
            ):
                async for _ in response.aiter_stream():
                    pass
        return answer.outcome


def _check_headers(response: httpcore2.Response, limits: FetchLimits, answer: _Answer) -> None:
    """Refuse what the head of a 200 response already rules out."""
    if limits.honour_noai and _asks_not_to_be_used(response, limits.user_agent):
        raise RefusedError(FailureClass.NOAI, "its X-Robots-Tag asks that AI doesn't use it")
    encodings = _header(response, b"content-encoding")
    if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings):
        raise RefusedError(
            FailureClass.CONTENT_ENCODING,
            f"sent as {_shown(', '.join(encodings))}, expected the image as it is",
        )
    answer.length = _content_length(response)
    if answer.length is not None and answer.length > limits.max_bytes:
        raise RefusedError(
            FailureClass.TOO_LARGE,
            f"{answer.length:,} bytes, expected at most {limits.max_bytes:,}",
        )


def _not_ok(response: httpcore2.Response, url: httpx2.URL) -> Redirect | Failed:
    status = response.status
    if status in _REDIRECTS:
        return _redirect(response, url)
    reason = f"the server answered {status}"
    if status == 404:
        return Failed(FailureClass.NOT_FOUND, reason, answered=True)
    if status == 410:
        return Failed(FailureClass.GONE, reason, answered=True)
    wait_s = _retry_after(response, datetime.now(UTC))
    if status == 429:
        return Failed(FailureClass.RATE_LIMITED, reason, True, wait_s)
    if status >= 500:
        return Failed(FailureClass.HTTP_5XX, reason, True, wait_s)
    if status == 408:
        return Failed(FailureClass.TIMEOUT, reason, True, wait_s)
    if status >= 400:
        return Failed(FailureClass.HTTP_4XX, reason, answered=True)
    return Failed(FailureClass.BAD_RESPONSE, f"{reason}, expected 200", answered=True)


def _redirect(response: httpcore2.Response, url: httpx2.URL) -> Redirect | Failed:
    locations = _header(response, b"location")
    if len(locations) != 1:
        return Failed(FailureClass.BAD_RESPONSE, "a redirect that leads nowhere", answered=True)
    try:
        joined = str(url.copy_with(userinfo=b"").join(locations[0]))
    except (httpx2.InvalidURL, ValueError):
        return Failed(
            FailureClass.BAD_URL, f"redirected to {_shown(locations[0])}, no URL", answered=True
        )
    target = parse_url(joined)
    if isinstance(target, Failed):
        reason = f"redirected to {_shown(joined)}: {target.reason}"
        return Failed(target.failure, reason, answered=True)
    return Redirect(target)


def _connection_failure(error: httpcore2.ConnectError) -> tuple[FailureClass, str]:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        detail = getattr(cause, "verify_message", "") or cause.reason or str(cause)
        return FailureClass.TLS, f"no trustworthy TLS connection: {_shown(detail)}"
    return FailureClass.CONNECT, f"no connection: {_shown(str(error)) or 'refused or broken off'}"


def _broken(answer: _Answer, what: str, detail: str = "") -> tuple[FailureClass, str]:
    failure = FailureClass.TRUNCATED if answer.begun else FailureClass.DISCONNECTED
    when = "within the image" if answer.begun else "before an answer"
    return failure, f"{what} {when}{': ' if detail else ''}{_shown(detail)}"


def _protocol_failure(answer: _Answer, error: Exception) -> tuple[FailureClass, str]:
    text = str(error)
    if not answer.begun:
        if "disconnected" in text:
            return _broken(answer, "the server closed the connection")
        return FailureClass.BAD_RESPONSE, f"no HTTP: {_shown(text)}"
    if "peer closed" not in text:
        return FailureClass.BAD_RESPONSE, f"no HTTP: {_shown(text)}"
    if answer.length is not None:
        return FailureClass.WRONG_LENGTH, f"fewer bytes than announced: {_shown(text)}"
    return _broken(answer, "the server closed the connection")


def _asks_not_to_be_used(response: httpcore2.Response, user_agent: str) -> bool:
    """Whether an ``X-Robots-Tag`` for everyone, or for us by name, says noai or noimageai."""
    ours = user_agent.split("/")[0].strip().lower()
    for line in _header(response, b"x-robots-tag"):
        agent, colon, rest = line.lower().partition(":")
        # `unavailable_after: …` and its like have a colon as well, and name no agent.
        named = colon and re.fullmatch(r"[a-z0-9]+|\*", agent.strip())
        if named and agent.strip() not in (ours, "*"):
            continue
        directives = rest if named else line.lower()
        if _NO_USE & {directive.strip() for directive in directives.split(",")}:
            return True
    return False


def _retry_after(response: httpcore2.Response, now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or an HTTP date; None without one."""
    for text in _header(response, b"retry-after"):
        text = text.strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            return float(text)
        with suppress(ValueError, TypeError, OverflowError):
            date = parsedate_to_datetime(text)
            date = date.replace(tzinfo=date.tzinfo or UTC)
            return max(0.0, (date - now).total_seconds())
    return None


def _content_length(response: httpcore2.Response) -> int | None:
    for text in _header(response, b"content-length"):
        if re.fullmatch(r"[0-9]{1,18}", text):
            return int(text)
    return None


def _header(response: httpcore2.Response, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in response.headers if key.lower() == name]


def _shown(text: str) -> str:
    """Text from outside as it may be printed: ASCII without control characters, not too long."""
    text = "".join(c if c.isprintable() else "?" for c in text[:_SHOWN])
    return text.encode("ascii", "backslashreplace").decode("ascii")
