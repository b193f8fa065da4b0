"""Vectors made elsewhere come into a space of their own, each to its post, or are counted."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from embedstore.cli.main import embedstore as program
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.errors import InputError, QueryError
from embedstore.maintenance import vector_files
from embedstore.maintenance.check import check
from embedstore.maintenance.export import export
from embedstore.maintenance.import_vectors import import_vectors
from embedstore.storage.build_lock import build_lock
from embedstore.storage.database import connect

DIM = 8


def vector(number: int) -> list[float]:
    return np.random.default_rng(number).standard_normal(DIM).astype(np.float32).tolist()


def text(number: int) -> str:
    return f"post number {number} about coffee and the weather"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, ["import", *map(str, arguments)])


def stored(store: embedstore.Store, space: str = "mine") -> dict[str, list[float]]:
    found = rows(
        store.path,
        "SELECT id, vector FROM text_vectors JOIN posts USING (post_id)"
        f" WHERE space = '{space}' ORDER BY id",
    )
    return dict(found)


def parquet(file: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), file)
    return file


def json_lines(file: Path, *lines: object) -> Path:
    file.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
    return file


@pytest.fixture
def keyed(tmp_path: Path) -> Path:
    """Vectors of the posts 1, 2 and 3."""
    return parquet(
        tmp_path / "keyed.parquet",
        id=["1", "posts:2", "3"],
        embedding=[vector(1), vector(2), vector(3)],
    )


@pytest.fixture
def filled(store: embedstore.Store, keyed: Path) -> embedstore.Store:
    """A store with a space `mine` beside that of its encoder."""
    result = run(store.path, keyed, "--space", "mine")
    assert result.exit_code == 0, result.output
    return store


KINDS = [
    pa.list_(pa.float32()),
    pa.list_(pa.float32(), DIM),
    pa.list_(pa.float64()),
    pa.large_list(pa.float32()),
    pa.list_(pa.float16(), DIM),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_parquet_file_is_keyed_by_ids_with_and_without_a_source(
    store: embedstore.Store, tmp_path: Path, kind: pa.DataType
) -> None:
    exact = [[float(number)] + [0.5] * (DIM - 1) for number in (1, 2)]
    values = pa.array([np.array(x, dtype=np.float16) for x in exact], kind)
    file = parquet(tmp_path / "v.parquet", id=["1", "posts:2"], embedding=values)
    result = run(store.path, file, "--space", "mine")
    assert result.exit_code == 0, result.output
    assert stored(store) == {"1": exact[0], "2": exact[1], "4": exact[0]}


def test_numeric_ids_and_a_column_of_sources_name_a_post(
    store: embedstore.Store, tmp_path: Path
) -> None:
    file = parquet(
        tmp_path / "v.parquet", source=["posts", "else"], id=[1, 2], vector=[vector(1), vector(2)]
    )
    result = run(store.path, file, "--space", "mine")
    assert result.exit_code == 0, result.output
    assert stored(store) == {"1": vector(1), "4": vector(1)}
    assert "1 left out: no post has this key (first: v.parquet:2)" in result.output


def test_a_row_keyed_by_text_gives_every_post_of_that_text_its_vector(
    store: embedstore.Store, tmp_path: Path
) -> None:
    file = parquet(
        tmp_path / "v.parquet", text=[text(1), text(2)], embedding=[vector(1), vector(2)]
    )
    result = run(store.path, file, "--space", "mine")
    assert result.exit_code == 0, result.output
    # The fixture's post 4 repeats the text of another one.
    shared = rows(
        store.path,
        "SELECT p.id, q.id AS other FROM posts p JOIN posts q ON p.text = q.text AND p.id < q.id",
    )
    assert shared == [("1", "4")]
    assert stored(store) == {"1": vector(1), "2": vector(2), "4": vector(1)}


def test_the_numbers_of_a_files_rows_are_not_taken_for_ids_where_it_has_texts(
    store: embedstore.Store, tmp_path: Path
) -> None:
    file = parquet(
        tmp_path / "v.parquet",
        id=[1, 2, 3],
        text=[text(2), text(3), "a text of nobody"],
        embedding=[vector(2), vector(3), vector(9)],
    )
    result = run(store.path, file, "--space", "mine")
    assert result.exit_code == 0, result.output
    assert stored(store) == {"2": vector(2), "3": vector(3)}
    assert "no post has this text" in result.output


def test_the_option_key_goes_by_the_key_alone(store: embedstore.Store, tmp_path: Path) -> None:
    file = parquet(
        tmp_path / "v.parquet", id=["1"], text=["passage: " + text(1)], embedding=[vector(1)]
    )
    refused = run(store.path, file, "--space", "mine")
    assert refused.exit_code == 1
    assert "--key COLUMN" in refused.output
    assert run(store.path, file, "--space", "mine", "--key", "id").exit_code == 0
    assert set(stored(store)) == {"1", "4"}


def test_a_text_is_found_as_it_came_though_it_is_stored_clean(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    raw = "salt &amp; vinegar, all day"
    build(tmp_path / "s", write_csv([post(1, content=raw)]))
    opened = embedstore.open(tmp_path / "s")
    assert rows(opened.path, "SELECT text FROM posts") == [("salt & vinegar, all day",)]
    file = json_lines(tmp_path / "v.jsonl", {"input": raw, "embedding": vector(1)})
    assert run(opened.path, file, "--space", "mine").exit_code == 0
    assert stored(opened) == {"1": vector(1)}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_numpy_file_goes_with_the_table_beside_it_or_a_named_one(
    store: embedstore.Store, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / "emb.npy"
    np.save(file, np.array([vector(1), vector(2)], dtype=np.float32))
    alone = run(store.path, file, "--space", "mine")
    assert alone.exit_code == 1
    assert "--metadata FILE" in alone.output
    named = tmp_path / f"rows.{ending}"
    table = pa.table({"post": ["1", "2"]})
    if ending == "csv":
        named.write_text("post,likes\n1,2\n2,4\n")
    else:
        pq.write_table(table, named)
    result = run(store.path, file, "--metadata", named, "--key", "post", "--space", "mine")
    assert result.exit_code == 0, result.output
    assert stored(store)["2"] == vector(2)
    named.rename(tmp_path / f"emb.{ending}")
    again = run(store.path, file, "--key", "post", "--space", "other")
    assert again.exit_code == 0, again.output
    assert stored(store, "other") == stored(store)


def test_metadata_with_another_number_of_rows_is_refused_before_anything_is_written(
    store: embedstore.Store, tmp_path: Path
) -> None:
    np.save(tmp_path / "emb.npy", np.array([vector(1), vector(2)], dtype=np.float32))
    (tmp_path / "emb.csv").write_text("id\n1\n2\n3\n")
    result = run(store.path, tmp_path / "emb.npy", "--space", "mine")
    assert result.exit_code == 1
    assert "has 2 rows" in result.output
    assert [space.space for space in store.spaces()] == ["words"]


def test_a_clip_retrieval_folder_that_was_exported_comes_back_equal(
    filled: embedstore.Store, tmp_path: Path
) -> None:
    export(filled, tmp_path / "out", space="mine", layout="clip-retrieval")
    result = run(filled.path, tmp_path / "out", "--space", "back")
    assert result.exit_code == 0, result.output
    again = stored(filled, "back")
    assert again.keys() == stored(filled).keys()
    for name, values in stored(filled).items():
        assert np.allclose(values, again[name], atol=1e-2)


def test_an_exported_parquet_folder_comes_back(filled: embedstore.Store, tmp_path: Path) -> None:
    export(filled, tmp_path / "out", space="mine")
    result = run(filled.path, tmp_path / "out", "--space", "back")
    assert result.exit_code == 0, result.output
    assert stored(filled, "back").keys() == stored(filled).keys()


def test_json_lines_of_every_spelling_are_read(store: embedstore.Store, tmp_path: Path) -> None:
    packed = base64.b64encode(np.array(vector(3), dtype="<f4").tobytes()).decode()
    file = json_lines(
        tmp_path / "v.jsonl",
        {
            "id": "batch_req_1",
            "custom_id": "posts:1",
            "response": {"body": {"data": [{"embedding": vector(1)}]}},
        },
        {"input": text(2), "embedding": vector(2)},
        {"id": "3", "embedding": packed},
    )
    result = run(store.path, file, "--space", "ada")
    assert result.exit_code == 0, result.output
    assert stored(store, "ada") == {
        "1": vector(1), "2": vector(2), "3": vector(3), "4": vector(1)
    }  # fmt: skip


def test_rows_that_cannot_be_used_are_counted_with_their_reasons(
    store: embedstore.Store, tmp_path: Path
) -> None:
    file = json_lines(
        tmp_path / "v.jsonl",
        {"id": "1", "embedding": vector(1)},
        {"id": "2", "embedding": vector(2)[:3]},
        {"id": "3", "embedding": [float("nan"), *vector(3)[1:]]},
        {"id": "3", "embedding": [1e300, *vector(3)[1:]]},
        {"id": "3", "embedding": [0.0] * DIM},
        {"id": "77", "embedding": vector(7)},
        {"id": "2", "embedding": ["a"] * DIM},
        {"id": "2", "embedding": [None] * DIM},
        {"id": "2"},
        {"embedding": vector(4)},
        "{broken",
        "[1, 2]",
        {"id": "1", "embedding": vector(9)},
    )
    refused = run(store.path, file, "--space", "mine", "--format", "json")
    assert refused.exit_code == 3
    assert "--allow-rejected" in refused.output
    assert stored(store) == {"1": vector(1), "4": vector(1)}
    other = run(store.path, file, "--space", "other", "--allow-rejected", "--format", "json")
    assert other.exit_code == 0, other.output
    report = json.loads(other.output)
    assert (report["rows"], report["stored"], report["known"]) == (13, 1, 1)
    counts = {each["reason"]: each["rows"] for each in report["rejected"]}
    assert counts == {
        "the vector has numbers that are not finite (NaN, infinity)": 2,
        "the vector is no list of numbers": 2,
        "the vector has 3 dimensions, the space has 8": 1,
        "the vector is all zeros": 1,
        "no post has this key": 1,
        "the line has no vector": 1,
        "the row names no post: it has no key and no text": 1,
        "the line is no JSON": 1,
        "the line is no JSON object": 1,
    }
    assert [finding for finding in check(store) if finding.broken] == []


def test_an_import_of_which_nothing_can_be_used_leaves_no_space(
    store: embedstore.Store, tmp_path: Path
) -> None:
    file = json_lines(tmp_path / "v.jsonl", {"id": "77", "embedding": vector(7)})
    result = run(store.path, file, "--space", "mine", "--allow-rejected")
    assert result.exit_code == 1
    assert "none of 1 rows" in result.output
    assert "no post has this key" in result.output
    assert [space.space for space in store.spaces()] == ["words"]


def test_a_second_import_adds_what_is_new_and_overwrites_nothing(
    filled: embedstore.Store, tmp_path: Path, write_csv: WriteCsv
) -> None:
    before = stored(filled)
    build(filled.path, write_csv([post(9)], name="posts.csv"))
    file = json_lines(
        tmp_path / "more.jsonl",
        {"text": text(9), "embedding": vector(9)},
        {"text": text(1), "embedding": vector(8)},
    )
    result = run(filled.path, file, "--space", "mine", "--format", "json")
    report = json.loads(result.output)
    assert (report["stored"], report["known"]) == (1, 1)
    assert stored(filled) == before | {"9": vector(9)}
    assert filled.similar(vector=np.array(vector(9)), space="mine", k=1).to_pylist()[0]["id"] == "9"
    assert len([space for space in filled.spaces() if space.space == "mine"]) == 1


def test_another_dimension_is_refused_in_a_space_that_is_there(
    filled: embedstore.Store, tmp_path: Path
) -> None:
    file = json_lines(tmp_path / "v.jsonl", {"id": "1", "embedding": [1.0, 2.0]})
    result = run(filled.path, file, "--space", "mine")
    assert result.exit_code == 1
    assert "the vector has 2 dimensions, the space has 8" in result.output


@pytest.mark.parametrize(
    ("space", "message"), [("words", "another name"), ("My Space", "small letters")]
)
def test_a_space_with_an_encoder_or_an_impossible_name_takes_no_vectors(
    store: embedstore.Store, keyed: Path, space: str, message: str
) -> None:
    result = run(store.path, keyed, "--space", space)
    assert result.exit_code == 1
    assert message in result.output


def test_an_id_of_two_sources_has_to_be_written_with_one(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    build(tmp_path / "s", write_csv([post(1)], name="a.csv"))
    build(tmp_path / "s", write_csv([post(1, username="x", content="other words")], name="b.csv"))
    opened = embedstore.open(tmp_path / "s")
    file = json_lines(tmp_path / "v.jsonl", {"id": "1", "embedding": vector(1)})
    result = run(opened.path, file, "--space", "mine")
    assert result.exit_code == 1
    assert "write source:id" in result.output
    json_lines(file, {"id": "b:1", "embedding": vector(1)})
    assert run(opened.path, file, "--space", "mine").exit_code == 0


def test_posts_are_found_by_a_post_and_by_a_vector(filled: embedstore.Store) -> None:
    by_vector = filled.similar(vector=np.array(vector(2)), space="mine", k=1).to_pylist()
    assert by_vector[0]["id"] == "2"
    assert by_vector[0]["score"] == pytest.approx(1, abs=1e-5)
    assert {row["id"] for row in filled.similar(post="posts:2", space="mine").to_pylist()} == {
        "1", "3", "4"
    }  # fmt: skip


def test_words_cannot_be_embedded_in_a_space_without_an_encoder(
    filled: embedstore.Store, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match=r"no encoder.*by a stored post or by a vector"):
        filled.similar(text="coffee", space="mine")
    with pytest.raises(QueryError, match="no encoder"):
        filled.embed("coffee", space="mine")
    picture = tmp_path / "x.png"
    picture.write_bytes(b"x")
    with pytest.raises(QueryError, match="no encoder"):
        filled.similar(image=picture, space="mine")
    result = CliRunner().invoke(
        program, ["similar", str(filled.path), "--text", "coffee", "--space", "mine"]
    )
    assert result.exit_code == 1
    assert "by a stored post or by a vector" in result.output


def test_words_are_looked_for_in_the_first_space_that_has_an_encoder(
    filled: embedstore.Store,
) -> None:
    with connect(filled.path, write=True) as connection:
        connection.execute("UPDATE spaces SET position = 1 - position")
    assert [space.space for space in filled.spaces()] == ["mine", "words"]
    assert filled.similar(text=text(3), k=1).to_pylist()[0]["id"] == "3"
    assert filled.embed("coffee").shape == (64,)
    tokens = CliRunner().invoke(program, ["tokens", str(filled.path)])
    assert tokens.exit_code == 0, tokens.output
    assert "tokens of words" in tokens.output


def test_a_build_and_its_plan_skip_the_space_and_check_finds_nothing(
    filled: embedstore.Store, write_csv: WriteCsv
) -> None:
    before = stored(filled)
    file = write_csv([post(number) for number in range(20, 30)], name="posts.csv")
    planned = CliRunner().invoke(program, ["build", str(filled.path), str(file), "--plan"])
    assert planned.exit_code == 0, planned.output
    assert "mine" not in planned.output
    result = CliRunner().invoke(
        program, ["build", str(filled.path), str(file), "--images", "none", "--text-field",
                  "formatted_text"]
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert stored(filled) == before
    assert [space.space for space in filled.spaces()] == ["words", "mine", "hash_formatted_text"]
    findings = check(filled)
    assert [finding for finding in findings if finding.broken] == []
    assert not any("space mine" in finding.promise for finding in findings)
    info = CliRunner().invoke(program, ["info", str(filled.path), "--format", "json"])
    [mine] = [row for row in json.loads(info.output)["spaces"] if row["space"] == "mine"]
    assert (mine["encoder"], mine["dim"], mine["vectors"]) == ("none", DIM, 3)


def test_a_build_that_names_the_space_with_an_encoder_is_refused(filled: embedstore.Store) -> None:
    with pytest.raises(InputError, match="filled by imported vectors"):
        build(filled.path, space=["mine=hash"])


def test_nothing_is_imported_while_a_build_is_at_work(store: embedstore.Store, keyed: Path) -> None:
    with build_lock(store.path):
        assert run(store.path, keyed, "--space", "mine").exit_code == 1
    assert [space.space for space in store.spaces()] == ["words"]


def test_what_was_committed_before_a_damaged_place_stays_and_the_import_goes_on(
    store: embedstore.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_files, "ROWS", 1)
    (folder := tmp_path / "folder").mkdir()
    parquet(folder / "a.parquet", id=["1", "2"], embedding=[vector(1), vector(2)])
    (folder / "b.parquet").write_bytes(b"PAR1 and nothing else")
    result = run(store.path, folder, "--space", "mine")
    assert result.exit_code == 1
    assert "b.parquet is damaged" in result.output
    assert filled_ids(store) == ["1", "2", "4"]
    assert store.similar(vector=np.array(vector(2)), space="mine", k=1).to_pylist()[0]["id"] == "2"
    parquet(folder / "b.parquet", id=["3"], embedding=[vector(3)])
    assert run(store.path, folder, "--space", "mine").exit_code == 0
    assert filled_ids(store) == ["1", "2", "3", "4"]
    assert [finding for finding in check(store) if finding.broken] == []


def filled_ids(store: embedstore.Store) -> list[str]:
    return list(stored(store))


def test_a_lancedb_folder_names_its_export(store: embedstore.Store, tmp_path: Path) -> None:
    (tmp_path / "db" / "posts.lance" / "_versions").mkdir(parents=True)
    for folder in (tmp_path / "db", tmp_path / "db" / "posts.lance"):
        result = run(store.path, folder, "--space", "mine")
        assert result.exit_code == 1
        assert "open_table('posts').to_arrow()" in result.output


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"name": ["1"], "embedding": [vector(1)]}, "--key COLUMN"),
        ({"id": ["1"], "a": [vector(1)], "b": [vector(2)]}, "--vector COLUMN"),
        ({"id": ["1"], "likes": [1]}, "no columns with lists of numbers"),
    ],
)
def test_a_file_without_the_columns_is_refused_and_the_remedy_works(
    store: embedstore.Store, tmp_path: Path, columns: dict[str, Any], message: str
) -> None:
    file = parquet(tmp_path / "v.parquet", **columns)
    result = run(store.path, file, "--space", "mine")
    assert result.exit_code == 1
    assert message in result.output
    remedies = {"--key COLUMN": ("--key", "name"), "--vector COLUMN": ("--vector", "b")}
    if message in remedies:
        assert run(store.path, file, "--space", "mine", *remedies[message]).exit_code == 0


def test_a_file_of_something_else_is_refused_with_what_can_be_read(
    store: embedstore.Store, tmp_path: Path
) -> None:
    (tmp_path / "v.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "v.txt", tmp_path / "empty"):
        result = run(store.path, path, "--space", "mine")
        assert result.exit_code == 1
        assert "a Parquet file or a folder of them" in result.output


@pytest.fixture
def pictured(store: embedstore.Store) -> embedstore.Store:
    """Post 1 with one picture, post 2 with two, post 3 with the noise of a missing one."""
    with connect(store.path, write=True) as connection:
        connection.execute(
            "INSERT INTO contents VALUES"
            " (101, 'aa', 'image'), (102, 'bb', 'image'), (103, 'cc', 'image'),"
            " (104, 'dd', 'noise')"
        )
        connection.execute(
            "INSERT INTO media (post_id, position, kind, url, content_id)"
            " SELECT post_id, m.position, 'photo', m.url, m.content_id FROM posts JOIN"
            " (VALUES ('1', 0, 'http://x/a', 101), ('2', 0, 'http://x/b', 102),"
            " ('2', 1, 'http://x/c', 103), ('3', 0, 'http://x/d', 104))"
            " m (id, position, url, content_id) USING (id)"
        )
    return store


def image_contents(store: embedstore.Store, space: str) -> list[int]:
    query = "SELECT content_id FROM vectors WHERE space = '%s' ORDER BY 1" % space  # noqa: UP031
    return [content for (content,) in rows(store.path, query)]


def test_vectors_of_pictures_go_by_key_position_and_address(
    pictured: embedstore.Store, tmp_path: Path
) -> None:
    file = json_lines(
        tmp_path / "v.jsonl",
        {"id": "1", "embedding": vector(1)},
        {"id": "2", "embedding": vector(2)},
        {"id": "2", "position": 1, "embedding": vector(3)},
        {"id": "3", "embedding": vector(4)},
        {"url": "http://x/b", "embedding": vector(5)},
        {"url": "http://x/nowhere", "embedding": vector(6)},
    )
    result = run(pictured.path, file, "--space", "mine", "--in", "images")
    assert result.exit_code == 0, result.output
    assert image_contents(pictured, "mine") == [101, 102, 103]
    for reason in ("several pictures", "no picture there", "no picture has this url"):
        assert reason in result.output
    [mine] = [space for space in pictured.spaces() if space.space == "mine"]
    assert (mine.texts, mine.images) == (False, True)
    found = pictured.similar(vector=np.array(vector(3)), space="mine", k=1).to_pylist()
    assert found[0]["id"] == "2"


def test_a_clip_retrieval_folder_fills_one_space_with_texts_and_pictures(
    pictured: embedstore.Store, tmp_path: Path
) -> None:
    for name in ("text_emb", "img_emb", "metadata"):
        (tmp_path / "clip" / name).mkdir(parents=True)
    vectors = np.array([vector(1), vector(2)], dtype=np.float16)
    np.save(tmp_path / "clip" / "text_emb" / "text_emb_0.npy", vectors)
    np.save(tmp_path / "clip" / "img_emb" / "img_emb_0.npy", vectors)
    parquet(
        tmp_path / "clip" / "metadata" / "metadata_0.parquet",
        caption=[text(1), text(2)],
        url=["http://x/a", "http://x/c"],
    )
    result = run(pictured.path, tmp_path / "clip", "--space", "clip")
    assert result.exit_code == 0, result.output
    assert set(stored(pictured, "clip")) == {"1", "2", "4"}
    assert {101, 103} < set(image_contents(pictured, "clip"))
    [clip] = [space for space in pictured.spaces() if space.space == "clip"]
    assert (clip.texts, clip.images) == (True, True)
    query = np.array(vector(2))
    for among in ("texts", "images"):
        found = pictured.similar(vector=query, space="clip", among=among, k=1).to_pylist()
        assert found[0]["id"] == "2"
    only = run(pictured.path, tmp_path / "clip", "--space", "half", "--in", "images")
    assert only.exit_code == 0, only.output
    assert image_contents(pictured, "half") == [101, 103]


finite = st.floats(-1e6, 1e6, width=32)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(finite, min_size=4, max_size=4).filter(any), min_size=1, max_size=3))
def test_vectors_come_back_exactly(
    store: embedstore.Store, tmp_path: Path, written: list[list[float]]
) -> None:
    space = f"s{len(store.spaces())}"
    lines = [{"id": str(n), "embedding": values} for n, values in enumerate(written, 1)]
    import_vectors(store, json_lines(tmp_path / "v.jsonl", *lines), space=space)
    found = stored(store, space)
    assert [found[str(n)] for n in range(1, len(written) + 1)] == written
