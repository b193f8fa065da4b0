"""Where the files of a store are."""

from pathlib import Path


def image_file(path: Path, sha256: str) -> Path:
    """Where the store at `path` keeps an image's bytes."""
    return path / "media" / sha256[:2] / sha256


FILE = "store.duckdb"
