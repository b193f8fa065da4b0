"""Fetching from a bad server: 10% absent, 5% hanging, 5% redirecting where it mustn't.

    python -m benchmarks.fetching [--images N] [--format json]

The server runs in a process of its own on 127.0.0.1 and answers after 20 ms; the limits
are the defaults, but for the one address and port that may be contacted. What came of
every URL is compared with what should have.
"""

import asyncio
import hashlib
import multiprocessing
import tempfile
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import click

from benchmarks.common import report
from embedstore.fetch import FetchFailure, FetchLimits, fetch

LATENCY_S = 0.02
LONGEST_S = 300
MAX_REQUESTS = 10_000


def kind(number: int) -> str:
    """Say what the server does with this image: of every 20, one hangs, and so on."""
    return {0: "hang", 1: "redirect", 2: "absent", 3: "absent"}.get(number % 20, "good")


def picture(number: int) -> bytes:
    """Bytes that begin like a JPEG of 640 × 480 and differ for each number; 40 kB."""
    size = b"\xff\xc0\x00\x0b\x08\x01\xe0\x02\x80\x01\x01\x11\x00"
    body = hashlib.shake_128(str(number).encode()).digest(40_000)
    return b"\xff\xd8\xff\xe0\x00\x02" + size + b"\xff\xda" + body + b"\xff\xd9"


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, elsewhere: str) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        for _ in range(MAX_REQUESTS):
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split(b" ")[1][1:])
            what = kind(number)
            await asyncio.sleep(LONGEST_S if what == "hang" else LATENCY_S)
            body, status, extra = b"", 200, ""
            if what == "good":
                body = picture(number)
            elif what == "absent":
                status = 404
            else:
                status, extra = 302, f"Location: {elsewhere}\r\n"
            answer = f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
            writer.write(answer.encode() + body)
            await writer.drain()
    writer.close()


def serve(pipe: Connection) -> None:
    """Serve until something arrives through `pipe`; then send how often the other port was used."""

    async def main() -> None:
        trespasses = 0

        def forbidden(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal trespasses
            trespasses += 1
            writer.close()

        async def allowed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _talk(reader, writer, elsewhere)

        private = await asyncio.start_server(forbidden, "127.0.0.1", 0)
        elsewhere = f"http://127.0.0.1:{private.sockets[0].getsockname()[1]}/"
        public = await asyncio.start_server(allowed, "127.0.0.1", 0)
        pipe.send(public.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.poll, LONGEST_S)
        pipe.send(trespasses)
        private.close()
        public.close()

    with suppress(KeyboardInterrupt):
        asyncio.run(main())


def measure(images: int) -> dict[str, object]:
    """Fetch `images` and check every outcome; raises `AssertionError` when one is wrong."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        port = ours.recv()
        urls = {f"http://127.0.0.1:{port}/{number}": number for number in range(images)}
        limits = FetchLimits(allow=frozenset({("127.0.0.1", port)}))
        found: Counter[str] = Counter()
        good_after_s = 0.0
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            for result in fetch(urls, Path(folder), limits=limits):
                number = urls.pop(result.url)
                if isinstance(result, FetchFailure):
                    outcome = str(result.failure)
                else:
                    outcome = "stored"
                    good_after_s = time.perf_counter() - start
                    expected = hashlib.sha256(picture(number)).hexdigest()
                    assert result.path.name == expected, f"{result.url} has other bytes"
                    assert result.path.stat().st_size == result.size, f"{result.path} is cut off"
                wanted = {
                    "good": "stored",
                    "absent": "not_found",
                    "hang": "timeout",
                    "redirect": "private_address",
                }[kind(number)]
                assert outcome == wanted, f"{result}: expected {wanted}"
                found[outcome] += 1
            seconds = time.perf_counter() - start
        assert not urls, f"{len(urls)} URLs have no result"
        ours.send("stop")
        trespasses = ours.recv()
        assert trespasses == 0, f"the port that isn't allowed was contacted {trespasses} times"
    finally:
        server.terminate()
        server.join()
    return {
        "images": images,
        "seconds": round(seconds, 1),
        "last good one after s": round(good_after_s, 1),
        **dict(sorted(found.items())),
        "private contacts": trespasses,
    }


@click.command(help=__doc__)
@click.option("--images", default=2000, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def main(images: int, form: str) -> None:
    """Measure and print."""
    report("fetching from a bad server", [measure(images)], form)


if __name__ == "__main__":
    main()
