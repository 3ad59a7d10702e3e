"""Whoever gets at the tables behind the service's back is found out; who erases personal data as
the law asks is not accused."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlmodel import Session

from app.db.people_tables import AUDIT
from app.db.session import Database
from app.domain.chain import FIRST, event_sha256
from app.services import audit, audit_trail
from app.services.audit_trail import Broken, verify_chain
from app.services.tokens import system

Behind = Callable[..., Broken | None]
FORGED = "f" * 64


@pytest.fixture
def first(database: Database) -> int:
    """The number of the first of six events, each other with something personal in it."""
    with database.writing() as session:
        before = verify_chain(session).events
        actor = system(session)
    for number in range(6):
        with database.writing() as session:
            personal = {"name": f"Người số {number}"} if number % 2 else {}
            detail = {"before": None, "after": {"due_on": "2024-12-15", "ghi chú": ["ạ", 10**15]}}
            subject = f"periods/NC-2024/2024-Q{number}"
            audit.record(session, actor, "period:revise", subject, detail, personal=personal)
    with database.reading() as session:
        assert verify_chain(session).events >= before + 6
        return verify_chain(session).events - 5


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """As the owner of the database has it: no trigger, no foreign key stands in the way."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        if database.is_sqlite:
            for verb in ("UPDATE", "DELETE", "REPLACE"):
                connection.execute(text(f"DROP TRIGGER audit_event_keeps_on_{verb}"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        connection.commit()
        yield connection
    engine.dispose()


@pytest.fixture
def behind(connection: Connection) -> Behind:
    """What verifying finds after something was done to the tables; it is undone again."""

    def verify(*statements: str, **facts: Any) -> Broken | None:
        for statement in statements:
            connection.execute(text(statement), facts)
        found = verify_chain(Session(connection)).broken
        connection.rollback()
        return found

    return verify


CHANGES = {
    "at": "'2024-12-10 03:00:00.000001'",
    "account_id": "(SELECT max(id) + 1 FROM account)",
    "token": "'0123456789ab'",
    "session": "'0123456789ab'",
    "action": "'period:decide'",
    "subject": "'periods/NC-2024/2023'",
    "detail": '\'{"before": null, "after": null}\'',
    "request_id": "'another-request'",
    "personal_sha256": f"'{FORGED}'",
    "previous_sha256": f"'{FORGED}'",
    "sha256": f"'{FORGED}'",
}


def test_the_table_of_changes_names_every_column() -> None:
    assert {"id", *CHANGES} == {column.name for column in AUDIT.c}


def test_a_changed_column_of_any_event_is_found(first: int, behind: Behind) -> None:
    assert behind() is None
    for column, other in CHANGES.items():
        for number in range(first, first + 6):
            changed = f"UPDATE audit_event SET {column} = {other} WHERE id = :id"
            found = behind(changed, id=number)
            assert found is not None, f"{column} of {number}"
            assert found.number == number


def test_an_event_removed_put_in_or_renumbered_is_found(first: int, behind: Behind) -> None:
    last = first + 5
    columns = ", ".join(column.name for column in AUDIT.c if column.name != "id")
    for number in range(first, last):
        assert behind("DELETE FROM audit_event WHERE id = :id", id=number) == (number, "missing")
        moved = "UPDATE audit_event SET id = id + 100 WHERE id = :id"
        assert behind(moved, id=number) == (number, "missing")
        copied = f"INSERT INTO audit_event (id, {columns}) SELECT :to, {columns} FROM audit_event"
        assert behind(f"{copied} WHERE id = :id", id=number, to=last + 1) == (last + 1, "previous")
        assert behind(f"{copied} WHERE id = :id", id=number, to=0) == (1, "missing")
    assert behind("DELETE FROM audit_event WHERE id = :id", id=last) == (last, "head")
    assert behind("DELETE FROM audit_event") == (1, "head")


def test_two_events_that_change_places_are_found(first: int, behind: Behind) -> None:
    swap = (
        "UPDATE audit_event SET id = -1 WHERE id = :id",
        "UPDATE audit_event SET id = :id WHERE id = :id + 1",
        "UPDATE audit_event SET id = :id + 1 WHERE id = -1",
    )
    assert behind(*swap, id=first) == (first, "previous")


def test_personal_data_changed_added_or_taken_away_are_found(first: int, behind: Behind) -> None:
    with_, without = first + 1, first
    for change in ('content = \'{"name": "khác"}\'', "salt = 'ab'", "salt = NULL"):
        found = behind(f"UPDATE audit_personal SET {change} WHERE event_id = :id", id=with_)
        assert found == (with_, "personal"), change
    kept = "DELETE FROM audit_personal WHERE event_id = :id"
    assert behind(kept, id=with_) == (with_, "personal")
    added = "INSERT INTO audit_personal (event_id, salt, content) VALUES (:id, 'ab', '{\"a\": 1}')"
    assert behind(added, id=without) == (without, "personal")


def test_erasing_personal_data_breaks_nothing(first: int, behind: Behind) -> None:
    emptied = "UPDATE audit_personal SET content = NULL, salt = NULL"
    assert behind(f"{emptied}, erased_at = '2025-12-10 03:00:00'") is None
    # Emptied without a day is not how the service erases.
    assert behind(f"{emptied} WHERE event_id = :id", id=first + 1) == (first + 1, "personal")


def test_a_head_set_back_is_found(first: int, behind: Behind) -> None:
    assert behind("UPDATE data_version SET audit_number = audit_number - 1") == (first + 6, "head")
    assert behind(f"UPDATE data_version SET audit_sha256 = '{FORGED}'") == (first + 6, "head")


def test_what_cannot_be_read_at_all_is_named(
    first: int, behind: Behind, database: Database
) -> None:
    """SQLite keeps whatever is put into a column; PostgreSQL refuses by itself."""
    for garbage in ("detail = '{'", "at = 'yesterday'", "token = x'00ff'"):
        if database.is_sqlite:
            found = behind(f"UPDATE audit_event SET {garbage} WHERE id = :id", id=first + 3)
            assert found == (first + 3, "unreadable"), garbage


def test_who_chains_everything_anew_is_betrayed_by_a_hash_kept_outside(
    first: int, connection: Connection, database: Database
) -> None:
    with database.reading() as session:
        shown = {first + 5: verify_chain(session).sha256}
    _forge_from(connection, first + 2)
    session = Session(connection)
    assert verify_chain(session).broken is None
    assert verify_chain(session, shown).broken == (first + 5, "shown")
    assert verify_chain(session, {first + 99: FORGED}).broken == (first + 99, "missing")
    connection.rollback()


def _forge_from(connection: Connection, number: int) -> None:
    """What an owner of the machine can do: change an event and chain all that follow anew."""
    connection.execute(text("UPDATE audit_event SET token = 'x' WHERE id = :id"), {"id": number})
    rows = [dict(row) for row in connection.execute(AUDIT.select().order_by(AUDIT.c.id)).mappings()]
    last = FIRST
    for row in rows:
        row["previous_sha256"] = last
        row["sha256"] = last = event_sha256(row)
        changed = AUDIT.update().where(AUDIT.c.id == row["id"])
        connection.execute(changed.values(previous_sha256=row["previous_sha256"], sha256=last))
    connection.execute(text("UPDATE data_version SET audit_sha256 = :last"), {"last": last})


def test_events_written_at_the_same_time_form_one_chain(first: int, database: Database) -> None:
    def write(number: int) -> None:
        with database.writing() as session:
            audit.record(session, None, "period:revise", f"periods/NC-2024/{number}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(20)))
    with database.reading() as session:
        found = verify_chain(session)
    assert (found.events, found.broken) == (first + 25, None)


def test_a_chain_longer_than_a_page_is_verified_to_its_end(
    first: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.audit.AT_ONCE", 2)
    seen = []
    with database.reading() as session:
        assert verify_chain(session, seen=lambda: seen.append(1)).broken is None
    assert len(seen) == first + 5


def test_the_head_is_told_to_the_log_once_a_minute_and_only_when_it_grew(
    first: int,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("app.services.audit_trail.time.monotonic", lambda: now)
    caplog.set_level(logging.INFO, "chitieu.audit")

    def told(seconds: float, *, grows: bool) -> int:
        nonlocal now
        now += seconds
        if grows:
            with database.writing() as session:
                audit.record(session, None, "period:revise", "periods/NC-2024/2024")
        audit_trail.log_head(database)
        return len(caplog.messages)

    with database.reading() as session:
        sha256 = verify_chain(session).sha256
    assert told(0, grows=False) == 1
    assert f"number={first + 5} sha256={sha256} at=" in caplog.messages[0]
    assert told(30, grows=True) == 1
    assert told(30, grows=False) == 2
    assert told(timedelta(hours=1).total_seconds(), grows=False) == 2
