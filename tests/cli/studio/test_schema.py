"""Requests that the OpenAPI document allows, and many that it doesn't, end in no fault."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
import requests
import schemathesis
from embedstore.cli.studio.app import create_app
from embedstore.cli.studio.settings import Settings
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from served_app import served_app


@pytest.fixture(scope="module")
def document(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The OpenAPI document of a server, with the store's name as an example of one."""
    audit = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    many = Settings(audit_file=audit, slow_per_minute=100_000)
    with served_app(create_app([sample_store], many)) as port:
        base = f"http://127.0.0.1:{port}"
        found = requests.get(f"{base}/api/v1/openapi.json", timeout=20).json()
        for operations in found["paths"].values():
            for operation in operations.values():
                for parameter in operation.get("parameters", ()):
                    if parameter["in"] == "path" and parameter["name"] == "store":
                        parameter["schema"]["enum"] = ["tea", "nope"]
        # The first prediction starts the process of heads, which takes longer than one may.
        one = {"posts": [{"text": "tea"}]}
        requests.post(f"{base}/api/v1/stores/tea/predict", json=one, timeout=120)
        # A report of all accounts takes seconds, and builds are processes of their own.
        for slow in ("report", "when"):
            del found["paths"][f"/api/v1/stores/{{store}}/{slow}"]
        loaded = schemathesis.openapi.from_dict(found)
        loaded.config.update(base_url=base, request_timeout=90)
        yield loaded


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_ends_in_a_fault_of_the_server(document: Any, mode: GenerationMode) -> None:
    asked = 0
    for found in document.get_all_operations():

        @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=found.ok().as_strategy(generation_mode=mode))
        def check(case: Case) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=[not_a_server_error])

        # An address without a parameter can't be asked wrongly.
        with suppress(Unsatisfiable, SkipTest):
            check()
    assert asked > 50
