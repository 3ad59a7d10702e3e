"""The OpenAPI document is valid, and the service does what it says; with right and wrong data."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from playwright.sync_api import sync_playwright
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from app.main import create_app
from app.settings import Settings
from tests.conftest import SECRET, TokenFactory
from tests.servers import CHROMIUM_ARGS, LiveServer, chromium

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# The same examples at every run: a failure seen once is seen again.
EXAMPLES = bounded(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# Wrong data may also meet a version that has moved on (412), or be too long to be read (413).
CONFIG = {"checks": {"negative_data_rejection": {"expected-statuses": ["4XX"]}}}
IMPORT_REFUSED = {("/api/v1/imports", "422"), ("/api/v1/reports/bulk", "422")}
# In partial mode what is good is stored, and what is wrong is listed: an answer of 2xx.
PARTLY = "/api/v1/reports/bulk"
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def existing(path: str) -> dict[str, str]:
    """Codes that lead somewhere: made-up ones would be 404 every time."""
    code = "P63-25" if "/units/" in path else "NC-2024"
    codes = {"programme": "NC-2024", "period": "2024", "unit": "P63-25", "target": "NC2"}
    return {n: v for n, v in (codes | {"code": code}).items() if f"{{{n}}}" in path}


def ways(operation: "APIOperation[Any, Any, Any, Any]") -> Iterator[tuple[GenerationMode, Any]]:
    """Right data for made-up codes; right and wrong data for codes that exist."""
    codes = existing(operation.path)
    yield GenerationMode.POSITIVE, None
    if operation.path.startswith("/api/"):  # Elsewhere nothing is asked that could be wrong.
        yield GenerationMode.NEGATIVE, codes or None
    if codes:
        yield GenerationMode.POSITIVE, codes


@pytest.mark.parametrize(
    ("role", "unit", "url"),
    [("admin", None, "sqlite"), ("reporter", "P63-25", "postgresql")],
    indirect=["url"],
)
def test_every_operation_does_what_the_document_says(
    url: str, token: TokenFactory, role: str, unit: str | None
) -> None:
    app = create_app(Settings(database_url=url, secret_key=SECRET, rate_per_minute=0))
    config = schemathesis.Config.from_dict(CONFIG)
    document = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    signed_in = {"Authorization": f"Bearer {token(role, unit)}"}
    wrong: dict[str, str] = {}
    answered: Counter[int] = Counter()

    def try_out(operation: "APIOperation[Any, Any, Any, Any]") -> None:
        for mode, codes in ways(operation):

            @EXAMPLES
            @given(operation.as_strategy(generation_mode=mode, path_parameters=codes))
            def hold(case: "Case[Any]") -> None:
                response = case.call(headers=signed_in)
                answered[response.status_code] += 1
                # Of what was wrong, the missing key was put right by ours.
                fine = operation.path == PARTLY or "Authorization" not in (case.headers or {})
                checks = [one for one in CHECKS if not fine or one is not negative_data_rejection]
                case.validate_response(response, checks=checks, headers=signed_in)

            hold()

    for found in document.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        try:
            try_out(operation)
        except (Failure, FailureGroup) as failure:
            wrong[operation.label] = "\n".join(
                str(one) for one in getattr(failure, "exceptions", [failure])
            )
    app.state.service.database.close()
    assert not wrong, "\n\n".join(f"{label}: {said}" for label, said in wrong.items())
    # Not all was refused at the door: some of it was carried out.
    assert answered[200] > 50
    assert answered[201]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (v for k, v in node.items() if k == "$ref" and isinstance(v, str))
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from references(one)


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    schemathesis.openapi.from_dict(document).validate()
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    for reference in set(references(document)):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_every_operation_is_documented_with_its_refusals(document: dict[str, Any]) -> None:
    names: list[str] = []
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            operation = item[method]
            names.append(operation["operationId"])
            given = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path)), path
            if not path.startswith("/api/"):
                assert operation["security"] == [], path
                continue
            for status in ("401", "422", "429", "503"):
                content = operation["responses"][status]["content"]
                # An import that is refused is answered with its summary.
                own = {"application/json"} if (path, status) in IMPORT_REFUSED else set()
                assert content.keys() == {"application/problem+json"} | own, (path, status)
    assert len(names) == len(set(names)) > 30


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_documentation_page_loads_nothing_from_other_hosts(url: str) -> None:
    asked, said = [], []
    environment = {"CHITIEU_DATABASE_URL": url, "CHITIEU_SECRET_KEY": SECRET}
    with LiveServer(environment) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{server.url}/docs")
        page.get_by_text("/api/v1/units/resolve").first.wait_for()
        page.wait_for_load_state("networkidle")
        browser.close()
    hosts = {urlsplit(one).netloc for one in asked if not one.startswith("data:")}
    assert hosts == {urlsplit(server.url).netloc}, asked
    assert not said
