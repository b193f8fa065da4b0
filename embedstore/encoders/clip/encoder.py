"""`clip`: texts and images in one space, by any model that open_clip can load.

Vectors are embeddings, never logits, and of unit length. Texts go through a forward
pass of our own that computes nothing for padding; images are decoded by threads ahead
of the model.

Weights are named as follows; what a file or the cache has is never asked of the hub.

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
from embedstore.encoders.base import Encoder, Output, file_sha256, fingerprint
from embedstore.encoders.clip.weights import DEFAULT, ClipWeights, check_companions, parse
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.devices import choose_device, choose_dtype
from embedstore.encoders.runtime.pixels import Preparation, Unusable, forward_images, middle
from embedstore.encoders.runtime.transfer import to_host
from embedstore.encoders.runtime.unit import unit_vectors
from embedstore.errors import EncoderError, WeightsError

if TYPE_CHECKING:
    from torch import Tensor

    from embedstore.encoders.clip.text_side import TextSide

_NAME = "clip"

_TRAINED_WITH = ("mean", "std", "interpolation", "resize_mode")
"""Preprocessing that depends on the weights; the size depends on the architecture."""


class ClipEncoder:
    """Texts and images to unit vectors that may be compared with each other.

    Parameters
    ----------
    weights : str
        As the user named them.
    dim : int
        Dimensions of the space.
    joint : str
        Hash of all that decides what a vector means except for the maximum length.
    texts : TextSide
        The text half.
    visual : callable
        The image half: (n, 3, height, width) to (n, dim).
    preparation : Preparation
        From image files to what `visual` reads.
    device, dtype : str
        Where both halves compute, and in what precision.
    max_length : int, optional
        Tokens that are kept of a text, special tokens included; by default the whole
        context.
    """

    def __init__(
        self,
        weights: str,
        *,
        dim: int,
        joint: str,
        texts: "TextSide",
        visual: "Callable[[Tensor], Tensor]",
        preparation: Preparation,
        device: str,
        dtype: str,
        max_length: int | None,
    ) -> None:
        self.name = _NAME
        self.weights = weights
        self.device = device
        self.dtype = dtype
        self._dim = dim
        self._joint = joint
        self._texts = texts
        self._visual = visual
        self._preparation = preparation
        self._set_max_length(max_length or texts.limits[1])

    def _set_max_length(self, max_length: int) -> None:
        shortest, longest = self._texts.limits
        if not shortest <= max_length <= longest:
            raise EncoderError(
                f"max_length {max_length} can't be used with clip ({self.weights}):"
                f" it reads from {shortest} to {longest} tokens"
            )
        self.max_length = max_length
        self.settings: dict[str, Any] = {"max_length": max_length}
        self.outputs: tuple[Output, ...] = (
            Output(
                self.name,
                self._dim,
                fingerprint(self._joint, f"max_length {max_length}"),
                self._joint,
            ),
        )

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        A text tower that isn't CLIP's own always reads its full context, and keeps it.

        Raises
        ------
        EncoderError
            The model can't read as many tokens.
        """
        other = copy.copy(self)
        shortest, longest = self._texts.limits
        other._set_max_length(max_length if shortest < longest else longest)
        return other

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut; shape (n,)."""
        return self._texts.token_lengths(texts)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that the model can't read, by its tokenizer."""
        return self._texts.readability(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts` in their order, shape (n, dim), float32, of unit length."""
        vectors = np.empty((len(texts), self._dim), dtype=np.float32)
        for positions, batch in self.encode_batches(texts):
            vectors[positions] = batch
        return vectors

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Vectors batch by batch as they are ready, the longest texts first.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for positions, outputs in self._texts.batches(texts, self.max_length):
            yield positions, self._unit(outputs())

    def encode_images(
        self, images: Iterable[bytes | Path]
    ) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
        """Vectors of encoded image files, each a ``{"clip": vector}``; see `ImageEncoder`.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for item in forward_images(images, self._preparation, self._image, device=self.device):
            if isinstance(item, Unusable):
                yield item.position, item.reason
            else:
                vectors = self._unit(item.outputs())
                for position, vector in zip(item.positions, vectors, strict=True):
                    yield position, {self.name: vector}

    def _image(self, batch: "Tensor") -> Callable[[], Vectors]:
        import torch

        with torch.inference_mode():
            return to_host(self._visual(batch.to(getattr(torch, self.dtype))))

    def _unit(self, outputs: Vectors) -> Vectors:
        return unit_vectors(outputs, encoder=self.name, weights=self.weights, dtype=self.dtype)


def load(weights: str | None, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load a CLIP; see the module for how `weights` are named.

    Settings: `max_length`, and `dtype` (auto, float32, bfloat16 or float16), which is no
    part of a space.

    Raises
    ------
    EncoderError
        A setting or the device can't be used.
    WeightsError
        The weights are missing, unreachable, or not those of the architecture.
    """
    known = {"max_length", "dtype"}
    if unknown := sorted(settings.keys() - known):
        raise EncoderError(f"clip has no setting {unknown[0]!r}: it has {', '.join(sorted(known))}")
    on = choose_device(device)
    dtype = choose_dtype(settings.get("dtype"), on)
    wanted = parse(weights or DEFAULT)
    file = wanted.path()
    model, tokenizer = _model(wanted, file)

    import open_clip
    import torch

    from embedstore.encoders.clip.text_side import text_side

    described = {key: model.visual.preprocess_cfg[key] for key in ("size", *_TRAINED_WITH)}
    config = open_clip.get_model_config(wanted.architecture)
    texts = text_side(model.to(on, getattr(torch, dtype)), tokenizer, on)
    return ClipEncoder(
        weights or DEFAULT,
        dim=int(config["embed_dim"]),
        joint=fingerprint(
            "open_clip, unit length",
            wanted.architecture,
            f"quick_gelu {wanted.quick_gelu}",
            type(tokenizer).__name__,
            json.dumps(described, sort_keys=True),
            file_sha256(file),
        ),
        texts=texts,
        # The whole model is kept only where its text half is needed as it is.
        visual=model.encode_image if texts.limits[0] == texts.limits[1] else model.visual,
        preparation=_preparation(model.visual.preprocess_cfg),
        device=on,
        dtype=dtype,
        max_length=settings.get("max_length"),
    )


def _model(wanted: ClipWeights, file: Path) -> tuple[Any, Any]:
    """Load model and tokenizer, the model on the processor in float32."""
    import open_clip

    known = wanted.description
    check_companions(wanted)
    try:
        model = open_clip.create_model(
            wanted.architecture,
            pretrained=str(file),
            force_quick_gelu=wanted.quick_gelu,
            force_preprocess_cfg={key: known[key] for key in _TRAINED_WITH if key in known},
            weights_only=True,
        )
        tokenizer = open_clip.get_tokenizer(wanted.architecture)
    except Exception as error:  # anything but tensors of the right shapes ends here
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise WeightsError(
            f"{file} can't be loaded as {wanted.architecture}: {said}. Expected safetensors, or"
            " a pickle of nothing but tensors, of this very architecture"
        ) from error
    return model.eval(), tokenizer


def _preparation(described: Mapping[str, Any]) -> Preparation:
    """Cut open_clip's own transform before its last steps, which a whole batch takes at once."""
    from open_clip.transform import PreprocessCfg, image_transform_v2

    config = PreprocessCfg(**described)
    steps = tuple(image_transform_v2(config, is_train=False).transforms[:-3])
    size = config.size if isinstance(config.size, int) else max(config.size)
    crop = middle(steps, size)
    return Preparation(size, steps, tuple(config.mean), tuple(config.std), crop)
