"""A small JPEG of an image, as pages embed it."""

import base64
import io
from pathlib import Path

from PIL import Image

from embedstore.images.decode import open_image


def thumbnail(file: Path, pixels: int) -> str:
    """Make a small JPEG of an image, as the address of an `img` that needs no other file.

    Parameters
    ----------
    file : Path
        The image.
    pixels : int
        Longer side, at most.

    Raises
    ------
    MediaError
        It is no image that may be opened.
    OSError
        It can't be read.
    """
    image = open_image(file, target=pixels)
    image.thumbnail((pixels, pixels))
    # Pixels alone: comments and other metadata of the file stay out of the page.
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
