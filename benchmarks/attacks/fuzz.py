"""Read damaged files of every format, and count what ends in anything but rows or a sentence.

    python -m benchmarks.attacks.fuzz [--files 2000] [--seed 0] [--only csv]

Files grow from sound seeds by mutation: bits flipped, parts cut, doubled or exchanged, numbers and
tokens put in; for archives and workbooks also inside, before they are packed again. A child
process reads one after the other, with `MEMORY` bytes to itself and `LIMIT_S` seconds a file. A
file may give posts, rejected rows or an error of ours. A traceback is any other error, an abort
the end of the process, a hang a file that takes longer.
"""

import argparse
import bz2
import gzip
import io
import json
import multiprocessing as mp
import random
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.common import report
from embedstore.errors import EmbedstoreError

MEMORY = 1_500_000_000
"""Bytes that reading may take beyond what the process has at its start."""

LIMIT_S = 20.0
"""Seconds that a file may take."""

PICTURES = ("jpeg", "png", "gif", "webp")

_FAULTS = ("traceback", "abort", "hang")

_POSTS = [
    {
        "id": str(1000 + n),
        "date": f"2020-01-{n + 1:02} 09:30:00",
        "likes": 7 * n,
        "content": f'post {n}, "quoted" with a comma; ünï 🧀 https://t.co/{n}',
        "username": f"account{n % 3}",
        "inferred company": "beans",
        "media": "[Photo(previewUrl='https://x.test/a.jpg', fullUrl='https://x.test/b.jpg')]",
    }
    for n in range(12)
]
_TOKENS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\r", b"\n", b",,,,", b"{", b"[" * 300,
    b"}" * 9, b"null", b"NaN", b"1e999", b"-1", b"9" * 40, b"\\ud800", b"\xed\xa0\x80",
    b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"<!ENTITY a 'b'>", b"&#x110000;",
    b"2020-13-45", b"=" * 50,
)  # fmt: skip


def _lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _csv() -> bytes:
    header = ",".join(_POSTS[0])
    cells = [[str(v).replace('"', '""') for v in row.values()] for row in _POSTS]
    return "\n".join([header, *(",".join(f'"{c}"' for c in row) for row in cells)]).encode()


def _parquet(codec: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_POSTS), out, compression=codec, row_group_size=5)
    return out.getvalue()


def _workbook() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(list(_POSTS[0]))
    for row in _POSTS:
        sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip(data: bytes, name: str = "posts.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def _zst(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def _picture(kind: str, mode: str = "RGB") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (24, 20, 3), dtype=np.uint8)
    image, out = Image.fromarray(pixels).convert(mode), io.BytesIO()
    more = {"save_all": True, "append_images": [image.rotate(90)]} if kind == "gif" else {}
    image.save(out, kind, **more)
    return out.getvalue()


def _platforms() -> list[bytes]:
    """The shapes of some platforms' own files."""
    tweet = {
        "id_str": "1", "created_at": "Wed Oct 10 20:19:24 +0000 2018", "full_text": "coffee &amp;",
        "user": {"screen_name": "a", "followers_count": 3}, "favorite_count": 4,
        "entities": {"media": [{"media_url_https": "https://x.test/a.jpg", "type": "photo"}]},
    }  # fmt: skip
    second = {
        "data": [{"id": "1", "text": "coffee", "author_id": "9",
                  "created_at": "2020-01-01T00:00:00Z", "public_metrics": {"like_count": 3}}],
        "includes": {"users": [{"id": "9", "username": "a"}]},
    }  # fmt: skip
    toot = {
        "id": "1", "created_at": "2020-01-01T00:00:00Z", "content": "<p>coffee</p>",
        "account": {"acct": "a@b.test"}, "favourites_count": 2, "reblogs_count": 1,
        "media_attachments": [{"type": "image", "url": "https://x.test/a.jpg"}],
    }  # fmt: skip
    archive = b"window.YTD.tweets.part0 = " + json.dumps([{"tweet": tweet}] * 3).encode()
    return [_lines([tweet] * 3), json.dumps(second).encode(), _lines([toot] * 3), archive]


def seeds() -> dict[str, list[bytes]]:
    """Sound files of each format."""
    text, lines = _csv(), _lines(_POSTS)
    return {
        "csv": [text, text.replace(b",", b"\t"), text.decode().encode("utf-16")],
        "json": [json.dumps(_POSTS).encode(), json.dumps({"posts": _POSTS}, indent=1).encode()],
        "jsonl": [lines],
        "xlsx": [_workbook()],
        "parquet": [_parquet(codec) for codec in ("none", "snappy", "zstd")],
        "zip": [_zip(text), _zip(lines, "a/posts.jsonl"), _zip(_zip(text), "inner.zip")],
        "gz": [gzip.compress(text), gzip.compress(lines)],
        "bz2": [bz2.compress(text)],
        "zst": [_zst(text), _zst(lines)],
        "platforms": _platforms(),
        "jpeg": [_picture("jpeg"), _picture("jpeg", "L")],
        "png": [_picture("png"), _picture("png", "P"), _picture("png", "RGBA")],
        "gif": [_picture("gif")],
        "webp": [_picture("webp")],
    }


def mutated(kind: str, sound: list[bytes], dice: random.Random) -> bytes:
    """One damaged file; half of the packed ones are damaged inside."""
    data = dice.choice(sound)
    inside = dice.random() < 0.5
    if inside and kind in ("zip", "xlsx"):
        return _repacked(data, dice)
    unpack: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
        "gz": (gzip.decompress, gzip.compress),
        "bz2": (bz2.decompress, bz2.compress),
    }
    if inside and kind in unpack:
        opened, closed = unpack[kind]
        return closed(_damaged(opened(data), sound, dice))
    if inside and kind == "zst":
        return _zst(_damaged(dice.choice([_csv(), _lines(_POSTS)]), sound, dice))
    found = _damaged(data, sound, dice)
    return _with_checksums(found) if inside and kind == "png" else found


def _with_checksums(data: bytes) -> bytes:
    """Make the checksums of a PNG's chunks right, so that a decoder reads on."""
    found, at = bytearray(data), 8
    while at + 12 <= len(found):
        end = at + 8 + int.from_bytes(found[at : at + 4], "big")
        if end + 4 > len(found):
            break
        found[end : end + 4] = zlib.crc32(found[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(found)


def _repacked(data: bytes, dice: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        chosen = dice.choice(names)
        for name in names:
            part = old.read(name)
            new.writestr(name, _damaged(part, [part], dice) if name == chosen else part)
    return out.getvalue()


def _damaged(data: bytes, others: list[bytes], dice: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 4, 16])):
        at = dice.randrange(len(found) + 1)
        length = dice.choice([1, 2, 4, 16, 200])
        match dice.randrange(8):
            case 0 | 1:
                if at < len(found):
                    found[at] ^= 1 << dice.randrange(8)
            case 2:
                if at < len(found):
                    found[at] = dice.randrange(256)
            case 3:
                del found[at : at + length]
            case 4:
                found[at:at] = found[at : at + length] * dice.choice([1, 2, 50])
            case 5:
                found[at : at + dice.choice([0, length])] = dice.choice(_TOKENS)
            case 6:
                other = dice.choice(others)
                start = dice.randrange(len(other))
                found[at : at + length] = other[start : start + length]
            case 7:
                if dice.random() < 0.2:
                    del found[at:]
        found = found or bytearray(b"\0")
    return bytes(found)


class Reader:
    """A child process that reads files; started anew when one has ended it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = mp.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def read(self, file: Path, *, picture: bool) -> str:
        """Read a file; return what it came to, with what was raised."""
        self._pipe.send((str(file), picture))
        with suppress(EOFError, ConnectionError):
            if self._pipe.poll(LIMIT_S):
                said: str = self._pipe.recv()
                return said
        self._process.join(0.5)
        kind = "hang" if self._process.is_alive() else f"abort {self._process.exitcode}"
        self.restart()
        return kind

    def restart(self) -> None:
        """Read on in a new process."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection) -> None:
    from embedstore.images.decode import open_image
    from embedstore.reading import read_posts

    _limit_memory()
    pipe.send("ready")
    while True:
        name, picture = pipe.recv()
        try:
            if picture:
                open_image(Path(name))
                rows = 1
            else:
                rows = sum(batch.posts.num_rows for batch in read_posts(Path(name)))
            pipe.send("rows" if rows else "nothing")
        except EmbedstoreError:
            pipe.send("refused")
        except MemoryError:
            pipe.send("traceback: MemoryError")
        except Exception as error:
            pipe.send(f"traceback: {type(error).__name__}: {str(error)[:200]}")


def _limit_memory() -> None:
    import resource

    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def attack(kind: str, files: int, seed: int, folder: Path) -> dict[str, object]:
    """Read damaged files of one format; keep those that are at fault in the folder."""
    dice = random.Random(f"{kind} {seed}")
    sound = seeds()[kind]
    counts: Counter[str] = Counter()
    faults: list[str] = []
    reader, started, slowest = Reader(), time.monotonic(), 0.0
    try:
        for number in range(files):
            file = folder / f"{kind}-{seed}-{number}.{kind if kind in PICTURES else 'dat'}"
            file.write_bytes(mutated(kind, sound, dice))
            began = time.monotonic()
            said = reader.read(file, picture=kind in PICTURES)
            slowest = max(slowest, time.monotonic() - began)
            if said.startswith(_FAULTS):
                # Alone in a new process: the address space that earlier files left reserved counts
                # against the limit, and is no fault of this file.
                reader.restart()
                said = reader.read(file, picture=kind in PICTURES)
            what = said.partition(":")[0].partition(" ")[0]
            counts[what] += 1
            if what in _FAULTS:
                faults.append(f"{file.name}: {said}")
            else:
                file.unlink()
    finally:
        reader.close()
    return {
        "format": kind, "files": files, "rows": counts["rows"],
        "refused": counts["refused"] + counts["nothing"], "tracebacks": counts["traceback"],
        "aborts": counts["abort"], "hangs": counts["hang"], "slowest s": round(slowest, 2),
        "seconds": round(time.monotonic() - started), "faults": faults,
    }  # fmt: skip


def main() -> None:
    """Attack, and print one row a format."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=2000, help="files of each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="formats, separated by commas")
    parser.add_argument("--keep", type=Path, help="folder for files that are at fault")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(seeds())
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for kind in chosen:
            row = attack(kind, options.files, options.seed, folder)
            for fault in row.pop("faults"):  # type: ignore[attr-defined]
                print(fault, flush=True)
            rows.append(row)
    report("damaged files", rows, options.format)


if __name__ == "__main__":
    main()
