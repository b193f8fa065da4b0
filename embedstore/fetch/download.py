"""One request: its headers, the checks of its answer, and the class of its failure."""

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

from embedstore.fetch.limits import FailureClass, Fetched, FetchLimits
from embedstore.fetch.media_folder import Incoming, RefusedError
from embedstore.fetch.network import PrivateAddressError, ResolveError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOAI_DIRECTIVES = frozenset({"noai", "noimageai"})
_SMALL_BODY_BYTES = 2**14
_QUOTED_CHARACTERS = 120


@dataclass(frozen=True)
class Failed:
    """One request that brought no image.

    Attributes
    ----------
    failure : FailureClass
        Class of the failure.
    reason : str
        One line for a person.
    answered : bool
        True if the server sent the head of a response.
    wait_s : float or None
        Seconds that its ``Retry-After`` asks for.
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
    """Parts of a response that arrived before it failed.

    Attributes
    ----------
    begun : bool
        True once the head has arrived.
    length : int or None
        Its ``Content-Length``.
    outcome : Redirect or Failed or None
        The outcome that its status decides, if it isn't 200.
    """

    begun = False
    length: int | None = None
    outcome: Redirect | Failed | None = None


def parse_url(text: str) -> httpx2.URL | Failed:
    """Parse a URL, and drop its fragment.

    Returns
    -------
    httpx2.URL or Failed
        `Failed` unless it is http or https, with a host.
    """
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, ValueError) as error:
        return Failed(FailureClass.BAD_URL, f"no URL: {_quote(str(error))}")
    if url.scheme not in ("http", "https"):
        kind = _quote(url.scheme) if url.scheme else "no scheme"
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
        Where to send the request.
    asked : str
        The URL as the user gave it, before any redirect; a `Fetched` carries it.
    folder : Path
        The media folder.
    limits : FetchLimits
        Limits on downloads.
    time_left_s : float
        Seconds that are left of `FetchLimits.total_s`.

    Returns
    -------
    Fetched or Redirect or Failed
        Outcome of this one request.

    Raises
    ------
    StoreFullError
        The disk is full.
    """
    answer = _Answer()
    try:
        async with asyncio.timeout(time_left_s):
            return await _exchange(pool, url, asked, folder, limits, answer)
    except TimeoutError:
        if answer.outcome is not None:  # only the body is missing, which nobody needs
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
        failure, reason = _connection_lost(answer, "the connection broke", str(error))
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
    """Send the request and take its answer; `answer` tells what arrived if this raises."""
    # Without user name and password of the URL: they are never sent.
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
        # Reading a small body to its end lets the connection be used again.
        length = _content_length(response)
        if length is not None and length <= _SMALL_BODY_BYTES:
            with suppress(
                httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException
            ):
                async for _ in response.aiter_stream():
                    pass
        return answer.outcome


def _check_headers(response: httpcore2.Response, limits: FetchLimits, answer: _Answer) -> None:
    """Refuse an image that the headers of a 200 response rule out."""
    if limits.honour_noai and _says_noai(response, limits.user_agent):
        raise RefusedError(FailureClass.NOAI, "its X-Robots-Tag asks that AI doesn't use it")
    encodings = _header(response, b"content-encoding")
    if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings):
        raise RefusedError(
            FailureClass.CONTENT_ENCODING,
            f"sent as {_quote(', '.join(encodings))}, expected the image as it is",
        )
    answer.length = _content_length(response)
    if answer.length is not None and answer.length > limits.max_bytes:
        raise RefusedError(
            FailureClass.TOO_LARGE,
            f"{answer.length:,} bytes, expected at most {limits.max_bytes:,}",
        )


def _not_ok(response: httpcore2.Response, url: httpx2.URL) -> Redirect | Failed:
    """Classify a response whose status isn't 200."""
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
    """Read the target of a redirect."""
    locations = _header(response, b"location")
    if len(locations) != 1:
        return Failed(FailureClass.BAD_RESPONSE, "a redirect that leads nowhere", answered=True)
    try:
        joined = str(url.copy_with(userinfo=b"").join(locations[0]))
    except (httpx2.InvalidURL, ValueError):
        return Failed(
            FailureClass.BAD_URL, f"redirected to {_quote(locations[0])}, no URL", answered=True
        )
    target = parse_url(joined)
    if isinstance(target, Failed):
        reason = f"redirected to {_quote(joined)}: {target.reason}"
        return Failed(target.failure, reason, answered=True)
    return Redirect(target)


def _connection_failure(error: httpcore2.ConnectError) -> tuple[FailureClass, str]:
    """Classify a connection that could not be opened: TLS, or anything else."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        detail = getattr(cause, "verify_message", "") or cause.reason or str(cause)
        return FailureClass.TLS, f"no trustworthy TLS connection: {_quote(detail)}"
    return FailureClass.CONNECT, f"no connection: {_quote(str(error)) or 'refused or broken off'}"


def _connection_lost(answer: _Answer, what: str, detail: str = "") -> tuple[FailureClass, str]:
    """Classify a connection that was lost: within the image, or before an answer."""
    failure = FailureClass.TRUNCATED if answer.begun else FailureClass.DISCONNECTED
    when = "within the image" if answer.begun else "before an answer"
    return failure, f"{what} {when}{': ' if detail else ''}{_quote(detail)}"


def _protocol_failure(answer: _Answer, error: Exception) -> tuple[FailureClass, str]:
    """Classify an answer that breaks the rules of HTTP."""
    text = str(error)
    if not answer.begun:
        if "disconnected" in text:
            return _connection_lost(answer, "the server closed the connection")
        return FailureClass.BAD_RESPONSE, f"no HTTP: {_quote(text)}"
    if "peer closed" not in text:
        return FailureClass.BAD_RESPONSE, f"no HTTP: {_quote(text)}"
    if answer.length is not None:
        return FailureClass.WRONG_LENGTH, f"fewer bytes than announced: {_quote(text)}"
    return _connection_lost(answer, "the server closed the connection")


def _says_noai(response: httpcore2.Response, user_agent: str) -> bool:
    """Tell if an ``X-Robots-Tag``, for all agents or for ours, says noai or noimageai."""
    ours = user_agent.split("/")[0].strip().lower()
    for line in _header(response, b"x-robots-tag"):
        agent, colon, rest = line.lower().partition(":")
        # Directives such as `unavailable_after: …` have a colon as well, but name no agent.
        named = colon and re.fullmatch(r"[a-z0-9]+|\*", agent.strip())
        if named and agent.strip() not in (ours, "*"):
            continue
        directives = rest if named else line.lower()
        if _NOAI_DIRECTIVES & {directive.strip() for directive in directives.split(",")}:
            return True
    return False


def _retry_after(response: httpcore2.Response, now: datetime) -> float | None:
    """Read the seconds of a ``Retry-After``, given as a number or an HTTP date."""
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
    """Read the ``Content-Length`` in bytes."""
    for text in _header(response, b"content-length"):
        if re.fullmatch(r"[0-9]{1,18}", text):
            return int(text)
    return None


def _header(response: httpcore2.Response, name: bytes) -> list[str]:
    """List all values of a header."""
    return [value.decode("latin-1") for key, value in response.headers if key.lower() == name]


def _quote(text: str) -> str:
    """Make a server's text safe to print: short ASCII without control characters."""
    text = "".join(c if c.isprintable() else "?" for c in text[:_QUOTED_CHARACTERS])
    return text.encode("ascii", "backslashreplace").decode("ascii")
