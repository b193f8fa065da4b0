"""Browsers' sessions where a token is asked for: a signed cookie stands for the token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

COOKIE = "embedstore_session"


@dataclass(frozen=True)
class Sessions:
    """Makes and verifies sessions; the key lives as long as the process.

    Attributes
    ----------
    token : str, optional
        What a client has to present; None if nothing is asked for.
    """

    token: str | None = None
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def new(self) -> str:
        """Make the value of a new session's cookie."""
        name = secrets.token_urlsafe(18)
        return f"{name}.{self._sign(name)}"

    def known(self, cookie: str | None) -> bool:
        """Tell whether a cookie is of this process."""
        name, _, signature = (cookie or "").partition(".")
        return bool(name) and same(signature, self._sign(name))

    def accepts(self, token: str | None) -> bool:
        """Tell whether a presented token is the right one, in the same time whatever it is."""
        return self.token is None or same(token or "", self.token)

    def _sign(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that doesn't tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
