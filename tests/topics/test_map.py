"""The map: made once, kept as a space, read by SQL, and a page of it."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import made_store
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command
from topics_made import POSTS, THINGS, made_posts

import embedstore
from embedstore.arrays import unit
from embedstore.errors import InputError
from embedstore.maintenance.remove import remove
from embedstore.storage import database
from embedstore.topics import atlas, map as maps
from embedstore.topics.map import place, update_map


@pytest.fixture
def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A projection that takes no time: the first two directions."""

    def lay_out(vectors: maps.Vectors, *, seed: int = 0) -> maps.Vectors:
        centred = vectors - vectors.mean(axis=0)
        return np.asarray(centred @ np.linalg.svd(centred)[2][:2].T, dtype=np.float32) + seed

    monkeypatch.setattr(maps, "lay_out", lay_out)


def _points(store: Path) -> dict[int, tuple[float, float]]:
    rows = embedstore.open(store).sql("SELECT * FROM map ORDER BY post_id").to_pylist()
    return {row["post_id"]: (row["x"], row["y"]) for row in rows}


@pytest.mark.usefixtures("flat")
def test_new_posts_are_placed_beside_their_like_and_none_moves(store: Path) -> None:
    made = update_map(store)
    before = _points(store)
    assert (made.fitted, made.placed, len(before)) == (True, POSTS, POSTS)
    vectors, columns = made_posts(24, seed=1)
    made_store.add(store, vectors, **columns)
    again = update_map(store)
    after = _points(store)
    assert (again.fitted, again.placed, again.points) == (False, 24, POSTS + 24)
    assert {post: after[post] for post in before} == before
    things = len(THINGS)
    centres = np.array(
        [
            np.mean([before[p] for p in before if (p - 1) % things == t], axis=0)
            for t in range(things)
        ]
    )
    for number in range(24):
        distance = np.linalg.norm(centres - after[POSTS + 1 + number], axis=1)
        # Two things may lie upon each other in the plane.
        assert distance[number % things] < distance.min() + 0.1
    assert update_map(store).placed == 0


@pytest.mark.usefixtures("flat")
def test_a_refit_or_other_vectors_make_the_map_anew(store: Path) -> None:
    update_map(store)
    before = _points(store)
    assert update_map(store, refit=True, seed=1).fitted
    assert _points(store)[1] != before[1]
    with database.transaction(store) as connection:
        connection.execute("UPDATE spaces SET fingerprint = 'another' WHERE space = 'words'")
    assert update_map(store).fitted


@pytest.mark.usefixtures("flat")
def test_a_removed_post_leaves_the_map_and_the_map_is_no_space_to_search(store: Path) -> None:
    update_map(store)
    opened = embedstore.open(store, "rw")
    remove(opened, "post_id = 7")
    assert 7 not in _points(store)
    vectors = opened.sql("SELECT count(*) AS n FROM vectors WHERE space = 'map'")
    assert vectors["n"].to_pylist() == [POSTS - 1]
    found = opened.similar(post="1", k=3)
    assert found.num_rows == 3


def test_a_space_of_that_name_that_is_no_map_is_left_alone(store: Path) -> None:
    with database.transaction(store) as connection:
        made_store.declare(connection, "map", 5)
    with pytest.raises(InputError, match="is no map"):
        update_map(store)


def test_too_few_texts_make_no_map(tmp_path: Path) -> None:
    vectors, columns = made_posts(20)
    made_store.make(tmp_path / "few", vectors, **columns)
    with pytest.raises(InputError, match="needs 50"):
        update_map(tmp_path / "few")


def test_a_text_between_clusters_goes_to_the_nearer_one() -> None:
    known = unit(np.array([[1, 0]] * 20 + [[0, 1]] * 20, dtype=np.float32))
    points = np.array([[0, 0]] * 20 + [[10, 10]] * 20, dtype=np.float32)
    new = unit(np.array([[1, 0.6]], dtype=np.float32))
    assert np.linalg.norm(place(new, known, points)[0]) < 1


def test_umap_keeps_things_apart() -> None:
    pytest.importorskip("umap", reason="the extra atlas is not installed")
    vectors, _ = made_posts()
    points = maps.lay_out(unit(vectors))
    thing = np.arange(POSTS) % len(THINGS)
    centres = np.array([points[thing == each].mean(axis=0) for each in range(len(THINGS))])
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
    assert np.mean(nearest == thing) > 0.95


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A viewer of one page, in place of the package's."""
    folder = tmp_path / "viewer"
    folder.mkdir()
    (folder / "index.html").write_text("<title>Embedding Atlas</title>")
    monkeypatch.setattr(atlas, "viewer_files", lambda: folder)
    return folder


@pytest.mark.usefixtures("flat", "viewer")
def test_the_command_writes_posts_points_and_what_the_viewer_asks_for(
    store: Path, tmp_path: Path
) -> None:
    with database.transaction(store) as connection:
        connection.execute(
            "INSERT INTO topics VALUES (1, NULL, 0, 'hot drinks', true, [], 1);"
            "INSERT INTO post_topics VALUES (1, 1, 0.9, 1)"
        )
    result = CliRunner().invoke(command, ["atlas", str(store), str(tmp_path / "site")])
    assert result.exit_code == 0, result.output
    assert f"{POSTS} texts laid out; {POSTS} posts" in result.output
    rows = pq.read_table(tmp_path / "site/data/dataset.parquet").to_pylist()
    assert len(rows) == POSTS
    assert rows[0]["topic"] == "hot drinks"
    assert {(row["post_id"], row["x"], row["y"]) for row in rows} == {
        (post, *point) for post, point in _points(store).items()
    }
    assert all(row["above_level"] > 0 for row in rows)
    metadata = json.loads((tmp_path / "site/data/metadata.json").read_text())
    assert metadata["props"]["data"]["projection"] == {"x": "x", "y": "y"}
    assert metadata["props"]["defaultChartsConfig"]["embedding"]["data"]["category"] == "topic"
    again = CliRunner().invoke(
        command, ["atlas", str(store), str(tmp_path / "site"), "--where", "post_id < 11"]
    )
    assert "0 texts placed; 10 posts" in again.output
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("keep")
    refused = CliRunner().invoke(command, ["atlas", str(store), str(tmp_path / "other")])
    assert "holds other files" in refused.output
    assert (tmp_path / "other" / "mine.txt").read_text() == "keep"


@pytest.mark.usefixtures("flat")
def test_the_viewer_shows_the_posts_in_a_browser_and_asks_nobody_outside(
    store: Path, tmp_path: Path
) -> None:
    pytest.importorskip("embedding_atlas", reason="the extra atlas is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("there is no browser here")
    update_map(store)
    atlas.write_atlas(embedstore.open(store), tmp_path / "site")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked: list[str] = []
    try:
        with playwright.sync_playwright() as tool:
            browser = tool.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            page.get_by_text(f"{POSTS} points", exact=True).first.wait_for(timeout=120_000)
            assert page.title() == f"made.store: {POSTS} posts"
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    ours = f"http://127.0.0.1:{server.server_address[1]}/"
    assert not [url for url in asked if not url.startswith((ours, "data:", f"blob:{ours}"))]


@pytest.mark.usefixtures("flat")
def test_a_missing_viewer_is_named_with_its_remedy(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas, "find_spec", lambda _: None)
    result = CliRunner().invoke(command, ["atlas", str(store), str(tmp_path / "site")])
    assert result.exit_code == 1
    assert "pip install 'embedstore[atlas]'" in result.output
    spaces = embedstore.open(store).sql("FROM spaces WHERE space = 'map'")
    assert not spaces.num_rows
