"""Fitting: what is put on record, how good it is, which options are refused."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import embedstore
from embedstore.errors import InputError, QueryError
from embedstore.maintenance.import_vectors import import_vectors
from embedstore.progress import Step
from heads.data.posts import load_posts
from heads.likes.fit import fit_likes
from heads.likes.predict import predict_likes
from heads.runs import Run

SPLIT = "time:2021-06-01"


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


@pytest.mark.parametrize("kpi", ["stars", "text"])
def test_what_is_no_engagement_column_is_refused(store_path: Path, kpi: str) -> None:
    with pytest.raises(InputError, match="no engagement column"):
        load_posts(embedstore.open(store_path), kpi)


def test_a_head_looks_at_imported_vectors_and_says_why_drafts_have_none(
    store_path: Path, tmp_path: Path
) -> None:
    path = shutil.copytree(store_path, tmp_path / "s")
    store = embedstore.open(path, mode="rw")
    table = store.sql(
        "SELECT concat(source, ':', id) AS key, vector FROM text_vectors JOIN posts USING (post_id)"
    )
    pq.write_table(table, tmp_path / "vectors.parquet")
    import_vectors(store, tmp_path / "vectors.parquet", space="mine")
    own = fit_likes(store, split=SPLIT, inputs="history,text:mine")
    same = fit_likes(store, split=SPLIT, inputs="history,text:words")
    assert own.metrics["log_r2"] == pytest.approx(same.metrics["log_r2"], abs=1e-3)
    assert predict_likes(store, run=own.run_id, where="likes > 10").num_rows
    when = datetime(2023, 1, 1)
    drafts = pa.table({"username": ["someone"], "text": ["coffee"], "created_at": [when]})
    with pytest.raises(QueryError, match="has no encoder"):
        predict_likes(store, drafts, run=own.run_id)


def test_a_fit_tells_how_it_goes_stage_by_stage(store_path: Path, tmp_path: Path) -> None:
    path = shutil.copytree(store_path, tmp_path / "s")
    heard: list[Step] = []
    fit_likes(path, split=SPLIT, inputs="history,time", progress=heard.append)
    assert list(dict.fromkeys(step.stage for step in heard)) == [
        "learn what makes posts alike",
        "look back from each post",
        "pair posts",
        "grow trees",
        "train the network",
        "learn from all of them",
        "score",
    ]
    for stage in ("grow trees", "train the network"):
        assert [(step.done, step.total) for step in heard if step.stage == stage] == [
            (done, 3) for done in range(4)
        ]


def test_an_unknown_input_is_refused(store_path: Path) -> None:
    with pytest.raises(InputError, match="no input 'sound'"):
        fit_likes(store_path, inputs="history,sound")
    with pytest.raises(InputError, match="--profile"):
        fit_likes(store_path, inputs="profile")
