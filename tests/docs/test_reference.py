"""The generated pages of the reference have everything, and the site builds without a warning."""

import os
import re
import subprocess
import sys
from pathlib import Path

import examples
import pytest
from embedstore.cli.running import RunningOption
from support import WriteCsv, build, post, rows

pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")

sys.path.insert(0, str(examples.ROOT / "docs"))

import reference_pages as pages


def test_every_command_has_a_section_with_all_its_options() -> None:
    page = pages.commands_page()
    found = list(pages.commands())
    assert len(found) >= 21
    for path, command in found:
        section = page.partition(f"\n## {path}\n")[2].partition("\n## ")[0]
        assert section
        for param in command.params:
            place = section if not isinstance(param, RunningOption) else page.partition("\n## ")[0]
            assert all(name in place for name in param.opts if name.startswith("-"))


def test_examples_of_a_commands_help_are_code_and_no_control_character_is_left() -> None:
    page = pages.commands_page()
    assert "\b" not in page
    example = "embedstore build tweets.store train.csv"
    assert page.partition(example)[0].rpartition("\n\n")[2].startswith("```text")


def test_the_page_of_the_schema_has_every_table_and_column_of_a_store(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    store = tmp_path / "a.store"
    build(store, write_csv([post(1)]))
    page = pages.schema_page()
    columns = rows(store, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
    assert len(columns) > 80
    for table, column in columns:
        section = page.partition(f"\n### {table}\n")[2].partition("\n### ")[0]
        assert f"\n| `{column}` |" in section, (table, column)
    for (macro,) in rows(store, "SELECT function_name FROM duckdb_functions() WHERE NOT internal"):
        assert f"\n| `{macro}(" in page


def test_comments_of_the_sql_files_stand_beside_their_columns() -> None:
    text = (
        "-- Of the whole file.\n\n"
        "-- What a\n-- table is.\nCREATE TABLE a (\n"
        "    one VARCHAR NOT NULL,          -- first, in\n"
        "                                   -- two lines\n"
        "    two JSON\n);\n"
        "-- Nothing of the kind.\nINSERT INTO a VALUES (1, 2);\n"
        "CREATE TABLE b (three BIGINT NOT NULL);\n"
        "ALTER TABLE a ADD COLUMN four INTEGER; -- came later\n"
    )
    found = pages.described(text)
    assert found["a"].about == "What a table is."
    assert found["a"].columns == {"one": "first, in two lines", "two": "", "four": "came later"}
    assert found["b"] == pages.Described()


def test_the_files_that_the_architecture_names_are_there() -> None:
    text = (examples.ROOT / "docs" / "architecture.md").read_text()
    found = set(re.findall(r"`([\w/]+\.py|[\w/]+/\w+\.sql|[\w/]+/)`", text))
    assert len(found) > 40
    tops = ("benchmarks", "cli", "deploy", "docs", "embedstore", "heads", "sql", "tests")
    there = [
        f"/{entry.relative_to(examples.ROOT).as_posix()}" + ("/" if entry.is_dir() else "")
        for top in tops
        for entry in (examples.ROOT / top, *(examples.ROOT / top).rglob("*"))
    ]
    missing = [name for name in found if not any(each.endswith(f"/{name}") for each in there)]
    assert missing == []


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=examples.ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = (tmp_path / "site" / "index.html").read_text()
    assert 'src="http' not in loaded
    assert 'rel="stylesheet" href="http' not in loaded
