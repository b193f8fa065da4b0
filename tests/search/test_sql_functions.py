"""SQL over a store: safe by default, honest about errors, with embed() and search()."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import WriteCsv, build_once, post

import embedstore
from embedstore.errors import QueryError
from embedstore.search.sql_functions import quote_named_where


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """Six posts on two topics."""
    texts = [
        "fresh coffee beans",
        "coffee for everyone",
        "our coffee bar is open",
        "hiring engineers now",
        "engineers wanted",
        "join our engineers",
    ]
    companies = ["beans", "beans", "bar", "tech", "tech", "bar"]
    build_once(
        tmp_path / "s",
        write_csv(
            [
                post(number + 1, content=text, company=company)
                for number, (text, company) in enumerate(zip(texts, companies, strict=True))
            ]
        ),
    )
    return embedstore.open(tmp_path / "s")


def test_embed_gives_the_vector_of_the_default_space(store: embedstore.Store) -> None:
    [row] = store.sql(
        "SELECT cosine(embed('coffee for everyone'), vector) AS same FROM text_vectors"
        " JOIN posts USING (post_id) WHERE id = '2'"
    ).to_pylist()
    assert row["same"] == pytest.approx(1.0)


def test_search_joins_like_a_table_and_filters_before_it_searches(store: embedstore.Store) -> None:
    rows = store.sql(
        "SELECT id, company, score FROM search('coffee', 2, where := 'company = ''bar''')"
        " JOIN posts USING (post_id) ORDER BY score DESC"
    ).to_pylist()
    assert [row["id"] for row in rows] == ["3", "6"]


def test_search_agrees_with_the_exact_macro(store: embedstore.Store) -> None:
    exact = store.sql("SELECT post_id, score FROM nearest('words', embed('coffee bar'), 3)")
    found = store.sql("SELECT post_id, score FROM search('coffee bar', 3) ORDER BY score DESC")
    assert found["post_id"].to_pylist() == exact["post_id"].to_pylist()
    np.testing.assert_allclose(found["score"], exact["score"], atol=1e-5)


def test_the_macros_work_for_any_duckdb_client(store: embedstore.Store) -> None:
    import duckdb

    with duckdb.connect(str(store.path / "store.duckdb"), read_only=True) as connection:
        similar = connection.sql("SELECT post_id FROM similar_to(1, 2)").fetchall()
    assert len(similar) == 2
    assert all(post_id in (2, 3) for (post_id,) in similar)


def test_the_functions_are_there_again_in_the_next_query(store: embedstore.Store) -> None:
    query = "SELECT count(*) AS n FROM search('coffee', 4)"
    with store:
        assert [store.sql(query)["n"].to_pylist() for _ in range(3)] == [[4]] * 3
    assert store.sql(query)["n"].to_pylist() == [4]


def test_parameters_are_values_not_sql(store: embedstore.Store) -> None:
    rows = store.sql("SELECT count(*) AS n FROM posts WHERE company = ?", ["x' OR '1'='1"])
    assert rows["n"].to_pylist() == [0]


@pytest.mark.parametrize(
    "query",
    [
        "COPY posts TO '{}/out.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
        "ATTACH '{}/other.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
@pytest.mark.parametrize("mode", ["r", "rw"])
def test_a_query_can_not_leave_the_store(
    store: embedstore.Store, tmp_path: Path, query: str, mode: str
) -> None:
    with pytest.raises(QueryError):
        embedstore.open(store.path, mode).sql(query.format(tmp_path))  # type: ignore[arg-type]
    assert not (tmp_path / "out.csv").exists()


def test_a_store_is_read_only_unless_asked(store: embedstore.Store) -> None:
    with pytest.raises(QueryError, match="read-only"):
        store.sql("DELETE FROM posts")
    embedstore.open(store.path, "rw").sql("UPDATE posts SET likes = 0 WHERE id = '1'")
    assert store.sql("SELECT likes FROM posts WHERE id = '1'")["likes"].to_pylist() == [0]


def test_external_access_is_granted_when_asked(store: embedstore.Store, tmp_path: Path) -> None:
    store.sql(f"COPY (SELECT id FROM posts) TO '{tmp_path}/out.csv'", external=True)
    assert (tmp_path / "out.csv").read_text().startswith("id")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT likez FROM posts", "likez"),
        ("SELEC 1", r"near.*SELEC"),
        ("SELECT * FROM search('x', 3, where := 'nosuch = 1')", "nosuch"),
    ],
)
def test_an_error_in_sql_is_one_line_with_the_place(
    store: embedstore.Store, query: str, words: str
) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        store.sql(query)
    assert "\n" not in str(caught.value)


def test_only_the_named_argument_where_is_quoted() -> None:
    query = "SELECT 'where := 1' FROM search('a', where := 'b') WHERE x = 1 -- where := c"
    assert quote_named_where(query) == (
        "SELECT 'where := 1' FROM search('a', \"where\" := 'b') WHERE x = 1 -- where := c"
    )


def test_a_named_where_is_found_behind_words_of_more_bytes_than_letters() -> None:
    query = "SELECT * FROM search('café 🔥', where := 'b')"
    assert quote_named_where(query) == "SELECT * FROM search('café 🔥', \"where\" := 'b')"


@given(st.text())
def test_quoting_never_changes_a_text_without_the_named_argument(text: str) -> None:
    if ":=" not in text:
        assert quote_named_where(text) == text
