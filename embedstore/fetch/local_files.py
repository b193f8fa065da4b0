"""Images that lie beside the input file: checked, and copied into the media folder."""

import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from embedstore.fetch.limits import FailureClass, Fetched, FetchFailure, FetchLimits
from embedstore.fetch.media_folder import CHUNK_BYTES, Incoming, RefusedError

IMAGES_FOLDER = "images"
"""Folder beside the input file in which image files are also looked for."""


def read_local(
    path_text: str, base: Path, folder: Path, limits: FetchLimits | None = None
) -> Fetched | FetchFailure:
    """Copy an image that lies beside the input file into the media folder.

    The input file may come from anyone. It may therefore name only files below its own
    folder: by a relative path whose target, after ``..`` and symbolic links, stays there. A
    file that isn't there is also looked for in the folder ``images`` beside the input file.

    Parameters
    ----------
    path_text : str
        The path, as the input file spells it.
    base : Path
        Folder of the input file.
    folder : Path
        The media folder; made when absent.
    limits : FetchLimits, optional
        `max_bytes` and `max_pixels` apply.

    Returns
    -------
    Fetched or FetchFailure
        A failure is ``refused_scheme`` for anything like a URL, ``outside_folder``,
        ``missing_file``, ``too_large``, ``not_an_image`` or ``bomb``; only a missing
        file may be worth a retry.
    """
    limits = limits or FetchLimits()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        path = _resolve_inside(path_text, base)
        with Incoming(folder, limits) as incoming, _open_regular(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                incoming.write(chunk)
            return incoming.keep(path_text)
    except RefusedError as error:
        retry = 0.0 if error.failure is FailureClass.MISSING_FILE else None
        return FetchFailure(path_text, error.failure, str(error), 1, retry)


def _resolve_inside(path_text: str, base: Path) -> Path:
    """Resolve a path to an existing file below `base`."""
    if "://" in path_text or path_text.lower().startswith(("file:", "data:")):
        raise RefusedError(
            FailureClass.REFUSED_SCHEME, "a URL, expected a path relative to the input file"
        )
    windows = PureWindowsPath(path_text)
    if PurePosixPath(path_text).is_absolute() or windows.drive or windows.root:
        raise RefusedError(
            FailureClass.OUTSIDE_FOLDER, "an absolute path, expected one relative to the input file"
        )
    beside, in_images = base / path_text, base / IMAGES_FOLDER / path_text
    try:
        path = (in_images if not beside.exists() and in_images.exists() else beside).resolve(
            strict=True
        )
        inside = path.is_relative_to(base.resolve(strict=True))
    except (OSError, ValueError, RuntimeError) as error:  # absent, a NUL, a loop of links
        raise _missing(base / path_text) from error
    if not inside:
        raise RefusedError(
            FailureClass.OUTSIDE_FOLDER, f"leads out of {base}, the folder of the input file"
        )
    return path


def _open_regular(path: Path) -> IO[bytes]:
    """Open `path`, but never a pipe or a device, which could block or never end."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        file = os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise _missing(path) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise RefusedError(FailureClass.NOT_AN_IMAGE, f"{str(path)!r} is no regular file")
    return file


def _missing(path: Path) -> RefusedError:
    return RefusedError(FailureClass.MISSING_FILE, f"there is no readable file {str(path)!r}")
