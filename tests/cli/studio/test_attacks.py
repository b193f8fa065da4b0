"""What someone with bad intent tries against the service, and what becomes of it."""

import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from embedstore.cli.studio import connections
from embedstore.cli.studio.app import create_app
from embedstore.cli.studio.connections import BoundedProtocol
from embedstore.cli.studio.settings import Settings
from embedstore.cli.studio.uploads import allowed_file, harmless_name
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from made_store import clustered, make
from served_app import served_app

from embedstore.errors import InputError

TEA = "/api/v1/stores/tea"
QUERY = {"query": "SELECT 1 AS one"}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "127.0.0.1:x"]
)
def test_a_name_that_is_not_ours_is_not_answered(client: TestClient, host: str) -> None:
    # DNS rebinding: the attacker's own name, pointed at this machine.
    assert client.get("/api/v1/stores", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost", "[::1]:80", "LOCALHOST."])
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/v1/stores", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_a_page_of_another_origin_neither_reads_nor_writes(
    client: TestClient, headers: dict[str, str]
) -> None:
    assert client.get("/api/v1/stores", headers=headers).status_code == 403
    assert client.post(f"{TEA}/sql", json=QUERY, headers=headers).status_code == 403
    files = {"file": ("a.csv", "id\n")}
    assert client.post("/api/v1/uploads", files=files, headers=headers).status_code == 403


def test_a_page_of_ours_writes_and_a_link_from_elsewhere_opens(client: TestClient) -> None:
    ours = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    assert client.post(f"{TEA}/sql", json=QUERY, headers=ours).status_code == 200
    link = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert client.get("/api/v1/stores", headers=link).status_code == 200


def test_every_answer_forbids_scripts_of_others_and_frames(client: TestClient) -> None:
    for address in ("/api/v1/stores", "/s/tea/sql", "/nowhere", "/s/tea/find?q=<script>"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_scripts_in_a_hostile_store_are_shown_as_text(make_client: Any, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    count = 6
    path = tmp_path / "evil.store"
    make(
        path,
        clustered(count),
        text=[f"{evil} {number}" for number in range(count)],
        username=[evil] * count,
        company=['"><svg onload=alert(3)>'] * count,
    )
    client = make_client(path)
    key = "made:1"
    for address in ("/s/evil/find", f"/s/evil/find?like={key}", "/s/evil/sql", "/s/evil/data"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "<svg onload" not in page.text
    answer = client.get("/api/v1/stores/evil/posts")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["rows"][0]["username"] == evil


def test_without_the_token_nothing_is_told(make_client: Any, sample_store: Path) -> None:
    token = "a-token-of-the-test-1234"
    client = make_client(sample_store, token=token)
    for address in ("/", "/api/v1/stores", f"{TEA}/posts", "/metrics", "/s/tea/find"):
        assert client.get(address).status_code == 401
    assert client.get("/healthz").status_code == 200
    for wrong in ("", "x", token + "x", token[:-1]):
        headers = {"Authorization": f"Bearer {wrong}"}
        assert client.get("/api/v1/stores", headers=headers).status_code == 401
        assert client.get(f"/?token={wrong}", follow_redirects=False).status_code == 401
    right = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/stores", headers=right).status_code == 200
    # A browser shows it once; its cookie stands for it then, and its address is clean.
    opened = client.get(f"/?token={token}", follow_redirects=False)
    assert opened.headers["location"] == "/"
    assert "HttpOnly" in opened.headers["set-cookie"]
    assert "SameSite=Strict" in opened.headers["set-cookie"]
    assert client.get("/api/v1/stores").status_code == 200
    client.cookies.clear()
    client.cookies.set("embedstore_session", "forged.0123")
    assert client.get("/api/v1/stores").status_code == 401


@given(st.text(max_size=80))
def test_a_name_never_leads_out_of_a_folder(name: str) -> None:
    safe = harmless_name(name)
    assert safe
    assert "/" not in safe
    assert "\\" not in safe
    assert "\0" not in safe
    assert not safe.startswith(".")
    with pytest.raises(InputError):
        allowed_file(name, [])


@pytest.mark.parametrize(
    "name", ["../secret.csv", "sub/../../secret.csv", "link.csv", "/etc/passwd", "\0", ".", ""]
)
def test_a_build_reads_no_file_outside_of_what_was_allowed(
    make_client: Any, sample_store: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "allowed"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("id,content\n1,x\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    client = make_client(sample_store, allowed_folders=(folder,))
    answer = client.post(f"{TEA}/builds", json={"file": name})
    assert answer.status_code == 400
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/static/../app.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/s/..%2f..%2fetc/find",
        "/s/tea/../../x",
    ],
)
def test_addresses_lead_to_no_file(client: TestClient, address: str) -> None:
    assert client.get(address).status_code in (400, 404)


def _bomb() -> bytes:
    """A PNG that announces 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
    )


@pytest.mark.parametrize("data", [_bomb(), b"<svg onload=alert(1)>", b"", b"\xff\xd8\xff\xe0cut"])
def test_a_picture_that_a_build_would_refuse_is_refused(client: TestClient, data: bytes) -> None:
    answer = client.post("/api/v1/pictures", files={"file": ("x.png", data)})
    assert answer.status_code in (400, 422)


def test_a_body_that_is_too_large_is_not_read(make_client: Any, sample_store: Path) -> None:
    client = make_client(sample_store, max_body=1000, max_picture=1000)
    assert client.post(f"{TEA}/sql", json={"query": "x" * 2000}).status_code == 413
    files = {"file": ("x.png", b"x" * 20_000)}
    assert client.post("/api/v1/pictures", files=files).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 100

    # Without a length: counted while it comes.
    answer = client.post(
        f"{TEA}/sql", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_client_that_asks_too_much_waits(make_client: Any, sample_store: Path) -> None:
    client = make_client(sample_store, requests_per_s=0.1, burst=3)
    found = [client.get("/healthz") for _ in range(5)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429, 429]
    assert int(found[-1].headers["retry-after"]) >= 1


def test_writes_are_recorded_each_on_its_own_line(
    make_client: Any, sample_store: Path, tmp_path: Path
) -> None:
    client = make_client(sample_store)
    client.post(f"{TEA}/sql", json=QUERY)
    client.post("/api/v1/uploads", files={"file": ("a.csv", "id\n")})
    client.delete(f"{TEA}/builds/x%0A%7B%22forged%22")
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [("POST", 200), ("DELETE", 404)]


@pytest.fixture(scope="module")
def served(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real server that waits half a second for headers, with 40 connections."""
    patch = pytest.MonkeyPatch()
    patch.setattr(connections, "HEADERS_S", 0.5)
    patch.setattr(BoundedProtocol, "most", 40)
    audit = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    app = create_app([sample_store], Settings(audit_file=audit, body_s=0.5))
    with served_app(app) as port:
        yield port
    patch.undo()


def _say(port: int, *lines: str, body: str = "") -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        answer = b""
        try:
            while piece := connection.recv(65_536):
                answer += piece
        except OSError:
            pass
        return answer


CLOSE = "Connection: close"


@pytest.mark.parametrize(
    "headers",
    [
        ["Host: 127.0.0.1", "Host: evil.example"],
        ["Host: 127.0.0.1", "Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Host: 127.0.0.1", "Content-Length: 5", "Content-Length: 6"],
        ["Host: 127.0.0.1", "Content-Length: +5"],
        ["Host: 127.0.0.1", "Transfer-Encoding: chunked, identity"],
        ["Host : 127.0.0.1"],
        ["Host: 127.0.0.1", "Origin: http://127.0.0.1", "Origin: https://evil.example"],
        ["Host: 127.0.0.1", "X: a\n b\0c"],
    ],
)
def test_headers_that_two_servers_read_differently_are_refused(
    served: int, headers: list[str]
) -> None:
    answer = _say(served, f"POST {TEA}/sql HTTP/1.1", *headers, CLOSE, body="hello")
    status = int(answer.split(b" ")[1])
    assert 400 <= status < 500 or status == 501, answer


def test_a_connection_that_says_nothing_is_closed_and_others_are_answered(served: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", served)) for _ in range(120)]
    for connection in silent:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    try:
        begun = time.monotonic()
        answer = _say(served, "GET /healthz HTTP/1.1", "Host: 127.0.0.1", CLOSE)
        assert answer.startswith(b"HTTP/1.1 200")
        assert time.monotonic() - begun < 3
        silent[-1].settimeout(10)
        with suppress(ConnectionResetError):
            assert silent[-1].recv(1) == b""
    finally:
        for connection in silent:
            connection.close()


def test_a_body_that_comes_too_slowly_is_given_up(served: int) -> None:
    with socket.create_connection(("127.0.0.1", served), timeout=10) as connection:
        lines = [f"POST {TEA}/sql HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        head = "\r\n".join([*lines, "Content-Length: 100"])
        connection.sendall(f"{head}\r\n\r\n{{".encode())
        assert b" 408 " in connection.recv(65_536).split(b"\r\n")[0] + b" "
    assert _say(served, "GET /healthz HTTP/1.1", "Host: 127.0.0.1", CLOSE).startswith(b"HTTP/1.1 2")


def test_a_query_ends_when_its_client_goes(served: int) -> None:
    body = json.dumps({"query": "SELECT count(*) FROM range(100000000000)", "timeout": 30})
    lines = [
        f"POST {TEA}/sql HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    # As many as there are threads for queries: if they went on, the last would wait for them.
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", served)) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
            time.sleep(0.2)
    begun = time.monotonic()
    answer = _say(served, f"GET {TEA}/posts?limit=1 HTTP/1.1", "Host: 127.0.0.1", CLOSE)
    assert answer.startswith(b"HTTP/1.1 200")
    assert time.monotonic() - begun < 4


def test_an_answer_is_not_held_back_until_its_first_part_was_confirmed(
    served: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_back: list[bool] = []
    wait = BoundedProtocol._wait_for_headers

    def noted(self: BoundedProtocol) -> None:
        connection = self.transport.get_extra_info("socket")
        held_back.append(not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        wait(self)

    monkeypatch.setattr(BoundedProtocol, "_wait_for_headers", noted)
    _say(served, "GET /healthz HTTP/1.1", "Host: 127.0.0.1", "Connection: close")
    assert held_back == [False]
