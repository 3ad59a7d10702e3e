"""Every address × every role × whose it is: the real application against a table made by hand."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.types import Message

from app.db.session import Database
from app.deps import SESSION_COOKIE, csrf_of
from app.domain.access import Actor, Answer, Right, Role, can
from app.services import sessions
from app.services.definitions import catalogue
from app.services.grants import valid_grants
from app.services.places import Place, subject_of
from app.settings import Settings
from tests.conftest import SECRET, As, Clock
from tests.rights_table import ADDRESSES, CENTRE, PLACES, PUBLIC, REPORT, REPORTS, ROLES, UNIT

TT, OWN, BEFORE, OTHER = "CTTT-2023-2028", "P34-25", "P63-25", "P34-01"
WHERE = dict(
    zip(
        PLACES,
        (
            ("2025", OWN),
            ("2026-H1", OWN),
            ("2024", BEFORE),
            ("2024-H1", BEFORE),
            ("2025", BEFORE),
            ("2025", OTHER),
            ("2026-H1", OTHER),
            ("2027-H1", OWN),
        ),
        strict=True,
    )
)
VALUES = [{"target": "TT3", "numerator": 3, "denominator": 4}]
CODES = {"programme": TT, "period": "2025", "target": "TT3", "code": TT}
CODES |= {"grant": "999", "deed": "revise", "unit": OWN}
QUERY = f"programme={TT}&period=2025"
QUERIES = {
    "/api/v1/targets": f"programme={TT}",
    "/api/v1/units/resolve": f"code={OWN}",
    "/api/v1/attainment/diff": f"{QUERY}&from=x&to=y",
    "/api/v1/attainment/explain": f"{QUERY}&target=TT3&unit={OWN}",
    "/explain": f"{QUERY}&target=TT3&unit={OWN}",
    "/api/v1/templates/{programme}/{period}.xlsx": f"unit={OWN}",
    "/imports/{id}/cell": "sheet=B%C3%A1o%20c%C3%A1o&cell=C1",
    **dict.fromkeys((path for path in ADDRESSES if "/dashboards/" in path), QUERY),
    **dict.fromkeys((path for path in ADDRESSES if "/feeds/" in path), QUERY),
    **dict.fromkeys((f"/api/v1/attainment{end}" for end in ("", ".csv", ".xlsx")), QUERY),
}
# Here the id leads nowhere, so that nothing changes: for who may, there is no such thing either.
NOWHERE = re.compile(
    r"/webhooks/\{id\}|/grants/\{grant\}|/account/s.*|/login/role|attachments/\{id\}"
)
# A wrong code.
CONTENT = {("POST", "/login/second-factor"): 401}
FORM = "application/x-www-form-urlencoded"
LETTER = {401: "1", 403: "3", 404: "4"}
BLOCK = b"x" * 65_536
# What no database decides is walked through on one of them.
ONCE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
Ask = Callable[[str, str, dict[str, str]], Awaitable["Reply"]]


class Reply(NamedTuple):
    """`taken`: bytes of the body that were read; 0 when it was answered from the headers."""

    status: int
    location: str
    taken: int

    def letter(self, content: int = 0) -> str:
        """`content`: the status that tells here what is wrong with what was sent."""
        if self.status == content:
            return "Y"
        if self.location.startswith("/login") and self.status == 303:
            return "L"
        return LETTER.get(self.status, "Y" if self.status < 500 else str(self.status))


def asker(app: FastAPI, body: bytes, *, endless: bool = False) -> Ask:
    """Straight into the application; `endless` sends a body that never ends."""

    async def ask(verb: str, address: str, headers: dict[str, str]) -> Reply:
        path, _, query = address.partition("?")
        found: list[Message] = []
        taken = 0

        async def receive() -> Message:
            nonlocal taken
            part = BLOCK if endless else body
            taken += len(part)
            return {"type": "http.request", "body": part, "more_body": endless}

        async def send(message: Message) -> None:
            found.append(message)

        sent = {"host": "testserver", "transfer-encoding": "chunked", **headers}
        scope = {
            "type": "http",
            "method": verb,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in sent.items()],
            "scheme": "http",
            "http_version": "1.1",
            "server": ("testserver", 80),
            "client": ("testclient", 50_000),
            "root_path": "",
        }
        await app(scope, receive, send)
        given = dict(found[0]["headers"])
        # After the answer a little more is taken, so that the sender comes to read it.
        read = 0 if given.get(b"connection") == b"close" and taken <= 1_100_000 else taken
        return Reply(found[0]["status"], given.get(b"location", b"").decode(), read)

    return ask


@pytest.fixture
def settings(url: str) -> Settings:
    """Without a limit of requests: these tests send hundreds."""
    return Settings(database_url=url, secret_key=SECRET, rate_per_minute=0, two_administrators=True)


class World(NamedTuple):
    """Units with reports in every state, a caller for each role, and what addresses lead to."""

    client: TestClient
    headers: dict[str, dict[str, str]]
    pages: dict[str, dict[str, str]]
    ids: dict[str, str]
    files: dict[str, str]

    def address(self, path: str) -> str:
        kinds = [kind for kind in self.ids if f"/{kind}" in path and "{id}" in path]
        codes = CODES | {"id": self.ids[max(kinds, key=len)] if kinds else "000000000000"}
        codes |= {"code": OWN} if "unit" in path else {"code": "TT3"} if "/target/" in path else {}
        query = QUERIES.get(path)
        return path.format(**codes) + (f"?{query}" if query else "")

    def report(self, path: str, place: str) -> str:
        period, unit = WHERE[place]
        id_ = self.files.get(place, "000000000000")
        return path.format(programme=TT, period=period, unit=unit, id=id_)

    def of(self, role: str, path: str) -> dict[str, str]:
        return self.headers[role] if path.startswith("/api/") else self.pages[role]

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        assert self.client.portal
        return self.client.portal.call(work)


@pytest.fixture
def world(client: TestClient, as_: As, clock: Clock, database: Database) -> World:
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    files = {}
    for place, (period, unit) in WHERE.items():
        if place not in ("predecessor after its last day", "own, none yet"):
            path = f"/reports/{TT}/{period}/{unit}"
            writer, draft = as_("reporter", unit), {"values": VALUES}
            assert writer.put(path, json=draft).status_code == 201
            file = {"file": ("bang-chung.pdf", b"%PDF-1.4\n%%EOF\n")}
            files[place] = writer.post(f"{path}/attachments", files=file).json()["id"]
            if "draft" not in place:
                assert writer.post(f"{path}/submit").status_code == 200
    headers: dict[str, dict[str, str]] = {"nobody": {}}
    headers |= {role: as_(role, OWN if role in UNIT else None).headers for role in ROLES[1:]}
    pages = {role: {"content-type": FORM} for role in ROLES}
    for role in ROLES[1:]:
        pages[role] |= session_of(as_, database, role, clock.now)
    return World(client, headers, pages, ids_of(as_), files)


def session_of(as_: As, database: Database, role: str, now: datetime) -> dict[str, str]:
    """What the browser of a person of that role sends with a page's form."""
    asked = {"name": f"{role}, người", "role": role, "unit": OWN if role in UNIT else None}
    account = int(as_("admin").post("/users", json=asked).json()["id"])
    with database.writing() as session:
        (grant,) = valid_grants(session, account, now.date())
        where = {"address": None, "agent": None}
        secret = sessions.begin(
            session, account, grant_id=grant.id, now=now, hours=12, second_factor=False, **where
        )
    return {"cookie": f"{SESSION_COOKIE}={secret}", "x-csrf-token": csrf_of(secret)}


def ids_of(as_: As) -> dict[str, str]:
    """Of things that are there, and that nothing happens to: a revoked token, a person, a frozen
    result and a revoked link to it, a file that the unit's reporter sent, what another
    administrator proposed, and what the administrator did."""
    admin = as_("admin")
    asked = {"name": "không còn dùng", "role": "viewer"}
    token = admin.post("/tokens", json=asked).json()["id"]
    admin.delete(f"/tokens/{token}")
    snapshot = admin.post("/snapshots", json={"programme": TT, "period": "2024"}).json()["id"]
    asked = {"snapshot": snapshot, "name": "không còn dùng"}
    link = admin.post("/public-links", json=asked).json()["id"]
    admin.delete(f"/public-links/{link}")
    user = admin.post("/users", json={"name": "người được mời", "role": "viewer"}).json()["id"]
    template = as_("reporter", OWN).get(f"/templates/{TT}/2027-H1.xlsx", params={"unit": OWN})
    file = {"file": ("mau.xlsx", template.content)}
    sent = as_("reporter", OWN).post("/imports?dry_run=true", files=file).json()["id"]
    decision = f"/periods/{TT}/2024/decision", {"act": "45/KL-TLĐ", "reason": "tổng kết"}
    theirs = as_("admin", None, "quản trị khác").post(decision[0], json=decision[1]).json()["id"]
    own = admin.post(decision[0], json=decision[1]).json()["id"]
    return {
        "tokens": token,
        "snapshots": snapshot,
        "public-links": link,
        "users": str(user),
        "imports": sent,
        "proposals": theirs,
        "proposals/{id}/withdraw": own,
    }


def addresses_of(client: TestClient) -> set[tuple[str, str]]:
    """Every verb and path that the application answers."""
    app: Any = client.app
    found: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        found |= {(verb, route.path or "") for verb in route.methods or {"GET"} if verb != "HEAD"}
    return found


def test_every_address_stands_in_the_table(client: TestClient) -> None:
    table = {(verb, path) for path, verbs in (ADDRESSES | PUBLIC).items() for verb in verbs}
    table |= {(verb, path) for path, verbs in REPORTS.items() for verb in verbs}
    assert addresses_of(client) == table


def test_every_role_may_what_the_table_says_and_nothing_else(world: World) -> None:
    rows = [(verb, path, who) for path, verbs in ADDRESSES.items() for verb, who in verbs.items()]
    rows.sort(key=lambda row: row[1] == "/logout")  # whoever signs out is out
    wrong: dict[str, str] = {}

    async def walk() -> None:
        ask = asker(app_of(world), b'{"?": 1}')
        for verb, path, who in rows:
            found = ""
            for role in ROLES:
                reply = await ask(verb, world.address(path), world.of(role, path))
                found += reply.letter(
                    CONTENT.get((verb, path)) or (404 if NOWHERE.search(path) else 0)
                )
            if found != who:
                wrong[f"{verb} {path}"] = f"{found} instead of {who}"

    world.run(walk)
    assert wrong == {}


def test_whose_report_it_is_decides_who_may(world: World) -> None:
    rows = [(verb, path, who) for path, verbs in REPORTS.items() for verb, who in verbs.items()]
    wrong: dict[str, str] = {}

    async def walk() -> None:
        ask = asker(app_of(world), b'{"?": 1}')
        for verb, path, who in rows:
            for role in ROLES:
                wanted, found = who.get(role, "1" * len(PLACES)), ""
                for place, letter in zip(PLACES, wanted, strict=True):
                    reply = await ask(verb, world.report(path, place), world.headers[role])
                    # What one colleague has withdrawn, the other no longer finds.
                    found += reply.letter(404 if (verb, letter) == ("DELETE", "Y") else 0)
                if found != wanted:
                    wrong[f"{verb} {path} {role}"] = f"{found} instead of {wanted}"

    world.run(walk)
    assert wrong == {}


@ONCE
def test_the_centre_cannot_tell_a_draft_from_nothing(world: World) -> None:
    """In no answer, be it a status or a word."""
    client = world.client
    for path, verbs in REPORTS.items():
        for verb in verbs if path.startswith("/api/") else ():
            for role in CENTRE:
                draft, nothing = (
                    client.request(
                        verb, world.report(path, place), headers=world.headers[role], json={"?": 1}
                    ).json()
                    for place in ("other unit's draft", "own, none yet")
                )
                assert anonymous(draft) == anonymous(nothing), (verb, path, role)


def anonymous(problem: dict[str, Any]) -> str:
    """A problem without the places it names."""
    told = {k: v for k, v in problem.items() if k not in ("instance", "request_id")}
    return re.sub(r"P34-\d\d|202\d-H1|[0-9a-f]{12,}", "…", str(told))


def test_lists_hold_what_the_caller_may_read(world: World) -> None:
    def listed(role: str) -> set[str]:
        address = f"/api/v1/reports?programme={TT}"
        items = world.client.get(address, headers=world.headers[role]).json()["items"]
        return {f"{one['period']}/{one['unit']} {one['status']}" for one in items}

    shown = {f"2025/{OWN} submitted", f"2024/{BEFORE} submitted"}
    drafts = {f"2026-H1/{OWN} draft", f"2024-H1/{BEFORE} draft"}
    for role in UNIT:
        assert listed(role) == shown | drafts
    for role in CENTRE:
        assert listed(role) == shown | {f"2025/{OTHER} submitted"}


@ONCE
def test_figures_not_yet_approved_are_the_centres(world: World) -> None:
    for role in ROLES[1:]:
        address = f"/api/v1/attainment?{QUERY}&include=submitted"
        answer = world.client.get(address, headers=world.headers[role])
        assert answer.status_code == (403 if role in UNIT else 200)


@ONCE
def test_a_narrowed_token_may_what_its_scope_covers(world: World) -> None:
    """read, and beside it report, decide or administer: of what the role may, and no more."""
    asked = {
        "read": ("GET", f"/api/v1/reports/{TT}/2025/{OWN}"),
        "report": ("PUT", f"/api/v1/reports/{TT}/2025/{OWN}"),
        "decide": ("POST", f"/api/v1/reports/{TT}/2025/{OWN}/approve"),
        "administer": ("POST", "/api/v1/units"),
    }
    theirs = {
        "reporter": {"read", "report"},
        "reviewer": {"read", "decide"},
        "viewer": {"read"},
        "admin": {"read", "administer"},
    }
    for role, scopes in theirs.items():
        for scope in asked:
            token = {"name": f"{role} {scope}", "role": role, "scopes": [scope, "read"]}
            token |= {"unit": OWN} if role in UNIT else {}
            made = world.client.post("/api/v1/tokens", headers=world.headers["admin"], json=token)
            narrow = {"Authorization": f"Bearer {made.json()['token']}"}
            may = {
                name
                for name, (verb, path) in asked.items()
                if world.client.request(verb, path, headers=narrow, json={"?": 1}).status_code
                not in (401, 403, 404)
            }
            assert may == {scope, "read"} & scopes, (role, scope)


@ONCE
def test_who_signed_in_on_a_page_may_the_same_over_json(world: World) -> None:
    rows = ("/api/v1/units", "/api/v1/audit", "/api/v1/tokens", "/api/v1/reports/bulk-approve")
    for role in ROLES[1:]:
        for path in rows:
            for verb, who in ADDRESSES[path].items():
                answer = world.client.request(
                    verb, path, headers=world.pages[role], content=b'{"?": 1}'
                )
                letter = Reply(answer.status_code, "", 0).letter()
                assert letter == who[ROLES.index(role)], (verb, path, role)
        # What is kept about a person goes to the person alone, and not to a token.
        own = world.client.get("/api/v1/me/personal-data", headers=world.pages[role])
        assert own.status_code == 200


@ONCE
def test_without_a_good_key_every_address_answers_before_the_body(world: World) -> None:
    """From the headers alone; and with a good key no more is read than is taken at most."""
    rows = [
        (verb, world.address(path), path, who)
        for path, verbs in ADDRESSES.items()
        for verb, who in verbs.items()
        if path.startswith("/api/")
    ]
    rows += [
        (verb, world.report(path, "own"), path, "1" + "Y" * 6)
        for path, verbs in REPORTS.items()
        for verb in verbs
        if path.startswith("/api/")
    ]
    wrong: list[tuple[str, str, str, Reply]] = []

    async def walk() -> None:
        ask = asker(app_of(world), b"", endless=True)
        for verb, address, path, who in rows:
            reply = await ask(verb, address, {})
            if (reply.status, reply.taken) != (401, 0):
                wrong.append(("nobody", verb, path, reply))
            if verb == "GET" or "files" in path:
                continue
            role = "reviewer" if REPORT in path else ROLES[who.rindex("Y")]
            key = world.headers[role] | {"content-type": "multipart/form-data; boundary=b"}
            reply = await ask(verb, address, key)
            if reply.status >= 500 or reply.taken > 13_000_000:
                wrong.append((role, verb, path, reply))

    world.run(walk)
    assert wrong == []


@ONCE
def test_public_addresses_are_open_and_forms_are_small(client: TestClient) -> None:
    for path, verbs in PUBLIC.items():
        for verb, status in verbs.items():
            data = {"username": "", "password": ""} if verb == "POST" else None
            assert client.request(verb, path, data=data).status_code == status, (verb, path)


def app_of(world: World) -> FastAPI:
    app: Any = world.client.app
    return app  # type: ignore[no-any-return]


def closure(unit: str, successions: list[dict[str, Any]]) -> set[str]:
    """The unit and all that it came from, by walking the table until nothing is added."""
    found = {unit}
    while True:
        more = {
            before
            for one in successions
            if found & set(one["successors"])
            for before in one["predecessors"]
        }
        if more <= found:
            return found
        found |= more


@ONCE
def test_for_every_unit_and_day_what_is_visible_is_what_the_successions_say(
    as_: As, database: Database
) -> None:
    successions = as_("viewer").get("/successions").json()["items"]
    with database.reading() as session:
        defined = catalogue(session)
    programme = defined.programmes[TT]
    days = {code: period.period.ends_on for code, period in programme.periods.items()}
    interesting = ("2024", "2025-H1", "2025-Q3")  # long before, the last day, and after
    for unit in defined.units:
        visible = closure(unit, successions)
        actor = Actor(1, "", Role.REPORTER, unit)
        for code in interesting:
            for other in defined.units.values():
                place = Place(defined, programme, programme.periods[code], other)
                subject = subject_of(actor, place)
                reads = can(actor, Right.REPORT_READ, subject)
                assert reads is (Answer.YES if other.code in visible else Answer.UNSEEN)
                # A predecessor is completed for periods up to its last day; nothing after it.
                lived = other.valid_to is not None and other.valid_to >= days[code]
                writes = other.code == unit or (other.code in visible and lived)
                assert (can(actor, Right.REPORT_DRAFT, subject) is Answer.YES) == writes
