"""Predictions of stored and new posts, online and frozen, from Python and the command."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command

import embedstore
from embedstore.errors import FingerprintError, InputError
from embedstore.storage import database
from heads.data.posts import load_posts
from heads.likes.predict import predict_likes
from heads.runs import Run

SPLIT = "time:2021-06-01"


def _with_labels(store_path: Path, tmp_path: Path, condition: str) -> embedstore.Store:
    """A copy of the store whose labels are others where the condition holds."""
    import shutil

    copy = tmp_path / "copy.store"
    shutil.copytree(store_path, copy)
    with database.transaction(copy) as connection:
        connection.execute(
            f"UPDATE posts SET likes = (likes * 7 + 13) % 4001 WHERE {condition}"  # our own words
        )
    return embedstore.open(copy)


def test_predictions_of_stored_posts_keep_to_order_and_are_saved(
    store_path: Path, run: Run
) -> None:
    store = embedstore.open(store_path, mode="rw")
    rows = predict_likes(store, run=run.run_id, where="created_at >= '2021-06-01'", save=True)
    assert (np.array(rows["low"]) <= np.array(rows["likes"]) + 0.01).all()
    assert (np.array(rows["likes"]) <= np.array(rows["high"]) + 0.01).all()
    assert set(rows["run"].to_pylist()) == {run.run_id}
    saved = store.sql("SELECT count(*) AS n FROM predictions WHERE run_id = ?", [run.run_id])
    assert saved.to_pylist() == [{"n": rows.num_rows}]


def test_a_saved_head_predicts_what_was_measured_when_it_was_fitted(
    store_path: Path, run: Run
) -> None:
    store = embedstore.open(store_path)
    rows = predict_likes(store, run=run.run_id, where=f"created_at >= '{SPLIT[5:]}' AND likes >= 0")
    likes = store.sql("SELECT post_id, likes FROM posts").to_pylist()
    true = {row["post_id"]: row["likes"] for row in likes}
    y = np.log1p([true[post] for post in rows["post_id"].to_pylist()])
    error = np.sqrt(np.mean((y - np.log1p(np.array(rows["likes"]))) ** 2))
    assert error == pytest.approx(run.metrics["log_rmse"][0], abs=2e-3)


def test_frozen_predictions_ignore_every_label_after_the_split(
    store_path: Path, run: Run, tmp_path: Path
) -> None:
    later = "created_at >= '2021-06-01'"
    changed = _with_labels(store_path, tmp_path, later)
    before = predict_likes(
        embedstore.open(store_path), run=run.run_id, history="frozen", where=later
    )
    after = predict_likes(changed, run=run.run_id, history="frozen", where=later)
    assert before.equals(after)
    online = predict_likes(changed, run=run.run_id, history="online", where=later)
    assert not online.equals(after)


def test_online_predictions_ignore_labels_at_or_after_their_time(
    store_path: Path, run: Run, tmp_path: Path
) -> None:
    moment = load_posts(embedstore.open(store_path)).time[450]
    changed = _with_labels(store_path, tmp_path, f"created_at >= '{moment}'")
    where = f"created_at <= '{moment}'"
    before = predict_likes(embedstore.open(store_path), run=run.run_id, where=where)
    assert before.num_rows > 400
    assert before.equals(predict_likes(changed, run=run.run_id, where=where))


def test_new_posts_are_predicted_also_of_unknown_accounts(store_path: Path, run: Run) -> None:
    store = embedstore.open(store_path)
    known = load_posts(store).table["username"][0].as_py()
    drafts = pa.table(
        {
            "source": ["new", "new"],
            "id": ["1", "2"],
            "username": [known, "nobody-yet"],
            "company": [None, "no company"],
            "created_at": pa.array([np.datetime64("2023-01-02T10:00", "us")] * 2),
            "text": ["good news for all of us", None],
        }
    )
    rows = predict_likes(store, drafts, run=run.run_id).to_pylist()
    assert [row["post_id"] for row in rows] == [None, None]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert [row["missing"] for row in rows] == ["", "account,text"]
    assert rows[1]["high"] - rows[1]["low"] > 0


def test_new_posts_come_from_files(store_path: Path, run: Run, write_csv) -> None:  # type: ignore[no-untyped-def]
    file = write_csv([{"id": 1, "date": "2023-01-01", "content": "hello", "username": "u"}])
    rows = predict_likes(embedstore.open(store_path), [file], run=run.run_id)
    assert rows["missing"].to_pylist() == ["account"]
    bad = write_csv([{"id": 1, "date": "never", "content": "hello", "username": "u"}], "bad.csv")
    with pytest.raises(InputError, match="date"):
        predict_likes(embedstore.open(store_path), [bad], run=run.run_id)


def test_a_head_refuses_a_store_with_other_vectors(
    store_path: Path, run: Run, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / "other.store"
    shutil.copytree(store_path, copy)
    with database.transaction(copy) as connection:
        connection.execute("UPDATE spaces SET fingerprint = 'another' WHERE space = 'words'")
    with pytest.raises(FingerprintError, match="trained on space 'words'"):
        predict_likes(embedstore.open(copy), run=run.run_id)


def test_a_missing_head_is_named_with_its_remedy(sample_files: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.store"
    embedstore.build(empty, [sample_files / "posts.csv"], space=["words=hash:8"], images="none")
    with pytest.raises(InputError, match="heads fit likes"):
        predict_likes(embedstore.open(empty))


def test_the_command_line_prints_what_python_returns(store_path: Path, run: Run) -> None:
    arguments = ["predict", "likes", str(store_path), "--run", run.run_id, "--where", "post_id < 5"]
    done = CliRunner().invoke(command, [*arguments, "--format", "json"])
    assert done.exit_code == 0, done.output
    rows = predict_likes(embedstore.open(store_path), run=run.run_id, where="post_id < 5")
    assert json.loads(done.stdout) == rows.to_pylist()
    done = CliRunner().invoke(
        command, ["predict", "likes", str(store_path), "--where", "1; DROP TABLE posts"]
    )
    assert done.exit_code == 1
    assert "can't be used" in done.output
