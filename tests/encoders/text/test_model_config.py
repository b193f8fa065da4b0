import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedstore.encoders.base import length_fingerprint
from embedstore.encoders.text.model_config import UNLIMITED, ModelConfig, read_model_config
from embedstore.errors import EncoderError, WeightsError

MakeFolder = Callable[..., Path]

MODULES = ["Transformer", "Pooling", "Normalize"]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write a folder of sentence-transformers without a real model in it."""

    def make(
        modules: list[str] | None = MODULES,
        pooling: dict[str, Any] | None = None,
        name: str = "model",
        prompts: dict[str, Any] | None = None,
        described: dict[str, Any] | None = None,
        **config: Any,
    ) -> Path:
        folder = tmp_path / name
        (folder / "1_Pooling").mkdir(parents=True)
        files = {
            "config.json": {"model_type": "bert", "max_position_embeddings": 512} | config,
            "1_Pooling/config.json": pooling or {"pooling_mode_mean_tokens": True},
            "sentence_bert_config.json": described or {},
            "config_sentence_transformers.json": prompts or {},
        }
        paths = ["", "1_Pooling", "2_Normalize", "3_More"]
        if modules:
            files["modules.json"] = [
                {
                    "path": path,
                    "type": kind if "." in kind else f"sentence_transformers.models.{kind}",
                }
                for path, kind in zip(paths, modules, strict=False)
            ]
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content))
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / "tokenizer.json").write_text("{}")
        return folder

    return make


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_max_tokens": True}, "max"),
        ({"pooling_mode": "cls", "embedding_dimension": 384}, "cls"),
        ({"pooling_mode": ["mean", "max"]}, None),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, None),
        ({"pooling_mode_lasttoken": True}, None),
    ],
)
def test_pooling_is_read_in_both_of_its_spellings(
    make_folder: MakeFolder, config: dict[str, Any], pooling: str | None
) -> None:
    assert read_model_config(make_folder(pooling=config)).pooling == pooling


@pytest.mark.parametrize(
    "changes",
    [
        {"modules": ["Transformer", "Pooling", "Dense"]},
        {"model_type": "mpnet"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
        {"auto_map": {"AutoModel": "code.Model"}},
        {"described": {"do_lower_case": True}},
        {"prompts": {"prompts": {"all": "passage: "}, "default_prompt_name": "all"}},
    ],
)
def test_what_our_own_forward_pass_does_not_compute_is_left_to_sentence_transformers(
    make_folder: MakeFolder, changes: dict[str, Any]
) -> None:
    assert read_model_config(make_folder(**changes)).pooling is None


def test_a_bare_model_gets_the_mean(make_folder: MakeFolder) -> None:
    assert read_model_config(make_folder(modules=None)).pooling == "mean"


def test_a_default_prompt_is_read(make_folder: MakeFolder) -> None:
    prompts = {"prompts": {"query": "query: ", "all": "text: "}, "default_prompt_name": "all"}
    assert read_model_config(make_folder(prompts=prompts)).prompt == "text: "
    assert read_model_config(make_folder(name="none")).prompt == ""


def test_the_limit_is_the_smallest_that_is_named(make_folder: MakeFolder) -> None:
    assert read_model_config(make_folder(described={"max_seq_length": 256})).limit == 256
    folder = make_folder(name="other")
    assert read_model_config(folder).limit == 512
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 128}')
    assert read_model_config(folder).limit == 128
    assert (
        read_model_config(make_folder(name="none", max_position_embeddings=None)).limit == UNLIMITED
    )


@pytest.mark.parametrize(
    "kind", ["custom_code.Transformer", "os.path", "sentence_transformers_x.A"]
)
def test_code_that_comes_with_a_model_is_refused(make_folder: MakeFolder, kind: str) -> None:
    folder = make_folder(modules=[kind, "Pooling"])
    with pytest.raises(EncoderError, match=f"asks for '{kind}': code that comes with a model"):
        read_model_config(folder)


def test_a_folder_without_a_model_is_an_error(tmp_path: Path, make_folder: MakeFolder) -> None:
    with pytest.raises(WeightsError, match=r"holds no model: expected a config\.json"):
        read_model_config(tmp_path)
    folder = make_folder()
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"holds no weights: expected model\.safetensors"):
        _ = read_model_config(folder).joint


def test_the_joint_hash_follows_all_that_decides_a_vector(make_folder: MakeFolder) -> None:
    base = make_folder()
    joint = read_model_config(base).joint

    def changed(file: str, content: str) -> ModelConfig:
        folder = base.with_name("changed")
        shutil.copytree(base, folder)
        (folder / file).write_text(content)
        config = read_model_config(folder)
        assert config.folder == folder
        return config

    for file, content in [
        ("model.safetensors", "other"),
        ("tokenizer.json", '{"other": 1}'),
        ("config.json", '{"model_type": "bert", "layer_norm_eps": 1e-5}'),
        ("1_Pooling/config.json", '{"pooling_mode": "cls"}'),
    ]:
        assert changed(file, content).joint != joint, file
        shutil.rmtree(base.with_name("changed"))
    for file in ["README.md", "vocab.txt", "data_config.json"]:
        assert changed(file, "{}").joint == joint, file
        shutil.rmtree(base.with_name("changed"))


def test_the_fingerprint_adds_the_maximum_length_to_the_joint_hash(make_folder: MakeFolder) -> None:
    joint = read_model_config(make_folder()).joint
    assert len({length_fingerprint(joint, 64), length_fingerprint(joint, 128), joint}) == 3


def test_pooling_can_be_chosen_for_a_plain_model_only(make_folder: MakeFolder) -> None:
    assert read_model_config(make_folder()).with_pooling("cls").pooling == "cls"
    with pytest.raises(EncoderError, match="no pooling 'sum': choose mean, cls, max"):
        read_model_config(make_folder(name="b")).with_pooling("sum")
    with pytest.raises(EncoderError, match=r"can't be chosen: .* a mpnet model"):
        read_model_config(make_folder(name="c", model_type="mpnet")).with_pooling("cls")
