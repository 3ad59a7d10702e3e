"""Many at once, through two servers on one database: nothing is lost, doubled or out of order."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from threading import Barrier, Event
from typing import Any, NamedTuple, TypeVar

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db.people_tables import AuditEvent
from app.db.session import Database
from app.db.tables import Definition, ReportEvent, ReportRevision, ValueInForce, core
from app.main import create_app
from app.settings import Settings
from tests.conftest import SECRET, Caller, Clock, TokenFactory

AT_ONCE = 8
PERIOD = "/reports/NC-2024/2024"
REPORT = f"{PERIOD}/P63-25"
NAMES = [dict.fromkeys(("name_vi", "short_vi", "name_en"), "Công đoàn ngành Thử")]
T = TypeVar("T")
Doors = Callable[[str], list[Caller]]


@pytest.fixture
def doors(url: str, clock: Clock) -> Iterator[Doors]:
    """doors(token) is one caller a thread; every second one goes through another server."""
    settings = Settings(database_url=url, secret_key=SECRET, rate_per_minute=0)
    with ExitStack() as servers:
        clients = [
            servers.enter_context(
                TestClient(create_app(settings, clock), raise_server_exceptions=False)
            )
            for _ in range(2)
        ]
        yield lambda token: [Caller(clients[n % 2], token) for n in range(AT_ONCE)]


def at_once(call: Callable[[int], T], count: int = AT_ONCE) -> list[T]:
    """What each of so many numbered calls answered; all begin together."""
    together = Barrier(count)

    def begin(n: int) -> T:
        together.wait()
        return call(n)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


def report_of(numerator: int, *, submit: bool = True, note: str | None = None) -> dict[str, Any]:
    value = {"target": "NC2", "numerator": numerator, "denominator": 1000, "note": note}
    return {"values": [value], "submit": submit}


def statuses(answers: Sequence[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def rows(database: Database, model: Any, *names: str) -> list[tuple[Any, ...]]:
    columns = [core(model).c[name] for name in names]
    with database.reading() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]


def test_the_same_report_sent_by_many_at_once_is_created_once(
    doors: Doors, database: Database, token: TokenFactory
) -> None:
    unit = doors(token("reporter", "P63-25"))
    before = database.version().data
    answers = at_once(lambda n: unit[n].put(REPORT, json=report_of(3)))
    assert statuses(answers) == {201: 1, 200: AT_ONCE - 1}
    assert len({answer.json()["receipt"]["signature"] for answer in answers}) == 1
    assert rows(database, ReportRevision, "revision") == [(1,)]
    assert rows(database, ReportEvent, "version", "action") == [(1, "submit")]
    assert database.version().data == before + 1


def test_of_different_reports_sent_at_once_the_first_stays(
    doors: Doors, database: Database, token: TokenFactory
) -> None:
    unit = doors(token("reporter", "P63-25"))
    answers = at_once(lambda n: unit[n].put(REPORT, json=report_of(n)))
    assert statuses(answers) == {201: 1, 428: AT_ONCE - 1}
    (first,) = [answer.json()["values"] for answer in answers if answer.status_code == 201]
    assert unit[0].get(REPORT).json()["values"] == first
    assert rows(database, ReportRevision, "revision") == [(1,)]


def test_no_update_is_lost_when_many_add_one_to_a_draft(
    doors: Doors, database: Database, token: TokenFactory
) -> None:
    unit, times = doors(token("reporter", "P63-25")), 4
    assert unit[0].put(REPORT, json=report_of(0, submit=False)).status_code == 201

    def add(n: int) -> set[int]:
        refusals, added = set(), 0
        while added < times:
            read = unit[n].get(REPORT)
            numerator = read.json()["values"][0]["numerator"] + 1
            # Two who send the same content have both got what they asked for: never the same here.
            draft = report_of(numerator, submit=False, note=f"{n}")
            answer = unit[n].put(REPORT, json=draft, headers={"If-Match": read.headers["etag"]})
            added += answer.status_code == 200
            refusals |= {answer.status_code} - {200}
        return refusals

    refusals = set().union(*at_once(add))
    assert refusals <= {412}
    total = AT_ONCE * times
    assert unit[0].get(REPORT).json()["values"][0]["numerator"] == total
    assert rows(database, ReportRevision, "revision") == [(n,) for n in range(1, total + 2)]
    assert rows(database, ReportEvent, "version") == [(n,) for n in range(1, total + 2)]


def test_of_many_decisions_at_once_one_is_taken(
    doors: Doors, database: Database, token: TokenFactory
) -> None:
    unit = doors(token("reporter", "P63-25"))[0]
    reviewers = [doors(token("reviewer", name=f"reviewer {n}"))[n] for n in range(AT_ONCE)]

    def decide_at_once(path: str) -> None:
        assert unit.put(path, json=report_of(3)).status_code == 201
        comment = {"comment": "số liệu chưa khớp"}
        decisions: list[Callable[[int], Any]] = [
            lambda n: reviewers[n].post(f"{path}/approve"),
            lambda n: reviewers[n].post(f"{path}/return", json=comment),
            lambda _: unit.post(f"{path}/withdraw"),
        ]
        answers = at_once(lambda n: decisions[n % 3](n), 7)
        assert statuses(answers) == {200: 1, 409: 6}
        (taken,) = [answer.json()["status"] for answer in answers if answer.status_code == 200]
        assert unit.get(path).json()["status"] == taken

    for period in ("2024-H1", "2024"):
        decide_at_once(f"/reports/NC-2024/{period}/P63-25")
    events = rows(database, ReportEvent, "report_id", "version")
    assert events == [(1, 1), (1, 2), (2, 1), (2, 2)]
    approved = rows(database, ReportEvent, "action", "report_id")
    counted = rows(database, ValueInForce, "report_id", "standing")
    assert {report for report, standing in counted if standing == "approved"} == {
        report for action, report in approved if action == "approve"
    }


class Seen(NamedTuple):
    """A past that somebody read: the data version, and when each row of it was stamped."""

    version: int
    at: dict[tuple[str, int, int], datetime]


def look(database: Database) -> Seen:
    event, definition = core(ReportEvent), core(Definition)
    with database.reading() as session:
        seen = {
            ("event", row.report_id, row.version): row.at
            for row in session.execute(select(event.c.report_id, event.c.version, event.c.at))
        }
        for row in session.execute(select(definition.c.id, definition.c.at)):
            seen["definition", row.id, 0] = row.at
        return Seen(session.info["version"].data, seen)


def watch(database: Database, finished: Event) -> list[Seen]:
    seen = [look(database)]
    while not finished.is_set():
        seen.append(look(database))
    return [*seen, look(database)]


def test_instants_follow_the_order_of_commits_so_that_a_past_once_read_stays(
    doors: Doors, database: Database, token: TokenFactory
) -> None:
    """Reports of eight units, approvals and definitions at once; somebody reads all the while."""
    admins, reviewers = doors(token("admin")), doors(token("reviewer"))
    known = admins[0].get(f"/units?on=2024-12-31&kind=sector_union&limit={AT_ONCE}").json()
    units = [unit["code"] for unit in known["items"]]
    reporters = [doors(token("reporter", code))[n] for n, code in enumerate(units)]

    def work(n: int) -> Counter[int]:
        answers = []
        for period in ("2024-H1", "2024"):
            path = f"/reports/NC-2024/{period}/{units[n]}"
            answers.append(reporters[n].put(path, json=report_of(n)))
            unit = {"code": f"THU-{period[-2:]}-{n}", "kind": "sector_union", "names": NAMES}
            answers.append(admins[n].post("/units", json=unit))
            answers.append(reviewers[n].post(f"{path}/approve"))
        return statuses(answers)

    finished, before = Event(), database.version().data
    with ThreadPoolExecutor(1) as watcher:
        watching = watcher.submit(watch, database, finished)
        try:
            done = at_once(work)
        finally:
            finished.set()
        pasts = watching.result()
    assert done == [{201: 4, 200: 2}] * AT_ONCE
    assert database.version().data == before + 6 * AT_ONCE
    for earlier, later in zip(pasts, pasts[1:], strict=False):
        assert earlier.version <= later.version
        assert earlier.at.items() <= later.at.items()
        fresh = [at for row, at in later.at.items() if row not in earlier.at]
        assert all(at > max(earlier.at.values()) for at in fresh)
        assert bool(fresh) == (earlier.version < later.version)
    stamped = [at for at, *_ in rows(database, AuditEvent, "at", "id")]
    by_number = [at for _, at in rows(database, AuditEvent, "id", "at")]
    assert stamped == by_number
    latest = by_number[-6 * AT_ONCE :]
    assert len(set(latest)) == len(latest)


def test_one_idempotency_key_sent_by_many_at_once_creates_one_unit_and_one_token(
    doors: Doors, database: Database, token: TokenFactory
) -> None:
    admins, key = doors(token("admin")), {"Idempotency-Key": "việc-1".encode().hex()}
    before = database.version().data
    unit = {"code": "THU", "kind": "sector_union", "names": NAMES}
    answers = at_once(lambda n: admins[n].post("/units", json=unit, headers=key))
    assert statuses(answers) == {201: AT_ONCE}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    other = {"Idempotency-Key": "2"}
    made = {"name": "Máy chủ báo cáo", "role": "viewer"}
    answers = at_once(lambda n: admins[n].post("/tokens", json=made, headers=other))
    assert statuses(answers) == {201: AT_ONCE}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("token" in answer.json() for answer in answers) == 1
    actions = Counter(action for (action,) in rows(database, AuditEvent, "action"))
    assert actions["token:create"] == 2  # the administrator's own, and this one
    assert database.version().data == before + 2


def test_one_idempotency_key_for_many_contents_at_once_carries_out_one(
    doors: Doors, token: TokenFactory
) -> None:
    admins = doors(token("admin"))

    def create(n: int) -> Any:
        unit = {"code": f"THU{n}", "kind": "sector_union", "names": NAMES}
        return admins[n].post("/units", json=unit, headers={"Idempotency-Key": "k"})

    answers = at_once(create)
    assert statuses(answers) == {201: 1, 422: AT_ONCE - 1}
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 422}
    assert codes == {"idempotency_conflict"}
    found = admins[0].get("/units?q=Công đoàn ngành Thử").json()["items"]
    assert len(found) == 1
