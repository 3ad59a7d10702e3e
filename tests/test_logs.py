"""The head of the audit's chain reaches the operator's log, whoever reads nothing else of it."""

import re
import shutil
import time
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.session import Database
from app.services.audit_trail import verify_chain
from tests.conftest import SECRET
from tests.servers import LiveServer

LINE = re.compile(r"^\S+ \S+ chitieu\.audit head number=(\d+) sha256=([0-9a-f]{64}) at=\S+Z$", re.M)


def test_a_server_that_runs_tells_the_head_of_its_audit_to_standard_error(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "db.sqlite"
    shutil.copy(sqlite_template, path)
    env = {"CHITIEU_DATABASE_URL": f"sqlite:///{path}", "CHITIEU_SECRET_KEY": SECRET}
    with LiveServer(env) as server:
        deadline = time.monotonic() + 30
        while not (told := LINE.search(server.log())) and time.monotonic() < deadline:
            Event().wait(0.1)
        assert told, server.log()
    database = Database(env["CHITIEU_DATABASE_URL"])
    with database.reading() as session:
        found = verify_chain(session, {int(told[1]): told[2]})
    database.close()
    assert (found.broken, found.events) == (None, int(told[1]))


def test_an_error_of_the_database_quotes_no_secret(database: Database) -> None:
    """It reaches the log with its words, where nothing can be erased."""
    with database.writing() as session:
        with pytest.raises(DBAPIError) as error:
            session.execute(text("SELECT :secret FROM nowhere"), {"secret": "hash of a password"})
        assert "hash of a password" not in str(error.value)
        session.rollback()
