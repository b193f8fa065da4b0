"""A misspelt query: what DuckDB says, with what may have been meant."""

from pathlib import Path

import pytest
from support import build, post

import embedstore
from embedstore.errors import QueryError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> embedstore.Store:
    folder: Path = tmp_path_factory.mktemp("advice")
    header = list(post(0))
    lines = [",".join(str(post(n)[name]) for name in header) for n in range(3)]
    (folder / "posts.csv").write_text("\n".join([",".join(header), *lines]) + "\n")
    build(folder / "s", folder / "posts.csv")
    return embedstore.open(folder / "s")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT usernme FROM posts", r"did you mean username\? posts has post_id, source, id, u"),
        ("SELECT p.usernme FROM posts p", r"did you mean username\?"),
        ("SELECT zzzz FROM posts", r"found in FROM clause: posts has post_id"),
        ("SELECT * FROM pots", r"pots does not exist: did you mean posts\? there are .*vectors"),
        ("SELECT lenght(text) FROM posts", r"did you mean length\?"),
        ("SELECT * FROM serch('coffee')", r"did you mean search\?"),
        ("SELEC 1", r"did you mean SELECT\?"),
        ("SELECT * FORM posts", r"did you mean FROM\?"),
        ("SELECT count(* FROM posts", r"syntax error .*near `FROM posts`\)$"),
    ],
)
def test_near_names_and_the_names_that_there_are_are_said(
    store: embedstore.Store, query: str, said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        store.sql(query)


@pytest.mark.parametrize(
    ("where", "meant"), [("likess > 3", "likes"), ("lenght(text) > 3", "length")]
)
def test_so_they_are_of_a_filter(store: embedstore.Store, where: str, meant: str) -> None:
    with pytest.raises(QueryError, match=rf"the filter .* did you mean {meant}\?"):
        store.similar(text="coffee", where=where)
