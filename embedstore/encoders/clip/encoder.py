"""`clip`: texts and images in one space, by any model that open_clip can load.

Vectors are unit embeddings, never logits. Texts take a forward pass of our own, without
padding; images are decoded in threads ahead of the model.

Weights are named as follows. A local file, or one in the cache, is used without the hub.

- ``ViT-B-32/laion2b_s34b_b79k``: architecture and tag, as open_clip lists them.
- ``ViT-B-32:/path/to/weights.safetensors``: architecture and local file, with
  open_clip's default preprocessing.
- ``ViT-B-32/laion2b_s34b_b79k:/path/to/weights.safetensors``: the same file, with the
  tag's preprocessing. It makes the same space as the first form does.
"""

import copy
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import (
    Encoder,
    Output,
    check_settings,
    file_sha256,
    fingerprint,
    gather,
    length_fingerprint,
)
from embedstore.encoders.clip.weights import ClipWeights, check_text_tower_files, parse
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.devices import choose_device, choose_dtype
from embedstore.encoders.runtime.images import (
    Preprocessing,
    UnusableImage,
    centre_crop,
    forward_images,
)
from embedstore.encoders.runtime.normalise import normalise
from embedstore.encoders.runtime.transfer import to_host
from embedstore.errors import EncoderError, WeightsError, first_line

if TYPE_CHECKING:
    from torch import Tensor

    from embedstore.encoders.clip.text_pipeline import TextPipeline

_TAG_PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
"""Preprocessing options that the tag decides; the architecture decides the size."""


class ClipEncoder:
    """Encoder of texts and images into one space.

    Parameters
    ----------
    weights : str
        The weights, as the user named them.
    dim : int
        Dimensions of the space.
    joint : str
        Hash of everything that decides what a vector means, except the maximum length.
    texts : TextPipeline
        Tokenization and forward pass of texts.
    image_tower : callable
        Forward pass of images: (n, 3, height, width) to (n, dim).
    preprocessing : Preprocessing
        Turns image files into the input of `image_tower`.
    device : {"cpu", "cuda"}
        Where both towers compute.
    dtype : {"float32", "bfloat16", "float16"}
        Precision that they compute in.
    max_length : int, optional
        Longest text in tokens, special tokens included; the full context if not said.
    """

    def __init__(
        self,
        weights: str,
        *,
        dim: int,
        joint: str,
        texts: "TextPipeline",
        image_tower: "Callable[[Tensor], Tensor]",
        preprocessing: Preprocessing,
        device: str,
        dtype: str,
        max_length: int | None,
    ) -> None:
        self.name = "clip"
        self.weights = weights
        self._device = device
        self._dtype = dtype
        self._dim = dim
        self._joint = joint
        self._texts = texts
        self._image_tower = image_tower
        self._preprocessing = preprocessing
        self._set_max_length(max_length or texts.limits[1])

    def _set_max_length(self, max_length: int) -> None:
        """Take a maximum length, and with it the fingerprint."""
        shortest, longest = self._texts.limits
        if not shortest <= max_length <= longest:
            raise EncoderError(
                f"max_length {max_length} can't be used with clip ({self.weights}):"
                f" it reads from {shortest} to {longest} tokens"
            )
        self.max_length = max_length
        self.settings: dict[str, Any] = {"max_length": max_length}
        meaning = length_fingerprint(self._joint, max_length)
        self.outputs: tuple[Output, ...] = (Output(self.name, self._dim, meaning, self._joint),)

    def runs_on(self) -> tuple[str, str]:
        """Return the device and the precision that it computes in."""
        return self._device, self._dtype

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        A text tower of another library always reads its full context, and keeps it.

        Raises
        ------
        EncoderError
            The model can't read texts of this length.
        """
        other = copy.copy(self)
        shortest, longest = self._texts.limits
        other._set_max_length(max_length if shortest < longest else longest)
        return other

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation, shape (n,), int32."""
        return self._texts.token_lengths(texts)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        return self._texts.readability(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts into unit vectors in their order, shape (n, dim), float32."""
        return gather(self.encode_batches(texts), (len(texts), self._dim))

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Encode texts, the longest first, and yield each batch as soon as it is ready.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for positions, outputs in self._texts.batches(texts, self.max_length):
            yield positions, self._normalise(outputs())

    def encode_images(
        self, images: Iterable[bytes | Path]
    ) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
        """Encode image files, each into ``{"clip": vector}``; see `ImageEncoder`.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for item in forward_images(images, self._preprocessing, self._forward, device=self._device):
            if isinstance(item, UnusableImage):
                yield item.position, item.reason
            else:
                vectors = self._normalise(item.outputs())
                for position, vector in zip(item.positions, vectors, strict=True):
                    yield position, {self.name: vector}

    def _forward(self, batch: "Tensor") -> Callable[[], Vectors]:
        """Run preprocessed images through the image tower."""
        import torch

        with torch.inference_mode():
            return to_host(self._image_tower(batch.to(getattr(torch, self._dtype))))

    def _normalise(self, outputs: Vectors) -> Vectors:
        return normalise(outputs, encoder=self.name, weights=self.weights, dtype=self._dtype)


def load(weights: str, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load a CLIP.

    Parameters
    ----------
    weights : str
        ``ARCHITECTURE/TAG``, ``ARCHITECTURE:FILE`` or ``ARCHITECTURE/TAG:FILE``, as described
        at the top of this module.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    settings : mapping
        ``max_length``, and ``dtype`` (auto, float32, bfloat16 or float16), which is no part
        of a space.

    Raises
    ------
    EncoderError
        A setting or the device can't be used.
    WeightsError
        The weights are missing, unreachable, or not those of the architecture.
    """
    check_settings("clip", settings, ("max_length", "dtype"))
    on = choose_device(device)
    dtype = choose_dtype(settings.get("dtype"), on)
    named = parse(weights)
    file = named.path()
    model, tokenizer = _load_model(named, file)

    import open_clip
    import torch

    from embedstore.encoders.clip.text_pipeline import choose_text_pipeline

    texts = choose_text_pipeline(model.to(on, getattr(torch, dtype)), tokenizer, on)
    preprocessing: dict[str, Any] = model.visual.preprocess_cfg
    options = {key: preprocessing[key] for key in ("size", *_TAG_PREPROCESSING)}
    return ClipEncoder(
        weights,
        dim=int(open_clip.get_model_config(named.architecture)["embed_dim"]),
        joint=fingerprint(
            "open_clip, unit length",
            named.architecture,
            f"quick_gelu {named.quick_gelu}",
            type(tokenizer).__name__,
            json.dumps(options, sort_keys=True),
            file_sha256(file),
        ),
        texts=texts,
        # `encode_image` keeps the whole model in memory, which only some text towers need.
        image_tower=model.encode_image if texts.limits[0] == texts.limits[1] else model.visual,
        preprocessing=_preprocessing(preprocessing),
        device=on,
        dtype=dtype,
        max_length=settings.get("max_length"),
    )


def _load_model(named: ClipWeights, file: Path) -> tuple[Any, Any]:
    """Load model and tokenizer, the model on the CPU in float32."""
    import open_clip

    tag = named.tag_config
    check_text_tower_files(named)
    try:
        model = open_clip.create_model(
            named.architecture,
            pretrained=str(file),
            force_quick_gelu=named.quick_gelu,
            force_preprocess_cfg={key: tag[key] for key in _TAG_PREPROCESSING if key in tag},
            weights_only=True,
        )
        tokenizer = open_clip.get_tokenizer(named.architecture)
    except Exception as error:  # anything but tensors of the right shapes ends here
        raise WeightsError(
            f"{file} can't be loaded as {named.architecture}: {first_line(error)}. Expected"
            " safetensors, or a pickle of nothing but tensors, of this very architecture"
        ) from error
    return model.eval(), tokenizer


def _preprocessing(options: Mapping[str, Any]) -> Preprocessing:
    """Take the resize and crop of open_clip's transform; scaling is done for a whole batch."""
    from open_clip.transform import PreprocessCfg, image_transform_v2

    config = PreprocessCfg(**options)
    steps = tuple(image_transform_v2(config, is_train=False).transforms[:-3])
    size = config.size if isinstance(config.size, int) else max(config.size)
    crop = centre_crop(steps, size)
    return Preprocessing(size, steps, tuple(config.mean), tuple(config.std), crop)
