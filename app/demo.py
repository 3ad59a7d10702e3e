"""The main job on invented figures: reports through the real API, attainment out, the page served.

Every figure is invented and the site says so on every screen. A second run starts on what is there.
"""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import httpx2
import typer
import uvicorn
from rich.console import Console
from rich.progress import track

from app import demo_workbooks
from app.db.session import Database
from app.domain.access import CENTRE_ROLES, Role
from app.domain.targets import Catalogue
from app.domain.units import Unit, UnitKind
from app.i18n import say
from app.main import create_app
from app.schemas.fields import Sent, checked
from app.schemas.tokens import TokenIn
from app.services import schema, seed, tokens
from app.services.definitions import catalogue
from app.settings import Settings
from app.tables import attainment_table

DATABASE = "sqlite:///var/demo.db"
SHOWN = (("NC-2024", "2024"), ("CTTT-2023-2028", "2024"))
TOKEN_DAYS = 7
BY_WORKBOOK = ("NC-2024", "2024", "P63-25")
WORKBOOKS = sys.platform == "linux"  # elsewhere there is no fence to read them behind
WITH_SLIPS = "NC-2024/2024-H1/P63-01"
console = Console()


class DemoReport(NamedTuple):
    programme: str
    period: str
    unit: str
    values: list[dict[str, Any]]
    decision: str | None = "approve"

    @property
    def path(self) -> str:
        return f"/api/v1/reports/{self.programme}/{self.period}/{self.unit}"


def run(port: int) -> None:
    """Set up, send, print; then serve until Ctrl-C, or stop when DEMO_EXIT=1."""
    settings = Settings(
        database_url=os.environ.get("CHITIEU_DATABASE_URL", DATABASE),
        rate_per_minute=0,
    )
    database = Database(settings.database_url)
    schema.migrate(database)
    with database.writing() as session:
        seed.load(session)
        seed.mark_as_demonstration(session)
        defined = catalogue(session)
    reports = list(invented(defined))
    senders = _tokens(database, {report.unit for report in reports})
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=_free(port), log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.config.port}"
    with httpx2.Client(base_url=address, timeout=30, trust_env=False) as client:
        _wait(client)
        _send(client, reports, senders)
        if WORKBOOKS:
            _show_workbooks(client, senders)
        for programme, period in SHOWN:
            query = {"programme": programme, "period": period, "unit": defined.centre.code}
            answer = client.get("/api/v1/attainment", params=query, headers=_as(senders["viewer"]))
            answer.raise_for_status()
            found = json.loads(answer.content, parse_float=Decimal)
            console.print(attainment_table(found, "vi"))
    _invite(address, senders)
    if os.environ.get("DEMO_EXIT") == "1":
        server.should_exit = True
    try:
        thread.join()
    except KeyboardInterrupt:
        server.should_exit = True
        thread.join()


def _tokens(database: Database, units: set[str]) -> dict[str, str]:
    """One token a role, and one a reporting unit; their holders are named as demonstration."""
    wanted: list[tuple[str, Role, str | None]] = [
        (unit, Role.REPORTER, unit) for unit in sorted(units)
    ]
    wanted += [(role.value, role, None) for role in CENTRE_ROLES]
    wanted.append((Role.UNIT_APPROVER.value, Role.UNIT_APPROVER, "P63-25"))
    made = {}
    with database.writing() as session:
        actor = tokens.system(session)
        for key, role, unit in wanted:
            contract = {
                "name": f"Trình diễn: {say(f'page.role.{role}', 'vi')} {unit or ''}".strip(),
                "role": role,
                "unit": unit,
                "expires_days": TOKEN_DAYS,
            }
            sent = Sent(checked(TokenIn, contract))
            made[key] = tokens.create_token(session, actor, sent)["token"]
    return made


def _free(port: int) -> int:
    """The port asked for; another one for 0, and when something else listens there."""
    with socket.socket() as probe:
        if port and probe.connect_ex(("127.0.0.1", port)) != 0:
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(client: httpx2.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    typer.echo("the server did not start", err=True)
    raise typer.Exit(1)


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _send(client: httpx2.Client, reports: list[DemoReport], senders: dict[str, str]) -> None:
    """Submitted by each unit, approved by the centre; what an earlier run sent stays."""
    for report in track(reports, say("cli.loading", "vi"), console=console):
        headers = _as(senders[report.unit])
        if client.get(report.path, headers=headers).status_code == 200:
            continue
        if WORKBOOKS and (report.programme, report.period, report.unit) == BY_WORKBOOK:
            demo_workbooks.send(client, "/".join(BY_WORKBOOK), report.values, headers)
        else:
            body = {"values": report.values, "submit": True}
            client.put(report.path, json=body, headers=headers).raise_for_status()
        if report.decision is not None:
            said = {"comment": "Trình diễn: đề nghị đối chiếu mẫu số với kỳ trước."}
            decided = client.post(
                f"{report.path}/{report.decision}",
                json=said if report.decision == "return" else None,
                headers=_as(senders["reviewer"]),
            )
            decided.raise_for_status()


def _show_workbooks(client: httpx2.Client, senders: dict[str, str]) -> None:
    """What was sent by workbook, and where the marked copy of one with faults lies."""
    console.print(say("cli.by_workbook", "vi", {"path": "/".join(BY_WORKBOOK)}))
    unit = WITH_SLIPS.rpartition("/")[2]
    summary = demo_workbooks.send_with_slips(client, WITH_SLIPS, _as(senders[unit]))
    facts = {"errors": summary["counts"]["errors"], "read": summary["counts"]["read"]}
    facts |= {"path": WITH_SLIPS, "file": demo_workbooks.MARKED}
    console.print(say("cli.with_slips", "vi", facts), soft_wrap=True)


def _invite(address: str, senders: dict[str, str]) -> None:
    console.print(f"\nMở / open: {address}/login – {say('cli.demonstration', 'vi')}")
    shown = {"reporter (P63-25)": senders["P63-25"]}
    shown |= {role.value: senders[role.value] for role in Role if role is not Role.REPORTER}
    for role, token in shown.items():
        console.print(f"  {role:18} {token}", soft_wrap=True, highlight=False)


SILENT, HALF_WAY = 7, 30


def invented(defined: Catalogue) -> Iterator[DemoReport]:
    """Figures made from the place in the list alone, so that every run invents the same ones.

    What real reports are like: one unit is silent, one did only half of NC1, some send a percent
    alone, some have nothing to count. Those told their numbers in the half-year, so that it can
    be said what they may still change.
    """
    for programme in ("NC-2024", "CTTT-2023-2028"):
        within = defined.programmes[programme]
        when = within.periods["2024"].period
        units = [unit for unit in defined.units.values() if unit.valid_on(when.ends_on)]
        for place, unit in enumerate(units):
            asked = [
                target.code
                for target in within.targets_on(when.ends_on)
                if target.expected(unit, when) and target.asked_in(when) and not target.parts
            ]
            short = place == SILENT or _sends_percents(place)
            if asked and short:
                values = [_value(code, place, unit, size=_size_at(place)) for code in asked]
                yield DemoReport(programme, "2024-H1", unit.code, values)
            if asked and place != SILENT:
                values = [_value(code, place, unit) for code in asked]
                yield DemoReport(programme, "2024", unit.code, values)
    yield from _later(defined)
    for quarter in ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"):
        value = {"target": "TT2", "done": True, "evidence": "Trình diễn"}
        yield DemoReport("CTTT-2023-2028", quarter, defined.centre.code, [value])


def _later(defined: Catalogue) -> Iterator[DemoReport]:
    """A programme on its way across the merger: three half-years for a forecast, and a newest one
    in which some are silent, some wait for a decision, and one was sent back."""
    within = defined.programmes["CTTT-2023-2028"]
    for period, gained in GAINED.items():
        when = within.periods[period].period
        newest = period == list(GAINED)[-1]
        units = [unit for unit in defined.units.values() if unit.valid_on(when.ends_on)]
        for place, unit in enumerate(units):
            asked = [
                target.code
                for target in within.targets_on(when.ends_on)
                if target.expected(unit, when) and target.asked_in(when) and not target.parts
            ]
            known = period == "2024-H1" and (place == SILENT or _sends_percents(place))
            if asked and not known and not (newest and place in NOT_YET):
                size = _size(defined, unit)
                values = [_value(one, place, unit, gained=gained, size=size) for one in asked]
                decision = UNDECIDED.get(place, "approve") if newest else "approve"
                yield DemoReport(within.code, period, unit.code, values, decision)


def _size_at(place: int) -> int:
    return 800 + place * 173 % 2900


def _size(defined: Catalogue, unit: Unit) -> int:
    """What a unit counts over; one that took over from others counts over all of theirs."""
    before = [
        defined.units[code]
        for one in defined.successions
        if unit.code in one.successors
        for code in one.predecessors
    ]
    if before:
        return sum(_size(defined, one) for one in before)
    held = [one for one in defined.units.values() if one.valid_on(date(2024, 12, 31))]
    return _size_at(held.index(unit)) if unit in held else _size_at(0)


def _sends_percents(place: int) -> bool:
    return place % 19 == 3


SHARES = {"TT1": 998, "TT3": 320, "TT4": 410, "TT5": 260, "TT6": 370, "NC2": 925, "NC3": 532}


# Thousandths by which a later period stands above 2024.
GAINED = {"2024-H1": -30, "2025-H1": 35, "2025": 62, "2026-H1": 110}
NOT_YET = (5, 17, 29, 40)
UNDECIDED = {3: None, 12: None, 23: None, 31: None, 38: "return"}


def _value(
    target: str,
    place: int,
    unit: Unit,
    *,
    gained: int = 0,
    size: int | None = None,
) -> dict[str, Any]:
    """With a `size`: with both counts even from a unit that otherwise sends a percent alone."""
    if target in ("NC1a", "NC1b"):
        return {"target": target, "done": target == "NC1a" or place != HALF_WAY}
    if target not in SHARES:
        return {"target": target, "text": "Trình diễn: đã tổng hợp kiến nghị của đơn vị."}
    if target == "TT4" and unit.kind is UnitKind.CORPORATION_UNION:
        return {"target": target, "not_applicable": "Trình diễn: không có cấp trên trực tiếp cơ sở"}
    spread = (place * 37 + len(target) * 11 + ord(target[-1]) * 7) % 121 - 60
    share = min(1000, max(0, SHARES[target] + spread + gained))
    if _sends_percents(place) and size is None:
        return {"target": target, "percent": f"{share // 10},{share % 10}%"}
    denominator = size or _size_at(place)
    return {"target": target, "numerator": denominator * share // 1000, "denominator": denominator}
