"""Weights of CLIP: a local file, the hub's local cache, or a download from the hub."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedstore.encoders.catalogue import find_spec
from embedstore.encoders.weights.hub import CONTACT_S, list_files
from embedstore.errors import WeightsError, first_line

DEFAULT = find_spec("clip").default_weights

_FORM = re.compile(r"(?P<architecture>[^/:]+)(/(?P<tag>[^/:]+))?(:(?P<file>.+))?")
_SUFFIXES = {".safetensors", ".bin", ".pt", ".pth"}


@dataclass(frozen=True)
class ClipWeights:
    """Name of a CLIP's weights.

    Attributes
    ----------
    architecture : str
        open_clip's name of the architecture, such as ``ViT-B-32``.
    tag : str, optional
        open_clip's name of the training, such as ``laion2b_s34b_b79k``. It decides the
        preprocessing, and the weights on the hub where no file is named.
    file : Path, optional
        Local weights: safetensors, or a pickle of nothing but tensors.
    """

    architecture: str
    tag: str | None
    file: Path | None

    @property
    def name(self) -> str:
        """Architecture and tag."""
        return f"{self.architecture}/{self.tag}" if self.tag else self.architecture

    @property
    def tag_config(self) -> dict[str, Any]:
        """open_clip's configuration of the tag; empty without a tag."""
        from open_clip.pretrained import get_pretrained_cfg

        return dict(get_pretrained_cfg(self.architecture, self.tag)) if self.tag else {}

    @property
    def quick_gelu(self) -> bool:
        """True if the tag's weights were trained with QuickGELU.

        They then need it even if the architecture's default is GELU, where open_clip only
        warns.
        """
        return bool(self.tag_config.get("quick_gelu"))

    def path(self) -> Path:
        """Find the file, or download it if no file is named and the cache has none.

        Raises
        ------
        WeightsError
            There is no such file, or the hub can't be reached or has no such weights.
        """
        if self.file is None:
            return _find_or_download(self)
        if not self.file.is_file():
            raise WeightsError(
                f"clip was given the weights {str(self.file)!r}, but there is no such file"
            )
        if self.file.suffix not in _SUFFIXES:
            raise WeightsError(
                f"clip was given the weights {str(self.file)!r}: expected a file that ends in"
                f" {', '.join(sorted(_SUFFIXES))}"
            )
        return self.file.absolute()


def parse(weights: str) -> ClipWeights:
    """Read ``ARCHITECTURE/TAG``, ``ARCHITECTURE:FILE`` or ``ARCHITECTURE/TAG:FILE``.

    Raises
    ------
    WeightsError
        The text has another form, or open_clip knows no such architecture or tag.
    """
    import open_clip

    found = _FORM.fullmatch(weights)
    if not found or not (found["tag"] or found["file"]):
        raise WeightsError(
            f"clip was given the weights {weights!r}: expected ARCHITECTURE/TAG for weights"
            f" from the hub, such as {DEFAULT}, or ARCHITECTURE:FILE or ARCHITECTURE/TAG:FILE"
            f" for a local file, such as {DEFAULT}:/path/to/open_clip_model.safetensors"
        )
    file = Path(found["file"]).expanduser() if found["file"] else None
    named = ClipWeights(found["architecture"], found["tag"], file)
    if named.architecture not in open_clip.list_models():
        raise WeightsError(
            f"open_clip knows no architecture {named.architecture!r}:"
            " `open_clip.list_models()` lists those that it knows"
        )
    if named.tag and not named.tag_config:
        tags = open_clip.list_pretrained_tags_by_model(named.architecture)
        raise WeightsError(
            f"open_clip knows no weights {named.tag!r} of {named.architecture}:"
            f" it knows {', '.join(tags) or 'none'}"
        )
    return named


def _find_or_download(named: ClipWeights) -> Path:
    """Find the weights in the local cache, or download them from the hub."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    repository, names = _hub_files(named)
    for name in names:
        cached = try_to_load_from_cache(repository, name)
        if isinstance(cached, str):
            return Path(cached)
    try:
        present = list_files(repository)
        name = next((name for name in names if name in present), names[-1])
        return Path(hf_hub_download(repository, name, etag_timeout=CONTACT_S))
    except Exception as error:  # whatever the hub's client raises, the weights aren't here
        raise WeightsError(
            f"the weights of clip ({named.name}) could not be fetched from the hub:"
            f" {first_line(error)}. Either name a local file, `--space"
            f" NAME=clip:{named.name}:/path/to/open_clip_model.safetensors`, or use"
            " `--models bundled`, which needs no hub"
        ) from error


def check_text_tower_files(named: ClipWeights) -> None:
    """Check that the files of a text tower of another library are cached or on the hub.

    Raises
    ------
    WeightsError
        They aren't in the cache and the hub can't be reached.
    """
    from huggingface_hub import try_to_load_from_cache
    from open_clip import get_model_config

    text = get_model_config(named.architecture)["text_cfg"]
    needed = {"hf_model_name": "config.json", "hf_tokenizer_name": "tokenizer_config.json"}
    for key, file in needed.items():
        repository = text.get(key)
        if repository and not isinstance(try_to_load_from_cache(repository, file), str):
            try:
                list_files(repository)
            except Exception as error:
                raise WeightsError(
                    f"{named.architecture} needs {repository} from the hub beside its weights,"
                    f" which could not be fetched: {first_line(error)}. Either choose an"
                    " architecture with CLIP's own text tower, such as ViT-B-32, or use"
                    " `--models bundled`, which needs no hub"
                ) from error


def _hub_files(named: ClipWeights) -> tuple[str, list[str]]:
    """Name the repository and the files that may hold the weights, safetensors first."""
    from open_clip.constants import HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME

    repository, _, name = named.tag_config["hf_hub"].rpartition("/")
    if not name:
        return repository, [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME]
    return repository, [str(Path(name).with_suffix(".safetensors")), name]
