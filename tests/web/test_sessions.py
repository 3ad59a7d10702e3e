"""Sessions live on the server: ended there they are over, and nobody else's page acts in them."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.session import Database
from app.deps import SESSION_COOKIE, csrf_of
from app.main import create_app
from app.settings import Settings
from app.sheets.fence import Fence
from tests.conftest import As, Clock
from tests.web.people import person, send, sign_in, who


def rows(database: Database, query: str) -> list[Any]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]


def at_browser(client: TestClient, secret: str, path: str = "/api/v1/me") -> int:
    """The status that somebody gets who has this secret in a cookie, whatever the client has."""
    kept = dict(client.cookies)
    client.cookies.clear()
    status = client.get(path, headers={"cookie": f"{SESSION_COOKIE}={secret}"}).status_code
    client.cookies.update(kept)
    return status


def test_each_sign_in_has_a_secret_of_its_own_and_the_database_its_hash_alone(
    client: TestClient, database: Database
) -> None:
    person(database, "A", "viewer")
    client.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else", "testserver.local")
    secrets = []
    for _ in range(2):
        sign_in(client, "A")
        secrets.append(client.cookies[SESSION_COOKIE])
    assert len({*secrets, "chosen-by-somebody-else"}) == 3
    assert at_browser(client, "chosen-by-somebody-else") == 401
    # Who signs in again has left the session before.
    assert [at_browser(client, one) for one in secrets] == [401, 200]
    kept = str(
        rows(database, "SELECT * FROM web_session") + rows(database, "SELECT * FROM audit_event")
    )
    assert not any(one in kept for one in secrets)
    assert hashlib.sha256(secrets[1].encode()).hexdigest() in kept


def test_signing_out_ends_the_session_on_the_server(
    client: TestClient, database: Database, settings: Settings, clock: Clock, fence: Fence
) -> None:
    person(database, "A", "viewer")
    sign_in(client, "A")
    secret = client.cookies[SESSION_COOKIE]
    with TestClient(create_app(settings, clock, fence), follow_redirects=False) as other:
        assert at_browser(other, secret) == 200
        assert send(client, "/logout").headers["location"] == "/login"
        assert SESSION_COOKIE not in client.cookies
        # A copy of the cookie opens nothing, in no process.
        assert at_browser(other, secret) == 401
    assert at_browser(client, secret) == 401
    assert rows(database, "SELECT action FROM audit_event ORDER BY id DESC")[0] == ("session:end",)


def test_a_session_ends_when_nobody_is_there_and_after_a_day_s_work(
    client: TestClient, database: Database, clock: Clock
) -> None:
    person(database, "A", "viewer")
    sign_in(client, "A")
    begun = clock.now
    # 30 minutes without a request; each request counts, exact to the minute.
    while clock.now - begun < timedelta(hours=11, minutes=30):
        clock.now += timedelta(minutes=29)
        assert who(client) != 401
    clock.now = begun + timedelta(hours=12)
    assert who(client) == 401
    sign_in(client, "A")
    clock.now += timedelta(minutes=30)
    assert who(client) == 401
    gone = client.get("/")
    assert (gone.status_code, gone.headers["location"]) == (303, "/login")
    assert f'{SESSION_COOKIE}=""' in gone.headers["set-cookie"]


def test_when_a_session_was_seen_is_written_at_most_once_a_minute(
    client: TestClient, database: Database, clock: Clock
) -> None:
    person(database, "A", "viewer")
    sign_in(client, "A")
    found = []
    for seconds in (0, 59, 1, 30, 30):
        clock.now += timedelta(seconds=seconds)
        who(client)
        found.append(rows(database, "SELECT seen_at FROM web_session")[0])
    assert found[0] == found[1]
    assert found[1] != found[2] == found[3] != found[4]


def test_what_is_taken_from_an_account_is_taken_from_its_session_at_once(
    client: TestClient, database: Database, as_: As, clock: Clock
) -> None:
    id_ = person(database, "A", "viewer", ends_on=date(2024, 12, 31))
    sign_in(client, "A")
    assert who(client)["role"] == "viewer"
    clock.now += timedelta(days=22)  # ten in the morning of the first of January
    sign_in(client, "A")
    assert who(client) == 401
    asked = client.get("/?programme=NC-2024")
    assert asked.headers["location"] == "/login/role?next=%2F%3Fprogramme%3DNC-2024"
    page = client.get("/login/role").text
    assert "Chưa có vai trò" in page
    assert 'name="grant"' not in page
    with database.writing() as session:
        session.execute(
            text("UPDATE account SET deactivated_at = created_at WHERE id = :id"), {"id": id_}
        )
    assert client.get("/login/role").headers["location"] == "/login?next=%2Flogin%2Frole"


def test_who_has_several_roles_chooses_and_may_choose_again(
    client: TestClient, database: Database
) -> None:
    person(database, "A", "reporter P63-25", "auditor")
    person(database, "B", "admin")
    sign_in(client, "A", next="/?programme=NC-2024")
    assert who(client) == 401
    page = client.get("/login/role?next=/%3Fprogramme%3DNC-2024").text
    assert page.count('name="grant"') == 2
    assert "Phú Thọ" in page
    grants: dict[str, int] = dict(rows(database, "SELECT role, id FROM account_grant"))
    chosen = send(client, "/login/role", grant=str(grants["auditor"]), next="/?programme=NC-2024")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/?programme=NC-2024")
    assert (who(client)["role"], who(client)["unit"]) == ("auditor", None)
    send(client, "/login/role", grant=str(grants["reporter"]))
    assert (who(client)["role"], who(client)["unit"]) == ("reporter", "P63-25")
    # Another's role is none of theirs.
    for said in (str(grants["admin"]), "x", "9" * 30, ""):
        assert send(client, "/login/role", grant=said).status_code == 404
    assert who(client)["role"] == "reporter"
    actions = [row[0] for row in rows(database, "SELECT action FROM audit_event")]
    assert actions.count("session:choose") == 2


def test_only_a_page_of_the_same_session_changes_something(
    client: TestClient, database: Database
) -> None:
    person(database, "A", "reporter P63-25")
    person(database, "B", "viewer")
    sign_in(client, "B")
    of_another = csrf_of(client.cookies[SESSION_COOKIE])
    client.cookies.clear()
    sign_in(client, "A")
    own = csrf_of(client.cookies[SESSION_COOKIE])
    for path in ("/logout", "/login/role", "/account/password", "/account/sessions/end"):
        for fields in ({}, {"csrf": ""}, {"csrf": of_another}, {"csrf": "ộ"}):
            answer = client.post(path, data=fields)
            assert answer.status_code == 403, path
            assert "Trang đã cũ" in answer.text
        elsewhere = {"origin": "https://evil.example"}
        assert client.post(path, data={"csrf": own}, headers=elsewhere).status_code == 403
    # Over JSON as well: a value in a header that no other site's page may send.
    path, body = (
        "/api/v1/reports/NC-2024/2024/P63-25",
        {"values": [{"target": "NC1a", "done": True}]},
    )
    for headers in ({}, {"x-csrf-token": of_another}):
        refused = client.put(path, json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert "mã bảo vệ" in refused.json()["detail"]
    assert client.put(path, json=body, headers={"x-csrf-token": own}).status_code == 201
    assert f'name="csrf" value="{own}"' in client.get("/").text


def test_a_cookie_together_with_a_token_is_refused(
    client: TestClient, database: Database, as_: As
) -> None:
    person(database, "A", "viewer")
    token = as_("admin").headers
    sign_in(client, "A")
    answer = client.get("/api/v1/me", headers=token)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert client.get("/account", headers=token).status_code == 303


def test_in_production_who_decides_needs_a_second_factor_first(
    settings: Settings, clock: Clock, fence: Fence, database: Database
) -> None:
    person(database, "A", "reviewer")
    person(database, "B", "viewer")
    strict = settings.model_copy(update={"second_factor_for": frozenset({"reviewer"})})
    with TestClient(create_app(strict, clock, fence), follow_redirects=False) as client:
        sign_in(client, "A")
        assert who(client) == 401
        assert client.get("/").headers["location"] == "/account/second-factor"
        sign_in(client, "B")
        assert who(client)["role"] == "viewer"


@pytest.mark.parametrize("proxied", ["203.0.113.9", None])
def test_the_audit_knows_where_a_deed_came_from(
    client: TestClient, database: Database, proxied: str | None
) -> None:
    person(database, "A", "reporter P63-25")
    sign_in(client, "A")
    headers = {"x-csrf-token": csrf_of(client.cookies[SESSION_COOKIE]), "user-agent": "Firefox/150"}
    if proxied:  # nobody asked this server to trust such a word
        headers["x-forwarded-for"] = proxied
    body = {"values": [{"target": "NC1a", "done": True}]}
    client.put("/api/v1/reports/NC-2024/2024/P63-25", json=body, headers=headers)
    query = (
        "SELECT e.session, p.content FROM audit_event e "
        "JOIN audit_personal p ON p.event_id = e.id WHERE e.action LIKE 'report:%'"
    )
    (known,) = rows(database, "SELECT id FROM web_session")
    found = rows(database, query)
    assert found
    assert found[0][0] == known[0]
    assert "testclient" in str(found[0][1])
    assert "Firefox/150" in str(found[0][1])
