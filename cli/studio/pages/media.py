"""Pictures of stored posts and of uploads, by the SHA-256 of their bytes."""

import io
from pathlib import Path

from embedstore.cli.studio.pages.shell import HereOf
from embedstore.cli.studio.pages.static import FOREVER
from fastapi import APIRouter, HTTPException, Query, Response
from PIL import Image

from embedstore.errors import MediaError
from embedstore.images.decode import open_image
from embedstore.images.header import sniff
from embedstore.storage.layout import image_file, is_sha256

router = APIRouter()

_HEADERS = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}


@router.get("/s/{store}/media/{sha256}")
def stored_picture(
    here: HereOf, sha256: str, width: int | None = Query(None, ge=16, le=2000)
) -> Response:
    """Serve a picture of the store's media folder, whole or made smaller."""
    if not is_sha256(sha256):
        raise HTTPException(404)
    return serve(image_file(here.store.path, sha256), width)


def serve(file: Path, width: int | None) -> Response:
    """Serve a picture as what its first bytes say that it is.

    Made smaller, only its pixels are sent: no comments, no place where it was taken.
    """
    try:
        if width is None:
            data = file.read_bytes()
            media_type = sniff(data[:64])
            if media_type is None:
                raise HTTPException(404)
            return Response(data, media_type=media_type, headers=_HEADERS)
        image = open_image(file, target=width)
    except (OSError, MediaError) as error:
        raise HTTPException(404) from error
    image.thumbnail((width, 4 * width))
    pixels = Image.new("RGB", image.size)
    pixels.paste(image)
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=82)
    return Response(out.getvalue(), media_type="image/jpeg", headers=_HEADERS)
