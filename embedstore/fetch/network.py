"""Connections to public addresses only.

The check is made where a connection is opened: a name is resolved once, every address of it
must be public, and the connection goes to one of these addresses. It therefore holds for
redirects, for a name that resolves differently a moment later, for odd spellings of an
address, and for URLs that another parser would read differently.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import httpcore2

from embedstore.fetch.addresses import why_not_public
from embedstore.fetch.limits import FetchLimits, Resolver

_KEEPALIVE_S = 15.0
"""Seconds for which an idle connection is kept."""


class PrivateAddressError(Exception):
    """A host has an address that isn't public."""


class ResolveError(Exception):
    """A host has no address."""


class PublicBackend(httpcore2.AsyncNetworkBackend):
    """Opener of the pool's TCP connections, to public addresses only.

    Parameters
    ----------
    limits : FetchLimits
        `resolver` and `allow` apply.

    Attributes
    ----------
    reached : bool
        True once any connection has succeeded.
    """

    def __init__(self, limits: FetchLimits) -> None:
        self._resolver = limits.resolver or _system_resolver
        self._allow = limits.allow
        self._inner = httpcore2.AnyIOBackend()
        self.reached = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve `host`, check every address of it, and connect to one of them.

        Parameters
        ----------
        host : str
            A name or a numeric address.
        port : int
            Port.
        timeout : float, optional
            Seconds for name resolution and connection together.
        local_address, socket_options
            As in `httpcore2.AsyncNetworkBackend.connect_tcp`.

        Raises
        ------
        PrivateAddressError
            An address isn't public.
        ResolveError
            The host has no address, or isn't resolved in time.
        """
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._resolve(host)
        except TimeoutError as error:
            raise ResolveError(f"{host} isn't resolved within {timeout:g} s") from error
        for address in addresses:
            self._check(host, address, port)
        return await self._connect_in_turn(addresses, port, deadline, local_address, socket_options)

    async def _connect_in_turn(
        self,
        addresses: Sequence[str],
        port: int,
        deadline: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore2.AsyncNetworkStream:
        """Try addresses one after the other, and return the first connection."""
        loop = asyncio.get_running_loop()
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # Each address gets an even share of the time that is left.
            share = None if deadline is None else (deadline - loop.time()) / left
            try:
                stream = await self._inner.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if left == 1:
                    raise
            else:
                self.reached = True
                return stream
        raise AssertionError("a resolved name has an address")

    def _check(self, host: str, address: str, port: int) -> None:
        """Raise a `PrivateAddressError` unless an address is public or allowed."""
        if (address, port) in self._allow:
            return
        reason = why_not_public(address)
        if reason is not None:
            led = "" if host == address else f"{host} leads to "
            raise PrivateAddressError(f"{led}{address}, which isn't public: {reason}")

    async def _resolve(self, host: str) -> list[str]:
        """Resolve `host` to its numeric addresses, each once; raise a `ResolveError` for none."""
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            answers = await _in_thread(self._resolver, host)
            addresses = list(dict.fromkeys(str(ip_address(answer)) for answer in answers))
        except (OSError, ValueError) as error:  # ValueError: a name that can't be encoded
            raise ResolveError(f"{host} can't be resolved: {error}") from error
        if not addresses:
            raise ResolveError(f"{host} has no address")
        return addresses


def open_pool(backend: PublicBackend, limits: FetchLimits) -> httpcore2.AsyncConnectionPool:
    """Open the pool of connections that all downloads share.

    It speaks HTTP/1.1 and verifies certificates. It uses no proxy from the environment, no
    cookies and no passwords.
    """
    context = httpcore2.default_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return httpcore2.AsyncConnectionPool(
        ssl_context=context,
        max_connections=None,  # the schedule decides how many
        max_keepalive_connections=limits.concurrency,
        keepalive_expiry=_KEEPALIVE_S,
        network_backend=backend,
    )


def _system_resolver(host: str) -> Sequence[str]:
    """Resolve a host name by the operating system."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _in_thread(resolver: Resolver, host: str) -> Sequence[str]:
    """Run a resolver in a daemon thread, which never keeps the process from ending.

    A closing loop waits for the thread pool behind `loop.getaddrinfo`, so that a resolver
    that hangs would hold up Ctrl-C.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def hand_over(result: Sequence[str] | BaseException) -> None:
        if answer.done():  # nobody waits any more
            return
        if isinstance(result, BaseException):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def resolve() -> None:
        result: Sequence[str] | BaseException
        try:
            result = resolver(host)
        except Exception as error:  # handed to whoever waits for the answer
            result = error
        try:
            loop.call_soon_threadsafe(hand_over, result)
        except RuntimeError:  # the loop has ended meanwhile
            return

    threading.Thread(target=resolve, name=f"resolve {host}", daemon=True).start()
    return await answer
