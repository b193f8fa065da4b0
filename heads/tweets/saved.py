"""Loading a decoder: one on record, or a pretrained one as it is."""

import json
from dataclasses import dataclass
from typing import Any

from embedstore.encoders.weights import smollm2
from embedstore.errors import InputError
from embedstore.store import Store
from heads import runs
from heads.tweets.models.decoder import Decoder
from heads.tweets.writing import Choice


@dataclass(frozen=True)
class Loaded:
    """A decoder ready to write, and what is known of its training.

    Attributes
    ----------
    run_id : str, optional
        Its run; None for a pretrained model that was not fine-tuned.
    decoder : Decoder
        The decoder.
    choice : Choice
        Settings by which its candidates are drawn and ordered.
    split : str, optional
        The split it was trained under.
    captions : dict
        Captions of stored posts, by id.
    """

    run_id: str | None
    decoder: Decoder
    choice: Choice
    split: str | None
    captions: dict[str, str]


def default_decoder() -> str:
    """Choose ``smollm2`` where it is installed, ``small`` otherwise."""
    return "smollm2" if smollm2.is_here() else "small"


def device_of(name: str = "auto") -> str:
    """Choose ``cuda`` or ``cpu``; for ``auto`` the first where there is one."""
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name


def load_decoder(
    store: Store, *, run: str | None = None, decoder: str | None = None, device: str = "auto"
) -> Loaded:
    """Load the named run, a pretrained model by name, the pinned run, or the newest.

    Without any run SmolLM2 writes as it was published, if it is installed.

    Raises
    ------
    InputError
        There is neither a run nor a pretrained model.
    WeightsError
        The pretrained model isn't here.
    FingerprintError
        The store's spaces are not the ones it was trained on.
    """
    from heads.tweets.models.causal import CausalDecoder
    from heads.tweets.models.small import SmallDecoder

    place = device_of(device)
    if decoder == "small":
        raise InputError("the decoder `small` has to be trained: name its run with --run")
    untrained = run is None and not runs.has_run(store, "tweets")
    if decoder is None and untrained and smollm2.is_here():
        decoder = "smollm2"
    if decoder is not None:
        return Loaded(None, CausalDecoder.pretrained(decoder, device=place), Choice(), None, {})
    run_id, settings = runs.find_run(store, "tweets", run)
    runs.check_spaces(store, settings["spaces"])
    folder = runs.folder(store, run_id)
    kind: Any = SmallDecoder if settings["decoder"] == "small" else CausalDecoder
    with runs.reading(store, run_id):
        return Loaded(
            run_id,
            kind.load(folder, settings["facts"], device=place),
            Choice.from_json(settings["choice"]),
            store.sql("SELECT split FROM runs WHERE run_id = ?", [run_id])["split"][0].as_py(),
            json.loads((folder / "captions.json").read_text()),
        )
