"""Who is let in: tokens that are hashed, scoped, expiring, revocable; and bounded in number."""

import hashlib
import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.session import Database
from app.main import create_app
from app.services.tokens import PATTERN
from app.settings import Settings
from tests.conftest import SECRET, As, Caller, Clock, TokenFactory


def test_a_token_says_who_calls(as_: As) -> None:
    assert as_("reporter", "P63-25").get("/me").json() == {
        "name": "reporter P63-25",
        "role": "reporter",
        "unit": "P63-25",
        "reports_for": ["P63-25"],
    }


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer chitieu_000000000000_00", "Bearer ộ"]
)
def test_without_a_good_token_nothing_opens(client: TestClient, header: str) -> None:
    headers = {b"Authorization": header.encode()} if header else {}
    answer = client.get("/api/v1/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_is_stored_by_its_hash_alone(token: TokenFactory, database: Database) -> None:
    made = token("viewer")
    assert re.fullmatch(PATTERN, made)
    secret = made.rsplit("_", 1)[1]
    with database.reading() as session:
        rows = session.execute(text("SELECT * FROM token")).all()
        kept = str([tuple(row) for row in rows])
        audited = str([tuple(row) for row in session.execute(text("SELECT * FROM audit_event"))])
    assert hashlib.sha256(secret.encode()).hexdigest() in kept
    assert secret not in kept + audited


def test_a_token_is_made_once_shown_once_and_revoked_at_once(as_: As) -> None:
    admin = as_("admin")
    asked = {"name": "Hệ thống tỉnh", "role": "reporter", "unit": "P63-25", "expires_days": 30}
    headers = {"Idempotency-Key": "token-1"}
    made = admin.post("/tokens", json=asked, headers=headers)
    assert made.status_code == 201
    again = admin.post("/tokens", json=asked, headers=headers)
    assert again.json() == {k: v for k, v in made.json().items() if k != "token"}
    machine = Caller(admin.client, made.json()["token"])
    assert machine.get("/me").status_code == 200
    assert "token" not in str(admin.get("/tokens").json()["items"][-1].keys())
    assert admin.delete(f"/tokens/{made.json()['id']}").status_code == 204
    assert machine.get("/me").status_code == 401
    assert admin.delete(f"/tokens/{made.json()['id']}").status_code == 204
    assert admin.delete("/tokens/nothing").status_code == 404


def test_a_token_expires(as_: As, clock: Clock) -> None:
    admin = as_("admin")
    made = admin.post("/tokens", json={"name": "x", "role": "viewer", "expires_days": 1}).json()
    machine = Caller(admin.client, made["token"])
    clock.now = clock.now.replace(year=2026, month=1)
    assert machine.get("/me").status_code == 200
    clock.now = clock.now.replace(year=2028)
    assert machine.get("/me").status_code == 401


def test_a_role_fits_its_unit(as_: As) -> None:
    for asked in (
        {"name": "x", "role": "reporter"},
        {"name": "x", "role": "viewer", "unit": "P63-25"},
        {"name": "x", "role": "reporter", "unit": "P63-99"},
    ):
        answer = as_("admin").post("/tokens", json=asked)
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/unit"]


def test_only_an_administrator_hands_out_tokens(as_: As) -> None:
    for role, unit in (("reporter", "P63-25"), ("reviewer", None), ("auditor", None)):
        caller = as_(role, unit)
        assert caller.post("/tokens", json={"name": "x", "role": "admin"}).status_code == 403
        assert caller.post("/tokens", json="nonsense").status_code == 403
        assert caller.get("/tokens").status_code == 403
        assert caller.delete("/tokens/000000000000").status_code == 403


def test_a_token_is_held_to_its_rate(url: str, token: TokenFactory) -> None:
    made = token("viewer")
    settings = Settings(database_url=url, secret_key=SECRET, rate_per_minute=1, rate_burst=3)
    with TestClient(create_app(settings)) as client:
        caller = Caller(client, made)
        assert [caller.get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = caller.get("/me")
        assert refused.json()["code"] == "too_many_requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 61


def test_every_change_leaves_its_trace(as_: As, database: Database) -> None:
    path = "/reports/NC-2024/2024/P63-25"
    sent = {"values": [{"target": "NC2", "percent": 61.5}], "submit": True}
    as_("reporter", "P63-25").put(path, json=sent, headers={"X-Request-Id": "yeu-cau-00001"})
    as_("reviewer").post(f"{path}/approve")
    question = text(
        "SELECT action, name, request_id, subject FROM audit_event "
        "JOIN account ON account.id = account_id "
        "WHERE action LIKE 'report:%' ORDER BY audit_event.id"
    )
    with database.reading() as session:
        events = [tuple(row) for row in session.execute(question)]
    assert [event[:2] for event in events] == [
        ("report:submit", "reporter P63-25"),
        ("report:approve", "reviewer"),
    ]
    assert (events[0][2], events[0][3]) == ("yeu-cau-00001", path.lstrip("/"))


def test_public_answers_need_no_token(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}
    assert client.get("/.well-known/chitieu-keys.json").status_code == 200


@pytest.mark.parametrize("key", ["short", "change-me-" * 5, "a" * 40])
def test_a_placeholder_is_no_secret(key: str) -> None:
    with pytest.raises(ValueError, match="secret_key"):
        Settings(secret_key=key)


def test_a_key_of_a_greater_role_opens_nothing_to_a_lesser(as_: As) -> None:
    """One person's two tokens: the answer kept for one is not given to the other."""
    asked = {"name": "Hệ thống tỉnh", "role": "viewer", "expires_days": 30}
    headers = {"Idempotency-Key": "token-2"}
    made = as_("admin", None, "cán bộ hai vai").post("/tokens", json=asked, headers=headers)
    assert made.status_code == 201
    lesser = as_("viewer", None, "cán bộ hai vai").post("/tokens", json=asked, headers=headers)
    assert lesser.status_code == 403
