"""Text of other people never reaches the terminal as a command to it."""

from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore
from embedstore.cli.output import print_rows
from embedstore.cli.terminal import visible
from hypothesis import given
from hypothesis import strategies as st
from support import WriteCsv, build, post

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \u202eevil\u2066 \x9b2J"
DIRECTION = {*map(chr, [0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)])}


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = visible(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    assert not set(shown) & DIRECTION


@given(st.text(st.characters(whitelist_categories=["L", "N", "P", "S"])))
def test_ordinary_text_and_emoji_stay(text: str) -> None:
    assert visible(text) == text


def test_tables_show_escape_sequences_and_json_keeps_them(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1, content=HOSTILE, username=HOSTILE)]))
    query = "SELECT text, username FROM posts"
    table = CliRunner().invoke(embedstore, ["sql", str(tmp_path / "s"), query])
    assert "\x1b" not in table.output
    assert "\u202e" not in table.output
    assert "␛[31mred" in table.output
    rows = CliRunner().invoke(embedstore, ["sql", str(tmp_path / "s"), query, "--format", "csv"])
    assert "\x1b[31mred" in rows.output


def test_a_header_is_text_and_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(pa.table({"[/x]": ["[red]a"], "\x1b[0m": ["b"]}), "table", title="[b]title")
    shown = capsys.readouterr().out
    assert "[/x]" in shown
    assert "[red]a" in shown
    assert "[b]title" in shown
    assert "\x1b" not in shown


def test_an_error_message_shows_what_a_user_wrote_without_obeying_it(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1)]))
    result = CliRunner().invoke(
        embedstore, ["similar", str(tmp_path / "s"), "--text", "x", "--where", "\x1b[2J = 1"]
    )
    assert result.exit_code == 1
    assert "\x1b" not in result.output
