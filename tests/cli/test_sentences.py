"""What a command says when there is nothing to do, or nothing was named."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.main import embedstore as command
from made_store import clustered, declare, make
from support import WriteCsv, build_once, post

import embedstore
from embedstore.errors import QueryError
from embedstore.storage import database


def run(*arguments: object, **options: Any) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], **options)


@pytest.fixture(autouse=True)
def _no_default_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBEDSTORE", raising=False)


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> Path:
    build_once(tmp_path / "s", write_csv([post(n) for n in range(3)]))
    return tmp_path / "s"


@pytest.fixture
def empty(tmp_path: Path, write_csv: WriteCsv) -> Path:
    build_once(tmp_path / "empty", write_csv([]))
    return tmp_path / "empty"


@pytest.mark.parametrize("name", ["info", "check", "tokens"])
def test_without_a_store_both_ways_to_name_one_are_said(name: str) -> None:
    done = run(name)
    assert done.exit_code == 2
    assert "Missing argument 'STORE'" in done.output
    assert "EMBEDSTORE" in done.output


def test_a_filter_that_no_post_passes_is_said_with_near_values(store: Path) -> None:
    query = ["similar", store, "--text", "coffee", "--where"]
    done = run(*query, "likes < 0")
    assert done.exit_code == 0
    assert done.stderr == "nothing was found: no post passes the filter 'likes < 0'\n"
    done = run(*query, "username = 'rostery'")
    assert "no username is 'rostery': did you mean 'roastery'?" in done.stderr
    done = run("similar", store, "--text", "coffee", "--before", "1990-01-01")
    assert done.stderr == "nothing was found: no post is before 1990-01-01 00:00:00\n"


def test_the_removal_of_nobody_is_said_and_is_a_failure(store: Path) -> None:
    done = run("remove", store, "--where", "likes < 0")
    assert done.exit_code == 1
    assert "nothing was removed: no post passes the filter 'likes < 0'" in done.output


def test_without_an_answer_a_removal_names_yes_and_removes_nothing(store: Path) -> None:
    done = run("remove", store, "--where", "id = '1'")
    assert done.exit_code == 1
    assert "Delete 1 post from" in done.output
    assert "without a terminal, add --yes" in done.output
    assert embedstore.open(store).sql("FROM posts").num_rows == 3
    assert run("remove", store, "--where", "id = '1'", input="n\n").exit_code == 1
    assert embedstore.open(store).sql("FROM posts").num_rows == 3
    done = run("remove", store, "--where", "id = '1'", input="y\n")
    assert (done.exit_code, done.stdout) == (0, "1 post and 1 text or picture of theirs removed\n")


def test_a_store_without_posts_says_how_to_get_some(empty: Path) -> None:
    for arguments in (["similar", empty, "--text", "x"], ["similar", empty, "--post", "1"]):
        done = run(*arguments)
        assert done.exit_code == 1
        assert f"run `embedstore build {empty} POSTS...`, the store has no posts" in done.output
    assert run("info", empty).output.startswith(f"no posts yet: embedstore build {empty} POSTS")


def test_a_file_without_rows_is_a_failure_that_names_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    file = write_csv([], "header.csv")
    done = run("build", tmp_path / "new", file, "--space", "words=hash", "--images", "none")
    assert done.exit_code == 1
    assert f"no post was stored: there are no rows in {file}" in done.output
    assert "nothing to encode" not in done.output


def test_one_is_singular(tmp_path: Path, write_csv: WriteCsv) -> None:
    rows = [post(1), post(2), post(3) | {"id": ""}]
    options = ["--space", "words=hash", "--images", "none"]
    done = run("build", tmp_path / "s", write_csv(rows), *options)
    assert "1 failure is on record" in done.output
    assert "2 new posts, 0 updated" in done.output


def test_pictures_from_files_are_not_called_fetched(
    tmp_path: Path, write_csv: WriteCsv, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    media = "[Photo(url='red.png')]"
    file = write_csv([post(1, media=media), post(2, media="[Photo(url='none.png')]")])
    done = run("build", tmp_path / "s", file, "--space", "words=hash", "--images", "local")
    assert done.exit_code == 0, done.output
    assert "1 picture read from files, 1 failed" in done.output


def test_images_where_there_are_none_are_said(store: Path) -> None:
    done = run("similar", store, "--text", "x", "--in", "images")
    assert done.exit_code == 1
    assert "has no space of images: it has words. An encoder of images makes one" in done.output


def test_a_space_of_images_without_any_says_where_they_are(tmp_path: Path) -> None:
    make(tmp_path / "s", clustered(3))
    with database.transaction(tmp_path / "s") as connection:
        declare(connection, "looks", None, texts=False, images=True)
    with pytest.raises(QueryError, match=r"nothing was .*: no post names a picture \(--map"):
        embedstore.open(tmp_path / "s").similar(text="x", among="images")


def test_tables_end_in_no_blanks(store: Path) -> None:
    for arguments in (["info", store], ["sql", store, "SELECT id, text FROM posts"]):
        lines = run(*arguments).output.splitlines()
        assert len(lines) > 3
        assert [line for line in lines if line != line.rstrip()] == []


def test_dir_lists_the_public_names_only() -> None:
    assert dir(embedstore) == sorted([*embedstore.__all__, "encoders", "errors"])
