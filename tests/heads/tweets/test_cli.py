"""The commands, on the tiny decoder."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedstore.cli.heads import heads as command

from embedstore.encoders.weights import smollm2
from embedstore.store import Store
from heads.likes.fit import fit_likes
from heads.runs import Run


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def company(store: Store) -> tuple[str, str]:
    [row] = store.sql(
        "SELECT company, username FROM posts GROUP BY ALL ORDER BY count(*) DESC, username LIMIT 1"
    ).to_pylist()
    return row["company"], row["username"]


def test_generate_prints_posts_predictions_and_the_neighbours_used(store: Store, run: Run) -> None:
    fit_likes(store.path, model_name="lgbm", inputs="history,time,form", split="time:2021-06-01")
    name, username = company(store)
    arguments = ("generate", store.path, "--company", name.upper(), "--username", username,
                 "--date", "2021-08-01 12:00", "--likes", "50", "-n", "3", "--run", run.run_id,
                 "--candidates", "8", "--device", "cpu")  # fmt: skip
    result = call(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["decoder"].startswith("small (")
    assert found["condition"]["company"] == name
    assert 1 <= found["condition"]["level"] <= 10
    assert found["neighbours"]
    assert all(other["created_at"] < "2021-08-01T12:00" for other in found["neighbours"])
    for post in found["posts"]:
        assert len(post["text"]) <= 280
        assert post["low"] <= post["likes"] <= post["high"]
        assert post["copied"] < 8
    assert json.loads(call(*arguments, "--format", "json").stdout) == found
    table = call(*arguments)
    assert "neighbours that were given" in table.output
    assert "written by small" in table.output


def test_a_company_never_seen_is_written_for_and_the_output_says_so(store: Store, run: Run) -> None:
    result = call("generate", store.path, "--company", "nobody knows it", "--date", "2021-08-01",
                  "--run", run.run_id, "-n", "1", "--candidates", "4")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "the store has no posts of 'nobody knows it'" in result.output
    assert "similar company" in result.output


def test_an_accounts_company_is_known_from_its_posts(store: Store, run: Run) -> None:
    name, username = company(store)
    options = ("--date", "2021-08-01", "--run", run.run_id, "-n", "1", "--candidates", "4",
               "--format", "json")  # fmt: skip
    found = call("generate", store.path, "--username", username, *options)
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["condition"]["company"] == name
    said = call("generate", store.path, "--username", username, "--company", name, *options)
    assert json.loads(found.stdout) == json.loads(said.stdout)
    misspelt = call("generate", store.path, "--username", username[:-1], *options)
    assert misspelt.exit_code == 1
    assert f"no posts of {username[:-1]}: did you mean {username}" in misspelt.output
    nobody = call("generate", store.path, *options)
    assert "for whom? name an account, or a company" in nobody.output


def test_an_evaluation_has_every_system_with_intervals(store: Store, run: Run) -> None:
    result = call("eval", "tweets", store.path, "--run", run.run_id, "--limit", "12",
                  "--conditions", "4", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    systems = {row["system"] for row in found["scores"]}
    assert {"true tweet", "random tweet", "last tweet of the account", "trigrams",
            "nearest neighbour", "decoder without neighbours", "written"} <= systems  # fmt: skip
    true = {row["metric"]: row["value"] for row in found["scores"] if row["system"] == "true tweet"}
    assert true["ROUGE-L"] == 1
    assert true["BLEU-4"] == pytest.approx(100)
    assert {row["of"] for row in found["bits"]} >= {"with neighbours", "without neighbours"}
    assert [row["with"] for row in found["control"]][:2] == ["decoder alone", "reranked"]
    assert len(found["texts"]) == found["posts"] == 12
    plain = call("eval", "tweets", store.path, "--run", run.run_id, "--limit", "6",
                 "--conditions", "0")  # fmt: skip
    assert "bits per byte of the true tweets" in plain.output


def test_without_a_decoder_generate_says_how_to_train_one(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDSTORE_CACHE", str(tmp_path))
    assert not smollm2.is_here()
    result = call("generate", store.path, "--company", "x", "--run", "nothing")
    assert result.exit_code == 1
    assert "has no run 'nothing'" in result.output
    result = call("generate", store.path, "--company", "x", "--decoder", "smollm2")
    assert "embedstore models install smollm2" in result.output


def test_fit_by_command_trains_and_prints_its_metrics(store: Store) -> None:
    result = call("fit", "tweets", store.path, "--decoder", "small", "--minutes", "0.02",
                  "--split", "company:1/5", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.output
    names = [row["metric"] for row in json.loads(result.stdout)]
    assert {"cpu_seconds", "tokens", "bits_per_byte", "gain_of_neighbours"} <= set(names)
