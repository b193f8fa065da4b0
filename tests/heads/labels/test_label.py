"""Labels of a store: from examples and descriptions, applied, suggested, by command."""

import csv
import io
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import made_store
import numpy as np
import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as heads_program
from embedstore.cli.main import embedstore as program
from hypothesis import given, settings
from hypothesis import strategies as st
from support import build, post, rows
from topics_made import POSTS, made_posts

import embedstore
import heads
from embedstore.errors import FingerprintError, InputError
from embedstore.maintenance.remove import remove
from heads.labels.examples import _rows


def _write(path: Path, header: str, lines: Iterable[Iterable[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(header.split(","))
        writer.writerows(lines)
    return path


def _examples(path: Path, count: int = 60) -> Path:
    """Posts 1 to `count`: those about the first three things are `drink`, others `other`."""
    return _write(
        path, "post,label",
        [(f"made:{n}", "near" if (n - 1) % 6 < 3 else "far") for n in range(1, count + 1)],
    )  # fmt: skip


def _right(path: Path, name: str) -> float:
    given = rows(path, f"SELECT post_id, label FROM labels WHERE name = '{name}'")
    return float(np.mean([(label == "near") == ((n - 1) % 6 < 3) for n, label in given]))


def test_examples_label_every_post_with_scores_and_intervals(store: Path, tmp_path: Path) -> None:
    run = heads.fit_label(store, "kind", examples=[_examples(tmp_path / "a.csv")])
    value, low, high = run.metrics["accuracy"]
    assert low <= value <= high
    assert value > 0.9
    assert run.metrics["commonest"][0] == 0.5
    assert run.metrics["examples"] == {"far": 30, "near": 30}
    counted = heads.label_posts(store, "kind")
    assert sum(counted["posts"].to_pylist()) == POSTS
    assert _right(store, "kind") > 0.95
    chances = rows(store, "SELECT probability, post_id FROM labels")
    assert all(0.5 <= chance <= 1 for chance, _ in chances)
    assert all(chance == 1 for chance, number in chances if number <= 60)
    [listed] = heads.list_runs(store).to_pylist()
    assert (listed["head"], listed["kpi"], listed["metric"]) == ("label-kind", "kind", "accuracy")
    assert listed["score"] == value


def test_a_second_label_leaves_the_first_one_alone(store: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        heads.fit_label(store, name, examples=[_examples(tmp_path / "a.csv")])
        heads.label_posts(store, name)
    assert rows(store, "SELECT name, count(*) FROM labels GROUP BY 1 ORDER BY 1") == [
        ("one", POSTS), ("two", POSTS),
    ]  # fmt: skip
    assert {row["head"] for row in heads.list_runs(store).to_pylist()} == {"label-one", "label-two"}


def test_suggestions_are_posts_that_were_no_examples_and_can_be_read_back(
    store: Path, tmp_path: Path
) -> None:
    heads.fit_label(store, "kind", examples=[_examples(tmp_path / "a.csv")])
    found = heads.suggest_posts(store, "kind", 10).to_pylist()
    assert len({row["post"] for row in found}) == 10
    assert all(int(row["post"].partition(":")[2]) > 60 for row in found)
    more = _write(
        tmp_path / "b.csv", "post,label,probability,text", [row.values() for row in found]
    )
    run = heads.fit_label(store, "kind", examples=[tmp_path / "a.csv", more])
    assert sum(run.metrics["examples"].values()) == 70


def test_posts_that_come_later_are_labelled_by_the_head_that_is_there(
    store: Path, tmp_path: Path
) -> None:
    run = heads.fit_label(store, "kind", examples=[_examples(tmp_path / "a.csv")])
    heads.label_posts(store, "kind")
    heads.fit_label(store, "kind", examples=[_examples(tmp_path / "b.csv", 20)])
    assert heads.update_labels(store) == {}
    vectors, columns = made_posts(30, seed=6)
    made_store.add(store, vectors, **columns)
    assert heads.update_labels(store) == {"kind": 30}
    assert rows(store, "SELECT DISTINCT run_id FROM labels") == [(run.run_id,)]
    assert _right(store, "kind") > 0.95
    remove(embedstore.open(store, "rw"), "likes <= 10")
    assert rows(store, "SELECT count(*), min(post_id) FROM labels") == [(POSTS + 20, 11)]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([("made:1", "a")], "one class only, 'a'"),
        ([("made:1", "a"), ("made:2", "a"), ("made:3", "b")], "class 'b' has 1 example"),
        ([("nobody:1", "a")], "no post has the key 'nobody:1'"),
        ([("made:1", "")], "no row has a label"),
    ],
)
def test_examples_that_teach_nothing_are_refused(
    store: Path, tmp_path: Path, lines: list[tuple[str, str]], why: str
) -> None:
    file = _write(tmp_path / "a.csv", "post,label", lines)
    with pytest.raises(InputError, match=why):
        heads.fit_label(store, "kind", examples=[file])
    assert heads.list_runs(store).num_rows == 0


def test_a_file_without_the_columns_and_a_name_that_is_a_path_are_refused(
    store: Path, tmp_path: Path
) -> None:
    file = _write(tmp_path / "a.csv", "who,what", [("a", "b")])
    with pytest.raises(InputError, match=r"needs the columns label, and post .* it has who, what"):
        heads.fit_label(store, "kind", examples=[file])
    for name in ("../kind", "a/b", "", ".hidden"):
        with pytest.raises(InputError, match="can't be the name of a label"):
            heads.fit_label(store, name, examples=[file])
    with pytest.raises(InputError, match="needs examples"):
        heads.fit_label(store, "kind")
    with pytest.raises(
        InputError, match=r"no head of label-kind.*`heads fit label .* kind --examples FILE`"
    ):
        heads.suggest_posts(store, "kind")


def test_a_head_of_other_vectors_is_refused(store: Path, tmp_path: Path) -> None:
    heads.fit_label(store, "kind", examples=[_examples(tmp_path / "a.csv")])
    made_store.change(store, "UPDATE spaces SET fingerprint = 'another'")
    with pytest.raises(FingerprintError, match="fit a new head"):
        heads.label_posts(store, "kind")


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=5))))
def test_any_table_of_examples_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str, str]]
) -> None:
    clean = [tuple(cell.replace("\0", "").replace("\r", "") for cell in line) for line in lines]
    file = tmp_path_factory.mktemp("examples") / "a.csv"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([("post", "text", "label"), ("k", "t", "l"), *clean])
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    expected = [
        (key.strip(), text, label.strip())
        for key, text, label in [("k", "t", "l"), *clean]
        if label.strip() and (key.strip() or text.strip())
    ]
    assert _rows(file) == expected


@pytest.fixture(scope="session")
def worded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an encoder of words, without weights: the same words, near vectors."""
    folder = tmp_path_factory.mktemp("worded")
    kinds = ("a discount today buy now", "breaking news from the parliament")
    posts = [
        post(n, content=f"{kinds[n % 2]} {n}", username=f"u{n % 7}", company="c") for n in range(80)
    ]
    file = _write(folder / "posts.csv", ",".join(posts[0]), [row.values() for row in posts])
    build(folder / "a.store", file)
    return folder / "a.store"


def test_descriptions_label_posts_without_an_example(worded: Path) -> None:
    described = {"promo": "discount buy now", "news": "breaking news parliament"}
    run = heads.fit_label(worded, "kind", describe=described)
    assert "accuracy" not in run.metrics
    heads.label_posts(worded, "kind")
    found = rows(worded, "SELECT label, text FROM labels JOIN posts USING (post_id)")
    assert len(found) == 80
    assert all(("news" in text) == (label == "news") for label, text in found)


def test_a_build_labels_the_posts_that_it_brought_and_those_whose_text_it_changed(
    worded: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(worded, tmp_path / "a.store"))
    heads.fit_label(store, "kind", describe={"promo": "discount buy now", "news": "breaking news"})
    heads.label_posts(store, "kind")
    came = [
        post(n, content=f"breaking news from the parliament {n}", username=f"u{n % 7}", company="c")
        for n in (0, 80, 81)  # the first one was a discount before
    ]
    file = _write(tmp_path / "posts.csv", ",".join(came[0]), [row.values() for row in came])
    arguments = ["build", str(store), str(file), "--space", "words=hash", "--images", "none"]
    result = CliRunner().invoke(program, arguments)
    assert "2 posts labelled by kind" in result.stderr, result.output
    found = rows(store, "SELECT label, text FROM labels JOIN posts USING (post_id)")
    assert len(found) == 82
    assert all(("news" in text) == (label == "news") for label, text in found)
    (store / "runs" / rows(store, "SELECT any_value(run_id) FROM labels")[0][0]).rename(
        tmp_path / "gone"
    )
    came[0] |= {"content": "buy now, a discount"}
    _write(tmp_path / "posts.csv", ",".join(came[0]), [row.values() for row in came])
    result = CliRunner().invoke(program, arguments)
    assert result.exit_code == 0
    assert "no post was labelled: the files of run" in result.stderr, result.output


def test_texts_that_no_post_has_are_examples_too(worded: Path, tmp_path: Path) -> None:
    lines = [(f"buy now discount {n}", "promo") for n in range(5)]
    lines += [(f"news of parliament {n}", "news") for n in range(5)]
    heads.fit_label(worded, "texts", examples=[_write(tmp_path / "t.csv", "text,label", lines)])
    heads.label_posts(worded, "texts")
    found = rows(worded, "SELECT label, text FROM labels JOIN posts USING (post_id)"
                         " WHERE name = 'texts'")  # fmt: skip
    assert np.mean([("news" in text) == (label == "news") for label, text in found]) > 0.9


def test_a_column_of_classes_and_one_of_numbers_become_heads(store: Path) -> None:
    made_store.change(
        store,
        "UPDATE posts SET lang = CASE WHEN post_id <= 150 THEN 'l' || (post_id % 6) END,"
        " extra = CASE WHEN post_id <= 200 THEN json_object('sc', 10 * (post_id % 6)"
        " + post_id / 1000.0) END",
    )
    lang = heads.fit_column(store, "lang")
    assert lang.metrics["accuracy"][0] > 0.9
    score = heads.fit_column(store, "extra.sc")
    assert score.metrics["r2"][0] > 0.7
    assert score.metrics["examples"] == 200
    found = heads.predict_column(store, "extra.sc").to_pylist()
    assert len(found) == POSTS
    inside = [
        row["low"] <= 10 * (row["post_id"] % 6) + row["post_id"] / 1000 <= row["high"]
        for row in found
    ]
    assert 0.8 < np.mean(inside) < 1
    told = heads.predict_column(store, "lang").to_pylist()
    assert np.mean([row["label"] == f"l{row['post_id'] % 6}" for row in told]) > 0.9


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nothing", "no column 'nothing'"),
        ("spaces.space", "beside a post_id"),
        ("likes; DROP TABLE posts", "can't be the name of a column"),
        ("extra.x", "has a value"),
        ("text", "different values"),
        ("source", "needs two"),
    ],
)
def test_a_column_that_cannot_be_learned_is_named(store: Path, name: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        heads.fit_column(store, name)


def _invoke(which: Any, *arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(which, list(map(str, arguments)))
    assert result.exit_code == code, result.output
    return result


def test_the_commands_train_label_and_suggest(store: Path, tmp_path: Path) -> None:
    file = _examples(tmp_path / "a.csv")
    result = _invoke(program, "label", store, "kind", "--examples", file, "--format", "json")
    assert {row["label"] for row in json.loads(result.stdout)} == {"near", "far"}
    assert "accuracy" in result.stderr
    assert "95% intervals by" in result.stderr
    suggested = _invoke(program, "label", store, "kind", "--suggest", 5, "--format", "csv").stdout
    assert len(list(csv.DictReader(io.StringIO(suggested)))) == 5
    rated = "SELECT post_id, post_id < 40 AS good FROM posts WHERE post_id < 80"
    made_store.change(store, f"CREATE TABLE ratings AS {rated}")
    _invoke(heads_program, "fit", "column", store, "ratings.good")
    predicted = _invoke(
        heads_program, "predict", "column", store, "ratings.good", "--format", "csv"
    )
    assert predicted.stdout.startswith("post_id,source,id,label,probability")
    wrong = _invoke(program, "label", store, "kind", "--describe", "promo", code=2)
    assert "CLASS=TEXT" in wrong.output
