"""Names that users give never lead out of the store."""

from pathlib import Path

import pytest

import embedstore
from embedstore.errors import InputError, StoreError
from heads.likes.fit import fit_likes
from heads.runs import find_run, folder, show_run


@pytest.mark.parametrize("name", ["../../x", "a/b", "a\\b", "..", ".", "", "x\0y"])
def test_a_run_id_that_could_be_a_path_is_refused(store_path: Path, name: str) -> None:
    store = embedstore.open(store_path)
    for use in (show_run, lambda store, name: find_run(store, "likes", name)):
        with pytest.raises(InputError, match="path separators"):
            use(store, name)
    with pytest.raises(StoreError, match="no name of a folder"):
        folder(store, name)


def test_an_unknown_model_is_refused_with_the_choices(store_path: Path) -> None:
    with pytest.raises(InputError, match="'xgb': choose from stack, lgbm, mlp"):
        fit_likes(store_path, model_name="xgb")  # type: ignore[arg-type]
