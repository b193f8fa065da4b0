"""The command `heads`: which head answers, and what it says about itself."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner, Result
from embedstore.cli.heads import heads as command
from old_store import downgrade
from support import build, rows

import embedstore
import heads
from embedstore.errors import InputError, StoreError
from embedstore.storage import faults
from embedstore.storage.layout import run_folder


def call(*arguments: object, code: int = 0) -> Result:
    """Run the command and check its exit status."""
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two heads of trees, `old` and `new`."""
    folder = tmp_path_factory.mktemp("made")
    dice = np.random.default_rng(0)
    lines = ["id,date,username,text,likes"]
    for n in range(240):
        date = f"2020-{n % 12 + 1:02}-{n % 28 + 1:02} 09:00:00"
        lines.append(f"{n},{date},account{n % 5},post {n} about coffee,{dice.integers(500)}")
    (folder / "posts.csv").write_text("\n".join(lines))
    build(folder / "s", folder / "posts.csv")
    heads.fit_likes(folder / "s", model_name="lgbm", inputs="history")
    heads.fit_likes(folder / "s", model_name="lgbm", inputs="history,time,text")
    return folder / "s"


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    shutil.copytree(made, tmp_path / "s")
    return tmp_path / "s"


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    """Two drafts."""
    (tmp_path / "drafts.txt").write_text("coffee is here\ntea, for once\n")
    return tmp_path / "drafts.txt"


def ids(store: Path) -> tuple[str, str]:
    """Runs of the store: the older and the newer."""
    new, old = heads.list_runs(store)["run_id"].to_pylist()
    return old, new


def rank(store: Path, drafts: Path, *more: object, code: int = 0) -> Result:
    """Rank drafts of an account at a time."""
    who = ("--username", "account1", "--date", "2021-01-01")
    return call("rank", store, drafts, *who, *more, code=code)


def test_the_list_shows_model_inputs_split_target_and_score(made: Path) -> None:
    new, old = json.loads(call("list", made, "--format", "json").stdout)
    assert (new["model"], new["kpi"], new["inputs"]) == ("lgbm", "likes", "history,time,text")
    assert (old["inputs"], old["metric"], old["pinned"]) == ("history", "log_rmse", None)
    assert old["split"].startswith("time:2020-")
    [[metrics]] = rows(made, f"SELECT metrics FROM runs WHERE run_id = '{old['run_id']}'")
    assert old["score"] == json.loads(metrics)["log_rmse"][0]


def test_every_answer_names_the_head_that_gave_it(made: Path, drafts: Path) -> None:
    old, new = ids(made)
    ranked = rank(made, drafts, "--run", old)
    assert f"answered by {old}: lgbm of likes on history\n" in ranked.stderr
    assert f"answered by {new}" in rank(made, drafts).stderr
    predicted = call("predict", "likes", made, "--where", "post_id < 4", "--format", "csv")
    assert f"answered by {new}: lgbm of likes on history,time,text" in predicted.stderr
    explained = call("explain", "likes", made, "--post", "posts:7", "--run", old)
    assert f"answered by {old}" in explained.stderr
    as_json = call("explain", "likes", made, "--post", "posts:7", "--format", "json")
    assert json.loads(as_json.stdout)["run"] == new
    table = heads.predict_likes(made, where="post_id < 4")
    assert table.schema.metadata[b"run"].decode() == new


def test_a_pinned_head_answers_though_a_newer_one_is_there(store: Path, drafts: Path) -> None:
    old, new = ids(store)
    before = rank(store, drafts, "--format", "json").stdout
    call("pin", store, old)
    pinned = rank(store, drafts, "--format", "json")
    assert f"answered by {old}" in pinned.stderr
    assert pinned.stdout != before
    third = heads.fit_likes(store, model_name="lgbm", inputs="time").run_id
    assert f"answered by {old}" in rank(store, drafts).stderr
    assert f"answered by {new}" in rank(store, drafts, "--run", new).stderr
    listed = heads.list_runs(store).to_pylist()
    assert {row["run_id"]: row["pinned"] for row in listed} == {old: True, new: None, third: None}
    call("pin", store, new)
    assert [row["run_id"] for row in heads.list_runs(store).to_pylist() if row["pinned"]] == [new]
    call("pin", store, new, "--off")
    assert f"answered by {third}" in rank(store, drafts).stderr


def test_a_head_that_is_not_there_is_neither_pinned_nor_removed(store: Path) -> None:
    for name in ("pin", "remove"):
        assert "has no run 'likes-1'" in call(name, store, "likes-1", code=1).stderr
        assert "path separators" in call(name, store, "../x", code=1).stderr


def test_a_removed_head_takes_its_files_and_predictions_along(store: Path) -> None:
    old, new = ids(store)
    for run in (old, new):
        heads.predict_likes(store, run=run, save=True)
    heads.pin_run(store, new)
    asked = CliRunner().invoke(command, ["remove", str(store), new], input="n\n")
    assert asked.exit_code == 1
    assert f"Delete {new} and its 240 predictions" in asked.output
    assert "240 predictions" in call("remove", store, new, "--yes").stdout
    assert not run_folder(store, new).exists()
    assert run_folder(store, old).is_dir()
    assert rows(store, "SELECT DISTINCT run_id FROM predictions") == [(old,)]
    assert heads.predict_likes(store, where="post_id = 1")["run"].to_pylist() == [old]
    assert rows(store, "SELECT count(*) FROM pending_deletions") == [(0,)]


@pytest.mark.parametrize("then", ["build", "remove"])
def test_a_removal_that_was_killed_is_finished_by_the_next_command(
    store: Path, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = ids(store)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("heads.runs.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            heads.remove_run(store, old)
    assert heads.list_runs(store)["run_id"].to_pylist() == [new]
    assert run_folder(store, old).is_dir()
    if then == "build":
        embedstore.build(store, [], images="none")
    else:
        heads.remove_run(store, new)
    assert not run_folder(store, old).exists()
    assert rows(store, "SELECT count(*) FROM pending_deletions") == [(0,)]


def _writes() -> dict[str, Callable[[embedstore.Store], object]]:
    return {
        "fit": heads.fit_likes,
        "fit a decoder": heads.fit_tweets,
        "augment": lambda store: heads.evaluate_likes(store, augment="text"),
        "save": lambda store: heads.predict_likes(store, save=True),
        "pin": lambda store: heads.pin_run(store, "x"),
        "remove": lambda store: heads.remove_run(store, "x"),
    }


@pytest.mark.parametrize("write", _writes().values(), ids=_writes().keys())
def test_nothing_is_written_into_a_store_opened_read_only(
    made: Path, write: Callable[[embedstore.Store], object]
) -> None:
    with pytest.raises(InputError, match="opened read-only: open it with mode='rw'"):
        write(embedstore.open(made))


def test_files_of_a_run_are_as_readable_as_other_files_of_the_store(made: Path) -> None:
    mode = (made / "store.duckdb").stat().st_mode & 0o777
    files = [file for file in (made / "runs").rglob("*") if file.is_file()]
    assert {file.stat().st_mode & 0o777 for file in files} == {mode}
    assert any(file.suffix == ".safetensors" for file in files)


def test_a_picture_is_refused_by_a_head_that_looks_at_none(made: Path, drafts: Path) -> None:
    from PIL import Image

    image = drafts.with_name("cup.png")
    Image.new("RGB", (32, 32), "brown").save(image)
    result = rank(made, drafts, "--image", image, code=1)
    assert f"the head {ids(made)[1]} doesn't look at pictures" in result.stderr
    assert "fitted with the input `image`" in result.stderr


def test_drafts_that_are_not_utf8_are_named_with_their_line(made: Path, drafts: Path) -> None:
    drafts.write_bytes(b"coffee\ncaf\xe9\n")
    result = rank(made, drafts, code=1)
    assert "line 2 is not UTF-8: save the drafts as UTF-8" in result.stderr
    drafts.write_bytes(b"\xef\xbb\xbfcoffee\n")
    assert json.loads(rank(made, drafts, "--format", "json").stdout)[0]["text"] == "coffee"


def test_a_store_of_an_earlier_version_lists_its_heads_and_can_pin_one(store: Path) -> None:
    old, _ = ids(store)
    downgrade(store, version=5)
    assert heads.list_runs(store)["pinned"].to_pylist() == [None, None]
    heads.pin_run(store, old)
    assert heads.predict_likes(store, where="post_id = 1")["run"].to_pylist() == [old]


@pytest.mark.parametrize("days", ["inf", "nan", "40000"])
def test_a_label_delay_that_is_no_number_of_days_is_refused(made: Path, days: str) -> None:
    for name in ("fit", "eval"):
        result = call(name, "likes", made, "--label-delay", days, code=1)
        assert "can't be: give 0 to 36,500 days" in result.stderr


def test_a_fit_that_can_not_write_says_so_and_leaves_nothing(store: Path) -> None:
    runs = sorted(file.name for file in (store / "runs").iterdir())
    program = (
        "import resource, signal, sys; from embedstore.cli.heads import heads;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); heads(sys.argv[1:])"
    )
    arguments = ["fit", "likes", str(store), "--model", "lgbm", "--inputs", "history"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "too large" in done.stderr or "could not grow" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(file.name for file in (store / "runs").iterdir()) == runs


def test_a_database_that_can_not_be_written_to_is_said_with_the_remedy() -> None:
    error = duckdb.IOException('IO Error: Cannot open file "s/store.duckdb": Read-only file system')
    found = faults.as_store_error(error, Path("s/store.duckdb"))
    assert isinstance(found, StoreError)
    assert "get the permission, or copy the store" in str(found)


def test_new_posts_are_read_by_the_options_of_a_build(made: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("id,date,username,text\n1,2021-02-03,account1,coffee is here\n")
    expected = json.loads(call("predict", "likes", made, plain, "--format", "json").stdout)
    odd = tmp_path / "plan.csv"
    odd.write_text("our plan\nwhen;words;note\n03/02/2021;coffee is here;x\n")
    options = ("--skip-rows", "1", "--map", "text=words", "--map", "date=when", "--set",
               "username=@Account1", "--date-format", "day-first", "--id", "auto")  # fmt: skip
    found = json.loads(call("predict", "likes", made, odd, *options, "--format", "json").stdout)
    assert [row["likes"] for row in found] == [row["likes"] for row in expected]
    bare = tmp_path / "bare.csv"
    bare.write_text("1,2021-02-03,coffee is here\n")
    read = embedstore.ReadOptions(
        header=False, columns=("id", "date", "text"), set={"username": "account1"}
    )
    by_python = heads.predict_likes(made, [bare], read=read)
    assert by_python["likes"].to_pylist() == [row["likes"] for row in expected]


def test_options_of_reading_without_a_file_are_refused(made: Path) -> None:
    result = call("predict", "likes", made, "--sheet", "May", code=1)
    assert "options of reading are for files of new posts" in result.stderr


def test_the_list_for_people_has_a_line_a_run(store: Path) -> None:
    old, new = ids(store)
    heads.pin_run(store, old)
    shown = call("list", store).stdout
    assert shown.index(new) < shown.index(old)
    assert "log_rmse" in shown
    assert "yes" in shown.partition(old)[2]
    assert "yes" not in shown.partition(old)[0]


def test_ranking_for_an_account_without_posts_says_so(made: Path, drafts: Path) -> None:
    assert "missing for" not in rank(made, drafts).stderr
    stranger = call(
        "rank", made, drafts, "--username", "nobody", "--date", "2021-01-01", "--new-account"
    )
    assert "missing for some or all: account" in stranger.stderr
    spelled = call("rank", made, drafts, "--username", "@ACCOUNT1", "--date", "2021-01-01")
    assert spelled.stdout == rank(made, drafts).stdout
    assert "missing for" not in spelled.stderr
