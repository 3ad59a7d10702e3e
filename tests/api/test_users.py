"""People: invited by a link, granted roles for a time, shut out at once."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi.testclient import TestClient
from sqlalchemy import text

from app.db import people
from app.db.people_tables import Password, SecondFactor
from app.db.session import Database
from app.domain.errors import NotFound
from app.main import create_app
from app.services import links
from app.settings import Settings
from app.sheets.fence import Fence
from tests.api.people import at_browser, invited, signed_in
from tests.conftest import SECRET, As, Caller, Clock, TokenFactory

REPORTER = {"name": "Người báo cáo Phú Thọ", "role": "reporter", "unit": "P63-25"}


def secret_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["link"][0]


def holder(database: Database, clock: Clock, link: str) -> int | None:
    """Whose account the link opens; None when it opens nothing."""
    with database.writing() as session:
        try:
            return links.redeem(session, secret_of(link), clock.now)
        except NotFound:
            return None


def passed(database: Database, cookie: str) -> bool:
    """Whether the session has shown a second factor."""
    with database.reading() as session:
        known = people.session_by_secret(session, hashlib.sha256(cookie.encode()).hexdigest())
    return known is not None and known.second_factor


def audited(database: Database, like: str) -> list[tuple[str, str]]:
    question = text("SELECT action, subject FROM audit_event WHERE action LIKE :like ORDER BY id")
    with database.reading() as session:
        return [(row[0], row[1]) for row in session.execute(question, {"like": like})]


def test_an_invitation_without_a_mail_server_answers_with_a_link(
    as_: As, database: Database, clock: Clock
) -> None:
    asked = {**REPORTER, "email": "Bao.Cao@Phutho.vn", "ends_on": "2025-12-31", "reason": "QĐ 12"}
    made = as_("admin").post("/users", json=asked)
    assert made.status_code == 201
    user = made.json()
    assert made.headers["location"] == f"/api/v1/users/{user['id']}"
    assert (user["email"], user["sent"]) == ("bao.cao@phutho.vn", False)
    assert (user["active"], user["password"], user["second_factor"]) == (True, False, False)
    (grant,) = user["grants"]
    wanted = {"role": "reporter", "unit": "P63-25", "starts_on": "2024-12-10", "valid": True}
    wanted |= {"ends_on": "2025-12-31", "reason": "QĐ 12", "revoked_at": None}
    assert wanted.items() <= grant.items()
    assert user["link"].startswith("http://127.0.0.1:8000/welcome?link=")
    assert holder(database, clock, user["link"]) == user["id"]
    read = as_("admin").get(f"/users/{user['id']}")
    assert read.json() == {k: v for k, v in user.items() if k not in ("link", "sent")}
    path = f"users/{user['id']}"
    assert audited(database, "user:%") == [("user:create", path), ("user:invite", path)]
    assert audited(database, "grant:%") == [("grant:create", f"{path}/grants/{grant['id']}")]


def test_with_a_mail_server_the_link_goes_to_the_person_alone(
    url: str, token: TokenFactory, clock: Clock, fence: Fence, database: Database
) -> None:
    settings = Settings(database_url=url, secret_key=SECRET, smtp_host="mail.invalid")
    admin = Caller(TestClient(create_app(settings, clock, fence)), token("admin"))
    made = admin.post("/users", json={**REPORTER, "email": "bc@phutho.vn"}).json()
    assert (made["sent"], "link" in made) == (True, False)
    with database.reading() as session:
        rows = session.execute(text("SELECT template, account_id, facts FROM outbox_message"))
        ((template, account_id, facts),) = [tuple(row) for row in rows]
    assert (template, account_id) == ("invitation", made["id"])
    assert "link_sealed" in str(facts)
    assert "welcome" not in str(facts)
    by_hand = admin.post("/users", json={"name": "Không có thư", "role": "viewer"}).json()
    assert (by_hand["sent"], "link" in by_hand) == (False, True)


def test_what_is_kept_for_a_retry_names_nobody(as_: As, database: Database) -> None:
    headers = {"Idempotency-Key": "moi-1"}
    asked = {**REPORTER, "email": "bc@phutho.vn"}
    made = as_("admin").post("/users", json=asked, headers=headers).json()
    again = as_("admin").post("/users", json=asked, headers=headers)
    assert again.headers["idempotent-replayed"] == "true"
    hidden = ("link", "name", "email")
    assert again.json() == {k: v for k, v in made.items() if k not in hidden}
    with database.reading() as session:
        kept = session.execute(text("SELECT body FROM idempotent_answer")).scalars().all()
    assert len(kept) == 1
    assert not [body for body in kept if "Phú Thọ" in body or "phutho" in body or "link=" in body]


FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"role": "reporter", "unit": None}, "/unit"),
    ({"role": "viewer"}, "/unit"),
    ({"unit": "P63-99"}, "/unit"),
    ({"role": "king"}, "/role"),
    ({"name": ""}, "/name"),
    ({"name": "A\u0000B"}, "/name"),
    ({"email": "không.phải@đây.vn"}, "/email"),
    ({"email": "a@b.vn\nBcc: c@d.vn"}, "/email"),
    ({"email": "a b@c.vn"}, "/email"),
    ({"email": "chi-ten"}, "/email"),
    ({"language": "fr"}, "/language"),
    ({"starts_on": "2025-01-02", "ends_on": "2025-01-01"}, "/ends_on"),
    ({"ends_on": "2024-12-09"}, "/ends_on"),
    ({"password": "x"}, "/password"),
]


def test_an_invitation_must_make_sense(as_: As) -> None:
    for asked, pointer in FAULTY:
        answer = as_("admin").post("/users", json={**REPORTER, **asked})
        assert answer.status_code == 422, asked
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_name_and_an_email_are_one_persons(as_: As) -> None:
    first = invited(as_, **REPORTER, email="bc@phutho.vn")
    other = invited(as_, "Người xem", "viewer", email="nx@tldvn.vn")
    admin = as_("admin")
    assert admin.post("/users", json={**REPORTER, "email": "x@y.vn"}).status_code == 409
    taken = {"name": "Người khác", "role": "viewer", "email": "BC@phutho.vn"}
    assert admin.post("/users", json=taken).status_code == 409
    path = f"/users/{other['id']}"
    assert admin.patch(path, json={"email": "bc@phutho.vn"}).status_code == 409
    assert admin.patch(path, json={"name": first["name"]}).status_code == 409
    assert admin.patch(path, json={"email": "nx@tldvn.vn", "digest": True}).status_code == 200


def test_people_are_found_without_diacritics_and_by_what_they_may_today(
    as_: As, clock: Clock
) -> None:
    invited(as_, **REPORTER, ends_on="2024-12-31")
    invited(as_, "Đặng thị duyệt", "unit_approver", "P63-25", starts_on="2025-01-01")
    invited(as_, "Ấn tượng", "reviewer", email="duyet@tldvn.vn")
    admin = as_("admin")

    def names(query: str) -> list[str]:
        answer = admin.get(f"/users?{query}")
        assert answer.status_code == 200, answer.text
        return [user["name"] for user in answer.json()["items"]]

    assert names("q=duyet") == ["Ấn tượng", "Đặng thị duyệt"]
    assert names("q=nguoi bao cao") == ["Người báo cáo Phú Thọ"]
    assert names("unit=P63-25") == ["Người báo cáo Phú Thọ"]
    assert names("role=reviewer&role=reporter") == ["Ấn tượng", "Người báo cáo Phú Thọ"]
    assert names("role=reviewer&unit=P63-25") == []
    clock.now = datetime(2025, 1, 1, tzinfo=UTC)
    assert names("unit=P63-25") == ["Đặng thị duyệt"]
    first = admin.get("/users?q=duyet&limit=1").json()
    rest = admin.get(f"/users?q=duyet&limit=1&cursor={first['next']}").json()
    assert ([one["name"] for one in rest["items"]], rest["next"]) == (["Đặng thị duyệt"], None)
    assert admin.get("/users?role=king").status_code == 422


def test_a_grant_holds_from_its_first_day_through_its_last_in_vietnam(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user = invited(as_, **REPORTER, starts_on="2024-12-11", ends_on="2024-12-12")
    (grant,) = user["grants"]
    assert grant["valid"] is False
    answers = {}
    for at in ("2024-12-10T16:59:59", "2024-12-10T17:00:00", "2024-12-12T16:59:59"):
        clock.now = datetime.fromisoformat(at).replace(tzinfo=UTC)
        cookie = signed_in(database, clock, user["id"], grant["id"])
        answers[at] = at_browser(client, cookie, "/me").status_code
        clock.now += timedelta(seconds=1)
    answers["after"] = at_browser(client, cookie, "/me").status_code
    assert list(answers.values()) == [401, 200, 200, 401]


def test_a_person_is_told_the_roles_of_today(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user = invited(as_, **REPORTER)
    path = f"/users/{user['id']}/grants"
    later = {"role": "viewer", "starts_on": "2025-01-01"}
    assert as_("admin").post(path, json=later).status_code == 201
    approver = as_("admin").post(path, json={"role": "unit_approver", "unit": "P63-25"}).json()
    cookie = signed_in(database, clock, user["id"], approver["id"])
    me = at_browser(client, cookie, "/me").json()
    assert (me["name"], me["role"], me["unit"]) == (REPORTER["name"], "unit_approver", "P63-25")
    assert [grant["role"] for grant in me["grants"]] == ["reporter", "unit_approver"]
    assert me["grants"][0]["starts_on"] == "2024-12-10"
    again = as_("admin").post(path, json={"role": "viewer", "starts_on": "2024-12-20"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_row")
    earlier = {"role": "viewer", "ends_on": "2024-12-31"}
    assert as_("admin").post(path, json=earlier).status_code == 201


def test_a_revoked_grant_opens_nothing_and_stays_as_what_was(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user = invited(as_, **REPORTER)
    grant = user["grants"][0]["id"]
    cookie = signed_in(database, clock, user["id"], grant)
    assert at_browser(client, cookie, "/me").status_code == 200
    admin, path = as_("admin"), f"/users/{user['id']}/grants/{grant}"
    assert admin.delete(path).status_code == 204
    assert at_browser(client, cookie, "/me").status_code == 401
    assert admin.delete(path).status_code == 204
    (kept,) = admin.get(f"/users/{user['id']}").json()["grants"]
    assert (kept["id"], kept["valid"]) == (grant, False)
    assert kept["revoked_at"] is not None
    assert len(audited(database, "grant:revoke")) == 1
    other = invited(as_, "Người xem", "viewer")
    assert admin.delete(f"/users/{other['id']}/grants/{grant}").status_code == 404
    assert admin.delete(f"/users/{other['id']}/grants/x").status_code == 404


def test_a_deactivated_account_opens_nothing_from_the_next_request_on(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user = invited(as_, **REPORTER)
    machine = as_("reporter", "P63-25", REPORTER["name"])
    cookie = signed_in(database, clock, user["id"], user["grants"][0]["id"])
    assert machine.get("/me").status_code == at_browser(client, cookie, "/me").status_code == 200
    admin, path = as_("admin"), f"/users/{user['id']}"
    ended = admin.patch(path, json={"active": False}).json()
    assert (ended["active"], ended["grants"][0]["valid"]) == (False, False)
    assert machine.get("/me").status_code == at_browser(client, cookie, "/me").status_code == 401
    token = {"name": REPORTER["name"], "role": "viewer"}
    assert admin.post("/tokens", json=token).status_code == 409
    assert admin.post(f"{path}/invitation").status_code == 409
    assert admin.patch(path, json={"active": True}).json()["deactivated_at"] is None
    assert machine.get("/me").status_code == 200
    assert at_browser(client, cookie, "/me").status_code == 401
    assert [action for action, _ in audited(database, "user:%activate")] == [
        "user:deactivate",
        "user:reactivate",
    ]


def test_a_change_is_audited_with_names_where_they_can_be_erased(
    as_: As, database: Database
) -> None:
    user = invited(as_, **REPORTER)
    path = f"/users/{user['id']}"
    changed = {"name": "Tên mới", "email": "ten.moi@phutho.vn", "digest": True}
    answer = as_("admin").patch(path, json=changed)
    assert changed.items() <= answer.json().items()
    assert as_("admin").patch(path, json=changed).json() == answer.json()
    assert as_("admin").patch(path, json={"email": None}).json()["email"] is None
    refused = as_("admin").patch(path, json={"name": None})
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/name"]
    with database.reading() as session:
        rows = session.execute(
            text(
                "SELECT detail, content FROM audit_event JOIN audit_personal ON event_id = id "
                "WHERE action = 'user:revise' ORDER BY id"
            )
        )
        (first, second) = [(str(row[0]), str(row[1])) for row in rows]
    assert "moi" not in first[0] + second[0]
    assert "ten.moi@phutho.vn" in first[1]
    assert "digest" in first[0]
    assert "ten.moi@phutho.vn" in second[1]


def test_nobody_changes_what_opens_the_system_to_oneself(as_: As) -> None:
    admin, other = as_("admin"), as_("admin", None, "Quản trị thứ hai")
    (own,) = other.get("/users?q=quan tri thu hai").json()["items"]
    path = f"/users/{own['id']}"
    asked = {"role": "reviewer"}
    refused = [
        other.patch(path, json={"active": False}),
        other.post(f"{path}/grants", json=asked),
        other.post(f"{path}/invitation"),
        other.post(f"{path}/reset-second-factor"),
        other.post(f"{path}/pseudonymise", json={"reason": "thôi việc"}),
    ]
    assert [answer.status_code for answer in refused] == [409] * 5
    assert "quản trị viên khác" in refused[0].json()["detail"]
    assert other.patch(path, json={"digest": True}).status_code == 200
    grant = admin.post(f"{path}/grants", json=asked).json()
    assert other.delete(f"{path}/grants/{grant['id']}").status_code == 409


def test_a_new_link_replaces_the_one_before(as_: As, database: Database, clock: Clock) -> None:
    user = invited(as_, **REPORTER)
    path = f"/users/{user['id']}/invitation"
    key = {"Idempotency-Key": "lai-1"}
    fresh = as_("admin").post(path, headers=key)
    assert (fresh.status_code, fresh.json()["sent"]) == (201, False)
    assert "link" not in as_("admin").post(path, headers=key).json()
    assert holder(database, clock, user["link"]) is None
    assert holder(database, clock, fresh.json()["link"]) == user["id"]
    assert holder(database, clock, fresh.json()["link"]) is None
    with database.writing() as session:
        session.add(Password(account_id=user["id"], hash="argon2id", changed_at=clock.now))
    reset = as_("admin").post(path).json()["link"]
    clock.now += timedelta(hours=1)
    assert holder(database, clock, reset) is None


def test_a_link_that_may_be_in_another_s_hands_opens_nothing(
    as_: As, database: Database, clock: Clock
) -> None:
    user = invited(as_, **REPORTER, email="go.sai@phutho.vn")
    path = f"/users/{user['id']}"
    as_("admin").patch(path, json={"email": "dung@phutho.vn"})
    assert holder(database, clock, user["link"]) is None
    link = as_("admin").post(f"{path}/invitation").json()["link"]
    as_("admin").patch(path, json={"active": False})
    as_("admin").patch(path, json={"active": True})
    assert holder(database, clock, link) is None


def test_what_is_kept_for_a_retry_makes_no_answer_old(as_: As, database: Database) -> None:
    path = f"/users/{invited(as_, **REPORTER)['id']}/invitation"
    before = database.version()
    assert as_("admin").post(path, headers={"Idempotency-Key": "lai-2"}).status_code == 201
    assert database.version()[:2] == before[:2]


def test_an_administrator_signs_somebody_out_everywhere(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user = invited(as_, **REPORTER)
    grant = user["grants"][0]["id"]
    cookies = [signed_in(database, clock, user["id"], grant) for _ in range(2)]
    assert as_("admin").delete(f"/users/{user['id']}/sessions").status_code == 204
    assert [at_browser(client, one, "/me").status_code for one in cookies] == [401, 401]


def test_a_lost_second_factor_is_taken_away(as_: As, database: Database, clock: Clock) -> None:
    user = invited(as_, **REPORTER)
    path = f"/users/{user['id']}"
    with database.writing() as session:
        own = {"account_id": user["id"], "created_at": clock.now}
        session.add(SecondFactor(**own, secret="sealed", confirmed_at=clock.now))
    assert as_("admin").get(path).json()["second_factor"] is True
    cookie = signed_in(database, clock, user["id"], user["grants"][0]["id"])
    with database.writing() as session:
        session.execute(text("UPDATE web_session SET second_factor = true"))
    assert as_("admin").post(f"{path}/reset-second-factor").status_code == 204
    assert not passed(database, cookie)
    assert as_("admin").get(path).json()["second_factor"] is False
    assert audited(database, "user:reset_second_factor") == [
        ("user:reset_second_factor", path.lstrip("/"))
    ]


def test_only_an_administrator_sees_and_changes_people(as_: As) -> None:
    user = invited(as_, **REPORTER)
    path = f"/users/{user['id']}"
    doors = [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", path),
        ("PATCH", path),
        ("POST", f"{path}/grants"),
        ("DELETE", f"{path}/grants/1"),
        ("POST", f"{path}/invitation"),
        ("POST", f"{path}/reset-second-factor"),
        ("DELETE", f"{path}/sessions"),
        ("GET", f"{path}/personal-data"),
        ("POST", f"{path}/pseudonymise"),
    ]
    for role, unit in (("reporter", "P63-25"), ("reviewer", None), ("auditor", None)):
        caller = as_(role, unit)
        assert {caller(*door).status_code for door in doors} == {403}
    assert {as_(None)(*door).status_code for door in doors} == {401}
    admin = as_("admin")
    for nobody in ("0", "999999", "abc", "99999999999999999999", "%00"):
        unknown = [(verb, door.replace(path, f"/users/{nobody}")) for verb, door in doors[2:]]
        assert {admin(*door).status_code for door in unknown} == {404}
