"""Predictions and levels inside SQL."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import embedstore
import heads
from embedstore.errors import InputError
from heads import sql_functions
from heads.data.history import history, view
from heads.data.posts import load_posts
from heads.runs import Run


@pytest.fixture
def store(store_path: Path, run: Run) -> embedstore.Store:
    """The store, whose newest head is `run` or one that another test fitted."""
    return embedstore.open(store_path)


def test_sql_predicts_what_the_head_predicts(store: embedstore.Store, run: Run) -> None:
    where = "post_id % 7 = 0"
    expected = heads.predict_likes(store, run=run.run_id, where=where)
    scalar = store.sql(
        f"SELECT post_id, predict_likes(post_id, run := $run) AS likes FROM posts WHERE {where}",
        {"run": run.run_id},
    )
    table = store.sql(
        "SELECT * FROM predict_likes(where := $where, run := $run)",
        {"where": where, "run": run.run_id},
    )
    known = dict(zip(*(expected[name].to_pylist() for name in ("post_id", "likes")), strict=True))
    found = dict(zip(*(scalar[name].to_pylist() for name in ("post_id", "likes")), strict=True))
    assert {post: likes for post, likes in found.items() if likes is not None} == pytest.approx(
        known, rel=1e-3, abs=0.02
    )
    assert {row["post_id"]: row["likes"] for row in table.to_pylist()} == known
    assert set(table["run"].to_pylist()) == {run.run_id}


def test_a_scan_is_predicted_ahead_to_the_same_numbers(
    store: embedstore.Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "SELECT post_id, predict_likes(post_id, run := $run) AS likes FROM posts"
    alone = store.sql(query + " WHERE post_id IN (5, 100, 300)", {"run": run.run_id}).to_pylist()
    monkeypatch.setattr(sql_functions, "FULL", 10)
    monkeypatch.setattr(sql_functions, "SCANNED", 200)
    scanned = store.sql(query + " ORDER BY post_id", {"run": run.run_id}).to_pylist()
    likes = {row["post_id"]: row["likes"] for row in scanned}
    assert {row["post_id"]: row["likes"] for row in alone} == pytest.approx(
        {post: likes[post] for post in (5, 100, 300)}, rel=1e-3, abs=0.02
    )


def test_drafts_are_predicted_row_by_row(store: embedstore.Store, run: Run) -> None:
    [name] = store.sql("SELECT username FROM posts WHERE username IS NOT NULL LIMIT 1")[
        "username"
    ].to_pylist()
    at = datetime(2022, 1, 5, 12)
    texts = ["a new cup of coffee", "we are hiring engineers"]
    expected = heads.predict_likes(
        store,
        pa.table(
            {
                "source": ["draft"] * 2,
                "id": ["0", "1"],
                "username": [name] * 2,
                "created_at": pa.array([at] * 2, pa.timestamp("us")),
                "text": texts,
            }
        ),
        run=run.run_id,
    )["likes"].to_pylist()
    found = store.sql(
        "SELECT predict_likes(text, $name, $at, run := $run) AS likes,"
        " predict_likes(text, $name, NULL, run := $run) AS without_time"
        " FROM (SELECT unnest($texts) AS text)",
        {"name": name, "at": at, "run": run.run_id, "texts": texts},
    )
    assert found["likes"].to_pylist() == expected
    assert found["without_time"].to_pylist() == [None, None]


def test_expected_is_the_level_before_the_post(store: embedstore.Store) -> None:
    posts = load_posts(store, reposts=True)
    seen = view(posts, mode="online", until=None, delay_days=0, known=posts.known)
    level = dict(zip(posts.post_id.tolist(), np.expm1(history(posts, seen).expected), strict=True))
    found = store.sql("SELECT post_id, expected(post_id) AS level FROM posts").to_pylist()
    assert {row["post_id"]: row["level"] for row in found if row["level"] is not None} == (
        pytest.approx(level, rel=1e-3, abs=0.01)
    )
    assert store.sql("SELECT expected(-5) AS n, expected(NULL) AS m").to_pylist() == [
        {"n": None, "m": None}
    ]


def test_one_statement_searches_keeps_and_orders_by_what_the_head_expects(
    store: embedstore.Store, run: Run
) -> None:
    found = store.sql(
        "SELECT post_id, predict_likes(post_id, run := $run) AS likes"
        " FROM search('coffee', 20, mode := 'hybrid') ORDER BY likes DESC NULLS LAST LIMIT 5",
        {"run": run.run_id},
    )
    likes = [each for each in found["likes"].to_pylist() if each is not None]
    assert found.num_rows == 5
    assert likes == sorted(likes, reverse=True)


def test_a_run_that_is_not_there_is_named(store: embedstore.Store) -> None:
    with pytest.raises(InputError, match="has no run 'nope'"):
        store.sql("SELECT predict_likes(1, run := 'nope')")


def test_without_the_heads_the_error_says_to_import_them(store_path: Path) -> None:
    code = (
        "import sys, embedstore\n"
        "try: embedstore.open(sys.argv[1]).sql('SELECT predict_likes(1)')\n"
        "except embedstore.errors.QueryError as error: print(error)\n"
        "assert 'heads' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store_path)], capture_output=True, text=True, check=True
    )
    assert "import heads" in done.stdout
