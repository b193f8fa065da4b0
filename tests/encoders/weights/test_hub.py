import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from embedstore.encoders.weights.hub import model_folder, weight_files
from embedstore.errors import WeightsError

LOAD = """
import sys
from embedstore.encoders import load_encoder
from embedstore.errors import WeightsError
try:
    encoder = load_encoder(sys.argv[1], sys.argv[2])
except WeightsError as error:
    sys.exit(str(error))
print(encoder.outputs[0].dim)
"""

REMEDIES = (
    "Either name a local folder, `--space NAME=distilbert:/path/to/folder`, or use"
    " `--models bundled`, which needs no hub"
)


def load(encoder: str, weights: str, home: Path, endpoint: str) -> subprocess.CompletedProcess[str]:
    """Load an encoder in a process of its own, with its own cache and hub."""
    environment = os.environ | {"HF_HOME": str(home), "HF_ENDPOINT": endpoint}
    environment.pop("HF_HUB_CACHE", None)
    return subprocess.run(
        [sys.executable, "-c", LOAD, encoder, weights],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def closed_port() -> str:
    """Address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_a_hub_that_refuses_ends_in_an_error_with_both_remedies(
    tmp_path: Path, closed_port: str
) -> None:
    done = load("distilbert", "distilbert-base-uncased", tmp_path, closed_port)
    assert done.returncode == 1
    assert "the weights of distilbert (distilbert-base-uncased) could not be fetched" in done.stderr
    assert REMEDIES in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_that_never_answers_ends_in_the_same_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = load("distilbert", "acme/model", tmp_path, endpoint)
    assert done.returncode == 1
    assert "the weights of distilbert (acme/model) could not be fetched" in done.stderr
    assert REMEDIES in done.stderr


def test_a_cached_model_loads_without_any_network(
    minilm_folder: Path, tmp_path: Path, closed_port: str
) -> None:
    cached = tmp_path / "hub" / "models--sentence-transformers--small"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0" * 40)
    shutil.copytree(minilm_folder, cached / "snapshots" / ("0" * 40), copy_function=os.symlink)
    # Without an owner it means one of sentence-transformers' own models.
    done = load("minilm", "small", tmp_path, closed_port)
    assert (done.returncode, done.stdout.strip()) == (0, "384"), done.stderr


@pytest.mark.parametrize("weights", ["/no/such/folder", "./folder", "~/no-such-folder", "a/b/c"])
def test_a_path_that_is_no_folder_never_goes_to_the_hub(weights: str) -> None:
    with pytest.raises(WeightsError, match="there is no such folder: name one that exists"):
        model_folder(weights, encoder="minilm")


def test_a_local_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert model_folder(str(tmp_path), encoder="minilm") == tmp_path


def test_safetensors_come_before_pickled_weights(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").touch()
    assert [file.name for file in weight_files(tmp_path)] == ["pytorch_model.bin"]
    for number in (2, 1):
        (tmp_path / f"model-0000{number}-of-00002.safetensors").touch()
    assert [file.name for file in weight_files(tmp_path)] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]
