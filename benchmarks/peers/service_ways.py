"""What the peers' own interpreter runs for `benchmarks.peers.service`.

    service_ways.py txtai POSTS INDEX SETTINGS      index posts whose vectors are given
    service_ways.py clip-retrieval FOLDER PORT CLIP the back end over an index, on loopback

It imports nothing of ours, so that the memory of a peer is its own.
"""

import json
import logging
import sys
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType


def txtai(posts: Path, index: Path, settings: str) -> None:
    """Index posts with content; the model encodes questions alone.

    Parameters
    ----------
    posts : Path
        Parquet file with `post_id`, `text` and `vector`.
    index : Path
        Where the index is saved.
    settings : str
        JSON of the configuration: the model's folder, the back end.
    """
    import numpy as np
    import pyarrow.parquet as pq
    from txtai import Embeddings

    rows = pq.read_table(posts).to_pydict()
    vectors = dict(zip(rows["text"], rows["vector"], strict=True))
    chosen = json.loads(settings)
    embeddings = Embeddings(
        {
            **{name: value for name, value in chosen.items() if name != "path"},
            "method": "external",
            "transform": lambda texts: np.array([vectors[text] for text in texts], np.float32),
        }
    )
    embeddings.index(
        (str(post), text, None) for post, text in zip(rows["post_id"], rows["text"], strict=True)
    )
    del embeddings.config["transform"]
    embeddings.config.update(chosen, method="transformers")
    embeddings.save(str(index))


def clip_retrieval(folder: Path, port: int, clip: str) -> None:
    """Serve an index as `clip-retrieval back` does, but to this machine alone.

    Parameters
    ----------
    folder : Path
        With `text.index` and `metadata/`.
    port : int
        Port to listen at.
    clip : str
        Name of the model as all_clip takes it.
    """
    import flask

    # Its package imports its inference and its downloads beside the back end: without them.
    package = ModuleType("clip_retrieval")
    package.__path__ = [str(distribution("clip-retrieval").locate_file("clip_retrieval"))]
    sys.modules["clip_retrieval"] = package
    from clip_retrieval.clip_back import clip_back

    # It says 0.0.0.0 itself; and a line for each answer would cost it time.
    run = flask.Flask.run
    flask.Flask.run = lambda app, **options: run(app, **{**options, "host": "127.0.0.1"})
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    paths = folder / "indices.json"
    paths.write_text(json.dumps({"posts": str(folder)}))
    clip_back(
        indices_paths=str(paths),
        port=port,
        columns_to_return=["post_id", "text"],
        clip_model=clip,
        use_jit=False,
        enable_mclip_option=False,
        provide_aesthetic_embeddings=False,
    )


if __name__ == "__main__":
    if sys.argv[1] == "txtai":
        txtai(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    else:
        clip_retrieval(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
