"""The audit over JSON: who did what, when, from where, before and after; and who reads it."""

import ast
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import Database
from app.domain.chain import FIRST, event_sha256
from app.i18n import LANGUAGES, catalogue
from tests.api.journeys import NC, PHU_THO, approved, ratio, submit
from tests.conftest import As, Clock

ROOT = Path(__file__).parents[2]


def audit(as_: As, who: str = "auditor", **asked: Any) -> list[dict[str, Any]]:
    answer = as_(who).get("/audit", params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_the_audit_tells_who_did_what_to_which_report_newest_first(as_: As) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    approve, hand_in = audit(as_, subject=PHU_THO.lstrip("/"))
    assert [approve["action"], hand_in["action"]] == ["report:approve", "report:submit"]
    assert approve["actor"]["name"] == "reviewer"
    assert hand_in["actor"]["name"] == "reporter P63-25"
    assert hand_in["detail"] == {"revision": 1, "version": 1, "status": "submitted"}
    assert hand_in["request_id"]
    assert hand_in["token"]
    assert hand_in["personal"]["agent"] == "testclient"
    assert approve["id"] > hand_in["id"]
    assert approve["at"] > hand_in["at"]


def test_a_change_stands_there_with_what_was_before_and_after(as_: As) -> None:
    changed = as_("admin").patch(f"/periods/{NC}/2024", json={"closed": True, "reason": "hết hạn"})
    assert changed.status_code == 200, changed.text
    (event,) = audit(as_, action="period:revise")
    assert event["subject"] == f"periods/{NC}/2024"
    assert (event["detail"]["before"]["closed"], event["detail"]["after"]["closed"]) == (
        False,
        True,
    )
    assert event["detail"]["reason"] == "hết hạn"


def test_a_subject_comes_with_what_is_below_it_and_nothing_beside_it(as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 1, 2)])
    submit(as_, "P63-01", [ratio("NC2", 1, 2)])
    everything = {event["subject"] for event in audit(as_, subject=f"reports/{NC}")}
    assert everything == {f"reports/{NC}/2024/P63-25", f"reports/{NC}/2024/P63-01"}
    assert audit(as_, subject=f"reports/{NC}/2024/P63-2") == []
    assert audit(as_, subject=f"reports/{NC.lower()}") == []
    both = [f"reports/{NC}/2024/P63-25", f"reports/{NC}/2024/P63-01"]
    assert len(audit(as_, subject=both)) == 2


def test_the_audit_is_asked_by_actor_action_and_time(as_: As) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    (hand_in,) = audit(as_, action="report:submit")
    assert {event["action"] for event in audit(as_, action="report:*")} == {
        "report:submit",
        "report:approve",
    }
    by_name = audit(as_, actor="reporter P63-25")
    assert by_name == audit(as_, actor=hand_in["actor"]["id"])
    assert [event["action"] for event in by_name] == ["report:submit"]
    assert audit(as_, actor="nobody of this name") == []
    since = audit(as_, action="report:*", **{"from": hand_in["at"]})
    assert [event["action"] for event in since] == ["report:approve", "report:submit"]
    assert audit(as_, action="report:submit", until=hand_in["at"]) == []


def test_the_audit_is_read_page_by_page_while_it_grows(as_: As) -> None:
    for unit in ("P63-01", "P63-02", "P63-04"):
        submit(as_, unit, [ratio("NC2", 1, 2)])
    auditor, seen, cursor = as_("auditor"), [], None
    while True:
        asked = {"limit": 1, "action": "report:submit"} | ({"cursor": cursor} if cursor else {})
        page = auditor.get("/audit", params=asked).json()
        seen += [event["subject"][-6:] for event in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        submit(as_, "P63-06", [ratio("NC2", len(seen), 9)]) if len(seen) == 1 else None
    assert seen == ["P63-04", "P63-02", "P63-01"]
    assert auditor.get("/audit", params={"cursor": "x"}).status_code == 400


def test_only_auditors_and_administrators_read_it(as_: As) -> None:
    for role, unit in (("reporter", "P63-25"), ("unit_approver", "P63-25"), ("viewer", None)):
        assert as_(role, unit).get("/audit").status_code == 403
        # Who may is decided before what was sent is judged.
        assert as_(role, unit).get("/audit?from=yesterday").status_code == 403
    assert as_("reviewer").get("/audit").status_code == 403
    assert as_(None).get("/audit").status_code == 401
    for role in ("auditor", "admin"):
        assert as_(role).get("/audit").status_code == 200


def test_a_filter_that_cannot_be_is_refused(as_: As) -> None:
    for query in (
        "from=yesterday",
        "until=2024-12-10",
        "action=submit",
        "action=report:*:x",
        "who=x",
        "subject=",
        "actor=%00",
    ):
        assert as_("auditor").get(f"/audit?{query}").status_code == 422, query


def test_who_reads_the_audit_stands_in_it_once_an_hour(as_: As, clock: Clock) -> None:
    def read() -> int:
        return len(audit(as_, "admin", action="audit:read", actor="auditor"))

    clock.now = datetime.now(UTC)
    for _ in range(3):
        audit(as_)
    assert read() == 1
    clock.now += timedelta(minutes=61)
    audit(as_)
    assert read() == 2


def test_an_answer_is_known_again_by_its_etag(as_: As) -> None:
    auditor = as_("auditor")
    auditor.get("/audit")
    tag = auditor.get("/audit").headers["etag"]
    assert auditor.get("/audit", headers={"If-None-Match": tag}).status_code == 304


def test_anyone_who_reads_the_audit_can_work_its_hashes_out(as_: As) -> None:
    approved(as_, "P63-25", [ratio("NC2", 300, 400)])
    events = audit(as_, limit=500)[::-1]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    last = FIRST
    for event in events:
        assert event["previous_sha256"] == last
        plain = event | {
            "at": datetime.fromisoformat(event["at"]),
            "account_id": event["actor"] and event["actor"]["id"],
        }
        assert event_sha256(plain) == event["sha256"]
        last = event["sha256"]


def test_personal_data_are_not_in_what_cannot_be_erased(as_: As, database: Database) -> None:
    submit(as_, "P63-25", [ratio("NC2", 1, 2)])
    with database.reading() as session:
        rows = session.execute(text("SELECT * FROM audit_event")).all()
    assert "testclient" not in str(rows)


@cache
def literal_actions() -> frozenset[str]:
    """What the use cases call what they do, where it stands as one word in the code."""
    found = set()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "record":
                for said in node.args[2:3]:
                    if isinstance(said, ast.Constant) and isinstance(said.value, str):
                        found.add(said.value)
    return frozenset(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_deed_has_a_word_for_the_page(language: str) -> None:
    assert len(literal_actions()) > 5
    known = {key.removeprefix("audit.action.") for key in catalogue(language)}
    assert not sorted(literal_actions() - known)
