"""An account is known by its name, however its company is spelled."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import embedstore
from heads.data.posts import load_posts
from heads.likes.fit import fit_likes
from heads.likes.predict import predict_likes


def test_company_spelling_and_later_unlabelled_posts_change_no_prediction(
    sample_files: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.store"
    embedstore.build(path, [sample_files / "posts.csv"], space=["w=hash:8"], images="none")
    fit_likes(path, model_name="lgbm", inputs="history,time")
    posts = load_posts(embedstore.open(path))
    name, company = (posts.table[column][0].as_py() for column in ("username", "company"))
    date = posts.time.max().astype(datetime) + timedelta(days=1)
    spellings = [
        (name, company), (name, company.upper()), (name, None), (f"@{name.upper()}", "other")
    ]  # fmt: skip

    def predicted() -> list[float]:
        found = []
        for user, said in spellings:
            draft = {"source": "d", "id": "1", "username": user, "company": said}
            columns = draft | {"created_at": date, "text": "a draft"}
            table = pa.table({key: pa.array([value]) for key, value in columns.items()})
            row = predict_likes(path, table, images="none").to_pylist()[0]
            assert row["missing"] == ""
            found.append(row["likes"])
        return found

    before = predicted()
    assert before == pytest.approx([before[0]] * 4)
    later = [f"new{n},{date + timedelta(hours=n + 1)},{name},later {n}" for n in range(5)]
    file = tmp_path / "new.csv"
    file.write_text("\n".join(["id,date,username,text", *later]))
    embedstore.build(path, [file], images="none")
    assert predicted() == pytest.approx(before)
