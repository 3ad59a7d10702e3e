"""One's own account: passwords forgotten and changed, sessions seen and ended."""

import re
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db.people_tables import LinkPurpose
from app.db.session import Database
from app.deps import SESSION_COOKIE
from app.main import create_app
from app.services import links
from app.services.vault import Vault
from app.settings import Settings
from app.sheets.fence import Fence
from tests.conftest import SECRET, As, Clock
from tests.web.people import PASSWORD, person, send, sign_in, who
from tests.web.test_sessions import at_browser, rows

NEW = "hoa ban nở trắng đèo Pha Đin"


def messages(database: Database) -> list[tuple[str, int, dict[str, Any]]]:
    from app.db.post_tables import MESSAGE  # noqa: PLC0415

    with database.reading() as session:
        query = MESSAGE.select().order_by(MESSAGE.c.id)
        return [(one.template, one.account_id, one.facts) for one in session.execute(query)]


def forgotten(client: TestClient, said: str) -> Any:
    return client.post("/login/forgot", data={"username": said})


def mailed_link(database: Database) -> str:
    """The secret in the newest message; nowhere in the database in the clear."""
    template, _, facts = messages(database)[-1]
    assert template == "reset"
    assert list(facts) == ["link_sealed"]
    address = Vault(SECRET).open(facts["link_sealed"])
    found = re.fullmatch(r"http://127\.0\.0\.1:8000/welcome\?link=([\w-]{43})", address)
    assert found
    return found[1]


def choose(client: TestClient, link: str, password: str = NEW, again: str | None = None) -> Any:
    fields = {"link": link, "password": password, "again": again or password}
    return client.post("/welcome", data=fields)


def test_a_forgotten_password_is_chosen_anew_once_and_ends_every_session(
    client: TestClient, database: Database
) -> None:
    id_ = person(database, "A", "viewer", email="a@congdoan.example")
    sign_in(client, "A")
    before = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    assert forgotten(client, "A@congdoan.example").status_code == 200
    link = mailed_link(database)
    page = client.get(f"/welcome?link={link}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert at_browser(client, before) == 200
    done = choose(client, link)
    assert (done.status_code, done.headers["location"]) == (303, "/login?done=password")
    assert at_browser(client, before) == 401
    assert choose(client, link, PASSWORD).status_code == 404
    assert client.get(f"/welcome?link={link}").status_code == 404
    assert sign_in(client, "A").status_code == 401
    assert sign_in(client, "A", NEW).status_code == 303
    assert [one[:2] for one in messages(database)] == [("reset", id_), ("password_changed", id_)]
    audited = rows(
        database, "SELECT account_id, subject FROM audit_event WHERE action = 'password:change'"
    )
    assert audited == [(id_, f"users/{id_}")]
    kept = str(rows(database, "SELECT * FROM one_time_link")) + str(messages(database))
    assert link not in kept + str(rows(database, "SELECT * FROM audit_event"))


def test_a_forgotten_password_gets_the_same_answer_for_everybody(
    client: TestClient, database: Database, clock: Clock
) -> None:
    person(database, "known", "viewer", email="known@congdoan.example")
    person(database, "no mail", "viewer")
    gone = person(database, "gone", "viewer", email="gone@congdoan.example")
    with database.writing() as session:
        session.execute(
            text("UPDATE account SET deactivated_at = created_at WHERE id = :id"), {"id": gone}
        )
    answers = [forgotten(client, one) for one in ("known", "nobody", "no mail", "gone", "")]
    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    assert len(messages(database)) == 1
    # Nor does anybody's mailbox fill, and nor is that a way to ask.
    for name in ("known", "nobody"):
        statuses = [forgotten(client, name).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 200, 429]
    assert len(messages(database)) == 5


def test_links_end_by_time_by_a_newer_one_and_with_the_account(
    client: TestClient, database: Database, clock: Clock
) -> None:
    id_ = person(database, "A", "viewer", password=None)

    def make(purpose: LinkPurpose) -> str:
        with database.writing() as session:
            return links.make(session, id_, purpose, clock.now)

    def opens(link: str) -> bool:
        return client.get(f"/welcome?link={link}").status_code == 200

    first, reset = make(LinkPurpose.INVITATION), make(LinkPurpose.RESET)
    second = make(LinkPurpose.INVITATION)
    assert [opens(first), opens(second), opens(reset)] == [False, True, True]
    clock.now += timedelta(hours=1)
    assert [opens(second), opens(reset)] == [True, False]
    clock.now += timedelta(days=7, hours=-1)
    assert not opens(second)
    last = make(LinkPurpose.INVITATION)
    other = make(LinkPurpose.RESET)
    assert "Chào mừng" in client.get(f"/welcome?link={last}").text
    assert choose(client, last).status_code == 303
    assert not opens(other)
    again = make(LinkPurpose.RESET)
    with database.writing() as session:
        session.execute(text("UPDATE account SET deactivated_at = created_at"))
    assert not opens(again)
    assert not opens("")
    assert not opens("%00%F0%9F")


def test_a_link_is_not_used_up_by_a_password_that_is_refused(
    client: TestClient, database: Database, clock: Clock
) -> None:
    id_ = person(database, "Nguyễn Thị Lan", "viewer", password=None)
    with database.writing() as session:
        link = links.make(session, id_, LinkPurpose.INVITATION, clock.now)
    refused = {
        "ngắn": "ít nhất 12 ký tự",
        "congdoan123456": "quá phổ biến",
        "nguyen thi lan 1": "không được lấy từ tên",
    }
    for password, sentence in refused.items():
        answer = choose(client, link, password)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert password not in answer.text
    differs = choose(client, link, NEW, NEW + ".")
    assert "không giống nhau" in differs.text
    assert choose(client, link).status_code == 303
    assert sign_in(client, "Nguyễn Thị Lan", NEW).status_code == 303
    evil = {"origin": "https://evil.example"}
    assert client.post("/welcome", data={"link": link}, headers=evil).status_code == 403


def test_a_password_is_changed_with_the_old_one_and_ends_the_other_sessions(
    client: TestClient, database: Database, clock: Clock
) -> None:
    id_ = person(database, "A", "viewer", email="a@congdoan.example")
    sign_in(client, "A")
    elsewhere = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    sign_in(client, "A")
    fields = {"old": PASSWORD, "password": NEW, "again": NEW}
    wrong = send(client, "/account/password", **{**fields, "old": NEW})
    assert (wrong.status_code, "Mật khẩu hiện tại không đúng" in wrong.text) == (422, True)
    weak = send(client, "/account/password", **{**fields, "password": "ngắn", "again": "ngắn"})
    assert (weak.status_code, "ít nhất 12 ký tự" in weak.text) == (422, True)
    assert at_browser(client, elsewhere) == 200
    done = send(client, "/account/password", **fields)
    assert done.headers["location"] == "/account?done=password"
    assert at_browser(client, elsewhere) == 401
    assert who(client)["role"] == "viewer"
    assert messages(database)[-1][:2] == ("password_changed", id_)
    client.cookies.clear()
    assert sign_in(client, "A").status_code == 401
    assert sign_in(client, "A", NEW).status_code == 303
    statuses = [send(client, "/account/password", **fields).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def test_a_person_sees_the_own_sessions_and_ends_them(
    client: TestClient, database: Database, clock: Clock
) -> None:
    person(database, "A", "reporter P63-25", email="a@congdoan.example")
    person(database, "B", "viewer")
    secrets: list[str] = []
    for name in ("A", "A", "A", "B"):
        client.cookies.clear()
        headers = {"user-agent": f"Firefox of {name}, {len(secrets)}"}
        data = {"username": name, "password": PASSWORD}
        client.post("/login", data=data, headers=headers)
        secrets.append(client.cookies[SESSION_COOKIE])
    of_b = rows(database, "SELECT id FROM web_session WHERE agent LIKE '%of B%'")[0][0]
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, secrets[2])
    page = client.get("/account").text
    assert "a@congdoan.example" in page
    assert "từ ngày 01/01/2024" in page
    assert all(f"Firefox of A, {one}" in page for one in range(3))
    assert "of B" not in page
    ends = re.findall(r"/account/sessions/([0-9a-f]+)/end", page)
    assert len(ends) == 2
    assert send(client, f"/account/sessions/{of_b}/end").status_code == 404
    assert send(client, "/account/sessions/none/end").status_code == 404
    assert send(client, f"/account/sessions/{ends[0]}/end").status_code == 303
    assert sorted(at_browser(client, one) for one in secrets) == [200, 200, 200, 401]
    assert send(client, "/account/sessions/end").status_code == 303
    assert [at_browser(client, one) for one in secrets] == [401, 401, 200, 200]


def test_a_token_opens_pages_but_nothing_of_its_holder_s_own(
    client: TestClient, as_: As, database: Database
) -> None:
    token = as_("viewer").headers["Authorization"].split()[1]
    client.post("/login", data={"token": token})
    page = client.get("/account")
    assert page.status_code == 200
    assert 'name="old"' not in page.text
    assert "/account/sessions" not in page.text
    assert send(client, "/account/sessions/end").status_code == 403
    assert send(client, "/account/password", old="x", password=NEW, again=NEW).status_code == 403
    assert send(client, "/login/role", grant="1").status_code == 404
    assert client.get("/login/role").headers["location"] == "/"


def test_the_page_to_sign_in_offers_the_organisation_s_own_where_there_is_one(
    client: TestClient, settings: Settings, clock: Clock, fence: Fence
) -> None:
    assert "/login/sso" not in client.get("/login").text
    with_sso = settings.model_copy(
        update={"oidc_issuer": "https://id.example", "oidc_client_id": "chitieu"}
    )
    with TestClient(create_app(with_sso, clock, fence)) as other:
        assert 'href="/login/sso?next=/account"' in other.get("/login?next=/account").text
