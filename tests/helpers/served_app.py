"""An application behind a real server, for tests that speak HTTP."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from embedstore.cli.studio.connections import BoundedProtocol
from fastapi import FastAPI


@contextmanager
def served_app(app: FastAPI) -> Iterator[int]:
    """Serve an application on a free port of this machine while the block runs."""
    config = uvicorn.Config(
        app, port=0, http=BoundedProtocol, ws="none", log_level="critical", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)
