"""What every answer carries, whatever it answers; and what is asked for is bounded."""

from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message

from app import edge
from app.deps import SESSION_COOKIE, Buckets
from app.domain.errors import TooManyRequests
from app.main import create_app
from app.settings import Settings
from tests.conftest import SECRET, TokenFactory

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
}
ANSWERS = {
    "a page": ("GET", "/login", 200),
    "a page that is not there": ("GET", "/không-có", 404),
    "a form that is refused": ("POST", "/login", 401),
    "a page for who is signed in": ("GET", "/", 303),
    "a static file": ("GET", "/static/chitieu.css", 200),
    "a static file that is not there": ("GET", "/static/none.css", 404),
    "the documentation": ("GET", "/docs", 200),
    "a file of the documentation": ("GET", "/static-offline-docs/swagger-ui.css", 200),
    "the OpenAPI document": ("GET", "/openapi.json", 200),
    "health": ("GET", "/healthz", 200),
    "JSON": ("GET", "/api/v1/units", 200),
    "JSON that the caller has": (
        "GET",
        "/api/v1/dashboards/overview?programme=NC-2024&period=2024",
        200,
    ),
    "a problem": ("GET", "/api/v1/units/NOPE", 404),
    "a verb that is not there": ("DELETE", "/api/v1/units", 405),
    "a file": ("GET", "/api/v1/feeds/units.csv", 200),
    "a fault of ours": ("GET", "/api/v1/me", 500),
}
pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def viewer(token: TokenFactory) -> dict[str, str]:
    return {"Authorization": f"Bearer {token('viewer')}"}


def directives(policy: str) -> set[str]:
    return {one.strip() for one in policy.split(";")}


def test_every_answer_of_every_kind_carries_the_headers(
    client: TestClient, viewer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("app.services.tokens.me", fails)
    for kind, (verb, path, status) in ANSWERS.items():
        answer = client.request(verb, path, headers=viewer if "/api/" in path else {})
        assert answer.status_code == status, kind
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, kind
        assert directives(answer.headers["content-security-policy"]) == POLICY, kind
        assert "camera=()" in answer.headers["permissions-policy"], kind
        assert answer.headers["x-request-id"], kind
        assert "strict-transport-security" not in answer.headers, kind
    told = client.get("/api/v1/me", headers=viewer).json()
    assert (told["status"], told["code"]) == (500, "unavailable")
    assert "nobody thought of this" not in str(told)


def test_what_is_for_one_pair_of_eyes_is_not_kept(
    client: TestClient, token: TokenFactory, viewer: dict[str, str]
) -> None:
    admin = {"Authorization": f"Bearer {token('admin')}"}
    made = client.post("/api/v1/tokens", json={"name": "x", "role": "viewer"}, headers=admin)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    signed_in = client.post("/login", data={"token": token("viewer")})
    assert signed_in.headers["cache-control"] == "no-store"
    cookie = signed_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    page = client.get("/", follow_redirects=True)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    client.cookies.clear()
    # Figures may be kept by who got them, and asked for by their ETag.
    answer = client.get("/api/v1/units", headers=viewer)
    assert answer.headers["cache-control"] == "private, no-cache"


def test_over_https_everything_stays_on_https(url: str, client: TestClient) -> None:
    assert "strict-transport-security" in client.get("https://testserver/healthz").headers
    settings = Settings(database_url=url, secret_key=SECRET, secure_cookies=True)
    with TestClient(create_app(settings)) as strict:
        assert strict.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"


async def told(
    app: FastAPI, headers: dict[str, str], parts: Iterator[bytes], leaves: str = ""
) -> list[Message]:
    """What goes out for a report of which no more comes than `parts`; or for a form of the page
    that the browser `leaves` then."""
    sent: list[Message] = []

    async def receive() -> Message:
        for part in parts:
            return {"type": "http.request", "body": part, "more_body": True}
        if leaves:
            return {"type": "http.disconnect"}
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST" if leaves else "PUT",
        "path": leaves or "/api/v1/reports/NC-2024/2024/P63-25",
        "raw_path": b"",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "scheme": "http",
        "http_version": "1.1",
        "server": ("testserver", 80),
        "client": ("testclient", 50_000),
        "root_path": "",
    }
    await app(scope, receive, send)
    return sent


def test_a_body_that_does_not_come_is_not_waited_for(
    client: TestClient, token: TokenFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(edge, "LINGER_SECONDS", 0.01)
    app: Any = client.app
    key = {"Authorization": f"Bearer {token('reporter', 'P63-25')}", "Content-Length": "100"}
    assert client.portal
    start, *rest = client.portal.call(told, app, key, iter([b"{", b'"values"']))
    assert start["status"] == 408
    assert dict(start["headers"])[b"connection"] == b"close"
    assert b"too_slow" not in rest[0]["body"]
    assert "quá chậm".encode() in rest[0]["body"]
    # Who has no right is told so without any waiting.
    monkeypatch.setattr(edge, "BODY_SECONDS", 60)
    start, *_ = client.portal.call(told, app, {"Content-Length": "100"}, iter([]))
    assert start["status"] == 401


def test_a_browser_that_leaves_while_it_sends_is_no_error(
    client: TestClient, token: TokenFactory, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/login", data={"token": token("reporter", "P63-25")}, follow_redirects=False)
    secret = client.cookies[SESSION_COOKIE]
    headers = {"Cookie": f"{SESSION_COOKIE}={secret}", "Content-Length": "100"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    app: Any = client.app
    assert client.portal
    with caplog.at_level("INFO"):
        sent = client.portal.call(told, app, headers, iter([b"csrf="]), "/logout")
    assert sent == []
    assert "the client went away" in caplog.text
    assert "unforeseen" not in caplog.text


def test_a_bucket_refills_and_the_one_not_heard_of_for_longest_is_forgotten(url: str) -> None:
    buckets = Buckets(per_minute=1, burst=1, most=3)

    def taken(key: str) -> bool:
        try:
            buckets.take(key)
        except TooManyRequests:
            return False
        return True

    assert [taken("a"), taken("a")] == [True, False]
    with pytest.raises(TooManyRequests) as refused:
        buckets.take("a")
    assert 1 <= refused.value.retry_after_seconds <= 61
    # Somebody with ever new addresses empties nobody else's memory that is in use.
    for stranger in range(10):
        assert taken(f"stranger {stranger}")
        assert not taken("a")
    assert len(buckets._levels) == 3
    off = Buckets(per_minute=0, burst=0)
    for _ in range(1000):
        off.take("a")
