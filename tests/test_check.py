"""`chitieu check` recomputes everything stored: whatever was changed behind the service's back is
named, and where it is."""

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlmodel import Session
from typer.testing import CliRunner

from app.cli import cli
from app.cli_check import readable
from app.db import audited
from app.db.people_tables import Token
from app.db.session import Database, Memo, Version, stamp
from app.domain.access import Role
from app.services import audit, checks, retention
from app.services.audit_trail import verify_chain
from app.services.findings import Given
from app.services.receipts import Signer
from app.services.tokens import system
from app.settings import Settings
from tests.api.journeys import NC, PHU_THO, approved, ratio, submit
from tests.conftest import NOW, SECRET, As

FORGED = "f" * 64
OTHER_SECRET = "another-" + "Zm4Kq8Tn2Wc6Rb9Xv1Lp5Hd3" + "Ys7"


@pytest.fixture
def settings(url: str) -> Settings:
    """Changes of the rules wait for a second administrator; webhooks may go to this machine."""
    here = frozenset({"127.0.0.1"})
    return Settings(
        database_url=url, secret_key=SECRET, two_administrators=True, webhook_hosts=here
    )


@pytest.fixture
def told(as_: As) -> As:
    """Reports in several states, a snapshot: something of everything that is checked."""
    approved(as_, "P63-25", [ratio("NC2", 300, 400), {"target": "NC3", "percent": "61,50"}])
    reopened = as_("reviewer").post(f"{PHU_THO}/reopen", json={"comment": "sửa lại mẫu số"})
    assert reopened.status_code == 200
    submit_again = {"values": [ratio("NC2", 301, 401)], "submit": True}
    tag = as_("reporter", "P63-25").get(PHU_THO).headers["etag"]
    sent = as_("reporter", "P63-25").put(PHU_THO, json=submit_again, headers={"If-Match": tag})
    assert sent.status_code == 200, sent.text
    approved(as_, "P63-01", [ratio("NC2", 1, 2)])
    submit(as_, "P63-02", [ratio("NC2", 3, 4), {"target": "NC1a", "done": True}])
    draft = {"values": [ratio("NC2", 5, 6)]}
    assert as_("reporter", "P63-04").put(f"/reports/{NC}/2024/P63-04", json=draft).is_success
    taken_back = as_("reporter", "P63-02").post(f"/reports/{NC}/2024/P63-02/withdraw")
    assert taken_back.status_code == 200
    population = {"programme": NC, "unit": "P63-25", "target": "NC2", "period": "2024"}
    rows = {"rows": [{**population, "denominator": 400}]}
    assert made(as_, "/registers", rows, "PUT")["state"] == "open"
    confirmed = as_("admin", None, "quản trị hai").post(f"{proposals(as_)[0]}/confirm", json={})
    assert confirmed.status_code == 200, confirmed.text
    made(as_, "/snapshots", {"programme": NC, "period": "2024"})
    around(as_)
    return as_


def made(as_: As, path: str, body: Any, verb: str = "POST") -> Any:
    """What the administrator was answered; it must be taken."""
    answer = as_("admin")(verb, path, json=body)
    assert answer.is_success, f"{path}: {answer.text}"
    return answer.json() if answer.content else None


def proposals(as_: As) -> list[str]:
    """Newest first."""
    return [f"/proposals/{one['id']}" for one in as_("admin").get("/proposals").json()["items"]]


def around(as_: As) -> None:
    """Access given and taken, webhooks, proposals, exceptions, comments and evidence."""
    asked = {"name": "Hệ thống tỉnh", "role": "reporter", "unit": "P63-25", "expires_days": 30}
    token = made(as_, "/tokens", asked)["id"]
    rotated = made(as_, f"/tokens/{token}/rotate", {"overlap_hours": 1, "expires_days": 5})["id"]
    made(as_, f"/tokens/{rotated}", None, "DELETE")
    narrow = {"name": "Máy đọc", "role": "viewer", "scopes": ["read"]}
    made(as_, "/tokens", narrow)
    invited = {"name": "người được mời", "role": "viewer", "email": "moi@example.vn"}
    user = f"/users/{made(as_, '/users', invited)['id']}"
    grant = made(as_, f"{user}/grants", {"role": "auditor", "ends_on": "2034-12-31"})["id"]
    made(as_, f"{user}/grants/{grant}", None, "DELETE")
    for change in ({"active": False}, {"active": True}, {"email": "khac@example.vn"}):
        made(as_, user, change, "PATCH")
    gone = made(as_, "/users", {**invited, "name": "người đã thôi việc", "email": None})["id"]
    made(as_, f"/users/{gone}", {"active": False}, "PATCH")
    hook = {"url": "https://127.0.0.1/nhan", "actions": ["report:submit"]}
    made(as_, f"/webhooks/{made(as_, '/webhooks', hook)['id']}", None, "DELETE")
    made(as_, "/webhooks", {"url": "https://127.0.0.1/khac"})
    made(as_, f"/periods/{NC}/2024/decision", {"act": "QĐ 12", "reason": "số đã báo cáo"})
    made(as_, f"{proposals(as_)[0]}/withdraw", {})
    later = {"unit": "P63-25", "until": "2025-01-31", "reason": "bão"}
    made(as_, f"/periods/{NC}/2024/exceptions", later)
    unit = as_("reporter", "P63-04")
    place = f"/reports/{NC}/2024/P63-04"
    said = unit.post(f"{place}/comments", json={"text": "Đã đối chiếu", "target": "NC2"})
    assert said.status_code == 201, said.text
    for name in ("mot.pdf", "hai.pdf"):
        sent = unit.post(f"{place}/attachments", files={"file": (name, b"%PDF-1.4\n%%EOF\n")})
        assert sent.status_code == 201, sent.text
    assert unit.delete(f"{place}/attachments/{sent.json()['id']}").is_success


Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(database: Database, tmp_path: Path) -> Check:
    """Exit code and what was said, run as an operator runs it."""

    def run(*options: str, secret: str = SECRET, **env: str) -> tuple[int, str]:
        given = {"CHITIEU_DATABASE_URL": database.url, "CHITIEU_SECRET_KEY": secret, **env}
        done = CliRunner().invoke(cli, ["check", *options], env=given)
        assert not isinstance(done.exception, Exception), done.exception
        return done.exit_code, done.stdout

    return run


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """Whoever owns the database: no trigger and no foreign key stands in the way."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        if database.is_sqlite:
            question = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in connection.execute(question).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        connection.commit()
        yield connection
    engine.dispose()


def test_what_is_in_order_is_said_line_by_line(told: As, check: Check) -> None:
    code, said = check()
    assert code == 0, said
    lines = said.splitlines()
    names = [line.partition(":")[0] for line in lines]
    assert names == ["schema", *checks.CHECKS, "outbox"]
    # Two revisions of Phú Thọ and one each of the others; five submissions with a receipt.
    assert "revisions: 5 right" in lines
    assert "receipts: 4 right" in lines
    assert "registers: 1 right" in lines
    assert "heads: 4 right" in lines
    assert "snapshots: 1 right" in lines
    # Two proposals, an exception, a comment, two files.
    assert "work: 6 right" in lines
    assert lines[-1] == "outbox: 0 messages and 0 deliveries uncertain"


REPORT = "(SELECT report_id FROM report_revision WHERE revision = 2)"
GONE = "name = 'người đã thôi việc'"
READER = "role = 'viewer'"
# What is broken, the check that finds it, and what it must name.
BREAKS = [
    ("UPDATE audit_event SET action = 'x:y' WHERE id = 3", "audit", "audit/3: changed"),
    ("DELETE FROM audit_event WHERE id = 5", "audit", "audit/5: missing"),
    ("UPDATE definition SET revision = 7 WHERE id = 2", "definitions", "definition/2"),
    ("UPDATE definition SET content = '{}' WHERE id = 4", "definitions", "definition/4"),
    (
        "DELETE FROM definition WHERE id = (SELECT max(id) FROM definition)",
        "definitions",
        "no definition has this change",
    ),
    (
        "UPDATE register_entry SET denominator = 401",
        "registers",
        f"registers/{NC}/2024/NC2/P63-25, revision 1",
    ),
    (
        "DELETE FROM register_entry",
        "registers",
        f"registers/{NC}/2024/NC2/P63-25: a change that the audit has is missing",
    ),
    (
        f"UPDATE report_value SET numerator = 299 WHERE revision = 1 AND report_id = {REPORT} "
        "AND numerator = 300",
        "revisions",
        f"{PHU_THO.lstrip('/')}, revision 1",
    ),
    (
        f"DELETE FROM report_value WHERE revision = 1 AND report_id = {REPORT} "
        "AND percent_micro IS NOT NULL",
        "revisions",
        f"{PHU_THO.lstrip('/')}, revision 1",
    ),
    (
        f"UPDATE report_revision SET content_sha256 = '{FORGED}' WHERE revision = 2",
        "revisions",
        f"{PHU_THO.lstrip('/')}, revision 2",
    ),
    (
        f"UPDATE report_event SET at = '2024-01-01 00:00:00.000000' WHERE report_id = {REPORT} "
        "AND version = 1",
        "receipts",
        f"{PHU_THO.lstrip('/')}, version 1",
    ),
    (
        f"UPDATE report_event SET account_id = 1 WHERE report_id = {REPORT} AND version = 2",
        "history",
        f"{PHU_THO.lstrip('/')}, version 2",
    ),
    (
        f"UPDATE report_event SET comment = 'không' WHERE report_id = {REPORT} AND version = 3",
        "history",
        f"{PHU_THO.lstrip('/')}, version 3",
    ),
    (
        f"DELETE FROM report_event WHERE report_id = {REPORT} AND version = 2",
        "history",
        f"{PHU_THO.lstrip('/')}, version 3",
    ),
    (
        f"DELETE FROM report_event WHERE action = 'approve' AND report_id <> {REPORT}",
        "history",
        f"reports/{NC}/2024/P63-01: 1 steps, and by the audit 2",
    ),
    (
        "DELETE FROM report WHERE status = 'draft'",
        "history",
        f"reports/{NC}/2024/P63-04: a report that the audit has is missing",
    ),
    (
        f"UPDATE report SET status = 'approved' WHERE id = {REPORT}",
        "heads",
        f"{PHU_THO.lstrip('/')}, status",
    ),
    (
        f"UPDATE report SET centre_revision = 1 WHERE id = {REPORT}",
        "heads",
        f"{PHU_THO.lstrip('/')}, centre_revision",
    ),
    ("UPDATE report SET late = NOT late WHERE version = 1", "heads", "late"),
    (
        "UPDATE value_in_force SET denominator = 3 WHERE denominator = 2",
        "figures",
        f"reports/{NC}/2024/P63-01",
    ),
    (
        "DELETE FROM value_in_force WHERE standing = 'submitted' AND denominator = 2",
        "figures",
        f"reports/{NC}/2024/P63-01",
    ),
    ("UPDATE snapshot SET content = replace(content, '301', '302')", "snapshots", "snapshots/00"),
    (f"UPDATE snapshot SET previous_sha256 = '{FORGED}'", "snapshots", "chain"),
    ("UPDATE snapshot SET content = 'not JSON'", "snapshots", "JSONDecodeError"),
    (f"INSERT INTO stored_file VALUES ('{FORGED}', :bytes, :at)", "files", "stored_file/fff"),
    (
        f"UPDATE account SET deactivated_at = NULL WHERE {GONE}",
        "access",
        "deactivated_at is not what the audit has",
    ),
    (f"UPDATE account SET email = 'ke@example.vn' WHERE {GONE}", "access", "email is not"),
    (f"DELETE FROM account WHERE {GONE}", "access", "the account that the audit has is missing"),
    ("UPDATE account_grant SET role = 'admin' WHERE id = 1", "access", "/grants/1: role is not"),
    (
        "UPDATE account_grant SET revoked_at = NULL, revoked_by = NULL WHERE role = 'auditor'",
        "access",
        "/grants/2: revoked_at is not",
    ),
    ("UPDATE account_grant SET account_id = 1 WHERE id = 1", "access", "users/1/grants/1: the aud"),
    (
        "INSERT INTO account_grant (id, account_id, role, starts_on, granted_at, granted_by) "
        "SELECT 99, account_id, 'admin', starts_on, granted_at, granted_by FROM account_grant "
        "WHERE id = 1",
        "access",
        "/grants/99: the audit has no such grant",
    ),
    ("DELETE FROM account_grant WHERE id = 2", "access", "/grants/2: the grant that the audit has"),
    (f"UPDATE token SET role = 'admin' WHERE {READER}", "access", "role is not"),
    (f"UPDATE token SET scopes = NULL WHERE {READER}", "access", "scopes is not"),
    (
        "UPDATE token SET expires_at = '2099-01-01 00:00:00.000000' WHERE id IN "
        "(SELECT replaces FROM token)",
        "access",
        "expires_at is not",
    ),
    ("UPDATE token SET revoked_at = NULL", "access", "revoked_at is not"),
    (f"UPDATE token SET secret_sha256 = '{FORGED}'", "access", "kept_sha256 is not"),
    (
        "INSERT INTO token (id, account_id, role, secret_sha256, created_at, expires_at) "
        f"SELECT 'forged', account_id, 'admin', '{FORGED}', created_at, expires_at FROM token "
        f"WHERE {READER}",
        "access",
        "tokens/forged: the audit has no such token",
    ),
    (f"DELETE FROM token WHERE {READER}", "access", "the token that the audit has is missing"),
    ("UPDATE webhook SET url = 'https://example.com/'", "access", "host is not"),
    ("UPDATE webhook SET removed_at = NULL", "access", "removed_at is not"),
    ("DELETE FROM webhook", "access", "the webhook that the audit has is missing"),
    (
        "UPDATE proposal SET state = 'refused' WHERE state = 'confirmed'",
        "work",
        "state is not what the audit has",
    ),
    ("UPDATE proposal SET content = '{}'", "work", "content_sha256 is not"),
    ("DELETE FROM proposal", "work", "the proposal that the audit has is missing"),
    (
        "UPDATE period_exception SET until = '2030-01-01 00:00:00.000000'",
        "work",
        f"periods/{NC}/2024, exception ",
    ),
    (
        "INSERT INTO period_exception (id, period_id, unit_id, until, reason, at, account_id) "
        "SELECT 99, period_id, unit_id, until, reason, '2024-12-10 03:00:00.000000', account_id "
        "FROM period_exception",
        "work",
        "the audit has no such exception",
    ),
    ("DELETE FROM period_exception", "work", "the exception that the audit has is missing"),
    (
        "UPDATE report_comment SET text = 'Chưa đối chiếu'",
        "work",
        f"reports/{NC}/2024/P63-04, comment 1: text_sha256 is not",
    ),
    ("UPDATE report_comment SET target_id = NULL", "work", "comment 1: target is not"),
    (
        "INSERT INTO report_comment (id, report_id, revision, version, internal, at_centre, text, "
        "at, account_id) SELECT 99, report_id, revision, version, internal, at_centre, text, at, "
        "account_id FROM report_comment",
        "work",
        f"reports/{NC}/2024/P63-04, comment 99: the audit has no such comment",
    ),
    ("DELETE FROM report_comment", "work", "comment 1: the comment that the audit has is missing"),
    (
        f"UPDATE report_attachment SET sha256 = '{FORGED}'",
        "work",
        f"reports/{NC}/2024/P63-04, attachment ",
    ),
    ("UPDATE report_attachment SET name = 'ba.pdf'", "work", "name is not what the audit has"),
    ("UPDATE report_attachment SET withdrawn_at = NULL", "work", "withdrawn_at is not"),
    ("DELETE FROM report_attachment", "work", "the attachment that the audit has is missing"),
]


def test_each_thing_broken_by_hand_is_named_with_its_place(
    told: As, database: Database, owner: Connection
) -> None:
    given = Given(Signer(SECRET), {})
    for statement, name, where in BREAKS:
        facts = {"bytes": b"other bytes", "at": "2024-12-10 03:00:00"}
        used = {key: fact for key, fact in facts.items() if f":{key}" in statement}
        assert owner.execute(text(statement), used).rowcount > 0, statement
        session = Session(owner)
        session.info["memo"], session.info["version"] = Memo(), Version(0, 0, NOW)
        found = list(readable(checks.CHECKS[name](session, given, lambda: None)))
        owner.rollback()
        assert any(where in str(fault) for fault in found), (statement, found)


def test_the_first_kind_of_fault_ends_the_check_with_one(
    told: As, check: Check, owner: Connection
) -> None:
    owner.execute(text("UPDATE value_in_force SET denominator = 3 WHERE denominator = 2"))
    owner.execute(text("UPDATE report SET late = NOT late WHERE version = 1"))
    owner.commit()
    code, said = check()
    assert code == 1
    assert "heads: 1 faults" in said
    assert "figures" not in said


def test_a_row_that_points_nowhere_is_found(
    told: As, check: Check, owner: Connection, database: Database
) -> None:
    owner.execute(text("UPDATE report SET unit_id = 9999 WHERE version = 1"))
    owner.commit()
    code, said = check()
    assert code == 1
    # PostgreSQL looks after its own; a report of no unit is found all the same.
    assert "foreign_key_check: report/" in said if database.is_sqlite else "NotFound" in said


def test_a_head_that_was_logged_outside_is_held_against_the_chain(
    told: As, check: Check, database: Database
) -> None:
    with database.reading() as session:
        good = verify_chain(session)
    assert check("--audit-head", f"{good.events}:{good.sha256}")[0] == 0
    code, said = check("--audit-head", f"{good.events}:{FORGED}")
    assert code == 1
    assert f"audit/{good.events}: shown" in said
    assert check("--audit-head", "nonsense")[0] == 2


def test_what_was_signed_with_an_old_key_is_right_as_long_as_the_ring_has_it(
    told: As, check: Check, tmp_path: Path
) -> None:
    code, said = check(secret=OTHER_SECRET)
    assert code == 1
    assert "receipts" in said
    ring = tmp_path / "old_keys"
    ring.write_text(f"\n{SECRET}\n", "utf-8")
    code, said = check(secret=OTHER_SECRET, CHITIEU_OLD_SECRET_KEYS_FILE=str(ring))
    assert code == 0, said


def test_what_was_forgotten_dropped_or_made_by_an_older_version_is_no_fault(
    told: As,
    check: Check,
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audited, "ROWS_AT_ONCE", 1)  # every portion but the last is full
    people = {one["name"]: one["id"] for one in told("admin").get("/users").json()["items"]}
    for name in ("Hệ thống tỉnh", "người được mời", "người đã thôi việc"):
        made(told, f"/users/{people[name]}/pseudonymise", {"reason": "thôi việc"})
    with database.writing() as session:
        actor, at = system(session), stamp(session).take(setup=True)
        older = Token(
            id="older",
            account_id=actor.account_id,
            role=Role.VIEWER,
            secret_sha256=FORGED,
            created_at=at,
            expires_at=at + timedelta(days=365),
        )
        session.add(older)
        detail = {"name": "viewer", "role": "viewer", "unit": None, "expires_days": 365}
        audit.record(session, actor, "token:create", "tokens/older", detail)
    assert check()[0] == 0
    with database.writing() as session:
        retention.sweep(session, settings, datetime.now(UTC) + timedelta(days=1000))
    code, said = check()
    assert code == 0, said


def test_stored_files_are_hashed_again(as_: As, database: Database, check: Check) -> None:
    content = os.urandom(100)
    with database.writing() as session:
        at = "2024-12-10 03:00:00.000000"
        insert = text("INSERT INTO stored_file (sha256, content, at) VALUES (:sha256, :c, :at)")
        sha256 = hashlib.sha256(content).hexdigest()
        session.execute(insert, {"sha256": sha256, "c": content, "at": at})
    assert "files: 1 right" in check()[1]


def test_a_database_of_another_version_is_not_checked(tmp_path: Path) -> None:
    env = {"CHITIEU_DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}
    done = CliRunner().invoke(cli, ["check"], env=env)
    assert done.exit_code == 1
    assert "run migrate" in done.output
