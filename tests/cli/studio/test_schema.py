"""Requests that the OpenAPI document allows, and many that it doesn't, end in no fault."""

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
import pytest


@pytest.fixture
def document(client: TestClient) -> object:
    """The OpenAPI document of the application."""
    return schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", client.app, base_url="http://127.0.0.1"
    )


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_ends_in_a_fault_of_the_server(case: Case) -> None:
    case.call_and_validate(checks=[not_a_server_error])
