"""What is looked for: texts, pictures, posts and vectors, and what can't be."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from made_store import DIM, change, clustered, declare, make
from numpy.typing import NDArray
from support import WriteCsv, build, post

import embedstore
from embedstore.encoders.hash import HashEncoder
from embedstore.errors import MediaError, QueryError
from embedstore.storage import database


def ids(table: pa.Table) -> list[int]:
    found: list[int] = table["post_id"].to_pylist()
    return found


def keys(table: pa.Table) -> list[str]:
    return [f"{row['source']}:{row['id']}" for row in table.to_pylist()]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedstore.Store]:
    """Posts with vectors of 16 dimensions."""
    path = tmp_path_factory.mktemp("made") / "s"
    make(path, clustered(20))
    with embedstore.open(path) as opened:
        yield opened


@pytest.fixture
def built(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """Two sources that share an id."""
    texts = ["fresh coffee beans", "coffee for everyone", "hiring engineers now"]
    for name in ("one", "two"):
        rows = [post(n, content=f"{text} {name}") for n, text in enumerate(texts)]
        build(tmp_path / "s", write_csv([*rows, post(3, id=f"only-{name}")], f"{name}.csv"))
    return embedstore.open(tmp_path / "s")


def test_a_text_finds_posts_that_say_such_things(built: embedstore.Store) -> None:
    assert set(keys(built.similar(text="fresh coffee", k=2))) == {"one:0", "two:0"}


def test_a_post_is_named_by_source_and_id_or_by_an_id_that_is_unique(
    built: embedstore.Store,
) -> None:
    assert keys(built.similar(post="one:0", k=1)) == ["two:0"]
    assert built.similar(post="only-two", k=1).num_rows == 1
    with pytest.raises(QueryError, match="more than one post: one:0, two:0"):
        built.similar(post="0")
    with pytest.raises(QueryError, match="there is no post 'three:0'"):
        built.similar(post="three:0")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "one of text, image, post and vector"),
        ({"text": "a", "post": "1"}, "one of text, image, post and vector"),
        ({"text": " \n"}, "text to look for is empty"),
        ({"vector": np.ones(7)}, "7 dimensions, space 'words' has 16"),
        ({"vector": np.ones((2, 3, 16))}, r"\(dim,\) or \(queries, dim\), not \(2, 3, 16\)"),
        ({"vector": np.full(16, np.nan)}, "query 0 is not finite"),
        ({"vector": np.diag([np.inf] * 16)}, "query 0 is not finite"),
        ({"vector": np.eye(17, 16)}, "query 16 has no direction"),
        ({"vector": ["a"] * 16}, "array of numbers"),
        ({"vector": np.ones(16), "k": 0}, "at least 1: not 0"),
        ({"vector": np.ones(16), "k": -3}, "at least 1: not -3"),
        ({"vector": np.ones(16), "k": 2.5}, "at least 1: not 2.5"),
        ({"vector": np.ones(16), "k": True}, "at least 1: not True"),
        ({"vector": np.ones(16), "before": "2020-01-01"}, "is a datetime, not '2020-01-01'"),
        ({"vector": np.ones(16), "space": "sounds"}, "no space 'sounds'"),
        ({"vector": np.ones(16), "among": "images"}, "images"),
        ({"vector": np.ones(16), "among": "sounds"}, "'texts' or 'images', not 'sounds'"),
        ({"image": "nowhere.jpg", "among": "texts"}, "no picture at nowhere.jpg"),
    ],
)
def test_what_cannot_be_looked_for_is_said(
    store: embedstore.Store, query: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        store.similar(**query)


def test_a_space_without_vectors_says_how_to_get_them(tmp_path: Path) -> None:
    database.create(tmp_path)
    store = embedstore.open(tmp_path)
    with pytest.raises(QueryError, match="no space"):
        store.similar(vector=np.ones(3))
    change(
        tmp_path,
        "INSERT INTO spaces (space, position, encoder, texts, images, text_field, settings)"
        " VALUES ('words', 0, 'hash', true, false, 'text', '{}')",
    )
    with pytest.raises(QueryError, match=f"space 'words' yet: run `embedstore build {tmp_path}"):
        store.similar(text="coffee")
    change(tmp_path, "UPDATE spaces SET dim = 3, fingerprint = 'f'")
    assert store.similar(vector=np.ones(3)).num_rows == 0


# Texts among images, images among texts


class _SeeingEncoder(HashEncoder):
    """The hash encoder of texts, which also embeds a file by the words in it."""

    def encode_images(
        self, images: Any
    ) -> Iterator[tuple[int, dict[str, NDArray[np.float32]] | Exception]]:
        for number, image in enumerate(images):
            vectors = self.encode([Path(image).read_text()])
            yield number, {output.name: vectors[0] for output in self.outputs}


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> embedstore.Store:
    """Post 1 says coffee and shows tea, post 2 says tea and shows coffee."""
    encoder = _SeeingEncoder(DIM)
    monkeypatch.setattr("embedstore.storage.session.load_encoder", lambda *_, **__: encoder)
    words = ["a cup of coffee", "a pot of tea"]
    vectors = encoder.encode(words)
    make(tmp_path / "s", vectors, text=words)
    output = encoder.outputs[0]
    with database.transaction(tmp_path / "s") as connection:
        declare(connection, "looks", DIM, texts=False, images=True)
        connection.execute(
            "UPDATE spaces SET fingerprint = $1, joint = $2", [output.fingerprint, output.joint]
        )
        for number in (1, 2):
            connection.execute(
                "INSERT INTO contents VALUES ($1, sha256($1::VARCHAR), 'image')", [100 + number]
            )
            connection.execute(
                "INSERT INTO vectors VALUES ('looks', $1, $2::FLOAT[])",
                [100 + number, vectors[2 - number].tolist()],
            )
            connection.execute(
                "INSERT INTO media (post_id, position, kind, url, content_id)"
                " VALUES ($1, 0, 'photo', 'u', $2)",
                [number, 100 + number],
            )
    (tmp_path / "coffee.jpg").write_text("coffee")
    return embedstore.open(tmp_path / "s")


def test_a_text_looks_among_texts_unless_told_otherwise(both: embedstore.Store) -> None:
    assert ids(both.similar(text="coffee", k=1)) == [1]
    assert ids(both.similar(text="coffee", k=1, among="images")) == [2]
    assert ids(both.similar(text="coffee", k=1, space="looks")) == [2]


def test_a_picture_looks_among_pictures_unless_told_otherwise(
    both: embedstore.Store, tmp_path: Path
) -> None:
    assert ids(both.similar(image=tmp_path / "coffee.jpg", k=1)) == [2]
    assert ids(both.similar(image=tmp_path / "coffee.jpg", k=1, among="texts")) == [1]


def test_a_file_that_is_no_picture_is_named(
    both: embedstore.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Any, images: Any) -> Iterator[tuple[int, Exception]]:
        yield from ((number, MediaError("it is no picture")) for number, _ in enumerate(images))

    monkeypatch.setattr(_SeeingEncoder, "encode_images", none)
    (tmp_path / "train.csv").write_text("id,likes")
    with pytest.raises(MediaError, match=r"train\.csv can't be looked for: it is no picture"):
        both.similar(image=tmp_path / "train.csv")


def test_a_call_opens_the_database_once(
    built: embedstore.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.similar(text="coffee")
    opened: list[Path] = []
    attach = database.attach

    def counted(instance: Any, path: Path, *others: Any) -> None:
        opened.append(path)
        attach(instance, path, *others)

    monkeypatch.setattr(database, "attach", counted)
    monkeypatch.delattr(database, "connect")
    for number, question in enumerate(
        ({"text": "coffee"}, {"post": "one:0"}, {"vector": np.ones(64, np.float32)}), start=1
    ):
        assert built.similar(**question, k=1).num_rows == 1  # type: ignore[arg-type]
        assert len(opened) == number


def test_vectors_that_cannot_be_compared_are_not(both: embedstore.Store, tmp_path: Path) -> None:
    change(both.path, "UPDATE spaces SET joint = 'another' WHERE space = 'looks'")
    with pytest.raises(QueryError, match="can't be searched by a text"):
        both.similar(text="coffee", among="images")
    with pytest.raises(QueryError, match="can't be searched by a picture"):
        both.similar(image=tmp_path / "coffee.jpg", among="texts")
