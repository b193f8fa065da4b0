"""Style sheets and scripts: read once, served by name, kept by the browser until they change."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from fastapi import APIRouter, HTTPException, Response

router = APIRouter()

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

FOREVER = "public, max-age=31536000, immutable"
"""Cache-Control of an address whose content never changes."""


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str


_files = {
    entry.name: _File(entry.read_bytes(), _TYPES[suffix])
    for entry in files(__package__).joinpath("static").iterdir()
    if (suffix := entry.name[entry.name.rfind(".") :]) in _TYPES
}
VERSION = hashlib.sha256(b"".join(_files[name].content for name in sorted(_files))).hexdigest()[:12]
"""Part of each address: a new release is loaded anew, with the modules that scripts import."""


def address(name: str) -> str:
    """Return the address of a file."""
    return f"/static/{VERSION}/{name}"


@router.get("/static/{version}/{name}")
def serve(version: str, name: str) -> Response:
    """Serve a file of this package, and nothing else."""
    found = _files.get(name)
    if found is None:
        raise HTTPException(404)
    kept = FOREVER if version == VERSION else "no-cache"
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": kept})
