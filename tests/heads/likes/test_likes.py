"""The likes head from fit to explanation, on made-up posts whose effects are known."""

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
from heads.likes.evaluate import evaluate_likes
from heads.likes.explain import explain_likes
from heads.likes.fit import fit_likes
from heads.likes.predict import predict_likes
from heads.likes.rank import rank_likes
from heads.runs import Run

SPLIT = "time:2021-06-01"


@pytest.fixture(scope="module")
def run(store_path: Path) -> Run:
    return fit_likes(embedstore.open(store_path), split=SPLIT)


def test_a_run_is_on_record_with_its_files(store_path: Path, run: Run) -> None:
    rows = (
        embedstore.open(store_path)
        .sql(
            "SELECT head, split, settings::VARCHAR AS settings FROM runs WHERE run_id = ?",
            [run.run_id],
        )
        .to_pylist()
    )
    assert (rows[0]["head"], rows[0]["split"]) == ("likes", SPLIT)
    settings = json.loads(rows[0]["settings"])
    assert len(settings["rows"]) == 64
    names = {file.name for file in run.folder.iterdir()}
    assert names >= {
        "settings.json",
        "model.json",
        "trees.txt",
        "projections.safetensors",
        "card.md",
    }
    assert "Paired gain" in (run.folder / "card.md").read_text()


def test_a_head_explains_most_of_what_accounts_and_effects_explain(run: Run) -> None:
    assert run.metrics["log_r2"][0] > 0.75


def test_predictions_of_stored_posts_keep_to_order_and_are_saved(
    store_path: Path, run: Run
) -> None:
    store = embedstore.open(store_path)
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


def test_drafts_are_ranked_with_the_chance_that_one_beats_the_next(
    store_path: Path, run: Run
) -> None:
    store = embedstore.open(store_path)
    from datetime import datetime

    account = load_posts(store).table["username"][0].as_py()
    drafts = ["we are hiring", "", "who wants free coffee?", "we are hiring"]
    rows = rank_likes(
        store, drafts, username=account, date=datetime(2023, 1, 1), run=run.run_id
    ).to_pylist()
    assert sorted(row["draft"] for row in rows) == [1, 3, 4]
    assert [row["likes"] for row in rows] == sorted((row["likes"] for row in rows), reverse=True)
    assert rows[-1]["beats_next"] is None
    assert all(0.5 <= row["beats_next"] <= 1 for row in rows[:-1])
    same = {row["draft"]: row["likes"] for row in rows}
    assert same[1] == same[4]


def test_contributions_add_up_and_votes_come_from_the_past(store_path: Path, run: Run) -> None:
    store = embedstore.open(store_path)
    posts = load_posts(store)
    key = f"{posts.table['source'][500].as_py()}:{posts.table['id'][500].as_py()}"
    found = explain_likes(store, key, run=run.run_id)
    assert sum(found.groups["contribution"].to_pylist()) == pytest.approx(found.predicted, abs=1e-6)
    predicted = predict_likes(store, run=run.run_id, where=f"post_id = {posts.post_id[500]}")
    assert np.log1p(predicted["likes"][0].as_py()) == pytest.approx(found.predicted, abs=1e-2)
    moments = np.array(found.posts["created_at"].to_numpy(), dtype="datetime64[us]")
    assert (moments < posts.time[500]).all()
    with pytest.raises(InputError, match="no post 'nowhere:1'"):
        explain_likes(store, "nowhere:1", run=run.run_id)


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


def test_a_missing_head_is_named_with_its_remedy(store_path: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.store"
    embedstore.build(
        empty, [store_path.parent / "sample" / "posts.csv"], space=["words=hash:8"], images="none"
    )
    with pytest.raises(InputError, match="heads fit likes"):
        predict_likes(embedstore.open(empty))


@pytest.mark.parametrize("kpi", ["stars", "text"])
def test_what_is_no_engagement_column_is_refused(store_path: Path, kpi: str) -> None:
    with pytest.raises(InputError, match="no engagement column"):
        load_posts(embedstore.open(store_path), kpi)


def test_an_unknown_input_is_refused(store_path: Path) -> None:
    with pytest.raises(InputError, match="no input 'sound'"):
        fit_likes(embedstore.open(store_path), inputs="history,sound")
    with pytest.raises(InputError, match="--profile"):
        fit_likes(embedstore.open(store_path), inputs="profile")


def test_the_ladder_has_every_rung_with_both_histories(store_path: Path) -> None:
    found = evaluate_likes(embedstore.open(store_path), split=SPLIT)
    rungs = dict.fromkeys(found.rungs["rung"].to_pylist())
    assert list(rungs) == [
        "global median",
        "company median",
        "account median",
        "moving average",
        "lgbm: history, time",
        "lgbm: without neighbours",
        "stack, no residual",
        "stack",
    ]
    rows = {(row["rung"], row["history"], row["metric"]): row for row in found.rungs.to_pylist()}
    for rung in rungs:
        assert 0.75 < rows[rung, "online", "coverage"]["value"] <= 1
        assert rows[rung, "online", "width"]["value"] > 0
    assert set(found.intervals["rung"].to_pylist()) == set(rungs)
    for history in ("online", "frozen"):
        assert rows["moving average", history, "gain"]["value"] == 0
        gain = rows["stack", history, "gain over global median"]
        assert gain["low"] > 0
    assert "not comparable" in found.few.to_pylist()[0]["note"]


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
