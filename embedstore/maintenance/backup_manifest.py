"""The manifest of a backup: which files it has, of which parts, with a hash of itself."""

import hashlib
import json
import os
import re
from datetime import UTC, datetime
from typing import Any

from embedstore.errors import StoreError
from embedstore.storage.layout import FILE, is_sha256

FORMAT = "embedstore backup 1"
"""Value of the key `format` of a manifest."""

_NAME = re.compile(
    rf"{re.escape(FILE)}|media/[0-9a-f]{{2}}/[0-9a-f]{{64}}|(runs|index)(/[\w.-]+)+", re.ASCII
)
"""Names of files that a backup may have: nothing else of a manifest is written to a disk."""


def write_manifest(meta: dict[str, str], files: dict[str, Any]) -> bytes:
    """Write a manifest, with a hash of itself."""
    content = {
        "format": FORMAT,
        "store_id": meta["store_id"],
        "schema": int(meta["schema"]),
        "generation": int(meta["generation"]),
        "made_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        "files": files,
    }
    return json.dumps(content | {"sha256": _hash(content)}, indent=1).encode()


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_manifest(data: bytes, source: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a manifest and verify it.

    Raises
    ------
    StoreError
        It is damaged, or was written by a newer version.
    """
    place = os.fspath(source)
    try:
        content = json.loads(data)
        sha256 = content.pop("sha256")
        if content["format"] != FORMAT:
            raise StoreError(
                f"{place} was written by another version of embedstore ({content['format']}):"
                " update embedstore"
            )
        sound = sha256 == _hash(content) and all(
            _NAME.fullmatch(name)
            and ".." not in name.split("/")
            and all(is_sha256(part) for part in file["parts"])
            for name, file in content["files"].items()
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise StoreError(f"the manifest of {place} is damaged: use another backup")
    found: dict[str, Any] = content
    return found
