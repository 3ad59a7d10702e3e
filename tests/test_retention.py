"""What is personal is kept as long as the settings say; what was done is kept for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import Database, stamp
from app.services import audit, retention
from app.services.audit_trail import verify_chain
from app.services.retention import Swept
from app.services.tokens import system
from app.settings import Settings
from tests.conftest import SECRET


@pytest.fixture
def kept(url: str) -> Settings:
    return Settings(database_url=url, secret_key=SECRET, address_days=100, session_days=10)


def sweep(database: Database, settings: Settings, *, days: int) -> Swept:
    """So many days from now."""
    with database.writing() as session:
        return retention.sweep(session, settings, datetime.now(UTC) + timedelta(days=days))


def rows(database: Database, question: str) -> list[Any]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(question))]


def write(database: Database, statement: str, **facts: Any) -> None:
    with database.writing() as session:
        at = stamp(session).at
        account = system(session).account_id
        given = {"account": account, "at": at, "before": at - timedelta(days=5), **facts}
        used = {name: fact for name, fact in given.items() if f":{name}" in statement}
        kinds = {name: fact for name, fact in used.items() if isinstance(fact, datetime)}
        plain = {name: fact.strftime("%Y-%m-%d %H:%M:%S.%f") for name, fact in kinds.items()}
        session.execute(text(statement), used | (plain if database.is_sqlite else {}))


def test_an_event_loses_what_is_personal_when_its_time_is_over_and_stays_in_the_chain(
    database: Database, kept: Settings
) -> None:
    with database.writing() as session:
        personal = {"before": {"email": "a@example.vn"}, "address": "192.0.2.7", "agent": "x"}
        audit.record(session, None, "user:revise", "users/1", {"n": 1}, personal=personal)
    question = "SELECT content, salt, erased_at FROM audit_personal ORDER BY event_id DESC LIMIT 1"
    assert sweep(database, kept, days=99) == Swept(0, 0, 0, 0, 0, 0, 0)
    assert "192.0.2.7" in str(rows(database, question))
    swept = sweep(database, kept, days=101)
    assert swept.events >= 1
    ((content, salt, erased_at),) = rows(database, question)
    assert (content, salt) == (None, None)
    assert erased_at is not None
    assert sweep(database, kept, days=101).events == 0
    with database.reading() as session:
        assert verify_chain(session).broken is None


def test_sessions_and_links_go_some_days_after_their_end(
    database: Database, kept: Settings
) -> None:
    session = (
        "INSERT INTO web_session (id, secret_sha256, account_id, second_factor, created_at, "
        "seen_at, expires_at, ended_at) VALUES (:id, :id, :account, :no, :at, :at, :until, :ended)"
    )
    link = (
        "INSERT INTO one_time_link (secret_sha256, account_id, purpose, created_at, expires_at, "
        "used_at) VALUES (:id, :account, 'reset', :at, :until, :ended)"
    )
    soon = datetime.now(UTC)
    later = soon + timedelta(days=3)
    for statement in (session, link):
        write(database, statement, id="ended", no=False, until=later, ended=soon)
        write(database, statement, id="expired", no=False, until=soon, ended=None)
        write(database, statement, id="living", no=False, until=later, ended=None)
    assert sweep(database, kept, days=9)[2:4] == (0, 0)
    assert sweep(database, kept, days=11)[2:4] == (2, 2)
    assert rows(database, "SELECT id FROM web_session") == [("living",)]
    assert rows(database, "SELECT secret_sha256 FROM one_time_link") == [("living",)]
    assert sweep(database, kept, days=14)[2:4] == (1, 1)


def test_failures_go_after_a_day(database: Database, kept: Settings) -> None:
    write(database, "INSERT INTO throttle (key, failures, last_at) VALUES ('k', 3, :at)")
    assert sweep(database, kept, days=0).failures == 0
    assert sweep(database, kept, days=2).failures == 1


def test_answers_for_an_idempotency_key_are_kept_for_ninety_days(
    database: Database, kept: Settings
) -> None:
    answer = (
        "INSERT INTO idempotent_answer (account_id, key, request_sha256, status, body, created_at) "
        "VALUES (:account, 'k', 'x', 201, '{}', :at)"
    )
    write(database, answer)
    assert [sweep(database, kept, days=days).answers for days in (89, 91)] == [0, 1]


def test_a_sweep_is_audited_in_numbers_and_only_when_something_went(
    database: Database, kept: Settings
) -> None:
    question = "SELECT detail FROM audit_event WHERE action = 'retention:sweep'"
    sweep(database, kept, days=0)
    assert rows(database, question) == []
    write(database, "INSERT INTO throttle (key, failures, last_at) VALUES ('k', 3, :at)")
    sweep(database, kept, days=2)
    ((detail,),) = rows(database, question)
    for said in ("failures", "1", "sessions", "0"):
        assert said in str(detail)


def test_a_long_neglected_audit_is_swept_in_portions(
    database: Database, kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_EVENTS", 2)
    with database.writing() as session:
        for number in range(5):
            audit.record(session, None, "user:revise", f"users/{number}", personal={"n": "x"})
    before = len(rows(database, "SELECT 1 FROM audit_personal WHERE erased_at IS NULL"))
    swept = [sweep(database, kept, days=101).events for _ in range(before // 2 + 2)]
    assert sum(swept) == before
    assert max(swept) == 2
