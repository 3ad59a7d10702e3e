"""No change without its event: every address that changes something is walked through once."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db.session import Database
from app.domain.access import Actor, Role
from app.main import create_app
from app.services import audit_trail
from app.services.audit_trail import Wanted, verify_chain
from app.services.audited_rows import access, work
from app.services.findings import Given
from app.services.receipts import Signer
from app.settings import Settings
from app.sheets.fence import Fence
from tests.api.journeys import NC, ratio
from tests.conftest import SECRET, As, Caller, Clock, TokenFactory
from tests.rights_table import ADDRESSES, REPORT, REPORTS

API = "/api/v1"
A, B, C = "P63-25", "P63-01", "P63-02"
SAFE = {"GET"}
FILE = {"file": ("bang-chung.pdf", b"%PDF-1.4\n%%EOF\n")}
DEFINED = "/programmes/{code}/targets/{target}/revisions"
PERIOD = "/periods/{programme}/{period}"
PLACE = REPORT.removeprefix(API)
MADE = {
    "code": "THU",
    "title_vi": "Thử",
    "title_en": "Trial",
    "starts_on": "2024-01-01",
    "ends_on": "2024-12-31",
}
UNIT = {
    "code": "C-MOI",
    "kind": "corporation_union",
    "names": [{"name_vi": "Công đoàn mới", "short_vi": "Mới", "name_en": "New"}],
}


class Walk:
    """Steps that must succeed, each followed by a look at what the audit has since."""

    def __init__(self, database: Database) -> None:
        self.database, self.walked = database, set[tuple[str, str]]()
        self.last = self.events()[0]["id"]

    def events(self) -> list[Any]:
        auditor, wanted = Actor(0, "", Role.AUDITOR), Wanted([], [], [], None, None, None, 100)
        with self.database.reading() as session:
            return audit_trail.read_events(session, auditor, wanted).items

    def __call__(
        self, caller: Caller, verb: str, path: str, action: str, /, *, query: str = "", **given: Any
    ) -> Any:
        """The answer. `given`: codes of the path, and `json` or `files` to be sent."""
        codes = {"programme": NC, "period": "2024", "code": NC, "target": "NC2", **given}
        sent = {name: given[name] for name in ("json", "files", "headers") if name in given}
        place = path.format(**codes)
        answer = caller(verb, place + query, **sent)
        assert answer.is_success, f"{verb} {place}: {answer.status_code} {answer.text}"
        self.walked.add((verb, f"{API}{path}"))
        new = [event for event in self.events() if event["id"] > self.last]
        told = [event for event in new if event["action"] == action]
        assert told, f"{verb} {place}: {[event['action'] for event in new]}"
        for event in told:
            rooms = place.split("/")[1], f"{action.partition(':')[0]}s"
            assert event["subject"].split("/")[0] in rooms
            assert event["actor"] is not None
            assert event["request_id"] is not None
        if "id" in given:
            assert any(str(given["id"]) in f"{one['subject']} {one['detail']}" for one in told)
        self.last = new[0]["id"]
        return answer


@pytest.fixture
def settings(url: str) -> Settings:
    """The operator lets webhooks go to this machine."""
    here = frozenset({"127.0.0.1"})
    return Settings(database_url=url, secret_key=SECRET, webhook_hosts=here, rate_per_minute=0)


@pytest.fixture
def walk(client: TestClient, database: Database) -> Walk:
    return Walk(database)


def test_every_address_that_changes_something_writes_to_the_audit(
    walk: Walk, as_: As, token: TokenFactory, url: str, clock: Clock, fence: Fence
) -> None:
    definitions(walk, as_("admin"))
    reports(walk, as_)
    many(walk, as_)
    people(walk, as_("admin"))
    webhooks(walk, as_("admin"))
    settings = Settings(database_url=url, secret_key=SECRET, two_administrators=True)
    with TestClient(create_app(settings, clock, fence)) as strict:
        first, second = (Caller(strict, token("admin", name=f"quản trị {n}")) for n in (1, 2))
        proposals(walk, first, second)
    table = (ADDRESSES | REPORTS).items()
    changing = {(verb, path) for path, verbs in table for verb in verbs if verb not in SAFE}
    assert walk.walked == {one for one in changing if one[1].startswith(API)}
    with walk.database.reading() as session:
        assert verify_chain(session).broken is None
        given = Given(Signer(SECRET), {})
        faults = [list(check(session, given, lambda: None)) for check in (access, work)]
        assert faults == [[], []]


def definitions(walk: Walk, admin: Caller) -> None:
    walk(admin, "POST", "/programmes", "programme:create", json=MADE)
    revised = {"reason": "đổi tên", "title_vi": "Thử lại"}
    walk(admin, "PATCH", "/programmes/{code}", "programme:revise", code="THU", json=revised)
    revision = {"effective_on": "2024-07-01", "reason": "NQ 1", "threshold_percent": 92}
    walk(admin, "POST", DEFINED, "target:revise", json=revision)
    walk(admin, "POST", "/units", "unit:create", json=UNIT)
    ended = {"valid_to": "2026-01-01", "reason": "giải thể"}
    walk(admin, "PATCH", "/units/{code}", "unit:revise", code="C-MOI", json=ended)
    merged = {"effective_on": "2030-07-01", "predecessors": ["P34-25"], "successors": ["P34-01"]}
    walk(admin, "POST", "/successions", "succession:create", json={**merged, "act": "NQ 2"})
    row = {"programme": NC, "unit": A, "target": "NC2", "period": "2024", "denominator": 400}
    walk(admin, "PUT", "/registers", "register:put", json={"rows": [row]})
    walk(admin, "PATCH", PERIOD, "period:revise", json={"due_on": "2025-01-20", "reason": "lùi"})
    decided = {"act": "QĐ 12", "reason": "số đã báo cáo"}
    walk(admin, "POST", f"{PERIOD}/decision", "period:revise", json=decided)
    later = {"unit": A, "until": "2025-01-31", "reason": "bão"}
    walk(admin, "POST", f"{PERIOD}/exceptions", "period:except", json=later)
    period = {"programme": NC, "period": "2024"}
    frozen = walk(admin, "POST", "/snapshots", "snapshot:create", json=period).json()["id"]
    asked = {"snapshot": frozen, "name": "Hội nghị Ban Chấp hành"}
    public = walk(admin, "POST", "/public-links", "public_link:create", json=asked).json()["id"]
    walk(admin, "DELETE", "/public-links/{id}", "public_link:revoke", id=public)


def reports(walk: Walk, as_: As) -> None:
    unit, approver, centre = as_("reporter", A), as_("unit_approver", A), as_("reviewer")

    def step(who: Caller, verb: str, **given: Any) -> Any:
        return walk(who, "POST", f"{PLACE}/{verb}", f"report:{verb}", unit=A, **given)

    draft = {"values": [ratio("NC2", 300, 400)]}
    walk(unit, "PUT", PLACE, "report:draft", unit=A, json=draft)
    step(unit, "submit")
    step(approver, "endorse")
    step(unit, "withdraw")
    step(unit, "submit")
    step(centre, "return", json={"comment": "sai mẫu số"})
    step(unit, "submit")
    step(centre, "approve")
    step(centre, "reopen", json={"comment": "sửa lại"})
    said = {"text": "Đã đối chiếu"}
    walk(unit, "POST", f"{PLACE}/comments", "report:comment", unit=A, json=said)
    path = f"{PLACE}/attachments"
    id_ = walk(unit, "POST", path, "report:attach", unit=A, files=FILE).json()["id"]
    walk(unit, "DELETE", f"{path}/{{id}}", "report:detach", unit=A, id=id_)


def many(walk: Walk, as_: As) -> None:
    place = {"programme": NC, "period": "2024", "unit": B}
    filed = {**place, "values": [ratio("NC2", 1, 2)], "submit": True}
    walk(as_("reporter", B), "POST", "/reports/bulk", "report:submit", json={"reports": [filed]})
    chosen = {"reports": [place]}
    walk(as_("reviewer"), "POST", "/reports/bulk-approve", "report:approve", json=chosen)
    reporter = as_("reporter", C)
    form = reporter.get(f"/templates/{NC}/2024.xlsx", params={"unit": C}).content
    sent = {"file": ("mau.xlsx", form)}
    walk(reporter, "POST", "/imports", "import:dry_run", query="?dry_run=true", files=sent)


def people(walk: Walk, admin: Caller) -> None:
    asked = {"name": "Hệ thống tỉnh", "role": "reporter", "unit": A}
    id_ = walk(admin, "POST", "/tokens", "token:create", json=asked).json()["id"]
    rotated = walk(admin, "POST", "/tokens/{id}/rotate", "token:rotate", id=id_, json={})
    walk(admin, "DELETE", "/tokens/{id}", "token:revoke", id=rotated.json()["id"])
    person = {"name": "người được mời", "role": "viewer", "email": "moi@example.vn"}
    made = walk(admin, "POST", "/users", "user:create", json=person).json()

    def user(verb: str, path: str, action: str, **given: Any) -> Any:
        return walk(admin, verb, f"/users/{{id}}{path}", action, id=made["id"], **given)

    user("PATCH", "", "user:revise", json={"language": "en"})
    grant = user("POST", "/grants", "grant:create", json={"role": "auditor"}).json()["id"]
    user("DELETE", "/grants/{grant}", "grant:revoke", grant=grant)
    user("POST", "/invitation", "user:invite")
    user("POST", "/reset-second-factor", "user:reset_second_factor")
    user("DELETE", "/sessions", "user:end_sessions")
    user("POST", "/pseudonymise", "user:pseudonymise", json={"reason": "thôi việc"})


def webhooks(walk: Walk, admin: Caller) -> None:
    asked = {"url": "https://127.0.0.1/nhan"}
    id_ = walk(admin, "POST", "/webhooks", "webhook:create", json=asked).json()["id"]
    walk(admin, "POST", "/webhooks/{id}/test", "webhook:test", id=id_)
    since = {"since": "2024-01-01T00:00:00Z"}
    walk(admin, "POST", "/webhooks/{id}/replay", "webhook:replay", id=id_, json=since)
    walk(admin, "DELETE", "/webhooks/{id}", "webhook:remove", id=id_)


def proposals(walk: Walk, first: Caller, second: Caller) -> None:
    decisions = ((70, "confirm", second), (71, "refuse", second), (72, "withdraw", first))
    for percent, verb, who in decisions:
        changed = {"effective_on": "2024-10-01", "reason": "NQ 3", "threshold_percent": percent}
        made = walk(first, "POST", DEFINED, "proposal:create", json=changed).json()
        said = {"comment": "không phù hợp"} if verb == "refuse" else {}
        path = f"/proposals/{{id}}/{verb}"
        walk(who, "POST", path, f"proposal:{verb}", id=made["id"], json=said)
