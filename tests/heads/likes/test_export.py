"""Features for models of one's own, their predictions scored, conditions, several counts."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command

import embedstore
import heads
from embedstore.errors import InputError, QueryError
from embedstore.storage import database

SPLIT = "time:2021-06-01"
PLAIN = "history,time,form"


@pytest.fixture(scope="module")
def table(store_path: Path) -> pa.Table:
    """All columns, with the kernel's."""
    return heads.features(store_path, split=SPLIT)


def test_features_have_names_groups_target_and_split(table: pa.Table) -> None:
    groups = json.loads(table.schema.metadata[b"groups"])
    assert set(groups) == {"history", "time", "form", "text", "neighbours"}
    for group, names in groups.items():
        for name in names:
            assert table.schema.field(name).metadata[b"group"].decode() == group
            assert table[name].type == pa.float32()
    assert {"account_average", "hour", "characters", "words_0", "kernel_mean"} <= {
        name for names in groups.values() for name in names
    }
    counts = table["kpi"].to_numpy(zero_copy_only=False)
    np.testing.assert_allclose(table["target"].to_numpy(zero_copy_only=False), np.log1p(counts))
    moment = np.datetime64(SPLIT[5:])
    time, part = table["created_at"].to_numpy(), np.array(table["split"].to_pylist(), object)
    assert (time[part == "train"] < moment).all()
    assert (time[part == "test"] >= moment).all()
    assert (part[np.isnan(counts)] == None).all()  # noqa: E711


def test_exported_history_knows_no_label_of_its_own_time_or_later(
    table: pa.Table, store_path: Path, tmp_path: Path
) -> None:
    import shutil

    copy = shutil.copytree(store_path, tmp_path / "s")
    moment = table["created_at"][450].as_py()
    with database.transaction(copy) as connection:
        connection.execute(
            f"UPDATE posts SET likes = (likes * 7 + 13) % 4001 WHERE created_at >= '{moment}'"
        )
    names = json.loads(table.schema.metadata[b"groups"])["history"]
    before = heads.features(store_path, split=SPLIT, inputs=PLAIN).select(names)
    after = heads.features(copy, split=SPLIT, inputs=PLAIN).select(names)
    same = int(np.searchsorted(table["created_at"].to_numpy(), np.datetime64(moment))) + 1
    for name in names:
        np.testing.assert_array_equal(before[name][:same], after[name][:same])
    assert not before.equals(after)


def test_the_command_writes_parquet_and_arrow_and_refuses_other_endings(
    store_path: Path, tmp_path: Path
) -> None:
    arguments = ["export", "features", str(store_path)]
    more = ["--split", SPLIT, "--inputs", "history,text", "--vectors"]
    for name, read in (
        ("f.parquet", pyarrow.parquet.read_table),
        ("f.arrow", pyarrow.feather.read_table),
    ):
        done = CliRunner().invoke(command, [*arguments, str(tmp_path / name), *more])
        assert done.exit_code == 0, done.output
        found = read(tmp_path / name)
        assert found["words"].type == pa.list_(pa.float32(), 32)
        assert found.schema.field("words").metadata[b"group"] == b"text"
        assert found.schema.metadata[b"split"] == SPLIT.encode()
        assert f"{found.num_rows:,} posts" in done.stderr
    done = CliRunner().invoke(command, [*arguments, str(tmp_path / "f.xls"), *more])
    assert (done.exit_code, list(tmp_path.glob("*.xls"))) == (1, [])
    assert "end it in .parquet or .arrow" in done.stderr


def test_predictions_made_elsewhere_are_scored_as_a_baseline_of_ours_would_be(
    table: pa.Table, store_path: Path, tmp_path: Path
) -> None:
    part = np.array(table["split"].to_pylist(), object) == "test"
    # The account's level as history has it: no model, but somebody else's numbers to us.
    level = table["account_level"].to_numpy()[part].astype(float)
    mine = pa.table(
        {
            "post_id": table["post_id"].to_numpy()[part],
            "likes": np.expm1(level),
            "low": np.expm1(np.maximum(0, level - 2)),
            "high": np.expm1(level + 2),
        }
    )
    found = heads.evaluate(store_path, {"mine": mine}, split=SPLIT)
    scores = {
        (row["rung"], row["metric"]): row["value"]
        for row in found.rungs.to_pylist()
        if row["history"] == "online"
    }
    true = table["target"].to_numpy(zero_copy_only=False)[part]
    assert scores["mine", "log_rmse"] == pytest.approx(np.sqrt(np.mean((true - level) ** 2)))
    assert scores["mine", "coverage"] == pytest.approx(np.mean(np.abs(true - level) <= 2), abs=0.02)
    assert ("moving average", "log_rmse") in scores
    assert ("mine", "gain") in scores
    judged = {row["rung"] for row in found.pairs.to_pylist() if row["time"] == "as posted"}
    assert {"mine", "coin", "longer text"} <= judged
    pyarrow.parquet.write_table(mine, tmp_path / "mine.parquet")
    again = heads.evaluate(store_path, tmp_path / "mine.parquet", split=SPLIT)
    assert again.rungs.num_rows == found.rungs.num_rows
    with pytest.raises(InputError, match=r"'mine' lack 10 of the [\d,]+ posts that the split"):
        heads.evaluate(store_path, {"mine": mine.slice(10)}, split=SPLIT)
    with pytest.raises(InputError, match="no column `likes`"):
        heads.evaluate(store_path, mine.drop_columns("likes"), split=SPLIT)
    with pytest.raises(InputError, match="given as a table or a file, not as int"):
        heads.evaluate(store_path, 7, split=SPLIT)


def test_a_condition_hides_all_other_counts_and_one_on_the_outcome_is_called_by_its_name(
    store_path: Path,
) -> None:
    table = heads.features(store_path, where="likes <= 100", inputs=PLAIN)
    counts = table["kpi"].to_numpy(zero_copy_only=False)
    assert np.nanmax(counts) <= 100
    assert np.isnan(counts).sum() > 100
    with pytest.raises(QueryError):
        heads.features(store_path, where="1=1; DROP TABLE posts", inputs=PLAIN)
    arguments = ["fit", "likes", str(store_path), "--model", "lgbm", "--inputs", PLAIN]
    done = CliRunner().invoke(command, [*arguments, "--where", "likes <= 100"])
    assert done.exit_code == 0, done.output
    assert "chosen by their outcome" in done.stderr
    [run] = heads.list_runs(store_path)["run_id"].to_pylist()[:1]
    rows = heads.predict_likes(store_path, run=run)
    assert rows.num_rows == table.num_rows
    assert np.quantile(rows["likes"].to_numpy(), 0.99) < 150
    heads.remove_run(store_path, run)


def test_several_counts_make_a_head_each_and_the_first_answers(store_path: Path) -> None:
    kpis = "likes, 3 * likes / (likes + 1000)"
    arguments = ["fit", "likes", str(store_path), "--model", "lgbm", "--inputs", "history"]
    done = CliRunner().invoke(command, [*arguments, "--kpi", kpis, "--format", "json"])
    assert done.exit_code == 0, done.output
    found = heads.list_runs(store_path).to_pylist()[:2]
    assert [row["kpi"] for row in found] == [kpi.strip() for kpi in kpis.split(",")]
    assert {row["kpi"] for row in json.loads(done.stdout)} == {row["kpi"] for row in found}
    assert f"{found[0]['run_id']} (likes) answers" in done.stderr
    # A ratio is learned in a small unit, and given back as itself.
    ratio = heads.predict_likes(store_path, run=found[1]["run_id"], where="likes > 50")
    store = embedstore.open(store_path)
    settings = store.sql("SELECT settings FROM runs WHERE run_id = ?", [found[1]["run_id"]])
    assert json.loads(settings["settings"][0].as_py())["unit"] < 0.1
    assert 0.01 < np.median(ratio["likes"].to_numpy()) < 3
    for row in found:
        heads.remove_run(store_path, row["run_id"])


def test_chosen_posts_are_split_at_random_and_in_time_beside_published_figures(
    store_path: Path,
) -> None:
    arguments = ["eval", "likes", str(store_path), "--where", "likes <= 100"]
    done = CliRunner().invoke(command, [*arguments, "--inputs", "history", "--format", "json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [row["split"].partition(":")[0] for row in found if row["rung"] == "stack"] == [
        "random", "time",
    ]  # fmt: skip
    for row in found:
        assert row["note"] or row["mae"] < 100
    assert sum(bool(row["note"]) for row in found) == 2
    assert "chosen by their outcome" in done.stderr
