"""The catalogue: each of its entries is complete, and everything that lists models reads it."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from typing import get_args

import click
import pytest
from click.testing import CliRunner
from embedstore.cli.main import embedstore as command

from embedstore.encoders import ImageEncoder, TextEncoder, load_encoder
from embedstore.encoders.catalogue import (
    ENCODERS,
    LANGUAGE_MODELS,
    EncoderSpec,
    LanguageModelSpec,
    ModelSet,
)
from embedstore.encoders.install import available, install
from embedstore.errors import EncoderError, WeightsError
from embedstore.storage import spaces

EACH_ENCODER = pytest.mark.parametrize("spec", ENCODERS.values(), ids=list(ENCODERS))


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(EncoderError, match="no encoder is called 'bert': choose one of minilm, "):
        load_encoder("bert")


@EACH_ENCODER
def test_every_factory_is_there(spec: EncoderSpec) -> None:
    module, function = spec.factory.split(":")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("model", LANGUAGE_MODELS.values(), ids=list(LANGUAGE_MODELS))
def test_every_language_models_module_knows_its_weights(model: LanguageModelSpec) -> None:
    module = import_module(model.module)
    assert callable(module.is_here)
    assert callable(module.install)


@pytest.mark.parametrize(
    "spec",
    [spec for spec in ENCODERS.values() if not spec.repositories],
    ids=lambda spec: spec.name,
)
def test_a_loaded_encoder_fills_the_spaces_that_its_entry_promises(spec: EncoderSpec) -> None:
    try:
        encoder = load_encoder(spec.name, device="cpu")
    except WeightsError as error:
        pytest.skip(str(error))
    assert encoder.name == spec.name
    assert [(output.name, output.dim) for output in encoder.outputs] == [
        (output.name, output.dim) for output in spec.outputs
    ]
    assert encoder.weights == spec.default_weights
    assert not spec.texts or isinstance(encoder, TextEncoder)
    assert not spec.images or isinstance(encoder, ImageEncoder)


def test_the_usual_dimensions_of_clip_are_those_of_its_architecture() -> None:
    import open_clip

    architecture = ENCODERS["clip"].default_weights.partition("/")[0]
    assert open_clip.get_model_config(architecture)["embed_dim"] == ENCODERS["clip"].dim()


@EACH_ENCODER
def test_every_encoder_embeds_something_and_is_filled_by_a_space(spec: EncoderSpec) -> None:
    space = spaces.parse(f"words={spec.name}")
    assert (space.encoder, space.texts, space.images) == (spec.name, spec.texts, spec.images)
    assert space.texts or space.images


def test_models_list_shows_every_model_of_the_catalogue() -> None:
    result = CliRunner().invoke(command, ["models", "list", "--format", "json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.output)
    assert [row["encoder"] for row in shown] == [*ENCODERS, *LANGUAGE_MODELS]
    assert shown == available().to_pylist()


def test_a_listing_says_what_each_model_embeds_and_where_its_weights_come_from() -> None:
    told = {row["encoder"]: row for row in available().drop_columns(["here"]).to_pylist()}
    assert told["conse"] == {
        "encoder": "conse",
        "embeds": "images, in minilm's space",
        "dim": "384, 1280",
        "weights": "EfficientNet-Lite0",
        "source": "package registry, extra `bundled`",
    }
    assert {name: (row["embeds"], row["source"]) for name, row in told.items()} == {
        "minilm": ("texts", "package registry, extra `bundled`"),
        "conse": ("images, in minilm's space", "package registry, extra `bundled`"),
        "e5": ("texts, in 100 languages", "package registry, extra `multilingual`"),
        "distilbert": ("texts", "model hub"),
        "clip": ("texts and images", "model hub"),
        "hash": ("texts, for tests", "nothing to get"),
        "smollm2": ("nothing: it writes posts", "package registry"),
    }


@pytest.mark.parametrize("models", get_args(ModelSet))
def test_each_set_of_models_makes_a_space_for_every_output_of_its_encoders(
    models: ModelSet,
) -> None:
    made = spaces.plan([], models=models)
    assert [(space.encoder, space.space) for space in made] == [
        (spec.name, output.name)
        for spec in ENCODERS.values()
        if spec.models == models
        for output in spec.outputs
    ]
    assert any(space.texts for space in made)
    assert any(space.images for space in made)


def test_the_command_line_offers_the_sets_of_the_catalogue() -> None:
    [option] = [one for one in command.commands["build"].params if one.name == "models"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == get_args(ModelSet)


@pytest.mark.parametrize(
    ("encoder", "output", "weights", "dim"),
    [
        ("conse", None, None, 384),
        ("conse", "effnet", None, 1280),
        ("clip", None, "ViT-L-14:/models/l14.safetensors", 512),
        ("hash", None, None, 64),
        ("hash", None, "256", 256),
    ],
)
def test_the_usual_dimensions_of_a_space_are_known_before_its_first_vector(
    encoder: str, output: str | None, weights: str | None, dim: int
) -> None:
    assert ENCODERS[encoder].dim(output, weights) == dim


def test_neither_the_package_nor_a_factory_imports_torch() -> None:
    code = (
        "import sys, embedstore.encoders, embedstore.encoders.catalogue\n"
        "import embedstore.encoders.text.encoder, embedstore.encoders.text.model_config\n"
        "print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_one_entry_is_all_that_a_new_encoder_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = replace(ENCODERS["hash"], name="bag", default_weights="32", models="hub")
    monkeypatch.setitem(ENCODERS, "bag", spec)
    assert load_encoder("bag").outputs[0].dim == 32
    assert spaces.parse("words=bag").encoder == "bag"
    assert [space.encoder for space in spaces.plan([])] == ["distilbert", "clip", "bag"]
    assert install("bag").startswith("bag is here and loads")
    assert "bag" in available()["encoder"].to_pylist()
    with pytest.raises(EncoderError, match=", bag"):
        load_encoder("bert")
