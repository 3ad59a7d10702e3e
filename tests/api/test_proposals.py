"""The second pair of eyes: by a setting, a change of the rules takes effect when another
administrator confirms it. Without the setting it does at once, as every other test shows."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.db.people_tables import Account, Grant
from app.db.session import Database
from app.domain.access import Role
from app.settings import Profile, Settings
from tests.api.journeys import NC
from tests.api.people import with_addresses
from tests.api.problems import stored
from tests.conftest import SECRET, As

TARGET = f"/programmes/{NC}/targets/NC2"
REVISION = {"effective_on": "2024-01-01", "reason": "Kết luận 05", "threshold_percent": 80}
ROW = {"programme": NC, "unit": "P63-25", "target": "NC2", "period": "2024"}
REGISTER = {"rows": [ROW | {"denominator": 400}], "reason": "danh sách"}
SUCCESSION = {
    "effective_on": "2030-07-01",
    "predecessors": ["P34-25"],
    "successors": ["P34-01"],
    "act": "NQ 1",
}
DECISION = {"act": "QĐ 12", "reason": "số đã báo cáo"}
CHANGES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", f"{TARGET}/revisions", REVISION, "catalogue:revise"),
    ("PUT", "/registers", REGISTER, "register:put"),
    ("POST", "/successions", SUCCESSION, "succession:create"),
    ("POST", f"/periods/{NC}/2024/decision", DECISION, "period:revise"),
]
FIRST, SECOND = "quản trị một", "quản trị hai"


@pytest.fixture
def settings(url: str) -> Settings:
    return Settings(database_url=url, secret_key=SECRET, two_administrators=True)


def proposed(as_: As, method: str, path: str, body: dict[str, Any]) -> Any:
    answer = as_("admin", None, FIRST)(method, path, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


def decide(as_: As, proposal: Any, verb: str, who: str = SECOND, **body: str) -> Any:
    path = proposal["links"][verb].removeprefix("/api/v1")
    return as_("admin", None, who).post(path, json=body)


def rules(as_: As) -> list[Any]:
    """What the four kinds of change would change."""
    paths = (TARGET, "/registers", "/successions", "/units/P34-25", f"/periods/{NC}/2024")
    return [as_("viewer").get(path).json() for path in paths]


def test_a_change_of_the_rules_waits_until_another_administrator_confirms_it(
    as_: As, database: Database
) -> None:
    for method, path, body, kind in CHANGES:
        before = rules(as_)
        made = proposed(as_, method, path, body)
        assert (made["kind"], made["state"], made["by"]) == (kind, "open", FIRST)
        alone = decide(as_, made, "confirm", FIRST)
        assert (alone.status_code, alone.json()["code"]) == (403, "not_allowed")
        assert "người khác" in alone.json()["detail"]
        assert rules(as_) == before
        confirmed = decide(as_, made, "confirm", comment="đúng văn bản").json()
        assert (confirmed["state"], confirmed["decided_by"]) == ("confirmed", SECOND)
        assert confirmed["comment"] == "đúng văn bản"
        assert rules(as_) != before
        again = decide(as_, made, "confirm")
        assert (again.status_code, again.json()["code"]) == (409, "wrong_status")
        assert traces(database, made["id"]) == {FIRST}


def traces(database: Database, id_: str) -> set[str]:
    """In whose name the confirmed change stands in the audit, each time with who confirmed it."""
    question = text(
        "SELECT account.name, detail FROM audit_event JOIN account ON account.id = account_id "
        "WHERE action NOT LIKE 'proposal:%' ORDER BY audit_event.id"
    )
    second = text("SELECT id FROM account WHERE name = :name")
    with database.reading() as session:
        confirmer = session.execute(second, {"name": SECOND}).scalar_one()
        rows = session.execute(question).all()
    ours = [(name, str(detail)) for name, detail in rows if id_ in str(detail)]
    assert ours
    assert all("confirmed_by" in detail and str(confirmer) in detail for _, detail in ours)
    return {name for name, _ in ours}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_is_wrong_with_a_change_is_told_at_once_and_nothing_is_kept(
    as_: As, database: Database
) -> None:
    admin = as_("admin", None, FIRST)
    kept = stored(database)
    wrong: list[tuple[str, str, Any, int]] = [
        ("POST", f"{TARGET}/revisions", REVISION | {"threshold_percent": 101}, 422),
        ("POST", f"/programmes/{NC}/targets/NC99/revisions", REVISION, 404),
        ("PUT", "/registers", {"rows": [ROW | {"denominator": -1}]}, 422),
        ("POST", "/successions", SUCCESSION | {"predecessors": ["P99"]}, 422),
        ("POST", f"/periods/{NC}/2024/decision", {"act": ""}, 422),
    ]
    for method, path, body, status in wrong:
        assert admin(method, path, json=body).status_code == status
        assert as_("reviewer")(method, path, json=body).status_code == 403
    after = stored(database)
    names = ("proposal", "definition", "register_entry", "outbox_message")
    assert {name: after[name] for name in names} == {name: kept[name] for name in names}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_proposal_shows_what_was_sent_and_what_it_would_change(as_: As) -> None:
    made = proposed(as_, "POST", f"{TARGET}/revisions", REVISION)
    path = made["links"]["self"].removeprefix("/api/v1")
    seen = as_("auditor").get(path).json()
    assert {name: seen["content"][name] for name in ("effective_on", "reason")} == {
        "effective_on": "2024-01-01",
        "reason": "Kết luận 05",
    }
    (change,) = seen["changes"]
    assert change["subject"] == seen["subject"] == f"programmes/{NC}/targets/NC2"
    heights = [change["detail"][when]["threshold_percent"] for when in ("before", "after")]
    assert heights == ["90%", "80%"]
    listed = as_("admin").get("/proposals?state=open").json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert as_("admin").get("/proposals?state=confirmed").json()["items"] == []
    for role in ("viewer", "reviewer"):
        assert as_(role).get("/proposals").status_code == 403
        assert as_(role).get(path).status_code == 403
    assert as_("admin").get("/proposals/none").status_code == 404
    assert as_("auditor").post(f"{path}/confirm").status_code == 403


def test_what_no_longer_fits_is_refused_as_ever_and_goes_on_waiting(as_: As) -> None:
    one = proposed(as_, "POST", "/successions", SUCCESSION)
    same = proposed(as_, "POST", "/successions", SUCCESSION)
    assert decide(as_, one, "confirm").status_code == 200
    refused = decide(as_, same, "confirm")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    waiting = as_("admin").get("/proposals?state=open").json()["items"]
    assert [one["id"] for one in waiting] == [same["id"]]
    before = rules(as_)
    assert decide(as_, same, "withdraw").status_code == 403
    assert decide(as_, same, "withdraw", FIRST).json()["state"] == "withdrawn"
    assert decide(as_, same, "confirm").status_code == 409
    made = proposed(as_, "PUT", "/registers", REGISTER)
    assert decide(as_, made, "refuse").json()["code"] == "comment_required"
    assert decide(as_, made, "refuse", FIRST, comment="thôi").status_code == 403
    refused = decide(as_, made, "refuse", comment="số sai")
    assert (refused.json()["state"], refused.json()["comment"]) == ("refused", "số sai")
    assert decide(as_, made, "confirm").status_code == 409
    assert rules(as_) == before


def test_a_key_makes_one_proposal(as_: As, database: Database) -> None:
    for method, path, body, _ in CHANGES:
        headers = {"Idempotency-Key": f"key {path}".replace(" ", "-")}
        admin = as_("admin", None, FIRST)
        first, again = (admin(method, path, json=body, headers=headers) for _ in range(2))
        assert (again.status_code, again.json()) == (202, first.json())
        assert again.headers["idempotent-replayed"] == "true"
    assert stored(database)["proposal"] == len(CHANGES)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_changes_no_rule_needs_nobody(as_: As, database: Database) -> None:
    made = proposed(as_, "PUT", "/registers", REGISTER)
    assert decide(as_, made, "confirm").status_code == 200
    admin = as_("admin", None, FIRST)
    same = admin.put("/registers", json=REGISTER)
    assert (same.status_code, same.json()["counts"]["unchanged"]) == (200, 1)
    due = admin.patch(f"/periods/{NC}/2024", json={"due_on": "2024-12-22"})
    assert due.status_code == 200
    assert admin.post("/successions?dry_run=true", json=SUCCESSION).json()["dry_run"] is True
    assert stored(database)["proposal"] == 1


def test_the_other_administrators_are_told_and_then_the_proposer(
    as_: As, database: Database
) -> None:
    made_at = datetime(2024, 1, 1, tzinfo=UTC)
    with database.writing() as session:
        people = [
            Account(name=f"cán bộ {number}", created_at=made_at, email=f"cb{number}@example.vn")
            for number in range(3)
        ]
        session.add_all(people)
        session.flush()
        ids = [one.id or 0 for one in people]
        for account, role, last in (
            (ids[0], Role.ADMIN, None),
            (ids[1], Role.ADMIN, date(2024, 6, 30)),  # over
            (ids[2], Role.REVIEWER, None),
        ):
            session.add(
                Grant(
                    account_id=account,
                    role=role,
                    starts_on=date(2024, 1, 1),
                    ends_on=last,
                    granted_at=made_at,
                    granted_by=account,
                )
            )
    made = proposed(as_, "PUT", "/registers", REGISTER)
    with_addresses(database)
    assert letters(database) == [("proposal", f"proposal/{made['id']}/{ids[0]}", "cán bộ 0")]
    decide(as_, made, "confirm")
    assert [(template, name) for template, _, name in letters(database)] == [
        ("proposal", "cán bộ 0"),
        ("confirmed", FIRST),
    ]


def letters(database: Database) -> list[tuple[str, str, str]]:
    question = text(
        "SELECT template, key, account.name FROM outbox_message "
        "JOIN account ON account.id = account_id ORDER BY outbox_message.id"
    )
    with database.reading() as session:
        return [(row[0], row[1], row[2]) for row in session.execute(question)]


def test_the_production_profile_asks_for_two() -> None:
    def two(**said: Any) -> bool | None:
        return Settings(secret_key=SECRET, **said).two_administrators

    assert (two(), two(profile=Profile.PRODUCTION)) == (False, True)
    assert two(profile=Profile.PRODUCTION, two_administrators=False) is False


USE_CASES = {"revise_target", "put_registers", "create_succession", "decide_period"}


def test_no_door_changes_the_rules_past_the_second_pair_of_eyes() -> None:
    """All doors go by `services/proposals.py`; a dry run of a succession changes nothing."""
    app = Path(__file__).parent.parent.parent / "app"
    past = []
    for path in (*app.glob("api/*.py"), *app.glob("web/**/*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                tried = any(
                    one.arg == "dry_run" and getattr(one.value, "value", None) is True
                    for one in node.keywords
                )
                if name in USE_CASES and not tried:
                    past.append(f"{path.name}: {name}")
    assert not past


def test_no_figure_that_is_proposed_is_read_another_way_when_it_is_confirmed(as_: As) -> None:
    """Three decimals behind a point, and shares of twelve decimals."""
    threshold = proposed(
        as_, "POST", f"{TARGET}/revisions", REVISION | {"threshold_percent": 87.125}
    )
    assert decide(as_, threshold, "confirm").status_code == 200
    assert as_("viewer").get(TARGET).json()["threshold_percent"] == 87.125
    shares = {"P34-01": "0.333333333333", "P34-04": "0.666666666667"}
    split = SUCCESSION | {"successors": [*shares], "shares": shares}
    succession = proposed(as_, "POST", "/successions", split)
    assert decide(as_, succession, "confirm").status_code == 200
