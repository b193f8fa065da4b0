"""Drafts in the order of the likes they would get."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from embedstore.cli.heads import heads as command

import embedstore
from embedstore.errors import InputError
from heads.data.posts import load_posts
from heads.likes.rank import rank_likes
from heads.runs import Run


def test_drafts_are_ranked_with_the_chance_that_one_beats_the_next(
    store_path: Path, run: Run
) -> None:
    store = embedstore.open(store_path)
    account = load_posts(store).table["username"][0].as_py()
    drafts = ["we are hiring", "", "who wants free coffee?", "we are hiring"]
    rows = rank_likes(
        store, drafts, username=account, date=datetime(2023, 1, 1), run=run.run_id
    ).to_pylist()
    assert sorted(row["draft"] for row in rows) == [1, 3, 4]
    assert [row["likes"] for row in rows] == sorted((row["likes"] for row in rows), reverse=True)
    assert rows[-1]["beats_next"] is None
    assert all(0.5 <= row["beats_next"] <= 1 for row in rows[:-1])
    same = {row["draft"]: row["likes"] for row in rows}
    assert same[1] == same[4]


def test_an_account_without_posts_is_questioned_and_near_names_are_given(
    store_path: Path, run: Run
) -> None:
    account = load_posts(embedstore.open(store_path)).table["username"][0].as_py()
    ask = {"date": datetime(2023, 1, 1), "run": run.run_id}
    with pytest.raises(InputError, match=rf"no posts of {account}n: did you mean .*{account}"):
        rank_likes(store_path, ["good news"], username=f"{account}n", **ask)
    with pytest.raises(InputError, match="no posts of zzzzzzzz; --new-account"):
        rank_likes(store_path, ["good news"], username="zzzzzzzz", **ask)
    rows = rank_likes(store_path, ["good news"], username="zzzzzzzz", new_account=True, **ask)
    assert rows.num_rows == 1


def test_drafts_of_several_lines_and_a_date_before_all_posts(
    store_path: Path, run: Run, tmp_path: Path
) -> None:
    account = load_posts(embedstore.open(store_path)).table["username"][0].as_py()
    file = tmp_path / "drafts.txt"
    file.write_text("\nwe are hiring\njoin us\n\n \nwho wants free coffee?\n")
    arguments = ["rank", str(store_path), str(file), "--username", account, "--run", run.run_id]
    done = CliRunner().invoke(command, [*arguments, "--date", "1999-01-01", "--paragraphs"])
    assert done.exit_code == 0, done.output
    assert "1999-01-01 is before the store's first post" in done.stderr
    assert "we are hiring join us" in done.stdout
    assert done.stdout.splitlines()[0].split() == [
        *("rank", "draft", "likes", "low", "high", "best", "against_next", "unlike", "text")
    ]


@pytest.mark.parametrize("date", ["", "soon"])
def test_a_draft_of_a_table_without_a_time_is_named_with_the_remedy(
    store_path: Path, tmp_path: Path, date: str
) -> None:
    file = tmp_path / "drafts.csv"
    file.write_text(f"text,date\nfirst,2023-01-02 09:00\nsecond,{date}\n")
    with pytest.raises(InputError, match=r"draft 2 has no date.*--date"):
        rank_likes(store_path, file, username="Kettlewick")


def test_drafts_of_a_table_have_a_time_each_and_one_time_replaces_them(
    store_path: Path, run: Run, tmp_path: Path
) -> None:
    account = load_posts(embedstore.open(store_path)).table["username"][0].as_py()
    file = tmp_path / "drafts.csv"
    file.write_text(
        "text,date\n"
        '"we are hiring,\njoin us",2023-01-02 09:00\n'
        "who wants free coffee?,2023-01-03 18:00\n"
        "who wants free coffee?,2023-01-03 18:00\n"
    )
    ask = {"username": account, "run": run.run_id}
    own = {row["draft"]: row for row in rank_likes(store_path, file, **ask).to_pylist()}
    assert own[1]["text"] == "we are hiring,\njoin us"
    assert own[2]["likes"] == own[3]["likes"]
    for draft, moment in ((1, datetime(2023, 1, 2, 9)), (2, datetime(2023, 1, 3, 18))):
        [alone] = rank_likes(store_path, [own[draft]["text"]], date=moment, **ask).to_pylist()
        assert own[draft]["likes"] == pytest.approx(alone["likes"], rel=1e-4)
    moved = rank_likes(store_path, file, date=datetime(2023, 1, 3, 18), **ask).to_pylist()
    at_one_time = rank_likes(
        store_path, [own[n]["text"] for n in (1, 2, 3)], date=datetime(2023, 1, 3, 18), **ask
    ).to_pylist()
    assert [row["draft"] for row in moved] == [row["draft"] for row in at_one_time]
    likes = [row["likes"] for row in at_one_time]
    assert [row["likes"] for row in moved] == pytest.approx(likes, rel=1e-4)
    with pytest.raises(InputError, match="say when the drafts would be posted"):
        rank_likes(store_path, ["good news"], **ask)
    # A head that looks at no pictures says so, whichever draft has one.
    file.write_text("text,date,image\nhello,2023-01-02,cup.jpg\n")
    with pytest.raises(InputError, match="doesn't look at pictures"):
        rank_likes(store_path, file, **ask)
