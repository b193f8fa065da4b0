"""Who may ask: the door that every request passes before anything else.

A page of another site that the user has open must neither read nor write. So the header `Host`
has to be a name of this server (a name that an attacker points at 127.0.0.1 is none), `Origin`
has to be the same: browsers put it on every request that writes, and say with `Sec-Fetch-Site` who
asks (the defence against forged requests that OWASP calls Fetch Metadata). What is not allowed
is refused, never repaired.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from embedstore.cli.studio import problems
from embedstore.cli.studio.sessions import COOKIE, Sessions
from embedstore.cli.studio.settings import Settings
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Answered without a token."""

_ONCE = ("host", "content-length", "transfer-encoding", "origin", "authorization", "content-type")
"""Headers that differ between two servers if they come twice."""

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Nothing from other sites, and no script or style inside a page. An answer that sets its own is
left alone: the map needs WebAssembly."""

HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
}


class Door:
    """Refuses requests that may not be answered, and adds the headers that keep pages safe.

    Parameters
    ----------
    app : ASGI application
        What answers.
    settings : Settings
        Whom it answers.
    sessions : Sessions
        Browsers' sessions.
    """

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # No WebSocket is offered.
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is None and self._presents_token(scope):
            refusal = self._log_in(scope)
        if refusal is not None:
            await refusal(scope, receive, send_safely)
            return
        await self._app(scope, receive, send_safely)

    def _log_in(self, scope: Scope) -> Response:
        """Give the browser a session, and an address without the token."""
        session = self._sessions.new()
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        answer = RedirectResponse("/", 303)
        cookie = f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict{secure}"
        answer.headers.append("set-cookie", cookie)
        return answer

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        names = [name.lower() for name, _ in scope["headers"]]
        for name in _ONCE:
            if names.count(name.encode()) > 1:
                return problems.response(400, f"the header {name} came twice")
        if b"content-length" in names and b"transfer-encoding" in names:
            return problems.response(400, "content-length and transfer-encoding exclude each other")
        host = headers.get("host", "")
        if not self._is_ours(host):
            return problems.response(
                421, "this server is not known by that name: ask for it as it was started"
            )
        origin = headers.get("origin")
        site = headers.get("sec-fetch-site")
        if origin is not None and not _same_origin(origin, host):
            return problems.response(403, "a page of another origin may not ask")
        if site in ("cross-site", "same-site") and not _is_navigation(scope, headers):
            return problems.response(403, "a page of another site may not ask")
        if self._settings.token is not None and scope["path"] not in OPEN_PATHS:
            bearer = _bearer(headers)
            presented = bearer is not None and self._sessions.accepts(bearer)
            known = self._sessions.known(_cookie(headers))
            if not presented and not known and not self._presents_token(scope):
                return problems.response(
                    401,
                    "present the token that the server was started with, as"
                    " `Authorization: Bearer TOKEN`, or open /?token=TOKEN in a browser",
                    headers={"WWW-Authenticate": "Bearer"},
                )
        return None

    def _is_ours(self, host: str) -> bool:
        name = _host_name(host)
        if name is None:
            return False
        if name in LOOPBACK or name in self._settings.hosts:
            return True
        # An attacker's page comes by a name; without its cookie or token a number is no harm.
        return self._settings.token is not None and _is_number(name)

    def _presents_token(self, scope: Scope) -> bool:
        """Tell whether a browser was opened with the right token in its address."""
        if self._settings.token is None or scope["path"] != "/" or scope["method"] != "GET":
            return False
        query = parse_qs(scope["query_string"].decode("latin-1"))
        return self._sessions.accepts(next(iter(query.get("token", [])), ""))


def _cookie(headers: Headers) -> str | None:
    return cookie_parser(headers.get("cookie", "")).get(COOKIE)


def _bearer(headers: Mapping[str, str]) -> str | None:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _host_name(host: str) -> str | None:
    """Return the name in a header `Host`, in lower case; None if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 (raises for one that is no number)
    except ValueError:
        return None
    if not parts.hostname or parts.netloc != host or "@" in host:
        return None
    return parts.hostname.rstrip(".")


def _same_origin(origin: str, host: str) -> bool:
    parts = urlsplit(origin) if "://" in origin else None
    return parts is not None and parts.scheme in ("http", "https") and parts.netloc == host


def _is_navigation(scope: Scope, headers: Headers) -> bool:
    """Tell whether a person follows a link, whose answer the page with the link can't read."""
    return (
        scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
