"""`embedstore serve`."""

import ipaddress
import secrets
import socket
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from embedstore.cli.interrupt import left_to_the_block
from embedstore.cli.terminal import visible

if TYPE_CHECKING:
    from embedstore.cli.studio.settings import Settings

PORT = 8642

LEAST_TOKEN = 16
"""Characters of a token, so that nobody finds it by trying."""

STOP_S = 3
"""Seconds that running requests get when the server is stopped."""


@click.command()
@click.argument("stores", nargs=-1, required=True, type=click.Path(file_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen at; 0 takes a free one.",
)
@click.option(
    "--token",
    help="What clients have to present: `Authorization: Bearer TOKEN`, or /?token=TOKEN once in a"
    " browser. `auto` makes one and prints it.",
)
@click.option(
    "--behind-proxy",
    "proxied",
    multiple=True,
    metavar="NAME",
    help="A reverse proxy stands before it and asks who is there; users reach it by this host name."
    " May be repeated.",
)
@click.option(
    "--allow",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Let builds read files of this folder. May be repeated.",
)
@click.option(
    "--audit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where requests that write are recorded."
    "  [default: ~/.local/state/embedstore/audit.jsonl]",
)
@click.option("--open", "opening", is_flag=True, help="Open a browser.")
def serve(
    stores: tuple[str, ...],
    host: str,
    port: int,
    token: str | None,
    proxied: tuple[str, ...],
    folders: tuple[Path, ...],
    audit: Path | None,
    opening: bool,
) -> None:
    """Show STORES as pages in a browser, and as a REST service under /api/v1.

    \b
    embedstore serve tweets.store --open
    embedstore serve stores/                      every store of a folder
    embedstore serve tweets.store --host 0.0.0.0 --token auto

    It listens to this machine alone. At any other address it wants to know who asks: with --token,
    or with --behind-proxy, where a reverse proxy does. Ctrl-C ends it; builds that it has begun go
    on from where they were when they are run again.
    """
    if token is None and not proxied and not _is_loopback(host):
        raise click.UsageError(
            f"whoever reaches {host} could read the stores: add --token auto, or --behind-proxy"
            " NAME if a reverse proxy asks who is there"
        )
    if token == "auto":  # noqa: S105
        token = secrets.token_urlsafe(24)
    elif token is not None and len(token) < LEAST_TOKEN:
        raise click.UsageError(
            f"a token has {LEAST_TOKEN} characters or more: --token auto makes one"
        )
    try:
        import fastapi  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise click.ClickException(
            "the page and the service need the extra `studio`: pip install 'embedstore[studio]'"
        ) from error
    from embedstore.cli.studio.settings import Settings

    names = frozenset(name.lower() for name in (*proxied, host))
    settings = Settings(
        hosts=names,
        token=token,
        behind_proxy=bool(proxied),
        allowed_folders=folders,
    )
    if audit is not None:
        settings = replace(settings, audit_file=audit)
    listening = _listen(host, port)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{listening.getsockname()[1]}/"
    if token is not None:
        address += f"?token={token}"
    _run(stores, settings, listening, address, opening=opening)


def _run(
    stores: tuple[str, ...],
    settings: "Settings",
    listening: socket.socket,
    address: str,
    *,
    opening: bool,
) -> None:
    from embedstore.arrays import leave_pandas_out

    leave_pandas_out()
    import uvicorn
    from embedstore.cli.studio.app import create_app
    from embedstore.cli.studio.connections import BoundedProtocol, raise_limit

    class Announced(uvicorn.Server):
        """Says where it is once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            click.echo(visible(f"embedstore is at {address} (Ctrl-C ends it)"))
            if opening:
                webbrowser.open(address)

    BoundedProtocol.most = raise_limit()
    config = uvicorn.Config(
        create_app(stores, settings),
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=settings.behind_proxy,
        forwarded_allow_ips="*" if settings.behind_proxy else None,
        timeout_graceful_shutdown=STOP_S,
    )
    try:
        with left_to_the_block():
            Announced(config).run(sockets=[listening])
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise click.ClickException(
            f"can't listen at {host}, port {port} ({reason}): name another with --port, or 0 for"
            " a free one"
        ) from error
    listening.listen(1024)
    return listening


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
