"""Model folders: a local path, the hub's local cache, or a download from the hub."""

import threading
from pathlib import Path

from embedstore.errors import WeightsError, first_line

CONTACT_S = 6.0
"""Seconds within which the hub must give its first answer."""

_CONFIG_FILES = ["*.json", "*.txt", "*.model"]


def model_folder(weights: str, *, encoder: str, owner: str = "") -> Path:
    """Find a model's folder, and download it if it is neither local nor in the cache.

    A model in the local cache is used without any network. Only configuration, tokenizer and
    weights are downloaded, never code.

    Parameters
    ----------
    weights : str
        A local folder, or a model's name on the hub.
    encoder : str
        Name of the encoder that reads it, for messages.
    owner : str
        Owner of a model that is named without one; if empty, the hub decides.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    WeightsError
        There is no such folder, or the hub can't be reached or has no such model.
    """
    folder = Path(weights).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or weights.startswith((".", "~")) or weights.count("/") > 1:
        raise WeightsError(
            f"{encoder} was given the weights {weights!r}, but there is no such folder: name one"
            f" that exists, `--space NAME={encoder}:/path/to/folder`"
        )
    name = f"{owner}/{weights}" if owner and "/" not in weights else weights
    return _find_cached(name) or _download(name, encoder)


def list_files(repository: str) -> set[str]:
    """Ask the hub for the files of a repository, within `CONTACT_S` seconds.

    The request runs in a thread of its own: looking up a host name can take longer than any
    timeout of the client, which only counts from the connection on.

    Raises
    ------
    Exception
        Whatever the hub's client raises; `TimeoutError` if there is no answer in time.
    """
    from huggingface_hub import HfApi

    answer: list[set[str] | Exception] = []

    def ask() -> None:
        try:
            found = HfApi().model_info(repository, timeout=CONTACT_S / 2)
            answer.append({file.rfilename for file in found.siblings or []})
        except Exception as error:  # raised again in the caller's thread
            answer.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(CONTACT_S)
    result = answer[0] if answer else TimeoutError(f"no answer within {CONTACT_S:g} s")
    if isinstance(result, Exception):
        raise result
    return result


def weight_files(folder: Path) -> list[Path]:
    """List the files with a model's main weights: safetensors, or pickles if there are none."""
    for pattern in ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model.bin"):
        if files := sorted(folder.glob(pattern)):
            return files
    return []


def _find_cached(name: str) -> Path | None:
    """Look up a model in the local cache; an incomplete one doesn't count."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    return folder if (folder / "config.json").is_file() and _has_weights(folder) else None


def _has_weights(folder: Path) -> bool:
    return bool(weight_files(folder) or list(folder.glob("*/model.safetensors")))


def _download(name: str, encoder: str) -> Path:
    """Download a model into the hub's cache."""
    from huggingface_hub import snapshot_download

    try:
        files = list_files(name)
        # Pickles only for a model without safetensors; torch then reads nothing but tensors.
        kind = "*.safetensors" if any(one.endswith(".safetensors") for one in files) else "*.bin"
        return Path(
            snapshot_download(
                name,
                allow_patterns=[*_CONFIG_FILES, kind],
                ignore_patterns=["onnx/*", "openvino/*"],
                etag_timeout=CONTACT_S,
            )
        )
    except Exception as error:  # whatever the hub's client raises, the weights aren't here
        raise WeightsError(
            f"the weights of {encoder} ({name}) could not be fetched from the hub:"
            f" {first_line(error)}. Either name a local folder,"
            f" `--space NAME={encoder}:/path/to/folder`, or use `--models bundled`,"
            " which needs no hub"
        ) from error
