"""Limits on downloads, and their results: value objects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from embedstore.errors import InputError
from embedstore.images.header import MAX_PIXELS

Resolver = Callable[[str], Sequence[str]]
"""Resolves a host name to numeric addresses; raises `OSError` when there are none."""

RETRY_LATER_S = 300.0
"""Seconds after which a retry makes sense, unless the server says otherwise."""


def _user_agent() -> str:
    """Name this project and its version to servers."""
    try:
        release = version("embedstore")
    except PackageNotFoundError:  # run from a checkout that isn't installed
        release = "0"
    return f"embedstore/{release} (image fetcher; honours X-Robots-Tag: noai)"


@dataclass(frozen=True)
class FetchLimits:
    """Limits on downloads; every value can be set.

    Attributes
    ----------
    connect_s : float
        Longest wait for a name, a connection and its TLS handshake, in seconds.
    read_s : float
        Longest silence of a server, in seconds.
    total_s : float
        Longest time for one attempt, redirects included, in seconds; it ends a download
        that arrives byte by byte.
    max_bytes : int
        Largest body.
    max_pixels : int
        Largest width × height, as the file's header gives it.
    max_redirects : int
        Redirects to follow; each is checked like a first request.
    concurrency : int
        Simultaneous downloads over all hosts.
    per_host : int
        Simultaneous downloads from one host and port.
    patience_s : float
        A download that takes longer, in seconds, no longer counts towards `concurrency`
        and `per_host`, so that hanging ones don't hold up the rest. Up to 4 times as many
        downloads may linger like that.
    attempts : int
        Requests for one URL as long as it fails for a reason that may pass.
    backoff_s, max_wait_s : float
        Wait before the second attempt, doubled before each further one, with random
        jitter; and the longest wait, which also bounds a ``Retry-After``. A URL whose server
        asks for a longer one fails.
    give_up_host_after : int
        After this many rounds of not reaching a host, or of its asking to slow down, its
        other URLs fail at once.
    offline_after_s : float
        All URLs fail at once if no host was reached for this many seconds.
    honour_noai : bool
        Refuse images whose ``X-Robots-Tag`` says ``noai`` or ``noimageai``.
    user_agent : str
        ``User-Agent`` header of every request.
    allow : frozenset of (str, int)
        Numeric address and port of servers that may be contacted although they aren't
        public. Only exact ones, and only from Python: no flag or variable sets it.
    resolver : callable, optional
        Replaces the system's name resolution.
    """

    connect_s: float = 5.0
    read_s: float = 5.0
    total_s: float = 30.0
    max_bytes: int = 20 * 2**20
    max_pixels: int = MAX_PIXELS
    max_redirects: int = 3
    concurrency: int = 48
    per_host: int = 12
    patience_s: float = 1.0
    attempts: int = 3
    backoff_s: float = 0.5
    max_wait_s: float = 30.0
    give_up_host_after: int = 3
    offline_after_s: float = 10.0
    honour_noai: bool = True
    user_agent: str = _user_agent()
    allow: frozenset[tuple[str, int]] = frozenset()
    resolver: Resolver | None = None

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels", "concurrency", "per_host", "attempts"):
            self._require(name, getattr(self, name) >= 1, "at least 1")
        for name in ("connect_s", "read_s", "total_s"):
            self._require(name, getattr(self, name) > 0, "more than 0")
        self._require("give_up_host_after", self.give_up_host_after >= 1, "at least 1")
        for name in ("max_redirects", "patience_s", "backoff_s", "max_wait_s", "offline_after_s"):
            self._require(name, getattr(self, name) >= 0, "at least 0")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        """Raise an `InputError` about a limit unless its condition holds."""
        if not holds:
            raise InputError(f"{name} is {getattr(self, name)!r}, expected {expected}")


class FailureClass(StrEnum):
    """Reasons why an image can't be fetched."""

    BAD_URL = "bad_url"  # can't be understood as a URL
    REFUSED_SCHEME = "refused_scheme"  # neither http nor https, perhaps after a redirect
    PRIVATE_ADDRESS = "private_address"  # leads to an address that isn't public
    DNS = "dns"  # the name can't be resolved
    CONNECT = "connect"  # no connection
    TLS = "tls"  # the certificate or the handshake is bad
    HOST_UNREACHABLE = "host_unreachable"  # given up, since its other URLs couldn't be reached
    TIMEOUT = "timeout"  # too slow, between two bytes or in all
    DISCONNECTED = "disconnected"  # the connection closed before an answer
    BAD_RESPONSE = "bad_response"  # not HTTP, or a status that isn't expected
    TOO_MANY_REDIRECTS = "too_many_redirects"
    NOT_FOUND = "not_found"  # 404
    GONE = "gone"  # 410
    RATE_LIMITED = "rate_limited"  # 429
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    NOAI = "noai"  # the server asks that it isn't used
    CONTENT_ENCODING = "content_encoding"  # compressed although that wasn't accepted
    TOO_LARGE = "too_large"  # more bytes than allowed
    WRONG_LENGTH = "wrong_length"  # fewer bytes than Content-Length announced
    TRUNCATED = "truncated"  # the connection broke within the body
    NOT_AN_IMAGE = "not_an_image"
    BOMB = "bomb"  # more pixels than allowed
    MISSING_FILE = "missing_file"  # local: no such file
    OUTSIDE_FOLDER = "outside_folder"  # local: not below the input file's folder


TRANSIENT = frozenset(
    {
        FailureClass.DNS,
        FailureClass.CONNECT,
        FailureClass.HOST_UNREACHABLE,
        FailureClass.TIMEOUT,
        FailureClass.DISCONNECTED,
        FailureClass.RATE_LIMITED,
        FailureClass.HTTP_5XX,
        FailureClass.WRONG_LENGTH,
        FailureClass.TRUNCATED,
    }
)
"""Failures that may pass by themselves: tried again, now and in a later build."""


@dataclass(frozen=True)
class Fetched:
    """An image in the media folder.

    Attributes
    ----------
    url : str
        The URL or path as it was given, before any redirect.
    sha256 : str
        SHA-256 of the bytes, in hexadecimal; `path` is named by it.
    path : Path
        The file.
    media_type : str
        Media type, read from the bytes and not from the server's answer.
    size : int
        Number of bytes.
    """

    url: str
    sha256: str
    path: Path
    media_type: str
    size: int


@dataclass(frozen=True)
class FetchFailure:
    """An image that can't be fetched.

    Attributes
    ----------
    url : str
        The URL or path as it was given.
    failure : FailureClass
        Class of the failure.
    reason : str
        One line for a person; a server is quoted in printable ASCII.
    attempts : int
        Requests made.
    retry_after_s : float or None
        Seconds from now after which a retry makes sense; None if it makes none.
    """

    url: str
    failure: FailureClass
    reason: str
    attempts: int
    retry_after_s: float | None
