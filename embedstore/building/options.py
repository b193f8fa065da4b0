"""Everything that a person can ask of a build, checked once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args

from embedstore.errors import InputError
from embedstore.fetch import FetchLimits
from embedstore.reading import ReadOptions
from embedstore.storage.spaces import Models, TextField

Images = Literal["fetch", "local", "none"]
MissingImage = Literal["mask", "noise"]
Engine = Literal["local", "ray"]
Device = Literal["auto", "cpu", "cuda"]
Kind = Literal["own", "reply", "quote", "repost", "story", "reel"]


@dataclass(frozen=True)
class BuildOptions:
    """Options of a build.

    Attributes
    ----------
    models : {"hub", "bundled"}, optional
        Encoders of a new store, "hub" if not said; an existing one keeps its own.
    source : str, optional
        Name for the posts' source; each file's stem if not said.
    text_field : {"text", "formatted_text"}, optional
        What new text spaces embed; "text" if not said.
    space : sequence of str
        Further spaces, as ``NAME=ENCODER[:WEIGHTS]``.
    images : {"fetch", "local", "none"}
        Whether pictures are fetched, only read from beside the input file, or left out.
    missing_image : {"mask", "noise"}
        What a post gets whose pictures can't be had: no vector, or that of noise drawn
        from a seed of its own.
    only : sequence of str
        Kinds of posts to store: own, reply, quote, repost, story, reel; all if empty. A post
        whose file does not tell its kind counts as own.
    device : {"auto", "cpu", "cuda"}
        Where to encode.
    retry_failed : bool
        Try pictures again that failed in an earlier build.
    allow_forgotten : bool
        Store also posts that were removed for good (``remove --forget``), and no longer keep
        them out.
    engine : {"local", "ray"}
        Where to encode: in this process, or on a Ray cluster.
    address : str, optional
        Of a Ray cluster to join; without it, one is started on this machine.
    limits : FetchLimits
        What fetching a picture may take.
    read : ReadOptions
        How the files are read.

    Raises
    ------
    InputError
        An option has a value that it can't have.
    """

    models: Models | None = None
    source: str | None = None
    text_field: TextField | None = None
    space: Sequence[str] = ()
    images: Images = "fetch"
    missing_image: MissingImage = "mask"
    only: Sequence[Kind] = ()
    device: str = "auto"
    retry_failed: bool = False
    allow_forgotten: bool = False
    engine: Engine = "local"
    address: str | None = None
    limits: FetchLimits = field(default_factory=FetchLimits)
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise InputError(f"{name} is one of {_listed(choices)}, not {value!r}")
        for name in ("space", "only"):
            if isinstance(getattr(self, name), str):
                raise InputError(f"{name} is a list: write {name}=[{getattr(self, name)!r}]")
        for kind in self.only:
            if kind not in get_args(Kind):
                raise InputError(
                    f"there is no kind {kind!r}: choose from {_listed(get_args(Kind))}"
                )
        if self.engine != "ray" and self.address is not None:
            raise InputError("--address is of a Ray cluster: it goes with --engine ray")

    @classmethod
    def of(cls, options: "BuildOptions | None", settings: Mapping[str, Any]) -> Self:
        """Options from an object, or from names and values such as Python's callers give.

        Parameters
        ----------
        options : BuildOptions, optional
            Instead of `settings`.
        settings : mapping
            Values of attributes of this class and of `ReadOptions`, by name.

        Raises
        ------
        InputError
            There is no such option, an option has a value that it can't have, or both
            `options` and `settings` are given.
        """
        if options is not None:
            if settings:
                raise InputError(f"{next(iter(settings))} belongs into the options that are given")
            if not isinstance(options, cls):
                raise InputError(f"options are BuildOptions, not {type(options).__name__}")
            return options
        known = {each.name for each in fields(cls)}
        of_reading = {each.name for each in fields(ReadOptions)}
        if unknown := sorted(set(settings) - known - of_reading):
            there = _listed(sorted(known | of_reading))
            raise InputError(f"there is no option {unknown[0]!r}: choose from {there}")
        own = {name: value for name, value in settings.items() if name in known}
        reading = {name: value for name, value in settings.items() if name in of_reading}
        # None stands for what is usual, as it does on the command line.
        reading = {name: value for name, value in reading.items() if value is not None}
        if reading:
            if "read" in own:
                raise InputError(f"{next(iter(reading))} belongs into `read`, which is given")
            own["read"] = ReadOptions(**reading)
        if own.get("limits", ...) is None:
            del own["limits"]
        return cls(**own)


_CHOICES: dict[str, tuple[str, ...]] = {
    "models": get_args(Models),
    "text_field": get_args(TextField),
    "images": get_args(Images),
    "missing_image": get_args(MissingImage),
    "device": get_args(Device),
    "engine": get_args(Engine),
}


def _listed(choices: Sequence[str]) -> str:
    return ", ".join(repr(choice) for choice in choices)
