"""A submit through HTTP against the same statements with the same rows on the bare driver."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

import orjson
import psycopg
from sqlalchemy import event, make_url

from app.db.session import POSTGRES_TIMEOUTS, PRAGMAS, Database
from app.schemas.fields import Sent
from app.schemas.reports import read_report
from app.services.filing import Circumstances
from app.services.places import ReportKey
from app.services.receipts import Signer
from app.services.reports import put_report
from app.services.tokens import authenticate
from benchmarks import load
from benchmarks.ground import REPORT, SECRET, Ground
from benchmarks.measure import Line, in_turns, own_cpu_seconds, ratio
from benchmarks.servers import Place, Server

ROUNDS, SUBMITS, CONNECTIONS = 9, 60, 4
MOST = 8


class Statement(NamedTuple):
    sql: str
    parameters: Any
    many: bool


def submit(place: Place) -> Line:
    keys = list(islice(place.ground.fresh_reports(), (ROUNDS + 1) * SUBMITS))
    transactions = record(place.copy("recorded"), place.ground, keys)
    carry_out = bare(place.copy("bare"))
    following, requests = iter(transactions), iter(_requests(place.ground, keys))

    def on_driver() -> float:
        batch = list(islice(following, SUBMITS))
        return own_cpu_seconds(lambda: [carry_out(one) for one in batch]) / SUBMITS

    with Server("app.cli", place.copy("submits"), ready="/readyz") as server:

        def through_http() -> float:
            batch = list(islice(requests, SUBMITS))
            before = server.cpu_seconds()
            load.send(server.port, batch, 201, CONNECTIONS)
            return (server.cpu_seconds() - before) / SUBMITS

        seen = in_turns(ROUNDS, {"ours": through_http, "floor": on_driver})
    ours, floor = seen["ours"], seen["floor"]
    what = f"submit, {len(REPORT['values'])} values"
    return Line(what, place.name, median(ours), median(floor), ratio(ours, floor), MOST)


def _requests(ground: Ground, keys: Sequence[ReportKey]) -> Iterator[bytes]:
    body = orjson.dumps(REPORT)
    for key in keys:
        headers = {"authorization": f"Bearer {ground.reporters[key.unit]}"}
        yield load.request("PUT", f"/api/v1/{key.path}", headers, body)


def record(url: str, ground: Ground, keys: Sequence[ReportKey]) -> list[list[Statement]]:
    """What our own use case sends to the driver, transaction by transaction."""
    database = Database(url)
    now = datetime.now(UTC)
    actors = {unit: authenticate(database, token, now) for unit, token in ground.reporters.items()}
    seen: list[Statement] = []

    @event.listens_for(database.write, "before_cursor_execute")
    def keep(_c: Any, _cursor: Any, sql: str, parameters: Any, _ctx: Any, many: bool) -> None:
        seen.append(Statement(sql, parameters, many))

    transactions = []
    for key in keys:
        seen.clear()
        with database.writing() as session:
            given = Circumstances(now, Signer(SECRET))
            put_report(session, actors[key.unit], key, read_report(Sent(REPORT)), given)
        transactions.append(seen.copy())
    database.close()
    return transactions


def bare(url: str) -> Callable[[list[Statement]], None]:
    """Carries a recorded transaction out on a connection set up as the service's own."""
    connection = connect(url)
    # The recording has sqlite3's BEGIN IMMEDIATE; psycopg begins by itself.
    commit = "COMMIT" if isinstance(connection, sqlite3.Connection) else None

    def carry_out(transaction: list[Statement]) -> None:
        for sql, parameters, many in transaction:
            cursor = connection.cursor()
            if many:
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters)
                if cursor.description:
                    cursor.fetchall()
            cursor.close()
        if commit:
            connection.execute(commit)
        else:
            connection.commit()

    return carry_out


def connect(url: str) -> Any:
    """The bare driver, with the same durability and settings."""
    if not url.startswith("sqlite"):
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(address, options=POSTGRES_TIMEOUTS)
    connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection
