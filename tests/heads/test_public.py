"""The package's public names, and the stores that its functions take."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import embedstore
import heads
from embedstore.errors import InputError, StoreNotFoundError

PUBLIC = [
    "evaluate",
    "evaluate_likes",
    "evaluate_tweets",
    "explain_likes",
    "export_features",
    "features",
    "fit_column",
    "fit_label",
    "fit_likes",
    "fit_tweets",
    "generate",
    "label_posts",
    "list_runs",
    "pin_run",
    "predict_column",
    "predict_likes",
    "rank_likes",
    "remove_run",
    "report",
    "suggest_posts",
    "update_labels",
    "what_if",
    "when",
]
NEEDED = {
    "evaluate": {"predictions": {}},
    "export_features": {"file": "x.parquet"},
    "explain_likes": {"post": "a:1"},
    "fit_column": {"name": "lang"},
    "fit_label": {"name": "kind", "describe": {"a": "x", "b": "y"}},
    "label_posts": {"name": "kind"},
    "predict_column": {"name": "lang"},
    "suggest_posts": {"name": "kind"},
    "generate": {"company": "x"},
    "pin_run": {"run_id": "x"},
    "remove_run": {"run_id": "x"},
    "rank_likes": {"drafts": ["x"], "username": "u", "date": None},
    "report": {"username": "u"},
    "what_if": {"username": "u", "text": "x"},
    "when": {"username": "u"},
}


def test_dir_lists_the_public_names_only() -> None:
    assert dir(heads) == sorted(heads.__all__) == PUBLIC
    for name in PUBLIC:
        assert inspect.getdoc(getattr(heads, name))


def test_importing_the_package_imports_no_head() -> None:
    code = "import heads, sys; print([m for m in sys.modules if m.startswith(('heads.', 'numpy'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_neither_a_store_nor_a_path_is_refused(name: str, tmp_path: Path) -> None:
    function = getattr(heads, name)
    for wrong in (None, 7, b"x.store"):
        with pytest.raises(InputError, match="a store is given as"):
            function(wrong, **NEEDED.get(name, {}))
    with pytest.raises(StoreNotFoundError):
        function(tmp_path / "none.store", **NEEDED.get(name, {}))


def test_a_path_serves_as_well_as_the_store(store_path: Path) -> None:
    by_path = heads.fit_likes(str(store_path), model_name="lgbm", inputs="history,time")
    rows = heads.predict_likes(store_path, run=by_path.run_id, where="post_id < 9")
    assert rows.num_rows
    assert rows.equals(
        heads.predict_likes(embedstore.open(store_path), run=by_path.run_id, where="post_id < 9")
    )
