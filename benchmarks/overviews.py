"""The overview: ready bytes against a bare route, worked out against bare SQL plus orjson.

What is worked out is measured after one report has changed, because that is when it happens.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import orjson
from sqlalchemy import event

from app.answers import to_json
from app.db.session import Database, Memo
from app.services.dashboards import overview
from app.services.scene import View
from app.services.tokens import authenticate
from benchmarks import load
from benchmarks.ground import ELEVEN, FORTY, change
from benchmarks.measure import Line, in_turns, own_cpu_seconds, ratio
from benchmarks.servers import Place, Server
from benchmarks.submits import connect

ROUNDS, REQUESTS, CONNECTIONS = 7, 600, 8
BUILDS, COLD_BUILDS = 8, 2
FEWEST_OF_FLOOR, MOST_OF_BARE = 0.30, 3.0
READY = "ready"


class Size(NamedTuple):
    programme: str
    period: str
    shape: str
    path: str


def overviews(place: Place) -> Iterator[Line]:
    url = place.copy("overviews")
    headers = {"authorization": f"Bearer {place.ground.reviewer}"}
    with (
        tempfile.TemporaryDirectory(prefix="chitieu-floor-") as folder,
        Server("app.cli", url, ready="/readyz") as server,
    ):
        sizes = [_size(server, headers, *one) for one in (ELEVEN[:2], FORTY)]
        bodies = {size.programme: load.get(server.port, size.path, headers) for size in sizes}
        for name, body in {**bodies, READY: b"{}"}.items():
            Path(folder, name).write_bytes(body)
        floor_env = {"BENCH_FLOOR": folder}
        with Server("benchmarks.floor", url, ready=f"/{READY}", env=floor_env) as floor:
            for size in sizes:
                yield _cached(place, (server, floor), size, headers)
        for size in sizes:
            yield from _uncached(place, server, url, size, bodies[size.programme])


def _size(server: Server, headers: dict[str, str], programme: str, period: str) -> Size:
    path = f"/api/v1/dashboards/overview?programme={programme}&period={period}"
    shown = orjson.loads(load.get(server.port, path, headers))
    shape = f"{len(shown['units'])} × {len(shown['targets'])}"
    return Size(programme, period, shape, path)


def _cached(
    place: Place, servers: tuple[Server, Server], size: Size, headers: dict[str, str]
) -> Line:
    def per_request(server: Server, request: bytes) -> Callable[[], float]:
        def measure() -> float:
            before = server.cpu_seconds()
            load.send(server.port, [request] * REQUESTS, 200, CONNECTIONS)
            return (server.cpu_seconds() - before) / REQUESTS

        return measure

    seen = in_turns(
        ROUNDS,
        {
            "ours": per_request(servers[0], load.request("GET", size.path, headers)),
            "floor": per_request(servers[1], load.request("GET", f"/{size.programme}", headers)),
        },
    )
    ours, floor = seen["ours"], seen["floor"]
    what = f"overview {size.shape}, cached"
    return Line(
        what,
        place.name,
        median(ours),
        median(floor),
        ratio(ours, floor),
        1 / FEWEST_OF_FLOOR,
        share=True,
    )


def _uncached(place: Place, server: Server, url: str, size: Size, body: bytes) -> Iterator[Line]:
    """After one more report: in process, as the goal says; with all of HTTP; with empty memos."""
    database, writer = Database(url), Database(url)
    build = _builder(database, size, place.ground.reviewer)
    bare = _bare(url, _question(database, build), orjson.loads(body))
    get = load.request("GET", size.path, _bearer(place))
    turns = count()

    def after_changes(answer: Callable[[], object], spent: Callable[[], float]) -> float:
        total = 0.0
        for _ in range(BUILDS):
            change(writer, place.ground, size.programme, size.period, next(turns))
            before = spent()
            answer()
            total += spent() - before
        return total / BUILDS

    def cold() -> None:
        database._memo = Memo()
        build()

    seen = in_turns(
        ROUNDS,
        {
            "uncached": lambda: after_changes(build, time.process_time),
            "floor": lambda: _each(bare, BUILDS),
            "uncached, all of HTTP": lambda: after_changes(
                lambda: load.send(server.port, [get], 200, 1), server.cpu_seconds
            ),
            "cold start": lambda: _each(cold, COLD_BUILDS),
        },
    )
    database.close()
    writer.close()
    floor = seen.pop("floor")
    for what, ours in seen.items():
        most = MOST_OF_BARE if what == "uncached" else None
        named = f"overview {size.shape}, {what}"
        yield Line(named, place.name, median(ours), median(floor), ratio(ours, floor), most)


def _bearer(place: Place) -> dict[str, str]:
    return {"authorization": f"Bearer {place.ground.reviewer}"}


def _each(work: Callable[[], object], times: int) -> float:
    return own_cpu_seconds(lambda: [work() for _ in range(times)]) / times


def _builder(database: Database, size: Size, token: str) -> Callable[[], bytes]:
    actor = authenticate(database, token, datetime.now(UTC))

    def build() -> bytes:
        with database.reading() as session:
            shown = overview(session, actor, size.programme, size.period, View())
            return to_json(shown)

    return build


def _question(database: Database, build: Callable[[], bytes]) -> tuple[str, Any]:
    """The overview's own question for values, as it goes to the driver."""
    seen: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, sql: str, parameters: Any, _ctx: Any, _many: bool) -> None:
        if "FROM value_in_force" in sql:
            seen.append((sql, parameters))

    database._memo = Memo()
    event.listen(database.read, "before_cursor_execute", keep)
    build()
    event.remove(database.read, "before_cursor_execute", keep)
    return seen[0]


def _bare(url: str, question: tuple[str, Any], content: Any) -> Callable[[], bytes]:
    """The rows fetched, and orjson of an answer of the same size that is already put together."""
    connection = connect(url)
    sqlite = url.startswith("sqlite")

    def work() -> bytes:
        connection.execute(*question).fetchall()
        if not sqlite:
            connection.rollback()
        return orjson.dumps(content)

    return work
