"""The service answers what the Python API answers, in the forms that are asked for."""

import io
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from embedstore.cli.studio.build_process import NICE
from embedstore.cli.studio.jobs import Jobs
from fastapi.testclient import TestClient
from image_files import encoded, gradient

import embedstore
import heads

TEA = "/api/v1/stores/tea"
ARROW = {"Accept": "application/vnd.apache.arrow.stream"}
DRAFT = {"username": "x", "created_at": "2024-01-01T12:00:00", "text": "tea for two"}


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def test_pages_of_posts_hold_every_post_once(client: TestClient, sample_store: Path) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        query = {"limit": "120"} | ({"cursor": cursor} if cursor else {})
        answer = client.get(f"{TEA}/posts", params=query)
        seen += [row["post_id"] for row in rows(answer)]
        cursor = answer.json().get("next")
        if cursor is None:
            break
    count = embedstore.open(sample_store).sql("SELECT count(*) AS n FROM posts")["n"][0].as_py()
    assert len(seen) == len(set(seen)) == count


def test_similar_is_what_the_store_finds(client: TestClient, sample_store: Path) -> None:
    store = embedstore.open(sample_store)
    vector = store.embed("free coffee")
    questions: list[dict[str, Any]] = [
        {"text": "free coffee"},
        {"vector": [float(x) for x in vector], "where": "likes > 5"},
        {"post": store.sql("SELECT source || ':' || id AS key FROM posts")["key"][3].as_py()},
    ]
    for question in questions:
        found = rows(client.post(f"{TEA}/similar", json={**question, "k": 4}))
        expected = store.similar(**question, k=4)
        assert [row["post_id"] for row in found] == expected["post_id"].to_pylist()


def test_a_table_comes_as_json_arrow_or_csv(client: TestClient) -> None:
    query = {"query": "SELECT 1 AS one, '=1+1' AS cell, 'NaN'::DOUBLE AS nothing"}
    assert rows(client.post(f"{TEA}/sql", json=query)) == [
        {"one": 1, "cell": "=1+1", "nothing": None}
    ]
    arrow = client.post(f"{TEA}/sql", json=query, headers=ARROW)
    table = pa.ipc.open_stream(io.BytesIO(arrow.content)).read_all()
    assert table["one"].to_pylist() == [1]
    text = client.post(f"{TEA}/sql", json=query, headers={"Accept": "text/csv"}).text
    assert text.splitlines()[1].startswith("1,'=1+1,")


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("DELETE FROM posts", 400, "DELETE"),
        ("COPY posts TO 'x.csv'", 400, "COPY"),
        ("FROM 'posts.csv'", 400, ""),
        ("SELECT count(*) FROM range(100000000000)", 422, "0.2 s"),
        ("FROM range(5000)", 422, "1,000 rows"),
        ("SELECT repeat('x', 1000000) FROM range(200)", 422, "memory"),
        ("SELEC 1", 400, "SELEC"),
    ],
)
def test_sql_keeps_its_limits(client: TestClient, query: str, status: int, said: str) -> None:
    timeout = 0.2 if "0.2 s" in said else 10
    answer = client.post(f"{TEA}/sql", json={"query": query, "timeout": timeout})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_predictions_that_are_asked_for_at_once_are_those_of_each_alone(
    client: TestClient, sample_store: Path
) -> None:
    name = heads.list_runs(sample_store)["run_id"][0].as_py()
    accounts = embedstore.open(sample_store).sql("SELECT DISTINCT username FROM posts LIMIT 3")
    drafts = [
        {**DRAFT, "username": account, "created_at": f"2024-01-0{day}T10:00:00", "text": text}
        for day, account in enumerate(accounts["username"].to_pylist(), 1)
        for text in ("tea for two", "hot scones today #treat")
    ]
    together = client.post(f"{TEA}/predict", json={"posts": drafts})
    alone = [rows(client.post(f"{TEA}/predict", json={"posts": [each]}))[0] for each in drafts]
    for name_ in ("likes", "low", "high", "unlike"):
        assert [row[name_] for row in rows(together)] == [row[name_] for row in alone]
    assert together.json()["run"] == name


def test_drafts_are_ranked_with_a_verdict(client: TestClient, sample_store: Path) -> None:
    account = embedstore.open(sample_store).sql("SELECT min(username) AS u FROM posts")["u"][0]
    body = {"drafts": ["one", "two cups"], "username": account.as_py(), "date": "2024-01-01"}
    answer = client.post(f"{TEA}/rank", json=body)
    assert sorted(row["draft"] for row in rows(answer)) == [1, 2]
    assert "draft" in answer.json()["verdict"]


def test_a_prediction_is_explained(client: TestClient, sample_store: Path) -> None:
    key = embedstore.open(sample_store).sql("SELECT source || ':' || id AS k FROM posts")["k"][9]
    found = client.get(f"{TEA}/explain", params={"post": key.as_py()}).json()
    total = sum(row["contribution"] for row in found["groups"])
    assert total == pytest.approx(found["predicted"], abs=1e-6)


def test_a_report_is_the_one_of_the_python_api(client: TestClient, sample_store: Path) -> None:
    account = embedstore.open(sample_store).sql("SELECT min(username) AS u FROM posts")["u"][0]
    answer = client.get(f"{TEA}/report", params={"username": account.as_py()})
    assert answer.json()["title"] == heads.report(sample_store, username=account.as_py()).title


def test_writing_without_a_decoder_names_the_remedy(client: TestClient) -> None:
    answer = client.post(f"{TEA}/generate", json={"company": "x"})
    assert answer.status_code == 400
    assert "heads fit tweets" in answer.json()["detail"]


def test_no_answer_has_a_path_of_the_server(client: TestClient, sample_store: Path) -> None:
    answers = [
        client.get(f"{TEA}/info"),
        client.get(f"{TEA}/runs"),
        client.post(f"{TEA}/similar", json={"text": "x", "space": "nope"}),
        client.post(f"{TEA}/similar", json={"text": "x", "among": "images"}),
        client.post(f"{TEA}/predict", json={"posts": [DRAFT], "run": "nope"}),
        client.post(f"{TEA}/generate", json={"company": "x"}),
        client.get("/api/v1/stores/nope/info"),
    ]
    for answer in answers:
        assert str(sample_store.parent) not in answer.text, answer.text


@pytest.fixture
def of_a_copy(make_client: Any, sample_store: Path, tmp_path: Path) -> TestClient:
    """A client of a store that may be changed."""
    client: TestClient = make_client(shutil.copytree(sample_store, tmp_path / "tea.store"))
    return client


def begin_build(client: TestClient, posts: str) -> Any:
    kept = client.post("/api/v1/uploads", files={"file": ("../../new.csv", posts)}).json()
    assert kept["file"] == "new.csv"
    begun = client.post(f"{TEA}/builds", json={"upload": kept["upload"], "images": "none"})
    assert begun.status_code == 202, begun.text
    return begun


def test_a_build_is_followed_to_its_end_and_its_posts_are_found(
    of_a_copy: TestClient, tmp_path: Path
) -> None:
    client = of_a_copy
    posts = "id,username,date,content\n1,a,2024-01-01,zanzibar blend\n2,a,2024-01-02,oolong\n"
    begun = begin_build(client, posts)
    events = client.get(f"{begun.headers['location']}/events").text
    last = json.loads(events.strip().split("data: ")[-1])
    assert last["state"] == "done", last
    assert last["report"]["posts"]["new"] == 2
    assert str(tmp_path) not in events
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = rows(client.post(f"{TEA}/similar", json={"text": "zanzibar blend", "k": 1}))
        if found[0]["text"] == "zanzibar blend":
            break
        time.sleep(0.1)
    assert found[0]["text"] == "zanzibar blend"


def test_a_build_stands_back_behind_questions_and_ctrl_c_does_not_reach_it(
    of_a_copy: Any,
) -> None:
    client = of_a_copy
    begun = begin_build(client, "id,content\n1,oolong\n")
    jobs: Jobs = client.app.state.jobs
    process = jobs.find("tea", begun.json()["job"])._process
    assert process is not None
    # Linux weighs priorities within a session only.
    assert os.getsid(process.pid) == os.getsid(0)
    assert os.getpgid(process.pid) != os.getpgid(0)
    deadline = time.monotonic() + 20
    while os.getpriority(os.PRIO_PROCESS, process.pid) < NICE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client.delete(begun.headers["location"])


def test_a_picture_is_sent_once_and_named_in_questions(client: TestClient) -> None:
    kept = client.post(
        "/api/v1/pictures", files={"file": ("a.png", encoded(gradient(8, 8), "PNG"))}
    )
    assert kept.status_code == 200
    answer = client.post(f"{TEA}/similar", json={"picture": kept.json()["picture"]})
    # The sample's store has no space of images: the picture itself was accepted.
    assert answer.status_code == 400
    assert "image" in answer.json()["detail"]


def test_metrics_count_routes_and_never_what_a_client_wrote(client: TestClient) -> None:
    client.get("/api/v1/stores")
    client.get("/nowhere/at-all")
    text = client.get("/metrics").text
    assert 'route="/api/v1/stores",status="200"' in text
    assert "at-all" not in text
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["faults"] in ([], ["what searches need is being loaded"])
