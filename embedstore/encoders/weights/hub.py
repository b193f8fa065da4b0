"""A model's folder: given by path, in the local cache, or fetched from the hub."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from embedstore.errors import WeightsError

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

CONTACT_S = 6.0
"""Seconds in which the hub must give its first answer."""

_DESCRIPTIONS = ["*.json", "*.txt", "*.model"]


def model_folder(weights: str, *, encoder: str, owner: str = "") -> Path:
    """Find the folder that holds a model, fetching it if it must.

    A model in the local cache is used without any network. Only descriptions and
    weights are fetched, never code.

    Parameters
    ----------
    weights : str
        A local folder, or a model's name on the hub.
    encoder : str
        Name of the encoder that wants it, for messages.
    owner : str
        Whose model a name without an owner means; if empty, the hub decides.

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
    return _cached(name) or _fetched(name, encoder)


def unreachable(encoder: str, weights: str, reason: object) -> WeightsError:
    """Make the error for weights that the hub did not give, with both remedies in it."""
    said = str(reason).strip().partition("\n")[0].rstrip(".") or type(reason).__name__
    return WeightsError(
        f"the weights of {encoder} ({weights}) could not be fetched from the hub: {said}."
        f" Either name a local folder, `--space NAME={encoder}:/path/to/folder`, or use"
        " `--models bundled`, which needs no hub"
    )


def weight_files(folder: Path) -> list[Path]:
    """List the files of a model's folder that hold its main weights, safetensors first."""
    for pattern in ("model.safetensors", "model-*-of-*.safetensors", "pytorch_model.bin"):
        if files := sorted(folder.glob(pattern)):
            return files
    return []


def _cached(name: str) -> Path | None:
    """Look up the model in the local cache; one that is there only in part doesn't count."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
    return folder if (folder / "config.json").is_file() and _has_weights(folder) else None


def _has_weights(folder: Path) -> bool:
    return bool(weight_files(folder) or list(folder.glob("*/model.safetensors")))


def _fetched(name: str, encoder: str) -> Path:
    from huggingface_hub import snapshot_download

    files = [file.rfilename for file in _contact(name, encoder).siblings or []]
    # Pickled weights only where a model has no others; torch then reads nothing but tensors.
    kind = "*.safetensors" if any(file.endswith(".safetensors") for file in files) else "*.bin"
    try:
        return Path(
            snapshot_download(
                name,
                allow_patterns=[*_DESCRIPTIONS, kind],
                ignore_patterns=["onnx/*", "openvino/*"],
                etag_timeout=CONTACT_S,
            )
        )
    except Exception as error:  # whatever the hub's client raises, the weights aren't here
        raise unreachable(encoder, name, error) from error


def _contact(name: str, encoder: str) -> "ModelInfo":
    """Ask the hub what it has of a model.

    In a thread of its own: looking up a host name can take longer than any timeout of
    the client, which only counts from the connection on.
    """
    from huggingface_hub import HfApi

    answer: list[ModelInfo | Exception] = []

    def ask() -> None:
        try:
            answer.append(HfApi().model_info(name, timeout=CONTACT_S / 2))
        except Exception as error:  # carried to the caller, who raises it
            answer.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(CONTACT_S)
    result = answer[0] if answer else TimeoutError(f"no answer within {CONTACT_S:g} s")
    if isinstance(result, Exception):
        raise unreachable(encoder, name, result) from result
    return result
