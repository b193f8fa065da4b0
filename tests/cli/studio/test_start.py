"""What the service does before its first page is there: no more than the page needs."""

import subprocess
import sys
from pathlib import Path

_FIRST_PAGE = """
import sys
from pathlib import Path
from embedstore.arrays import leave_pandas_out
leave_pandas_out()
from embedstore.cli.studio.app import create_app
from embedstore.cli.studio.pages import shell
from embedstore.cli.studio.settings import Settings
from fastapi.testclient import TestClient
store, audit = sys.argv[1:]
app = create_app([store], Settings(audit_file=Path(audit)))
answer = TestClient(app, base_url="http://127.0.0.1").get("/")
assert answer.status_code == 200 and "<h1" in answer.text, answer.text
used = {name for _, name in shell._environment.cache.keys()}
assert used == set(shell.FIRST), used
print(*sys.modules)
"""

_WITHOUT_PANDAS = """
import sys
from datetime import datetime
import pyarrow as pa
from embedstore.arrays import leave_pandas_out
leave_pandas_out()
table = pa.table({"n": [1, None], "at": [datetime(2020, 1, 1), None]})
assert table["n"].to_numpy().tolist()[0] == table["n"].fill_null(0).to_pylist()[0] == 1
assert table["at"].to_numpy()[0] == table["at"].to_pylist()[0] == datetime(2020, 1, 1)
assert "pandas" not in sys.modules
import pandas
assert isinstance(table.to_pandas(), pandas.DataFrame)
"""


def run(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_first_page_waits_neither_for_pandas_nor_for_what_other_views_need(
    sample_store: Path, tmp_path: Path
) -> None:
    found = set(run(_FIRST_PAGE, str(sample_store), str(tmp_path / "audit.jsonl")).split())
    assert "heads.data.posts" in found
    assert not {"pandas", "torch", "faiss", "scipy", "lightgbm"} & found
    rooms = ("heads.likes", "heads.reports", "heads.labels", "embedstore.reading")
    assert not [name for name in found if name.startswith(rooms)]


def test_pyarrow_goes_without_pandas_and_whoever_imports_it_gets_it() -> None:
    run(_WITHOUT_PANDAS)
