"""Views of training posts, encoded once and kept in the store's table ``augmented``."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from embedstore import sql
from embedstore.encoders.base import ImageEncoder, TextEncoder
from embedstore.errors import EncoderError, InputError, MediaError
from embedstore.images.decode import open_image
from embedstore.progress import Progress, Step, silent
from embedstore.storage import database
from embedstore.storage.layout import image_file
from embedstore.storage.spaces import Space, output_of
from embedstore.store import Store
from heads.arrays import Indices, Vectors, unit_or_nan
from heads.augment import images, lexicon, texts
from heads.data.features import Inputs
from heads.data.posts import Posts

Kind = Literal["text", "image"]
KINDS: tuple[Kind, ...] = ("text", "image")

VIEWS = 3
"""Views of each content."""

CHUNK = 2000
"""Contents whose views are encoded and committed at once."""

RECIPES: dict[Kind, str] = {
    "text": f"reword:replace={texts.REPLACED},drop={texts.DROPPED},{lexicon.SHA256[:8]}",
    "image": f"vary:area={images.SMALLEST},colour={images.COLOUR}",
}


def parse_kinds(text: str | None) -> tuple[Kind, ...]:
    """Read ``--augment``: ``text``, ``image`` or both, by a comma.

    Raises
    ------
    InputError
        It names something else.
    """
    wanted = [] if text is None else [part.strip() for part in text.split(",")]
    if unknown := [part for part in wanted if part not in KINDS]:
        raise InputError(f"there is nothing to augment called {unknown[0]!r}: text or image")
    return tuple(kind for kind in KINDS if kind in wanted)


def gather_views(
    store: Store,
    posts: Posts,
    inputs: Inputs,
    kinds: Sequence[Kind],
    rows: Indices,
    *,
    progress: Progress = silent,
) -> list[dict[str, Vectors]]:
    """Gather views of posts in every space of the inputs; missing ones are encoded first.

    Parameters
    ----------
    store, posts, inputs
        The store, its posts, and the inputs of the head.
    kinds : sequence of {"text", "image"}
        Kinds of content to make views of.
    rows : array, shape (m,), int64
        Posts to make views of: those that are learned from.
    progress : callable
        Told how far the encoding is.

    Returns
    -------
    list of dict
        `VIEWS` times, by space: array, shape (n, dim), float32, of length 1; NaN without a view.

    Raises
    ------
    WeightsError
        The lexicon or an encoder's weights are not installed.
    InputError
        The head looks at nothing that there could be views of.
    """
    names: dict[Kind, tuple[str, ...]] = {"text": inputs.texts, "image": inputs.images}
    spaces = [(kind, name) for kind in kinds if inputs.has(kind) for name in names[kind]]
    lacking = [kind for kind in kinds if kind not in {found for found, _ in spaces}]
    if lacking:
        raise InputError(
            f"there is no {lacking[0]} to augment: the head looks at no space of {lacking[0]}s;"
            " see `embedstore info` and --inputs"
        )
    found: list[dict[str, Vectors]] = [{} for _ in range(VIEWS)]
    for kind, name in spaces:
        space = store.space(name, texts=kind == "text", images=kind == "image")
        asked = _Asked(store, space, kind, posts, rows)
        _encode(asked, progress)
        for number, vectors in enumerate(_read(asked)):
            found[number][name] = vectors
    return found


@dataclass(frozen=True)
class _Asked:
    """The posts whose views are wanted, and the space."""

    store: Store
    space: Space
    kind: Kind
    posts: Posts
    rows: Indices

    @property
    def chosen(self) -> pa.Table:
        """Their post ids, as a table to join."""
        return pa.table({"post_id": self.posts.post_id[self.rows]})


def _encode(asked: _Asked, progress: Progress) -> None:
    """Bring the views that the store lacks into it, chunk by chunk."""
    database.create(asked.store.path)
    contents = _contents(asked)
    if not len(contents):
        return
    encoder = asked.store.encoder(asked.space)
    vary = _reworded if asked.kind == "text" else _varied
    done, total = 0, len(contents)
    step = f"augment {asked.space.space}"
    for start in range(0, total, CHUNK):
        part = contents.slice(start, CHUNK)
        ids, numbers, vectors = vary(asked, encoder, part)
        table = pa.table(
            {
                "space": pa.array([asked.space.space] * len(ids), pa.string()),
                "content_id": ids,
                "recipe": pa.array([RECIPES[asked.kind]] * len(ids), pa.string()),
                "number": pa.array(numbers, pa.int32()),
                "vector": pa.FixedSizeListArray.from_arrays(
                    pa.array(vectors.ravel()), vectors.shape[1]
                ),
            }
        )
        with database.transaction(asked.store.path) as connection:
            connection.register("made", table)
            connection.execute("INSERT INTO augmented BY NAME SELECT * FROM made")
            connection.unregister("made")
        done += len(part)
        progress(Step(step, done, total, f"{asked.kind}s"))


def _contents(asked: _Asked) -> pa.Table:
    """List the contents without views in the space: content_id, sha256, and text for texts."""
    params: dict[str, str] = {}
    if asked.kind == "text":
        query = sql.read("features/augmented_texts")
        params = {"field": asked.space.text_field or "text"}
    else:
        query = (
            "SELECT DISTINCT c.content_id, c.sha256 FROM media m SEMI JOIN chosen USING (post_id)"
            " JOIN contents c USING (content_id) WHERE c.kind = 'image' ORDER BY c.content_id"
        )
    with asked.store.connection() as connection:
        connection.register("chosen", asked.chosen)
        contents = connection.sql(query, params=params).to_arrow_table()
        there = connection.sql(
            "SELECT DISTINCT content_id FROM augmented WHERE space = ? AND recipe = ?",
            params=[asked.space.space, RECIPES[asked.kind]],
        ).to_arrow_table()
    known = np.isin(contents["content_id"].to_numpy(), there["content_id"].to_numpy())
    return contents.filter(pa.array(~known))


def _reworded(asked: _Asked, encoder: object, part: pa.Table) -> tuple[Indices, list[int], Vectors]:
    """Reword and encode texts; returns content ids, numbers of the views, and vectors."""
    if not isinstance(encoder, TextEncoder):
        raise EncoderError(f"the encoder of {asked.space.space!r} can't embed texts")
    output_of(asked.space, encoder)
    # The whole store's words, not the chunk's: a view does not depend on who asks for it.
    synonyms = lexicon.within(lexicon.load(), texts.vocabulary(asked.posts.texts))
    words = [
        texts.reword(text, synonyms, _random(sha256, number))
        for sha256, text in zip(part["sha256"].to_pylist(), part["text"].to_pylist(), strict=True)
        for number in range(VIEWS)
    ]
    vectors = np.asarray(encoder.encode(words), dtype=np.float32)
    ids = np.repeat(part["content_id"].to_numpy(), VIEWS)
    return ids, list(range(VIEWS)) * len(part), vectors


def _varied(asked: _Asked, encoder: object, part: pa.Table) -> tuple[Indices, list[int], Vectors]:
    """Vary and encode images; returns content ids, numbers of the views, and vectors."""
    if not isinstance(encoder, ImageEncoder):
        raise EncoderError(f"the encoder of {asked.space.space!r} can't embed images")
    output = output_of(asked.space, encoder).name
    ids, numbers, vectors = [], [], []
    owner = np.repeat(part["content_id"].to_numpy(), VIEWS)
    for place, result in encoder.encode_images(_pictures(asked, part["sha256"].to_pylist())):
        if not isinstance(result, Exception):
            ids.append(owner[place])
            numbers.append(place % VIEWS)
            vectors.append(np.asarray(result[output], dtype=np.float32))
    made = np.array(vectors, dtype=np.float32).reshape(len(ids), asked.space.dim or 0)
    return np.array(ids, dtype=np.int64), numbers, made


def _pictures(asked: _Asked, hashes: Sequence[str]) -> Iterator[bytes]:
    """Yield the views as PNG files; an image that can't be read yields empty files."""
    for sha256 in hashes:
        try:
            image = open_image(image_file(asked.store.path, sha256))
        except (MediaError, OSError):
            yield from [b""] * VIEWS
            continue
        for number in range(VIEWS):
            out = io.BytesIO()
            images.vary(image, _random(sha256, number)).save(out, "PNG", compress_level=1)
            yield out.getvalue()


def _read(asked: _Asked) -> list[Vectors]:
    """Read each view's vectors, row for row with the posts; a post's images as their mean."""
    column = "text_content_id" if asked.space.text_field == "text" else "formatted_content_id"
    links = (
        f"SELECT post_id, {column} AS content_id FROM posts"  # noqa: S608 (one of two of ours)
        if asked.kind == "text"
        else "SELECT post_id, content_id FROM media"
    )
    with asked.store.connection() as connection:
        connection.register("chosen", asked.chosen)
        table = connection.sql(
            f"SELECT l.post_id, a.number, a.vector FROM ({links}) l"  # noqa: S608
            " SEMI JOIN chosen USING (post_id) JOIN augmented a USING (content_id)"
            " WHERE a.space = ? AND a.recipe = ?",
            params=[asked.space.space, RECIPES[asked.kind]],
        ).to_arrow_table()
    assert asked.space.dim is not None
    flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    every = flat.reshape(-1, asked.space.dim)
    rows, number = asked.posts.rows_of(table["post_id"].to_numpy()), table["number"].to_numpy()
    found = []
    for place in range(VIEWS):
        total = np.zeros((len(asked.posts), asked.space.dim), dtype=np.float32)
        np.add.at(total, rows[number == place], every[number == place])
        found.append(unit_or_nan(total))
    return found


def _random(sha256: str, number: int) -> np.random.Generator:
    """Seed a generator by content and number: the same content gets the same views."""
    return np.random.default_rng([int(sha256[:16], 16), number])
