"""The schema comes up, goes down and survives being killed; what it forbids, nobody can do."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.db.session import Database
from app.db.tables import metadata
from app.services import schema, seed
from tests.api.problems import REPORT, stored
from tests.conftest import As
from tests.servers import ROOT, Postgres

APPEND_ONLY = (
    *("audit_event", "definition", "report_event", "report_revision", "report_value"),
    *("register_entry", "snapshot", "import_record", "value_origin"),
)
DDL = len(metadata.sorted_tables)
FIRST = 15  # tables of the first migration
# Migrates in children that kill themselves after so many statements that change something; `down`
# goes the other way. Prints how each ended and what it left.
KILLED = """
import json, os, signal, sys
from sqlalchemy import event, inspect
from sqlalchemy.engine import Engine
from app.db.session import Database
from app.services import schema

def run(way, limit):
    done = 0
    @event.listens_for(Engine, "after_cursor_execute")
    def count(connection, cursor, statement, *_):
        nonlocal done
        if statement.split()[0] in ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"):
            done += 1
            if done == limit:
                os.kill(os.getpid(), signal.SIGKILL)
    database = Database(os.environ["CHITIEU_DATABASE_URL"])
    (schema.unmigrate if way == "down" else schema.migrate)(database)
    database.close()

way, *limits = sys.argv[1:]
for limit in map(int, limits):
    child = os.fork()
    if child == 0:
        try:
            run(way, limit)
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    status = os.waitpid(child, 0)[1]
    database = Database(os.environ["CHITIEU_DATABASE_URL"])
    tables = set(inspect(database.write).get_table_names()) - {"alembic_version"}
    database.close()
    print(json.dumps([limit, os.WTERMSIG(status), os.WEXITSTATUS(status), len(tables)]))
"""


# Two children begin at the same moment; prints how each ended.
AT_ONCE = """
import os, traceback
from app.db.session import Database
from app.services import schema

waits, goes = os.pipe()
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        os.close(goes)
        os.read(waits, 1)
        try:
            schema.migrate(Database(os.environ["CHITIEU_DATABASE_URL"]))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    children.append(child)
os.close(goes)
print(*[os.waitpid(child, 0)[1] for child in children])
"""


SNAPSHOT = """
    INSERT INTO snapshot (id, period_id, at, account_id, rule_version, content, sha256,
                          previous_sha256, signature, key_id)
    SELECT :id, period_id, at, account_id, '2026.1', '{}', :sha256, :before, 's', 'k'
    FROM register_entry
"""
IMPORT = """
    INSERT INTO import_record (id, at, account_id, file_name, file_sha256, content, summary,
                               expires_at)
    SELECT :id, at, account_id, 'bao-cao.xlsx', :sha256, :content, '{}', :expires_at
    FROM register_entry
"""
ORIGIN = """
    INSERT INTO value_origin (report_id, revision, target_id, import_id, sheet, cell)
    SELECT report_id, revision, target_id, 'I1', 'Báo cáo', 'F17' FROM report_value
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{uuid4().hex[:12]}"
    server.create(name)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


@pytest.fixture
def with_a_report(as_: As, database: Database) -> Database:
    """One report submitted by P63-25 and approved, a population registered, a snapshot taken, a
    file imported: every table of the history has a row."""
    body = {"values": [{"target": "NC2", "numerator": 300, "denominator": 400}], "submit": True}
    assert as_("reporter", "P63-25").put(REPORT, json=body).status_code == 201
    assert as_("reviewer").post(f"{REPORT}/approve").status_code == 200
    row = {"target": "NC2", "period": "2024", "unit": "P63-25", "denominator": 400}
    assert as_("admin").put("/registers", json={"rows": [row]}).status_code == 200
    with database.write.begin() as connection:
        connection.execute(text(SNAPSHOT), {"id": "S1", "sha256": "0" * 64, "before": None})
        file = {"id": "I1", "sha256": "0" * 64, "content": b"PK", "expires_at": None}
        connection.execute(text(IMPORT), file)
        connection.execute(text(ORIGIN))
    return database


def tables_of(database: Database) -> set[str]:
    return set(inspect(database.write).get_table_names()) - {"alembic_version"}


def functions_of(database: Database) -> int:
    """Trigger functions of our own; SQLite has none."""
    if database.is_sqlite:
        return 0
    mine = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    with database.write.connect() as connection:
        return int(connection.execute(text(mine)).scalar_one())


def refused(database: Database, statement: str, **given: Any) -> str:
    """What the database says to a statement of plain SQL, which it must refuse."""
    with pytest.raises(DBAPIError) as refusal, database.write.begin() as connection:
        connection.execute(text(statement), given)
    assert isinstance(refusal.value, IntegrityError | DataError), refusal.value
    return str(refusal.value.orig)


def script(url: str, source: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", source, *arguments],
        env={**os.environ, "CHITIEU_DATABASE_URL": url},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


def killed(url: str, way: str, *limits: int) -> list[list[int]]:
    done = script(url, KILLED, way, *map(str, limits))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_schema_comes_up_is_what_the_models_say_and_goes_down_and_up(empty: Database) -> None:
    assert schema.behind(empty)
    for _ in range(2):
        schema.migrate(empty)
        assert schema.behind(empty) is None
        command.check(schema.config(empty))
        assert tables_of(empty) == set(metadata.tables)
        schema.unmigrate(empty)
        assert not tables_of(empty)
        assert not functions_of(empty)
    schema.migrate(empty)
    schema.migrate(empty)
    assert schema.behind(empty) is None


def test_a_database_in_use_goes_down_and_comes_up_empty(with_a_report: Database) -> None:
    schema.unmigrate(with_a_report)
    assert not tables_of(with_a_report)
    schema.migrate(with_a_report)
    rows = stored(with_a_report)
    assert rows.pop("data_version") == 1
    assert not any(rows.values())


def test_a_migration_that_is_killed_leaves_nothing_and_runs_again(empty: Database) -> None:
    def killed_at(way: str, *limits: int, leaves: int) -> None:
        for limit, signalled, _, tables in killed(empty.url, way, *limits):
            assert (limit, signalled, tables) == (limit, signal.SIGKILL, leaves)

    killed_at("up", 1, 2, 3, FIRST // 2, FIRST, FIRST + 5, FIRST + 12, leaves=0)
    schema.migrate(empty, "0001")
    killed_at("up", 1, 2, 4, leaves=FIRST)
    schema.migrate(empty)
    command.check(schema.config(empty))
    killed_at("down", 1, 2, 3, leaves=DDL)
    schema.unmigrate(empty, "0001")
    killed_at("down", 1, 4, FIRST, leaves=FIRST)
    schema.migrate(empty)
    command.check(schema.config(empty))
    with empty.writing() as session:
        assert seed.load(session).created > 100


def test_two_that_migrate_at_once_do_not_meet(empty_url: str) -> None:
    both = script(empty_url, AT_ONCE)
    assert both.stdout.split() == ["0", "0"], both.stderr
    database = Database(empty_url)
    assert schema.behind(database) is None
    command.check(schema.config(database))
    database.close()


def test_who_opens_a_new_file_waits_for_who_has_just_begun_to(tmp_path: Path) -> None:
    """SQLite itself refuses at once to change the journal of a file that another one holds."""
    first = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    first.execute("CREATE TABLE one (id INTEGER)")
    later = threading.Timer(0.2, first.rollback)
    later.start()
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with database.write.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    database.close()
    later.join()
    first.close()


def test_the_history_can_only_be_added_to(with_a_report: Database) -> None:
    before = stored(with_a_report)
    for table in APPEND_ONLY:
        column = metadata.tables[table].columns.keys()[-1]
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            assert f"{table} is append-only" in refused(with_a_report, statement)
    if not with_a_report.is_sqlite:
        for table in (*APPEND_ONLY, "report", "account", "unit"):
            said = refused(with_a_report, f"TRUNCATE {table} CASCADE")
            assert "is append-only" in said
    assert stored(with_a_report) == before


def test_only_the_file_of_a_dry_run_goes_again(with_a_report: Database) -> None:
    expires = "2024-12-11 03:00:00"
    file = {"id": "I2", "sha256": "1" * 64, "content": b"PK", "expires_at": expires}
    with with_a_report.write.begin() as connection:
        connection.execute(text(IMPORT), file)
    with with_a_report.write.begin() as connection:
        gone = connection.execute(text("DELETE FROM import_record WHERE id = 'I2'"))
    assert gone.rowcount == 1
    refused(with_a_report, "DELETE FROM import_record WHERE id = 'I1'")


def test_nor_can_it_be_replaced_by_an_insert_of_the_same_key(with_a_report: Database) -> None:
    """SQLite's REPLACE deletes the old row without asking a DELETE trigger."""
    for table in APPEND_ONLY:
        columns = metadata.tables[table].columns.keys()
        names, key = ", ".join(columns), metadata.tables[table].primary_key.columns.keys()
        rows = f"SELECT {names} FROM {table}"
        if with_a_report.is_sqlite:
            statement = f"INSERT OR REPLACE INTO {table} ({names}) {rows}"
        else:
            update = f"DO UPDATE SET {columns[-1]} = EXCLUDED.{columns[-1]}"
            statement = (
                f"INSERT INTO {table} ({names}) {rows} ON CONFLICT ({', '.join(key)}) {update}"
            )
        assert "append-only" in refused(with_a_report, statement)


def test_a_snapshot_hides_no_other_behind_one_of_its_names(with_a_report: Database) -> None:
    """Neither its id nor its digest, nor the one it follows, can stand twice."""
    verb = "INSERT OR REPLACE" if with_a_report.is_sqlite else "INSERT"
    again = SNAPSHOT.replace("INSERT", verb, 1)
    with with_a_report.write.begin() as connection:
        connection.execute(text(again), {"id": "S2", "sha256": "1" * 64, "before": "0" * 64})
    for id_, sha256, before in (("S1", "2", "1"), ("S3", "1", "2"), ("S3", "2", "0")):
        refused(with_a_report, again, id=id_, sha256=sha256 * 64, before=before * 64)


def test_a_population_that_cannot_be_is_refused_by_the_database_itself(
    with_a_report: Database,
) -> None:
    add = """
        INSERT INTO register_entry
        (period_id, target_id, unit_id, revision, denominator, at, account_id)
        SELECT period_id, target_id, unit_id, revision + 1, :denominator, at, account_id
        FROM register_entry
    """
    for denominator in (-1, "abc", ""):
        refused(with_a_report, add, denominator=denominator)
    with with_a_report.write.begin() as connection:
        connection.execute(text(add), {"denominator": 0})


def test_nobody_approves_their_own_revision_even_by_plain_sql(with_a_report: Database) -> None:
    approve = """
        INSERT INTO report_event (report_id, version, revision, action, status, at, account_id)
        SELECT report_id, version + 10, revision, 'approve', 'approved', at, account_id
        FROM report_event WHERE action = '{}'
    """
    said = refused(with_a_report, approve.format("submit"))
    assert "nobody approves their own revision" in said
    # Another person may: the one who approved it before.
    with with_a_report.write.begin() as connection:
        connection.execute(text(approve.format("approve")))


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "a numerator over nothing": {"numerator": 1, "denominator": 0},
    "a numerator alone": {"numerator": 1},
    "a denominator alone": {"denominator": 1},
    "fewer than nobody": {"numerator": -1, "denominator": 1},
    "of fewer than nobody": {"numerator": 0, "denominator": -1},
    "a negative count": {"value": -1},
    "a negative percent": {"percent_micro": -1, "percent_decimals": 0},
    "a percent without its decimals": {"percent_micro": 50_000_000},
    "seven decimals": {"percent_micro": 50_000_000, "percent_decimals": 7},
    "a text for a count": {"value": "abc"},
    "a text for a numerator": {"numerator": "abc", "denominator": 4},
    "an empty text": {"value": ""},
    "bytes": {"value": b"\x01"},
    "a text for decimals": {"percent_micro": 50_000_000, "percent_decimals": "2x"},
    "a text for a yes": {"done": "maybe"},
    "a count beyond 64 bits": {"value": 2**63},
}


@pytest.mark.parametrize("table", ["report_value", "value_in_force"])
def test_a_figure_that_cannot_be_is_refused_by_the_database_itself(
    with_a_report: Database, table: str
) -> None:
    keys = {
        "report_value": "report_id, revision, target_id, estimated",
        "value_in_force": "period_id, standing, unit_id, report_id, revision, target_id, estimated",
    }[table]
    another = keys.replace("target_id", "target_id + 1").replace("standing", "'approved'")

    def accepts(figure: dict[str, Any]) -> bool:
        """Whether such a row can be written; it is not kept."""
        values = ", ".join(f":{column}" for column in figure)
        statement = (
            f"INSERT INTO {table} ({keys}, {', '.join(figure)}) "
            f"SELECT {another}, {values} FROM {table} LIMIT 1"
        )
        with with_a_report.write.connect() as connection:
            try:
                connection.execute(text(statement), figure)
            except (DBAPIError, OverflowError):
                return False
        return True

    assert accepts({"numerator": 0, "denominator": 0})
    assert accepts({"percent_micro": 50_000_000, "percent_decimals": 6})
    assert [name for name, figure in IMPOSSIBLE.items() if accepts(figure)] == []


def test_loading_the_catalogue_again_changes_nothing(database: Database) -> None:
    before = stored(database)
    for _ in range(2):
        with database.writing() as session:
            loaded = seed.load(session)
        assert (loaded.created, loaded.revised) == (0, 0)
        assert loaded.unchanged > 100
    assert stored(database) == before
