"""Exported vectors are read back by the tools they are meant for."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
from support import WriteCsv, build_once, post

import embedstore
from embedstore.errors import InputError, QueryError
from embedstore.maintenance import export as exporting
from embedstore.maintenance.export import export


@pytest.fixture
def store(tmp_path: Path, write_csv: WriteCsv) -> embedstore.Store:
    """Twelve posts."""
    build_once(tmp_path / "s", write_csv([post(n) for n in range(1, 13)]))
    return embedstore.open(tmp_path / "s")


def _vectors(store: embedstore.Store) -> np.ndarray:
    found = store.sql("SELECT vector FROM text_vectors ORDER BY post_id")["vector"]
    return np.array(found.to_pylist(), dtype=np.float32)


def test_parquet_holds_float16_vectors_that_duckdb_reads_as_floats(
    store: embedstore.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SHARD_ROWS", 5)
    written = export(store, tmp_path / "out")
    assert (written.rows, written.files) == (12, 3)
    rows = duckdb.sql(
        f"SELECT id, text, likes, vector FROM '{tmp_path}/out/*.parquet' ORDER BY post_id"
    )
    assert [str(kind) for kind in rows.types][-1] == "FLOAT[]"
    found = rows.fetchall()
    assert found[0][:3] == ("1", "post number 1 about coffee and the weather", 10)
    np.testing.assert_allclose([row[3] for row in found], _vectors(store), atol=1e-3)


def test_the_layout_of_clip_retrieval_is_read_by_embedding_reader(
    store: embedstore.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = pytest.importorskip("embedding_reader", reason="embedding-reader is not installed")
    monkeypatch.setattr(exporting, "SHARD_ROWS", 5)
    export(store, tmp_path / "out", layout="clip-retrieval")
    read = reader.EmbeddingReader(
        embeddings_folder=str(tmp_path / "out" / "text_emb"),
        metadata_folder=str(tmp_path / "out" / "metadata"),
        meta_columns=["id", "caption"],
        file_format="parquet_npy",
    )
    assert (read.count, read.dimension) == (12, _vectors(store).shape[1])
    parts = list(read(batch_size=4, show_progress=False))
    np.testing.assert_allclose(
        np.concatenate([vectors for vectors, _ in parts]), _vectors(store), atol=1e-3
    )
    ids = [name for _, rows in parts for name in rows["id"]]
    assert ids == [str(n) for n in range(1, 13)]


def test_a_filter_chooses_what_is_written(store: embedstore.Store, tmp_path: Path) -> None:
    assert export(store, tmp_path / "out", where="likes > 100").rows == 2
    with pytest.raises(QueryError, match="nothing to export"):
        export(store, tmp_path / "none", where="likes > 10000")
    assert not (tmp_path / "none").exists()


def test_a_folder_with_something_in_it_is_left_alone(
    store: embedstore.Store, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_text("x")
    with pytest.raises(InputError, match="is not empty"):
        export(store, tmp_path / "out")
    assert (tmp_path / "out" / "precious").read_text() == "x"


def test_files_that_export_did_not_make_stay(store: embedstore.Store, tmp_path: Path) -> None:
    (tmp_path / "out.new").mkdir()
    (tmp_path / "out.new" / "precious").write_text("x")
    export(store, tmp_path / "out")
    with pytest.raises(QueryError, match="nothing to export"):
        export(store, tmp_path / "none", where="likes > 10000")
    assert (tmp_path / "out.new" / "precious").read_text() == "x"
    assert {entry.name for entry in tmp_path.iterdir()} == {"s", "posts.csv", "out", "out.new"}
