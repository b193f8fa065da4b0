"""The macros that the store's file carries for any DuckDB client."""

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedstore.storage.database import migrate


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty store in memory."""
    with duckdb.connect() as connection:
        migrate(connection)
        yield connection


def _format(connection: duckdb.DuckDBPyConnection, *values: object) -> str | None:
    query = "SELECT format_post(?::TIMESTAMP, ?::VARCHAR, ?::VARCHAR)"
    return connection.execute(query, values).fetchall()[0][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (
            ("2018-06-30", "independent", "watch\n\nthis \u2028now"),
            "2018-06-30 independent: watch this now",
        ),
        ((None, "independent", "watch"), "independent: watch"),
        (("2018-06-30", None, "watch"), "2018-06-30: watch"),
        ((None, None, "watch"), "watch"),
        (("2018-06-30", "a  b\n", None), "2018-06-30 a b"),
        ((None, None, " \n"), None),
    ],
)
def test_formatted_text_is_one_line_of_what_there_is(
    connection: duckdb.DuckDBPyConnection, parts: tuple[str | None, ...], line: str | None
) -> None:
    assert _format(connection, *parts) == line


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
)
def test_formatted_text_never_has_two_lines(
    connection: duckdb.DuckDBPyConnection,
    moment: datetime | None,
    company: str | None,
    text: str | None,
) -> None:
    line = _format(connection, moment, company, text)
    assert line is None or len(line.splitlines()) == 1


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [([1.0, 0.0], [2.0, 0.0], 1.0), ([1.0, 0.0], [0.0, 3.0], 0.0), ([0.0, 0.0], [1.0, 1.0], None)],
)
def test_cosine_has_no_value_where_a_vector_has_no_direction(
    connection: duckdb.DuckDBPyConnection, a: list[float], b: list[float], expected: float | None
) -> None:
    assert connection.execute("SELECT cosine(?, ?)", [a, b]).fetchall() == [(expected,)]


def test_nearest_takes_a_posts_best_picture_in_a_space_of_pictures(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "INSERT INTO spaces (space, position, encoder, texts, images, settings, dim)"
        " VALUES ('pics', 0, 'conse', false, true, '{}', 2);"
        "INSERT INTO media (post_id, position, kind, url, content_id) VALUES"
        " (1, 0, 'photo', 'a', 10), (1, 1, 'photo', 'b', 11), (2, 0, 'photo', 'c', 12);"
        "INSERT INTO vectors VALUES"
        " ('pics', 10, [0, 1]), ('pics', 11, [1, 0]), ('pics', 12, [0.6, 0.8])"
    )
    found = connection.sql("SELECT post_id, score FROM nearest('pics', [1.0, 0.0], 5)").fetchall()
    assert found == [(1, 1.0), (2, pytest.approx(0.6))]
