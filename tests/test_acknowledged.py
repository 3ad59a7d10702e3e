"""What was acknowledged is there: the server is killed a hundred times as an answer arrives.

Rule 1 of reliability: an answer is given after the commit. Killing a process says nothing about
power cuts; those are SQLite's synchronous=FULL and PostgreSQL's fsync.
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from threading import Barrier
from typing import NamedTuple

from sqlalchemy import func, select

from app.db.people_tables import AuditEvent
from app.db.session import Database
from app.db.tables import (
    Period,
    Report,
    ReportEvent,
    ReportRevision,
    ReportValue,
    Unit,
    ValueInForce,
    core,
)
from app.domain.units import UnitKind
from app.services.definitions import catalogue
from tests.conftest import SECRET, TokenFactory
from tests.servers import POLL_SECONDS, ROOT, free_port

AT_ONCE = 4
DENOMINATOR = 1000
RATIOS = {"NC-2024": ("NC2", "NC3"), "CTTT-2023-2028": ("TT3", "TT4")}
PERIODS = ("2024-H1", "2024")
KILLS = {"sqlite": 60, "postgresql": 40}
# `chitieu serve` in a new process for each port read, forked from one that has done once what every
# start does alike: 0.2 seconds instead of 1.4.
NURSERY = """
import os, signal, sys
import uvicorn.lifespan.on, uvicorn.loops.auto, uvicorn.protocols.http.auto
from starlette.testclient import TestClient
from app import cli
from app.db import setup
from app.db.session import Database
from app.main import create_app
from app.services import definitions, schema
TestClient(create_app()).get("/healthz")
database = Database(os.environ["CHITIEU_DATABASE_URL"])
assert schema.behind(database) is None
with database.reading() as session:
    last, known = setup.last_definition_id(session), definitions.catalogue(session)
database.close()
made = Database.__init__
def knowing(self, url):
    made(self, url)
    self._memo.get("definitions", last, lambda: known)
Database.__init__ = knowing
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for port in sys.stdin:
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.stdin.close()
        sys.argv = ["chitieu", "serve", "--port", port.strip()]
        cli.main()
        os._exit(0)
    print(child, flush=True)
"""


class Sent(NamedTuple):
    """A report that was sent once; `acknowledged` if its answer arrived."""

    programme: str
    period: str
    unit: str
    numerator: int
    acknowledged: bool = False

    @property
    def path(self) -> str:
        return f"reports/{self.programme}/{self.period}/{self.unit}"

    @property
    def body(self) -> str:
        value = {"numerator": self.numerator, "denominator": DENOMINATOR}
        values = [{"target": target, **value} for target in RATIOS[self.programme]]
        return json.dumps({"values": values, "submit": True})


class Server(NamedTuple):
    pid: int
    port: int

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def put(self, report: Sent, token: str) -> int:
        """The status; the connection's error when the server dies first."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {token}"}
            connection.request("PUT", f"/api/v1/{report.path}", report.body, headers)
            return connection.getresponse().status
        finally:
            connection.close()


class Nursery:
    """Servers on one database, one after another, each a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self) -> Server:
        """Answering, once returned."""
        assert self._process.stdin
        assert self._process.stdout
        port = free_port()
        print(port, file=self._process.stdin, flush=True)
        server = Server(int(self._process.stdout.readline()), port)
        while not self._ready(server):
            os.kill(server.pid, 0)  # ProcessLookupError when it did not survive its start
            time.sleep(POLL_SECONDS)
        return server

    def _ready(self, server: Server) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def nursery(url: str) -> Iterator[Nursery]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CHITIEU_")}
    process = subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        env={**inherited, "CHITIEU_DATABASE_URL": url, "CHITIEU_SECRET_KEY": SECRET},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Nursery(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def killed_at_the_first_answer(server: Server, sent: list[Sent], tokens: list[str]) -> list[Sent]:
    """All are sent at once; whoever is answered first kills the server."""
    together = Barrier(len(sent))

    def send(report: Sent, token: str) -> Sent:
        together.wait()
        try:
            status = server.put(report, token)
        except (OSError, http.client.HTTPException):
            return report
        server.kill()
        assert status == http.HTTPStatus.CREATED
        return report._replace(acknowledged=True)

    with ThreadPoolExecutor(len(sent)) as senders:
        return list(senders.map(send, sent, tokens))


def reports_to_send(database: Database, count: int) -> list[Sent]:
    with database.reading() as session:
        units = [
            unit.code
            for unit in catalogue(session).units.values()
            if unit.kind is not UnitKind.CENTRE
            and unit.valid_on(date(2024, 6, 30))
            and unit.valid_on(date(2024, 12, 31))
        ]
    places = [(code, period, unit) for code in RATIOS for period in PERIODS for unit in units]
    return [Sent(*place, numerator) for numerator, place in enumerate(places[:count], 1)]


def stored(database: Database) -> dict[str, Counter[str]]:
    """By path: how many rows each table holds of the report, and its values with their number."""
    report, unit, period, audit = core(Report), core(Unit), core(Period), core(AuditEvent)
    tables = [core(one) for one in (ReportRevision, ReportEvent, ReportValue, ValueInForce)]
    values = core(ReportValue)
    with database.reading() as session:
        rows = session.execute(
            select(report.c.id, period.c.programme, period.c.code, unit.c.code)
            .join(unit, unit.c.id == report.c.unit_id)
            .join(period, period.c.id == report.c.period_id)
        ).all()
        paths = {id_: f"reports/{programme}/{code}/{of}" for id_, programme, code, of in rows}
        found = {path: Counter({"report": 1}) for path in paths.values()}
        assert len(found) == len(rows)
        for table in tables:
            for (id_,) in session.execute(select(table.c.report_id)):
                found[paths[id_]][table.name] += 1
        for id_, *pair in session.execute(
            select(values.c.report_id, values.c.numerator, values.c.denominator)
        ):
            found[paths[id_]]["/".join(map(str, pair))] += 1
        asked = select(audit.c.subject).where(audit.c.action == "report:submit")
        for (subject,) in session.execute(asked):
            found[subject]["audit_event"] += 1
        revisions = session.execute(select(func.max(tables[0].c.revision))).scalar_one()
    assert revisions == 1
    return found


def whole(report: Sent) -> Counter[str]:
    once = Counter(report=1, report_revision=1, report_event=1, audit_event=1)
    lines = len(RATIOS[report.programme])
    figures = f"{report.numerator}/{DENOMINATOR}"
    return once + Counter({"report_value": lines, "value_in_force": lines, figures: lines})


def test_every_acknowledged_report_is_found_once_after_a_hundred_kills(
    url: str, database: Database, token: TokenFactory
) -> None:
    kills = KILLS["sqlite" if database.is_sqlite else "postgresql"]
    to_send = reports_to_send(database, kills * AT_ONCE)
    assert len(to_send) == kills * AT_ONCE
    tokens = {unit: token("reporter", unit) for unit in {one.unit for one in to_send}}
    before = database.version().data
    sent: list[Sent] = []
    with nursery(url) as servers:
        while to_send:
            batch, to_send = to_send[:AT_ONCE], to_send[AT_ONCE:]
            keys = [tokens[report.unit] for report in batch]
            results = killed_at_the_first_answer(servers.start(), batch, keys)
            assert any(report.acknowledged for report in results)
            sent += results
        found = stored(database)
        assert {one.path: found.get(one.path) for one in sent if one.acknowledged} == {
            one.path: whole(one) for one in sent if one.acknowledged
        }
        # What was not acknowledged is there as a whole or not at all.
        assert found == {one.path: whole(one) for one in sent if one.path in found}
        assert database.version().data == before + len(found)
        # And to send it again is safe, whichever it was.
        last = servers.start()
        for one in sent:
            expected = 200 if one.path in found else 201
            assert last.put(one, tokens[one.unit]) == expected
    assert stored(database) == {one.path: whole(one) for one in sent}
