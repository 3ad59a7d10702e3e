"""What is kept about one person: shown to that person whole, and forgotten without a gap."""

import json
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlmodel import SQLModel

from app.db.personal import RECORDS
from app.db.post_tables import MESSAGE
from app.db.session import Database
from app.services import outbox
from app.services.audit_trail import verify_chain
from tests.api.journeys import PHU_THO, ratio
from tests.api.people import at_browser, invited, signed_in, with_addresses
from tests.conftest import As, Clock

NAME, EMAIL = "Cán bộ công đoàn Phú Thọ", "can.bo@phutho.vn"


def somebody(as_: As, database: Database, clock: Clock) -> tuple[Any, str]:
    """A reporter who has signed in, reported with a token, and been changed since."""
    user = invited(as_, NAME, "reporter", "P63-25", email=EMAIL)
    cookie = signed_in(database, clock, user["id"], user["grants"][0]["id"])
    report = {"values": [ratio("NC2", 300, 400)], "submit": True}
    machine = as_("reporter", "P63-25", NAME)
    assert machine.put(PHU_THO, json=report).status_code == 201
    as_("admin").patch(f"/users/{user['id']}", json={"digest": True})
    return user, cookie


def everything(database: Database) -> str:
    """Every row of every table, as text."""
    found = []
    with database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            found += [str(tuple(row)) for row in session.execute(table.select())]
    return "\n".join(found)


def test_a_person_is_shown_all_that_is_kept_about_them(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user, cookie = somebody(as_, database, clock)
    answer = at_browser(client, cookie, "/me/personal-data")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    kept = answer.json()
    assert (kept["account"]["name"], kept["account"]["email"]) == (NAME, EMAIL)
    records = kept["records"]
    assert [grant["unit"] for grant in records["grants"]] == ["P63-25"]
    assert [(one["address"], one["agent"]) for one in records["sessions"]] == [
        ("192.0.2.7", "Firefox")
    ]
    assert [one["role"] for one in records["tokens"]] == ["reporter"]
    assert [one["revision"] for one in records["revisions"]] == [1]
    assert [one["purpose"] for one in records["links"]] == ["invitation"]
    assert {"report:submit", "session:begin"} <= {event["action"] for event in kept["deeds"]}
    told = {event["action"]: event["personal"] for event in kept["told"]}
    assert {"user:create", "user:revise", "grant:create", "token:create"} <= told.keys()
    assert told["user:create"] == {"name": NAME, "email": EMAIL}
    assert "secret" not in answer.text
    by_admin = as_("admin").get(f"/users/{user['id']}/personal-data").json()
    assert by_admin["records"] == records
    assert by_admin["deeds"][-1]["action"] == "user:export"  # the first time; this one comes after


def test_every_table_with_an_account_in_it_is_shown() -> None:
    """A table that is added must be shown too; the audit is shown as deeds."""
    holding = {table for table in SQLModel.metadata.sorted_tables if "account_id" in table.c}
    audit = {table for table in holding if table.name == "audit_event"}
    assert holding - audit == set(RECORDS.values())


def test_who_it_was_is_forgotten_and_what_was_done_stays(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    user, cookie = somebody(as_, database, clock)
    client.post("/login", data={"username": EMAIL.upper(), "password": "không phải mật khẩu"})
    assert EMAIL.upper() in everything(database)
    with database.reading() as session:
        hashes = session.execute(text("SELECT sha256 FROM audit_event ORDER BY id")).scalars().all()
    admin, path = as_("admin"), f"/users/{user['id']}"
    answer = admin.post(f"{path}/pseudonymise", json={"reason": "Theo yêu cầu ngày 10/12"})
    assert answer.status_code == 200, answer.text
    veiled = answer.json()
    assert (veiled["name"], veiled["email"]) == (f"Người dùng #{user['id']}", None)
    assert (veiled["active"], veiled["grants"][0]["valid"]) == (False, False)
    kept = everything(database)
    assert NAME not in kept
    assert json.dumps(NAME)[1:-1] not in kept
    assert EMAIL not in kept.lower()
    assert "192.0.2.7" not in kept
    with database.reading() as session:
        now = session.execute(text("SELECT sha256 FROM audit_event ORDER BY id")).scalars().all()
        left = session.execute(
            text(
                "SELECT action FROM audit_personal JOIN audit_event ON id = event_id "
                "WHERE erased_at IS NULL AND (account_id = :id OR subject LIKE :path)"
            ),
            {"id": user["id"], "path": f"users/{user['id']}%"},
        )
        assert set(left.scalars()) <= {"user:pseudonymise", "grant:revoke"}
        assert verify_chain(session).broken is None
    assert list(now)[: len(hashes)] == list(hashes)
    assert at_browser(client, cookie, "/me").status_code == 401
    assert as_("reporter", "P63-25", NAME).get("/me").status_code == 401
    revision = as_("viewer").get(f"{PHU_THO}/revisions").json()["items"][0]
    assert f"Người dùng #{user['id']}" in str(revision)


def test_forgetting_is_done_once_and_for_good(as_: As, database: Database, clock: Clock) -> None:
    user, _ = somebody(as_, database, clock)
    admin, path = as_("admin"), f"/users/{user['id']}"
    first = admin.post(f"{path}/pseudonymise", json={"reason": "thôi việc"})
    assert admin.post(f"{path}/pseudonymise", json={"reason": "x"}).json() == first.json()
    assert admin.post(f"{path}/pseudonymise", json={}).status_code == 422
    refused = [
        admin.patch(path, json={"active": True}),
        admin.post(f"{path}/grants", json={"role": "viewer"}),
        admin.post(f"{path}/invitation"),
    ]
    assert [answer.status_code for answer in refused] == [409] * 3
    assert "ẩn danh" in refused[0].json()["detail"]


def test_answers_kept_for_a_retry_forget_the_name_too(
    as_: As, database: Database, clock: Clock
) -> None:
    user = invited(as_, NAME, "viewer")
    key = {"Idempotency-Key": "ma-1"}
    as_("admin").post("/tokens", json={"name": NAME, "role": "viewer"}, headers=key)
    as_("admin").patch(f"/users/{user['id']}", json={"name": "Tên đã đổi"})
    with database.reading() as session:
        bodies = session.execute(text("SELECT body FROM idempotent_answer")).scalars().all()
    assert [json.loads(body)["name"] for body in bodies] == ["Tên đã đổi"]
    as_("admin").post(f"/users/{user['id']}/pseudonymise", json={"reason": "thôi việc"})
    assert "Tên đã đổi" not in everything(database)


def test_who_is_called_like_a_role_changes_no_role_in_a_kept_answer(as_: As) -> None:
    user, asked = invited(as_, "viewer", "viewer"), {"name": "viewer", "role": "viewer"}
    key = {"Idempotency-Key": "ma-2"}
    as_("admin").post("/tokens", json=asked, headers=key)
    as_("admin").patch(f"/users/{user['id']}", json={"name": "Người xem"})
    again = as_("admin").post("/tokens", json=asked, headers=key).json()
    assert (again["name"], again["role"]) == ("Người xem", "viewer")


def test_a_machine_is_not_shown_what_is_kept_about_its_person(
    as_: As, database: Database, clock: Clock
) -> None:
    somebody(as_, database, clock)
    answer = as_("reporter", "P63-25", NAME).get("/me/personal-data")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_names_of_before_are_forgotten_too(as_: As, client: TestClient, database: Database) -> None:
    """Also where they were typed at the door after the change."""
    path = f"/users/{invited(as_, NAME, 'viewer', email=EMAIL)['id']}"
    as_("admin").patch(path, json={"name": "Tên đã đổi", "email": "moi@phutho.vn"})
    client.post("/login", data={"username": EMAIL, "password": "không phải mật khẩu"})
    as_("admin").post(f"{path}/pseudonymise", json={"reason": "thôi việc"})
    kept = everything(database)
    assert not [one for one in (NAME, EMAIL, json.dumps(NAME)[1:-1]) if one in kept]


def test_from_where_a_token_was_used_is_not_written_after_it_was_forgotten(
    as_: As, database: Database, clock: Clock
) -> None:
    user, _ = somebody(as_, database, clock)
    as_("admin").post(f"/users/{user['id']}/pseudonymise", json={"reason": "thôi việc"})
    app: Any = as_(None).client.app
    app.state.service.token_uses.flush(database)  # what was gathered before
    with database.reading() as session:
        told = session.execute(
            text("SELECT account_id FROM token_use JOIN token ON token.id = token_id")
        )
        assert user["id"] not in told.scalars().all()


def test_what_others_are_to_be_told_names_nobody_who_is_forgotten(
    as_: As, database: Database
) -> None:
    user, other = invited(as_, NAME, "admin"), invited(as_, "người khác", "admin")
    with_addresses(database)
    with database.writing() as session:
        outbox.tell(session, "proposal", "proposal/1", [other["id"]], {"id": "1", "by": NAME})
    as_("admin").post(f"/users/{user['id']}/pseudonymise", json={"reason": "thôi việc"})
    with database.reading() as session:
        facts = session.execute(select(MESSAGE.c.facts)).scalar_one()
    assert facts == {"id": "1", "by": f"Người dùng #{user['id']}"}


def test_a_name_that_somebody_took_is_no_pseudonym(as_: As) -> None:
    user = invited(as_, NAME, "viewer")
    invited(as_, f"Người dùng #{user['id']}", "viewer")
    answer = as_("admin").post(f"/users/{user['id']}/pseudonymise", json={"reason": "thôi việc"})
    assert answer.json()["name"] == f"Người dùng #{user['id']}'"
