"""The services that `benchmarks.peers.service` asks: how each is set up, started and asked."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psutil  # type: ignore[import-untyped]
import pyarrow as pa
import pyarrow.parquet as pq

import embedstore
from benchmarks.clip_text import ARCHITECTURE, random_model
from benchmarks.peers.turns import SkippedError
from benchmarks.service import served
from embedstore.encoders.weights import bundled
from embedstore.index.segments import faiss_module

WAYS = Path(__file__).with_name("service_ways.py")
NEIGHBOURS = 10
START_S = 300.0
"""Seconds that a service may take until it answers."""
IDLE_SHARE = 0.02
"""Share of a second's processor time below which a service has loaded: workers of uvicorn listen
before they can answer."""

Question = str | list[float]
Request = tuple[str, str, dict[str, Any] | None]
"""Method, address and body."""


@dataclass(frozen=True)
class Service:
    """A service that answers.

    Attributes
    ----------
    name : str
        What it is, and with which settings.
    process : psutil.Process
    port : int
    request : callable
        Makes a question a request.
    texts : callable
        Reads the texts of the posts found from an answer.
    """

    name: str
    process: psutil.Process
    port: int
    request: Callable[[Question], Request]
    texts: Callable[[bytes], list[str]]

    def peak_gb(self) -> float:
        """Add up the largest resident sets of its processes, GB."""
        processes = [self.process, *self.process.children(recursive=True)]
        return sum(map(_peak_kb, processes)) / 2**20


def _peak_kb(process: psutil.Process) -> int:
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


@contextmanager
def ours(store: Path, folder: Path) -> Iterator[Service]:
    """Serve a store by `embedstore serve`; questions are texts or vectors."""
    address = f"/api/v1/stores/{store.name.removesuffix('.store')}/similar"

    def request(question: Question) -> Request:
        by = "text" if isinstance(question, str) else "vector"
        return "POST", address, {by: question, "k": NEIGHBOURS}

    with served(store, folder / "audit.jsonl") as (process, port):
        yield Service("embedstore serve", process, port, request, _our_texts)


def _our_texts(answer: bytes) -> list[str]:
    return [row["text"] for row in json.loads(answer)["rows"]]


@contextmanager
def txtai(
    python: Path, posts: Path, folder: Path, processes: int, threads: int
) -> Iterator[Service]:
    """Serve posts by txtai's API, with exact search and content.

    Parameters
    ----------
    python : Path
        The peers' interpreter.
    posts : Path
        What `write_posts` wrote.
    folder : Path
        For the index and its settings.
    processes, threads : int
        Workers of uvicorn, and threads of each for matrix products.
    """
    index = folder / "txtai"
    if not index.exists():
        settings = {
            "path": str(bundled.find(bundled.MINILM).parent),
            "content": True,
            "gpu": False,
            # Its other back end, NumPy, was tried, and answers later. Without the setting faiss
            # makes lists of which it reads a few.
            "backend": "faiss",
            "faiss": {"components": "IDMap,Flat"},
        }
        _run([str(python), "-P", str(WAYS), "txtai", str(posts), str(index), json.dumps(settings)])
    config = folder / "txtai.yml"
    config.write_text(f"path: {index}\nembeddings:\n", encoding="utf-8")
    port = _free_port()
    command = [
        *(str(python), "-m", "uvicorn", "txtai.api:app", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(processes), "--log-level", "warning"),
    ]
    environment = {"CONFIG": str(config), "OMP_NUM_THREADS": str(threads)}
    with _started(command, port, environment) as process:
        name = f"txtai's API, {_settings(processes, threads)}"
        yield Service(name, process, port, _txtai_request, _peer_texts)


def _txtai_request(question: Question) -> Request:
    return "GET", f"/search?{urlencode({'query': question, 'limit': NEIGHBOURS})}", None


def _peer_texts(answer: bytes) -> list[str]:
    return [row["text"] for row in json.loads(answer)]


@contextmanager
def clip_retrieval(
    python: Path, posts: Path, folder: Path, weights: Path, threads: int
) -> Iterator[Service]:
    """Serve posts by the back end of clip-retrieval, with exact search.

    Parameters
    ----------
    python : Path
        The peers' interpreter.
    posts : Path
        What `write_posts` wrote.
    folder : Path
        For the index.
    weights : Path
        Those of CLIP, without which it doesn't start.
    threads : int
        For matrix products.
    """
    index = folder / "clip-retrieval"
    if not index.exists():
        (index / "metadata").mkdir(parents=True)
        table = pq.read_table(posts)
        pq.write_table(table.select(["post_id", "text"]), index / "metadata" / "0.parquet")
        vectors = np.array(table["vector"].to_pylist(), np.float32)
        faiss = faiss_module()
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        faiss.write_index(flat, str(index / "text.index"))
    port = _free_port()
    # Its own way to name weights of open_clip: the file stands where a tag would.
    clip = f"open_clip:{ARCHITECTURE}/{weights}"
    way = [str(python), "-P", str(WAYS)]
    command = [*way, "clip-retrieval", str(index), str(port), clip]
    with _started(command, port, {"OMP_NUM_THREADS": str(threads)}) as process:
        name = f"clip-retrieval back, {_settings(1, threads)}"
        yield Service(name, process, port, _clip_request, _peer_texts)


def _clip_request(question: Question) -> Request:
    by = "text" if isinstance(question, str) else "embedding_input"
    body = {by: question, "modality": "text", "num_images": NEIGHBOURS, "indice_name": "posts"}
    return "POST", "/knn-service", body


def _settings(processes: int, threads: int) -> str:
    each = "1 thread" if threads == 1 else f"{threads} threads"
    return each if processes == 1 else f"{processes} processes of {each}"


def write_posts(store: Path, space: str, file: Path) -> None:
    """Write the posts of a store and their vectors in a space: the peers index these."""
    rows = embedstore.open(store).sql(
        "SELECT post_id, text, vector FROM posts JOIN vectors ON text_content_id = content_id"
        " WHERE space = ? ORDER BY post_id",
        [space],
    )
    pq.write_table(rows, file)


def clip_weights(folder: Path) -> Path:
    """Write CLIP's weights, random and the same for everyone: speed does not depend on them."""
    from safetensors.torch import save_file

    file = folder / "weights.safetensors"
    save_file(random_model().state_dict(), file)
    return file


def clip_store(store: Path, weights: Path, texts: list[str]) -> None:
    """Build a store of texts whose one space is CLIP's, as a process of its own."""
    file = store.with_suffix(".parquet")
    pq.write_table(pa.table({"id": [str(row) for row in range(len(texts))], "text": texts}), file)
    program = str(Path(sys.executable).with_name("embedstore"))
    space = f"text=clip:{ARCHITECTURE}:{weights}"
    _run([program, "build", str(store), str(file), "--space", space, "--images", "none"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SkippedError((done.stderr.strip().splitlines() or ["it failed"])[-1])


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def _started(
    command: list[str], port: int, environment: dict[str, str]
) -> Iterator[psutil.Process]:
    """Start a service, wait until it answers, and end it."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait(process, port)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _wait(process: "subprocess.Popen[str]", port: int) -> None:
    """Wait until something listens and every process has loaded what it needs."""
    until = time.monotonic() + START_S
    listens, taken = False, 0.0
    while time.monotonic() < until:
        if process.poll() is not None:
            assert process.stderr is not None
            raise SkippedError((process.stderr.read().strip().splitlines() or ["it ended"])[-1])
        before, taken = taken, processor_s(psutil.Process(process.pid))
        if listens and taken - before < IDLE_SHARE:
            return
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            listens = True
        time.sleep(1)
    raise SkippedError(f"it did not answer within {START_S:.0f} s")


def processor_s(process: psutil.Process) -> float:
    """Read the processor time of a process and its children, in seconds."""
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))
