"""Where CLIP's weights come from: the local cache, the hub, or a file of one's own."""

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedstore.encoders.weights.hub import CONTACT_S
from embedstore.errors import WeightsError

DEFAULT = "ViT-B-32/laion2b_s34b_b79k"

_FORM = re.compile(r"(?P<architecture>[^/:]+)(/(?P<tag>[^/:]+))?(:(?P<file>.+))?")
_SUFFIXES = {".safetensors", ".bin", ".pt", ".pth"}


@dataclass(frozen=True)
class ClipWeights:
    """Which CLIP, as open_clip names it.

    Attributes
    ----------
    architecture : str
        Such as ``ViT-B-32``.
    tag : str, optional
        How it was trained, such as ``laion2b_s34b_b79k``. Without a file, what the hub
        is asked for; with one, it says which preprocessing goes with the weights.
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
    def description(self) -> dict[str, Any]:
        """What open_clip knows of the tag; empty without one."""
        from open_clip.pretrained import get_pretrained_cfg

        return dict(get_pretrained_cfg(self.architecture, self.tag)) if self.tag else {}

    @property
    def quick_gelu(self) -> bool:
        """Whether the tag's weights were trained with the quick activation.

        They then need it whatever the architecture's default is: open_clip only warns.
        """
        return bool(self.description.get("quick_gelu"))

    def path(self) -> Path:
        """Find the weights, fetching them from the hub if neither file nor cache has them.

        Raises
        ------
        WeightsError
            There is no such file, or the hub can't be reached or doesn't have it.
        """
        if self.file is None:
            return _from_hub(self)
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
    wanted = ClipWeights(found["architecture"], found["tag"], file)
    if wanted.architecture not in open_clip.list_models():
        raise WeightsError(
            f"open_clip knows no architecture {wanted.architecture!r}:"
            " `open_clip.list_models()` lists those that it knows"
        )
    if wanted.tag and not wanted.description:
        tags = open_clip.list_pretrained_tags_by_model(wanted.architecture)
        raise WeightsError(
            f"open_clip knows no weights {wanted.tag!r} of {wanted.architecture}:"
            f" it knows {', '.join(tags) or 'none'}"
        )
    return wanted


def _from_hub(wanted: ClipWeights) -> Path:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    repository, names = _hub_files(wanted)
    for name in names:
        cached = try_to_load_from_cache(repository, name)
        if isinstance(cached, str):
            return Path(cached)
    try:
        present = _contact(repository)
        name = next((name for name in names if name in present), names[-1])
        return Path(hf_hub_download(repository, name, etag_timeout=CONTACT_S))
    except Exception as error:  # whatever the hub's client raises, the weights aren't here
        raise WeightsError(
            f"the weights of clip ({wanted.name}) could not be fetched from the hub:"
            f" {_said(error)}. Either name a local file, `--space"
            f" NAME=clip:{wanted.name}:/path/to/open_clip_model.safetensors`, or use"
            " `--models bundled`, which needs no hub"
        ) from error


def check_companions(wanted: ClipWeights) -> None:
    """Check that what a text tower of another library needs is here, or can be fetched.

    Raises
    ------
    WeightsError
        It's neither in the cache nor can the hub be reached.
    """
    from huggingface_hub import try_to_load_from_cache
    from open_clip import get_model_config

    text = get_model_config(wanted.architecture)["text_cfg"]
    needed = {"hf_model_name": "config.json", "hf_tokenizer_name": "tokenizer_config.json"}
    for key, file in needed.items():
        repository = text.get(key)
        if repository and not isinstance(try_to_load_from_cache(repository, file), str):
            try:
                _contact(repository)
            except Exception as error:
                raise WeightsError(
                    f"{wanted.architecture} needs {repository} from the hub beside its weights,"
                    f" which could not be fetched: {_said(error)}. Either choose an architecture"
                    " with CLIP's own text tower, such as ViT-B-32, or use `--models bundled`,"
                    " which needs no hub"
                ) from error


def _hub_files(wanted: ClipWeights) -> tuple[str, list[str]]:
    """Repository and the files that may hold the weights, safetensors first."""
    from open_clip.constants import HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME

    repository, _, name = wanted.description["hf_hub"].rpartition("/")
    if not name:
        return repository, [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME]
    return repository, [str(Path(name).with_suffix(".safetensors")), name]


def _contact(repository: str) -> set[str]:
    """Ask the hub which files a repository has.

    In a thread of its own: looking up a host name can take longer than any timeout of
    the client, which only counts from the connection on.
    """
    from huggingface_hub import HfApi

    answer: list[set[str] | Exception] = []

    def ask() -> None:
        try:
            found = HfApi().model_info(repository, timeout=CONTACT_S / 2)
            answer.append({file.rfilename for file in found.siblings or []})
        except Exception as error:  # carried to the caller, who raises it
            answer.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(CONTACT_S)
    result = answer[0] if answer else TimeoutError(f"no answer within {CONTACT_S:g} s")
    if isinstance(result, Exception):
        raise result
    return result


def _said(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
