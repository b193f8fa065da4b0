"""ZIP archives and folders: which of their files are read."""

import gzip
import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from tables import cells, read, write
from workbooks import workbook

import embedstore
from embedstore.errors import InputError
from embedstore.reading.formats import open_table

CSV = "id,text\n1,a\n"


def zipped(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def test_the_one_file_of_posts_in_an_archive_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "export/": "",
        "export/posts.csv": CSV,
        "export/photo.jpg": b"\xff\xd8\xff",
        "__MACOSX/export/._posts.csv": b"\0\5\26\7",
        ".DS_Store": b"x",
    }
    path = zipped(tmp_path / "a.zip", files)
    with open_table(path) as table:
        assert (table.name, table.format) == (f"{path}, export/posts.csv", "zipped CSV")
        assert cells(list(table.rows)) == [["1", "a"]]
        assert table.fraction() == 1.0


def test_a_member_without_a_name_is_none(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"posts.csv": CSV, "q": "nothing"})
    data = path.read_bytes()
    entry = data.rindex(b"PK\x01\x02")
    # The length of the last name is 0, and its letter belongs to what follows it.
    path.write_bytes(data[: entry + 28] + b"\0\0\1\0" + data[entry + 32 :])
    with open_table(path) as table:
        assert cells(list(table.rows)) == [["1", "a"]]


def test_an_archive_may_hold_any_format(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", [["id", "text"], ["1", "a"]]).read_bytes()
    database = {"a.xlsx": book, "a.jsonl.gz": gzip.compress(b'{"id": "1", "text": "a"}')}
    for name, content in database.items():
        path = zipped(tmp_path / "b.zip", {name: content})
        assert cells(read(path)) == [["1", "a"]]
        deeper = zipped(tmp_path / "c.zip", {"b.zip": path.read_bytes()})
        assert cells(read(deeper)) == [["1", "a"]]


def test_archives_in_archives_end(tmp_path: Path) -> None:
    path = zipped(tmp_path / "0.zip", {"a.csv": CSV})
    for depth in range(1, 5):
        path = zipped(tmp_path / f"{depth}.zip", {"a.zip": path.read_bytes()})
    with pytest.raises(InputError, match="an archive in an archive in an archive"):
        read(path)


def test_several_files_are_named_and_chosen_with_sheet(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip", {"x/jan.csv": CSV, "x/feb.csv": "id,text\n2,b\n", "r.pdf": ""}
    )
    with pytest.raises(InputError, match=r"holds 2 files .* --sheet.*x/jan\.csv, x/feb\.csv"):
        read(path)
    assert cells(read(path, sheet="feb.csv")) == [["2", "b"]]
    assert cells(read(path, sheet="x/jan.csv")) == [["1", "a"]]
    assert cells(read(path, sheet="*.csv")) == [["1", "a"], ["2", "b"]]


def account(posts: int) -> dict[str, str | bytes]:
    def part(name: str, texts: list[str]) -> str:
        at = "Wed Jul 01 12:00:00 +0000 2020"
        tweets = [
            {"tweet": {"id_str": text, "full_text": text, "created_at": at}} for text in texts
        ]
        return f"window.YTD.{name}.part0 = {json.dumps(tweets, indent=1)}"

    return {
        "Your archive.html": "<html></html>",
        "data/account.js": "window.YTD.account.part0 = [ {} ]",
        "data/like.js": part("like", ["liked"]),
        "data/note-tweet.js": "window.YTD.note_tweet.part0 = [ ]",
        "data/tweets.js": part("tweets", [str(number) for number in range(posts)]),
    }


def test_an_accounts_own_archive_is_read_from_zip_and_folder(tmp_path: Path) -> None:
    files = account(30)
    path = zipped(tmp_path / "twitter.zip", files)
    folder = tmp_path / "twitter"
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write(file, content)
    for source in (path, folder):
        rows = read(source)
        assert [row.cells["full_text"] for row in rows] == [str(n) for n in range(30)]  # type: ignore[union-attr]
        store = tmp_path / f"of{source.suffix}.store"
        report = embedstore.build(store, source, space=["words=hash"], images="none")
        assert report.posts.new == 30


@pytest.mark.parametrize("files", [{}, {"a.pdf": b"x", "b.pdf": b"y"}])
def test_an_archive_without_posts_is_an_error(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(InputError, match="has none that could be one"):
        read(zipped(tmp_path / "a.zip", dict(files)))


def test_a_damaged_archive_is_an_error(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "a.zip", {"a.csv": "id,text\n" + "1,a\n" * 50_000}).read_bytes()
    for content in (whole[:200], whole[:100] + b"\xff" * 50 + whole[150:]):
        with pytest.raises(InputError, match=r"can't be read"):
            read(write(tmp_path / "b.zip", content))


def test_an_archive_of_one_endless_line_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
        out.open("a.csv", "w", force_zip64=True) as file,
    ):
        file.write(b"id,text\n1,a\n2,")
        for _ in range(40):
            file.write(b"y" * (1 << 22))
        file.write(b"\n3,b\n")
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    rows = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cells(rows) == [["1", "a"], ["3", "b"]]
    assert len(rows) == 3
    assert peak < 50_000_000
