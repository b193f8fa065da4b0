"""Tables of accounts: what is taken of them, and what is refused."""

from pathlib import Path

import pytest

from embedstore.errors import InputError
from heads.data.features import read_profile


def _file(folder: Path, *lines: str) -> Path:
    file = folder / "accounts.csv"
    file.write_text("\n".join(lines))
    return file


def test_facts_are_the_columns_of_numbers_by_folded_name(tmp_path: Path) -> None:
    file = _file(tmp_path, "username,followers,since", "@CNN,5,old", "x,,2")
    assert read_profile(file, "likes") == {"cnn": {"followers": 5}, "x": {"since": 2}}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["username,followers", "cnn,1", "@CNN,2"], "row 3: the account '@CNN' is there twice"),
        (["username,followers,likes", "cnn,1,2"], "has the column 'likes', which is what"),
        (["username,Like Count", "cnn,1"], "has the column 'Like Count', which is what"),
        (["name,followers", "cnn,1"], "no column `username`"),
        (["username", "cnn"], "no numbers"),
    ],
)
def test_what_is_no_table_of_accounts_is_refused(
    lines: list[str], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=reason):
        read_profile(_file(tmp_path, *lines), "likes")


def test_the_target_in_extra_is_no_fact_either(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'Saves'"):
        read_profile(_file(tmp_path, "username,Saves", "cnn,1"), "extra.saves")
