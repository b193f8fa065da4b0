"""Delimited text to rows."""

import csv
import gzip
import io
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tables import cells, problems, read, write

from embedstore.errors import InputError
from embedstore.reading.formats import open_table, records
from embedstore.reading.formats.delimited import sniff
from embedstore.reading.formats.header import HEADER_LIMIT, column_names, is_header
from embedstore.reading.formats.records import Dialect
from embedstore.reading.formats.text import RECORD_LIMIT
from embedstore.reading.options import ReadOptions
from embedstore.reading.rows import Row


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_delimiters_are_sniffed(tmp_path: Path, delimiter: str, quoting: int) -> None:
    records = [["id", "text"]] + [[str(n), f"a, b; c\td | {n}\n“é” 🚨"] for n in range(20)]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(records)  # type: ignore[arg-type]
    assert cells(read(write(tmp_path / "a.csv", text.getvalue()))) == records[1:]


def test_commas_in_a_header_do_not_hide_the_delimiter(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id;company, guessed;text\n1;a;b\n2;c;d, e\n"))
    assert cells(rows) == [["1", "a", "b"], ["2", "c", "d, e"]]


def test_backslashes_before_quotation_marks_are_understood(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", 'id,text\n1,"she said \\"hi, you\\""\n2,"a, b"\n'))
    assert cells(rows) == [["1", 'she said "hi, you"'], ["2", "a, b"]]


def test_apostrophes_may_stand_for_quotation_marks(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text\n1,'a, b'\n2,'it''s, well\nhere'\n"))
    assert cells(rows) == [["1", "a, b"], ["2", "it's, well\nhere"]]


def test_apostrophes_that_begin_a_text_are_text(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text\n1,'twas\n2,\"'tis, too\"\n"))
    assert cells(rows) == [["1", "'twas"], ["2", "'tis, too"]]


def test_quotation_marks_are_text_in_a_tsv_that_does_not_quote(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.tsv", 'id\ttext\n1\t"so it begins\n2\t"yes" she said\n'))
    assert cells(rows) == [["1", '"so it begins'], ["2", '"yes" she said']]


def test_a_quoted_record_over_the_end_of_the_sniffed_sample_is_one_record(tmp_path: Path) -> None:
    long = "x\n" * 100_000
    text = f'id,text\n1,a\n2,"{long}"\n3,b\n'
    assert cells(read(write(tmp_path / "a.csv", text))) == [["1", "a"], ["2", long], ["3", "b"]]


def test_sniffing_nothing_gives_the_standard_dialect() -> None:
    assert sniff([]) == sniff(["text\n", "hello\n"]) == Dialect(",", '"', None)


def test_lines_are_counted_physically_and_raw_rows_are_kept(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", '\nid,text\r\n\r\n1,"a\r\nb"\r\n  \n2,c'))
    assert rows == [
        Row(4, {"id": "1", "text": "a\r\nb"}, '1,"a\r\nb"'),
        Row(7, {"id": "2", "text": "c"}, "2,c"),
    ]


def test_old_mac_line_ends_are_understood(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text\r1,a\r2,b\r"))
    assert [(row.line, row.raw) for row in rows] == [(2, "1,a"), (3, "2,b")]


def test_rows_of_empty_cells_are_blank(tmp_path: Path) -> None:
    assert cells(read(write(tmp_path / "a.csv", "id,text\n,\n1,a\n,\n,\n"))) == [["1", "a"]]


def test_a_wrong_number_of_columns_is_reported_with_both_numbers(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text\n1,a\n2\n3,b,c\n4,d\n"))
    assert problems(rows) == [
        (3, "1 columns where the header has 2"),
        (4, "3 columns where the header has 2"),
    ]
    assert cells(rows) == [["1", "a"], ["4", "d"]]


@pytest.mark.parametrize("tail", ["", "\n5,e", '\n5,"e, f"\n', '\n5,"e""\n', '\n5,"e"\n6,"f\n'])
def test_an_unclosed_quote_costs_its_own_line_only(tmp_path: Path, tail: str) -> None:
    rows = read(write(tmp_path / "a.csv", f'id,text\n1,a\n2,"b\n3,c\n4,d{tail}'))
    assert cells(rows)[:3] == [["1", "a"], ["3", "c"], ["4", "d"]]
    assert problems(rows)[0][0] == 3
    assert "quotation mark" in problems(rows)[0][1]
    assert rows[1].raw == '2,"b'
    assert len(rows) == 4 + sum(bool(line) for line in tail.split("\n"))


def test_an_unclosed_quote_does_not_swallow_a_large_file(tmp_path: Path) -> None:
    lines = [f"{number},{'x' * 200}" for number in range(12_000)]
    lines[10] = '10,"unclosed'
    path = write(tmp_path / "a.csv", "id,text\n" + "\n".join(lines))
    assert path.stat().st_size > 2 * RECORD_LIMIT
    rows = read(path)
    assert len(cells(rows)) == 11_999
    assert [line for line, _ in problems(rows)] == [12]


def test_unclosed_quotes_everywhere_cost_neither_time_nor_good_rows(tmp_path: Path) -> None:
    bad, long = 'x",y,"z\n' * 1_000, "so " * 5_000 + "\n"
    text = f'id,text\n{bad}1,"{long}"\n2,b\n'
    rows = read(write(tmp_path / "a.csv", text))
    assert cells(rows) == [["1", long], ["2", "b"]]
    assert len(problems(rows)) == 1_000


def test_text_after_a_closing_quote_is_read_as_it_is_meant(tmp_path: Path) -> None:
    text = 'id,text\n1,"Great, really" she said\n2,"a"\n3,"b, c"\n'
    assert cells(read(write(tmp_path / "a.csv", text)))[0] == ["1", "Great, really she said"]


def test_a_quoted_record_of_the_wrong_width_costs_its_first_line_only(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", 'id,text\n1,"a\n2,b\n",x\n3,c\n'))
    assert cells(rows) == [["2", "b"], ["3", "c"]]
    assert problems(rows)[0] == (
        2,
        "3 columns where the header has 2; a quotation mark may be missing",
    )


def test_a_line_without_end_is_refused_not_held(tmp_path: Path) -> None:
    huge = "y" * (3 * RECORD_LIMIT)
    rows = read(write(tmp_path / "a.csv", f"id,text\n1,a\n2,{huge}\n3,b\n"))
    assert cells(rows) == [["1", "a"], ["3", "b"]]
    assert problems(rows) == [(3, f"longer than {RECORD_LIMIT:,} characters")]
    assert len(rows[1].raw) <= RECORD_LIMIT + 1


def test_bytes_of_another_encoding_are_refused_and_escaped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"id,text\n1,caf\xe9 \xf0\x9f\x9a\xa8\n2,tea\n")
    rows = read(path)
    assert problems(rows) == [(2, "bytes that are not utf-8: name the file's own with --encoding")]
    assert rows[0].raw == "1,caf\\xe9 🚨"
    assert cells(rows) == [["2", "tea"]]
    assert cells(read(path, encoding="latin-1"))[0] == ["1", "caf\xe9 \xf0\x9f\x9a\xa8"]


def test_a_header_of_another_encoding_is_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"header of .* not utf-8: .* with --encoding"):
        read(write(tmp_path / "a.csv", b"id,text,gr\xf6\xdfe\n1,a,b\n"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "shift_jis"])
def test_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    word = {"cp1252": "é€", "shift_jis": "日本"}.get(encoding, "é日🚨")
    path = write(tmp_path / "a.csv", f"id,text\n1,{word}\n".encode(encoding))
    assert cells(read(path, encoding=encoding)) == [["1", word]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_tell_the_encoding_and_are_no_text(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "id,text\n1,é\n".encode(encoding))
    assert read(path) == [Row(2, {"id": "1", "text": "é"}, "1,é")]


def test_broken_utf16_is_refused_row_by_row(tmp_path: Path) -> None:
    whole = "id,text\n1,a\n".encode("utf-16-le")
    rows = read(write(tmp_path / "a.csv", whole + b"2\0,\0\0\xd8\n\0" + b"3"), encoding="utf-16-le")
    assert cells(rows) == [["1", "a"]]
    assert len(problems(rows)) == 2


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_an_unknown_encoding_is_an_error(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(InputError, match=f'--encoding "{encoding}" is no text encoding'):
        read(write(tmp_path / "a.csv", "id,text\n"), encoding=encoding)


def test_gzip_is_decompressed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"id,text\n1,a\n"))
    assert cells(read(path)) == [["1", "a"]]
    path = write(tmp_path / "A.JSONL.GZ", gzip.compress(b'{"id": 1}\n'))
    assert cells(read(path)) == [[1]]


def test_a_gzip_file_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    body = "".join(f"{number},{number**7}\n" for number in range(50_000))
    whole = gzip.compress(f"id,text\n{body}".encode())
    with pytest.raises(InputError, match=r"can't be read past line \d+: Compressed file ended"):
        read(write(tmp_path / "a.csv.gz", whole[: len(whole) // 2]))


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_an_empty_file_is_an_error(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(InputError, match="is empty"):
        read(write(tmp_path / name, content))


def test_a_header_without_rows_gives_none(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", "id,text\n")) == []


def test_the_fraction_grows_with_what_was_read(tmp_path: Path) -> None:
    lines = "".join(f"{number},{'x' * 100}\n" for number in range(20_000))
    with open_table(write(tmp_path / "a.csv", f"id,text\n{lines}")) as table:
        fractions = [table.fraction() for _ in table.rows]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < 0.2
    assert fractions[-1] == 1.0


@given(
    st.lists(st.lists(st.text(), min_size=3, max_size=3).filter(any), max_size=8),
    st.sampled_from([(",", '"'), (";", '"'), ("\t", '"'), ("|", '"')]),
)
def test_whatever_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]], form: tuple[str, str]
) -> None:
    # Column names of a post's fields are no post: as a second row, they go on with the header.
    assume(not any(is_header(record) for record in records))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=form[0], quotechar=form[1], quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "text", "extra"], *records])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    assert cells(read(write(path, text.getvalue()))) == records


def test_a_first_line_that_names_the_separator_is_no_header(tmp_path: Path) -> None:
    for first in ("sep=;", '"sep=;"', "SEP=;"):
        rows = read(write(tmp_path / "a.csv", f"{first}\r\nid;text\r\n1;a, b, c\r\n2;d\r\n"))
        assert [(row.line, row.raw) for row in rows] == [(3, "1;a, b, c"), (4, "2;d")]


@pytest.mark.parametrize(
    "above",
    [
        "Report of Made Up, Inc.\nFrom,2024-01-01,to,2024-02-01\n\n",
        '"Overall, all posts"\n',
        "Post,,Metrics,\n",
        "What was posted,When,How often liked,Where\n",
    ],
)
def test_titles_above_the_header_are_passed_over(tmp_path: Path, above: str) -> None:
    text = f"{above}Post ID,Date,Likes,Caption\n1,2024-01-01,5,a\n2,2024-01-02,6,b\n"
    with open_table(write(tmp_path / "a.csv", text)) as table:
        assert table.columns == ["Post ID", "Date", "Likes", "Caption"]
        rows = list(table.rows)
    assert cells(rows) == [["1", "2024-01-01", "5", "a"], ["2", "2024-01-02", "6", "b"]]
    assert rows[0].line == above.count("\n") + 2


def test_posts_above_what_looks_like_a_header_are_not_lost(tmp_path: Path) -> None:
    text = "x,y\n1,a\n2,b\n3,c\n4,text\nid,text\n5,d\n"
    with open_table(write(tmp_path / "a.csv", text)) as table:
        assert table.columns == ["x", "y"]
        assert len(list(table.rows)) == 6


def test_a_header_in_two_languages_is_one(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "Post ID,Caption\nid,text\n1,a\n"))
    assert [(row.line, row.raw) for row in rows] == [(3, "1,a")]


def test_a_header_that_comes_again_is_no_post(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text\n1,a\nid,text\n2,b\n"))
    assert cells(rows) == [["1", "a"], ["2", "b"]]
    assert problems(rows) == [(3, "the header again")]


def test_lines_are_skipped_when_told_to(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b\nc,d\nid,text\n1,x\n")
    assert [(row.line, row.raw) for row in read(path, skip_rows=2)] == [(4, "1,x")]


NO_HEADER = (
    '"1700000000000000001","Mon Jun 10 16:44:22 +0000 2013","first, one"\n2,later,"second"\n'
)


def test_a_first_post_in_the_place_of_a_header_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", NO_HEADER)
    with pytest.raises(InputError, match=r"its first row looks like a post .* --no-header --col"):
        read(path)
    rows = read(path, header=False, columns=("id", "date", "text"))
    assert [row.cells["text"] for row in rows if isinstance(row, Row)] == ["first, one", "second"]
    with open_table(path, ReadOptions(header=False)) as table:
        assert table.columns == ["column 1", "column 2", "column 3"]
    with open_table(path, ReadOptions(header=False, columns=("id",))) as table:
        assert table.columns == ["id", "column 2", "column 3"]
    with pytest.raises(InputError, match=r"has 3 columns, and --columns names 4: a, b, c, d"):
        read(path, header=False, columns=tuple("abcd"))


def test_names_that_are_given_stand_for_those_of_the_header(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "a,b\n1,x\n"), columns=("id", "text"))
    assert [row.cells for row in rows if isinstance(row, Row)] == [{"id": "1", "text": "x"}]


def test_cells_that_are_empty_beyond_the_header_do_not_count(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text,,\n1,a,,,,,\n2,b\n3,c,x,\n4,d,,,,x\n"))
    assert [row.cells for row in rows if isinstance(row, Row)] == [
        {"id": "1", "text": "a", "column 3": "", "column 4": ""},
        {"id": "2", "text": "b"},
        {"id": "3", "text": "c", "column 3": "x", "column 4": ""},
    ]
    assert problems(rows) == [(5, "6 columns where the header has 4")]


def test_columns_of_equal_names_are_numbered_at_once(tmp_path: Path) -> None:
    started = time.perf_counter()
    assert column_names(["a"] * HEADER_LIMIT, "x")[:3] == ["a", "a (2)", "a (3)"]
    assert column_names(["a (2)", "a", "a", "a"], "x") == ["a (2)", "a", "a (3)", "a (4)"]
    with pytest.raises(InputError, match=r"has 10,000 columns; a table of posts may have 2,000"):
        read(write(tmp_path / "a.csv", ",".join(["a"] * 10_000) + "\n1,2\n"))
    with pytest.raises(InputError, match=r"has 100,000 columns"):
        read(write(tmp_path / "a.csv", ",".join(f"a{n}" for n in range(100_000)) + "\n1,2\n"))
    assert time.perf_counter() - started < 5


def test_a_row_of_too_many_columns_costs_itself(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "id,text\n1,a\n" + "x," * 100_000 + "\n2,b\n"))
    assert cells(rows) == [["1", "a"], ["2", "b"]]
    assert problems(rows) == [(3, "100001 columns where the header has 2")]


def test_utf16_without_a_mark_is_known_by_its_zeros(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        path = write(tmp_path / "a.csv", "id,text\n1,é日🚨\n".encode(encoding))
        assert cells(read(path)) == [["1", "é日🚨"]]


broken = st.lists(
    st.sampled_from(
        ['1,"a', "2,b", '3,"c, d"', '4,"e\nf"', "5", '6,"g"h', "7,i,j", '8,"k""l"', ""]
    ),
    max_size=1_500,
).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(broken)
def test_lines_read_at_once_are_as_lines_read_with_care(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = write(tmp_path_factory.mktemp("csv") / "a.csv", f"id,text\n{text}\n")
    usual = read(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_BLOCK", 1)
        assert read(path) == usual
