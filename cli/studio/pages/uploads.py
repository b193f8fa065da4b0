"""Pictures and files that someone drops into a page: kept for a while under a name of ours."""

import hashlib
import shutil
import tempfile
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import Annotated

from embedstore.cli.studio.pages.media import serve
from embedstore.cli.studio.pages.shell import HereOf
from fastapi import APIRouter, File, HTTPException, Query, Request, Response, UploadFile

from embedstore.errors import InputError, MediaError
from embedstore.images.decode import open_image
from embedstore.storage.layout import is_sha256

router = APIRouter()

MOST_BYTES = 30_000_000
"""Bytes of a picture, as many as a build takes."""

MOST_PICTURES = 200
"""Pictures that are kept; the oldest makes room."""


class Pictures:
    """Uploaded pictures in a folder that goes away with the process."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="embedstore-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._files: OrderedDict[str, Path] = OrderedDict()

    def keep(self, data: bytes) -> str:
        """Keep a picture; returns the SHA-256 of its bytes.

        Raises
        ------
        MediaError
            It is none that a build would take.
        """
        open_image(data)
        name = hashlib.sha256(data).hexdigest()
        file = self._folder / name
        if name not in self._files:
            file.write_bytes(data)
        self._files[name] = file
        self._files.move_to_end(name)
        while len(self._files) > MOST_PICTURES:
            _, oldest = self._files.popitem(last=False)
            oldest.unlink(missing_ok=True)
        return name

    def file(self, name: str | None) -> Path | None:
        """Return the file of a picture; None where no name is given.

        Raises
        ------
        InputError
            It is no longer kept.
        """
        if not name:
            return None
        found = self._files.get(name) if is_sha256(name) else None
        if found is None:
            raise InputError("the picture is no longer here: drop it in again")
        return found


def pictures(request: Request) -> Pictures:
    """The uploads of this application."""
    state = request.app.state
    if not hasattr(state, "pictures"):
        state.pictures = Pictures()
    found: Pictures = state.pictures
    return found


async def read_limited(file: UploadFile, most: int) -> bytes:
    """Read an upload.

    Raises
    ------
    InputError
        It has more bytes than it may.
    """
    data = await file.read(most + 1)
    if len(data) > most:
        raise InputError(f"the file has more than {most / 1e6:,.0f} MB")
    return data


@router.post("/s/{store}/pictures")
async def upload(here: HereOf, picture: Annotated[UploadFile, File()]) -> dict[str, str]:
    """Keep a picture; answers with the name by which views ask about it."""
    try:
        data = await read_limited(picture, MOST_BYTES)
        return {"picture": pictures(here.request).keep(data)}
    except (MediaError, InputError) as error:
        raise HTTPException(400, f"{picture.filename} can't be used: {error}") from error


@router.get("/s/{store}/pictures/{name}")
def uploaded_picture(
    here: HereOf, name: str, width: int | None = Query(None, ge=16, le=2000)
) -> Response:
    """Serve an uploaded picture."""
    try:
        file = pictures(here.request).file(name)
    except InputError as error:
        raise HTTPException(404, str(error)) from error
    assert file is not None
    return serve(file, width)
