"""Similar posts: what brute force finds, under every filter, whatever the index is made of."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_store import DIM, START, add, change, clustered, declare, keep_index, make, nearest

import embedstore
from embedstore.errors import QueryError
from embedstore.index import faiss_threads, float16_rows, inverted_lists, searcher
from embedstore.search import cache
from embedstore.search import hits as hits_of
from embedstore.storage import database, filters

VECTORS = clustered(500)
QUERIES = clustered(12, seed=7)


def ids(table: pa.Table) -> list[int]:
    found: list[int] = table["post_id"].to_pylist()
    return found


@pytest.fixture(scope="module", params=["exact", "lists", "grown lists"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[embedstore.Store]:
    """500 posts, one a minute; post n has likes n and company c0 to c5, its cluster."""
    path = tmp_path_factory.mktemp(request.param.replace(" ", "-")) / "s"
    with pytest.MonkeyPatch.context() as patch:
        if request.param != "exact":
            patch.setattr(inverted_lists, "EXACT_FLOATS", 0)
        kept = 500 if request.param != "grown lists" else 400
        make(path, VECTORS[:kept])
        [report] = keep_index(path)
        assert (report.lists == 0) == (request.param == "exact")
        if kept < 500:
            add(path, VECTORS[kept:])
            keep_index(path)
            assert keep_index(path)[0].segments == 2
    with embedstore.open(path) as opened:
        yield opened


# What is found


@given(
    query=st.integers(0, 11),
    k=st.integers(1, 40),
    modulus=st.integers(1, 60),
    companies=st.sets(st.integers(0, 5)),
)
@settings(max_examples=60)
def test_any_filter_gives_what_brute_force_gives(
    store: embedstore.Store, query: int, k: int, modulus: int, companies: set[int]
) -> None:
    names = ", ".join(f"'c{number}'" for number in companies) or "NULL"
    where = f"post_id % {modulus} = 0 AND company IN ({names})"
    passing = np.array(
        [n for n in range(1, 501) if n % modulus == 0 and n % 6 in companies], dtype=int
    )
    found = store.similar(vector=QUERIES[query], k=k, where=where)
    assert found.num_rows == min(k, len(passing))
    if len(passing):
        order, cosines = nearest(VECTORS[passing - 1], QUERIES[query])
        np.testing.assert_allclose(found["score"], cosines[:k], atol=1e-3)
        cosine_of = dict(zip(passing[order].tolist(), cosines.tolist(), strict=True))
        last = cosines[: found.num_rows].min()
        # Rows are kept as float16, so posts closer to each other than that may change places.
        assert all(cosine_of[post_id] >= last - 2e-4 for post_id in ids(found))


def test_when_few_posts_pass_a_filter_their_rows_are_compared_with_the_same_scores(
    store: embedstore.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = "likes IN (3, 77, 78, 79, 140, 301, 302, 499)"
    scanned = [store.similar(vector=query, k=5, where=where) for query in QUERIES]
    monkeypatch.setattr(float16_rows, "SEARCHES_BEFORE_COPY", 0)
    monkeypatch.setattr(float16_rows, "SCANNED_PER_ROW", 0)
    monkeypatch.setattr(float16_rows, "BLOCK_ROWS", 3)
    gathered = [store.similar(vector=query, k=5, where=where) for query in QUERIES]
    assert gathered == scanned
    together = store.similar(vector=QUERIES[:7], k=5, where=where)
    assert ids(together) == [row for table in scanned[:7] for row in ids(table)]


def test_rows_that_take_too_much_memory_are_not_copied(
    store: embedstore.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(float16_rows, "SEARCHES_BEFORE_COPY", 0)
    monkeypatch.setattr(float16_rows, "SCANNED_PER_ROW", 0)
    monkeypatch.setattr(float16_rows, "MAX_BYTES", 500)
    monkeypatch.setattr(float16_rows, "copy_rows", never)
    with embedstore.open(store.path) as opened:
        assert ids(opened.similar(vector=QUERIES[0], k=5, where="likes < 9")) == ids(
            store.similar(vector=QUERIES[0], k=5, where="likes < 9")
        )


def test_without_a_filter_all_posts_are_searched(store: embedstore.Store) -> None:
    for query in QUERIES:
        order, cosines = nearest(VECTORS, query)
        found = store.similar(vector=query, k=20)
        np.testing.assert_allclose(found["score"], cosines[:20], atol=1e-3)
        assert len(set(ids(found)) & set((order[:20] + 1).tolist())) >= 19


def test_many_queries_answer_as_each_alone(store: embedstore.Store) -> None:
    queries = clustered(150, seed=8)
    together = store.similar(vector=queries, k=7, where="likes % 3 = 1")
    assert together["query"].to_pylist() == [n for n in range(150) for _ in range(7)]
    assert together["rank"].to_pylist() == list(range(1, 8)) * 150
    for number in (0, 63, 64, 149):
        alone = store.similar(vector=queries[number], k=7, where="likes % 3 = 1")
        mine = together.slice(7 * number, 7)
        assert ids(mine) == ids(alone)
        np.testing.assert_allclose(mine["score"], alone["score"], atol=2e-6)


def test_threads_that_search_together_do_not_disturb_each_other(store: embedstore.Store) -> None:
    queries = clustered(128, seed=8)
    first = store.similar(vector=queries, k=5, where="likes % 2 = 1")
    for _ in range(40):
        assert store.similar(vector=queries, k=5, where="likes % 2 = 1").equals(first)


def test_one_query_shared_out_among_cores_finds_the_same(
    store: embedstore.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheres = [None, "likes % 2 = 1", "company = 'c3'", "post_id = 17"]
    alone = [store.similar(vector=QUERIES, k=9, where=where) for where in wheres]
    monkeypatch.setattr(searcher, "SHARED_ROWS", 0)
    monkeypatch.setattr(faiss_threads, "cores", lambda: 3)
    for where, expected in zip(wheres, alone, strict=True):
        assert store.similar(vector=QUERIES, k=9, where=where).equals(expected)


def test_rows_say_what_the_posts_say(store: embedstore.Store) -> None:
    table = store.similar(vector=VECTORS[41], k=3)
    assert table.column_names == [
        *("query", "rank", "post_id", "score", "source", "id"),
        *("username", "company", "created_at", "likes", "text"),
    ]
    row = table.to_pylist()[0]
    assert row.pop("score") == pytest.approx(1, abs=1e-3)
    assert row == {
        "query": 0,
        "rank": 1,
        "post_id": 42,
        "source": "made",
        "id": "42",
        "username": None,
        "company": "c0",
        "created_at": START + timedelta(minutes=42),
        "likes": 42,
        "text": "text 42",
    }


def test_more_than_there_are_gives_what_there_is(store: embedstore.Store) -> None:
    assert sorted(ids(store.similar(vector=QUERIES[0], k=10_000))) == list(range(1, 501))
    assert store.similar(vector=QUERIES[0], where="false").num_rows == 0
    assert store.similar(vector=np.empty((0, DIM), dtype=np.float32)).num_rows == 0


def test_a_filter_that_follows_a_far_cluster_still_gives_k(store: embedstore.Store) -> None:
    for company in range(6):
        for query in VECTORS[:6]:
            found = store.similar(vector=query, k=15, where=f"company = 'c{company}'")
            assert found.num_rows == 15
            assert set(found["company"].to_pylist()) == {f"c{company}"}


def test_before_is_strict(store: embedstore.Store) -> None:
    moment = START + timedelta(minutes=42)
    for before in (moment, moment.replace(tzinfo=UTC)):
        found = store.similar(vector=VECTORS[41], k=500, before=before)
        assert sorted(ids(found)) == list(range(1, 42))
    found = store.similar(
        vector=VECTORS[41], k=500, before=moment + timedelta(microseconds=1), where="likes > 40"
    )
    assert sorted(ids(found)) == [41, 42]


def test_a_post_is_never_its_own_neighbour(store: embedstore.Store) -> None:
    order, _ = nearest(VECTORS, VECTORS[41])
    found = store.similar(post="42", k=12)
    assert 42 not in ids(found)
    assert len(set(ids(found)) & set((order[1:13] + 1).tolist())) >= 11
    assert len(ids(store.similar(post="made:42", k=500))) == 499
    assert store.similar(post="42", where="post_id = 42").num_rows == 0


def test_every_query_is_answered_the_same_again(store: embedstore.Store) -> None:
    first = store.similar(vector=QUERIES, k=9, where="likes > 77")
    assert store.similar(vector=QUERIES, k=9, where="likes > 77").equals(first)


# What is refused


@pytest.mark.parametrize(
    "where",
    [
        "true; DROP TABLE posts",
        "true) UNION SELECT post_id FROM posts --",
        "1=1 LIMIT 5",
        "nonsense",
        "likes >",
        "count(*) > 1",
        "likes > 'many'",
        "text::INTEGER > 5",
        "post_id IN (SELECT post_id FROM read_csv('/etc/passwd'))",
    ],
)
def test_a_filter_that_is_no_condition_is_refused(store: embedstore.Store, where: str) -> None:
    with pytest.raises(QueryError, match=r"filter .* can't be used"):
        store.similar(vector=QUERIES[0], where=where)
    assert store.similar(vector=QUERIES[0], k=500).num_rows == 500


# What posts share


@pytest.fixture
def shared(tmp_path: Path) -> embedstore.Store:
    """Posts 1 to 40: the texts a, b, c, d in turn, at times that fall; 41 without a text."""
    texts: list[str | None] = [*"abcd" * 10, None]
    vectors = np.eye(4, DIM, dtype=np.float32)[np.arange(41) % 4] + 0.1
    times = [START - timedelta(days=number) for number in range(40)] + [None]
    make(tmp_path / "s", vectors, text=texts, created_at=times)
    return embedstore.open(tmp_path / "s")


QUERY_A = np.eye(1, DIM, dtype=np.float32)[0]


def test_posts_that_share_a_text_are_all_found_in_their_order(shared: embedstore.Store) -> None:
    assert ids(shared.similar(vector=QUERY_A, k=12))[:10] == list(range(1, 41, 4))
    assert ids(shared.similar(vector=QUERY_A, k=3)) == [1, 5, 9]
    assert ids(shared.similar(vector=QUERY_A, k=2, where="likes > 10")) == [13, 17]


def test_equal_scores_are_ordered_by_post(shared: embedstore.Store) -> None:
    """b, c and d are equally far; whatever k cuts, the first of them are found."""
    others = [number for number in range(1, 41) if number % 4 != 1]
    with shared:
        for k in range(1, 41):
            assert ids(shared.similar(vector=QUERY_A, k=k)) == [*range(1, 41, 4), *others][:k]


def test_a_post_finds_others_with_its_text_unless_distinct(shared: embedstore.Store) -> None:
    assert ids(shared.similar(post="1", k=9)) == list(range(5, 41, 4))
    assert ids(shared.similar(post="1", k=9, distinct=True)) == [2, 3, 4]


def test_distinct_keeps_the_first_of_the_posts_with_a_text(shared: embedstore.Store) -> None:
    assert ids(shared.similar(vector=QUERY_A, k=9, distinct=True)) == [1, 2, 3, 4]
    assert ids(shared.similar(vector=QUERY_A, distinct=True, where="likes > 10")) == [
        13,
        11,
        12,
        14,
    ]


def test_posts_without_a_time_are_never_before(shared: embedstore.Store) -> None:
    found = shared.similar(vector=QUERY_A, k=99, before=datetime(2100, 1, 1))
    assert sorted(ids(found)) == list(range(1, 41))


def test_a_post_without_a_text_can_neither_ask_nor_be_found(shared: embedstore.Store) -> None:
    assert 41 not in ids(shared.similar(vector=QUERY_A, k=99))
    with pytest.raises(QueryError, match="'41' has no text with a vector in space 'words'"):
        shared.similar(post="41")


def test_thousands_of_equal_vectors_are_cut_at_the_lowest_posts(tmp_path: Path) -> None:
    make(tmp_path, np.ones((3000, 4), dtype=np.float32))
    store = embedstore.open(tmp_path)
    assert ids(store.similar(vector=np.ones(4), k=5)) == [1, 2, 3, 4, 5]
    assert ids(store.similar(vector=np.ones(4), k=3, where="likes > 2000")) == [2001, 2002, 2003]


# What changes


def test_new_and_removed_posts_show_at_the_next_call(tmp_path: Path) -> None:
    make(tmp_path, VECTORS[:50])
    store = embedstore.open(tmp_path)
    query = QUERIES[0]
    before = ids(store.similar(vector=query, k=60))
    assert len(before) == 50
    add(tmp_path, query[None])
    assert ids(store.similar(vector=query, k=60)) == [51, *before]
    gone = before[0]
    change(tmp_path, f"DELETE FROM posts WHERE post_id = {gone}")
    assert ids(store.similar(vector=query, k=60)) == [51, *before[1:]]


def test_a_filter_is_asked_once_while_nothing_can_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s"
    make(path, VECTORS[:30])
    keep_index(path)
    asked = []

    def counted(*arguments: Any) -> Any:
        asked.append(arguments[1:])
        return filters.posts_passing(*arguments)

    monkeypatch.setattr(cache, "posts_passing", counted)
    store = embedstore.open(path)
    for pass_now in (2, 3):
        with store:
            for where in ("likes < 3", "likes < 3", "likes < 3 AND random() < 2"):
                assert store.similar(vector=QUERIES[0], where=where).num_rows == pass_now
        # Someone's own SQL leaves the store's generation as it is.
        with database.transaction(path) as connection:
            connection.execute("UPDATE posts SET likes = 1 WHERE likes = 20")
    assert len(asked) == 4
    for _ in range(2):
        store.similar(vector=QUERIES[0], where="likes < 3")
    assert len(asked) == 6


def test_posts_that_a_user_deletes_in_sql_are_not_returned(tmp_path: Path) -> None:
    make(tmp_path, VECTORS[:50])
    with embedstore.open(tmp_path, mode="rw") as store:
        first, second, *_ = ids(store.similar(vector=QUERIES[0]))
        store.sql(f"DELETE FROM posts WHERE post_id = {first}")
        assert ids(store.similar(vector=QUERIES[0]))[0] == second
        store.sql(f"UPDATE posts SET likes = -1 WHERE post_id = {second}")
        assert store.similar(vector=QUERIES[0])["likes"].to_pylist()[0] == -1


# Pictures


@pytest.fixture
def pictures(tmp_path: Path) -> embedstore.Store:
    """Posts 1 to 3 with pictures: 1 has A and B, 2 has B twice, 3 has C; 4 has none."""
    make(tmp_path / "s", VECTORS[:4])
    contents = {"A": 101, "B": 102, "C": 103}
    vectors = {"A": [1, 0, 0], "B": [0.8, 0.6, 0], "C": [0, 0, 1]}
    with database.transaction(tmp_path / "s") as connection:
        declare(connection, "looks", 3, texts=False, images=True)
        for name, content_id in contents.items():
            connection.execute(
                "INSERT INTO contents VALUES ($1, sha256($2), 'image')", [content_id, name]
            )
            connection.execute(
                "INSERT INTO vectors VALUES ('looks', $1, $2::FLOAT[])", [content_id, vectors[name]]
            )
        for number, position, name in [
            (1, 0, "A"),
            (1, 1, "B"),
            (2, 0, "B"),
            (2, 1, "B"),
            (3, 0, "C"),
        ]:
            connection.execute(
                "INSERT INTO media (post_id, position, kind, url, content_id)"
                " VALUES ($1, $2, 'photo', $3, $4)",
                [number, position, f"https://x.org/{number}/{position}", contents[name]],
            )
    return embedstore.open(tmp_path / "s")


def test_a_post_is_found_once_by_its_best_picture(pictures: embedstore.Store) -> None:
    found = pictures.similar(vector=[0.8, 0.6, 0], among="images", k=5)  # type: ignore[arg-type]
    assert ids(found) == [1, 2, 3]
    assert found["url"].to_pylist() == [f"https://x.org/{rest}" for rest in ("1/1", "2/0", "3/0")]
    assert found["position"].to_pylist() == [1, 0, 0]
    np.testing.assert_allclose(found["score"], [1, 1, 0], atol=1e-6)
    assert ids(pictures.similar(vector=np.eye(3)[0], space="looks", k=2)) == [1, 2]
    assert ids(pictures.similar(vector=np.eye(3)[0], space="looks", where="likes > 1")) == [2, 3]


def test_distinct_folds_posts_with_the_same_best_picture(pictures: embedstore.Store) -> None:
    query = np.array([0.8, 0.6, 0])
    assert ids(pictures.similar(vector=query, among="images", distinct=True)) == [1, 3]


def test_a_post_with_several_pictures_asks_with_all_of_them(pictures: embedstore.Store) -> None:
    found = pictures.similar(post="1", among="images")
    assert ids(found) == [2, 3]
    np.testing.assert_allclose(found["score"], [1, 0], atol=1e-6)
    assert ids(pictures.similar(post="1", among="images", distinct=True)) == [3]
    assert ids(pictures.similar(post="1")) != []
    with pytest.raises(QueryError, match="'4' has no picture"):
        pictures.similar(post="4", among="images")


# Inside


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6), st.integers(0, 6)),
        max_size=40,
    ),
    st.integers(1, 5),
    st.booleans(),
)
def test_folding_keeps_the_best_of_each_post(
    found: list[tuple[int, int, int, int]], k: int, distinct: bool
) -> None:
    query, score, posts, contents = (
        np.array(column, dtype=np.int64)
        for column in (zip(*found, strict=True) if found else [()] * 4)
    )
    position = np.zeros(len(found), dtype=np.int32)
    hits = hits_of.Hits(query, score.astype(np.float32), posts, contents, position)
    folded = hits_of.fold(hits, k, distinct=distinct)
    for number in set(query.tolist()):
        best: dict[int, tuple[int, int]] = {}
        rows = sorted((-s, p, c) for q, s, p, c in found if q == number)
        for negative, owner, content in rows:
            best.setdefault(owner, (negative, content))
        ordered = sorted((negative, owner) for owner, (negative, _) in best.items())
        mine = np.flatnonzero(folded.query == number)
        result = [(-float(folded.score[row]), int(folded.post[row])) for row in mine]
        assert result == sorted(result)
        assert len({owner for _, owner in result}) == len(result) <= k
        if distinct:
            assert len(set(folded.content[mine].tolist())) == len(mine)
        else:
            assert result == ordered[:k]
