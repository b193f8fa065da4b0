"""Drafts that are unlike what a store holds are named, and not judged beyond the known."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command

import embedstore
from heads.data.posts import load_posts
from heads.likes.familiar import compare, describe
from heads.likes.known import known
from heads.likes.predict import predict_likes
from heads.likes.rank import rank_likes, verdict
from heads.likes.saved import load_head
from heads.runs import Run

WHEN = datetime(2023, 1, 1)


@pytest.fixture
def texts(store_path: Path) -> list[str]:
    return load_posts(embedstore.open(store_path)).texts


def _gibberish(text: str) -> str:
    drawn = np.random.default_rng(len(text))
    return "".join(chr(97 + drawn.integers(26)) if sign.isalpha() else sign for sign in text)


def test_stored_posts_are_familiar_and_gibberish_is_not(store_path: Path, run: Run) -> None:
    store = embedstore.open(store_path)
    here = known(store, load_head(store, run.run_id))
    described = describe(here.material)
    rows = np.arange(300, 400)
    real = compare(described, here.material, rows)
    assert np.mean([bool(words) for words in real.warnings()]) < 0.2
    assert not real.content.mean() > 0.05


def test_a_strange_draft_is_named_and_gets_what_no_words_would(
    store_path: Path, run: Run, texts: list[str]
) -> None:
    store = embedstore.open(store_path)
    account = load_posts(store).table["username"][0].as_py()
    text = max(texts, key=len)
    drafts = [text, _gibberish(text), " ".join(text.split()[:1])]
    ranked = rank_likes(store, drafts, username=account, date=WHEN, run=run.run_id)
    rows = {row["draft"]: row for row in ranked.to_pylist()}
    assert "words that no stored post has" in rows[2]["unlike"]
    assert "shorter than the store's posts" in rows[3]["unlike"]
    assert "not judged well" in verdict(ranked)
    # Letters that mean nothing say nothing, whichever they are.
    other = _gibberish(text[::-1])[::-1]
    again = rank_likes(store, [other], username=account, date=WHEN, run=run.run_id)
    assert again["likes"][0].as_py() == pytest.approx(rows[2]["likes"], rel=0.05, abs=0.2)


def test_drafts_that_are_alike_cant_be_told_apart(
    store_path: Path, run: Run, texts: list[str]
) -> None:
    store = embedstore.open(store_path)
    account = load_posts(store).table["username"][0].as_py()
    drafts = [texts[300], texts[300]]
    ranked = rank_likes(store, drafts, username=account, date=WHEN, run=run.run_id)
    assert ranked["best"].to_pylist() == [0.5, 0.5]
    assert ranked["beats_next"].to_pylist() == [0.5, None]
    assert ranked["against_next"].to_pylist() == ["can't be told apart", None]
    assert verdict(ranked).startswith("the drafts can't be told apart")


def test_the_command_says_in_a_sentence_what_the_ranking_is_worth(
    store_path: Path, run: Run, tmp_path: Path, texts: list[str]
) -> None:
    file = tmp_path / "drafts.txt"
    file.write_text(f"{texts[300]}\n{texts[300]}\n", encoding="utf-8")
    account = load_posts(embedstore.open(store_path)).table["username"][0].as_py()
    arguments = ["rank", str(store_path), str(file), "--username", account]
    done = CliRunner().invoke(
        command, [*arguments, "--date", "2023-01-01", "--run", run.run_id, "--format", "csv"]
    )
    assert done.exit_code == 0, done.output
    assert "can't be told apart: choose by other reasons" in done.stderr
    assert done.stdout.startswith("rank,draft,likes,mean,low,high,best,beats_next,against_next")


def test_new_posts_are_predicted_with_a_warning_and_stored_ones_without(
    store_path: Path,
    run: Run,
    write_csv,  # type: ignore[no-untyped-def]
) -> None:
    store = embedstore.open(store_path)
    file = write_csv([{"id": 1, "date": "2023-01-01", "content": "zq xv jkw", "username": "u"}])
    drafts = predict_likes(store, [file], run=run.run_id)
    assert drafts["unlike"][0].as_py()
    stored = predict_likes(store, run=run.run_id, where="post_id < 5")
    assert "unlike" not in stored.column_names
