"""The notebook of the challenge runs as it stands, on any store."""

import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[3] / "docs" / "examples" / "challenge.ipynb"


def test_the_notebook_of_the_challenge_scores_every_model_beside_the_baselines(
    store_path: Path,
) -> None:
    pytest.importorskip("sklearn")
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert 'STORE = Path("challenge.store")' in code[0]
    code[0] = code[0].replace('"challenge.store"', repr(str(store_path)))
    names: dict[str, Any] = {}
    for cell in code:
        exec(compile(cell, NOTEBOOK.name, "exec"), names)
    rungs = set(names["scores"]["rung"].to_pylist())
    assert {"text, network", "LightGBM", "stack", "scikit-learn", "moving average"} <= rungs
