"""Where a unit's own approver endorses its reports, the centre sees none before that."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.db import queries
from app.db.session import Database
from app.services.checks import _heads, _history, _in_force
from tests.api.journeys import NC, PHU_THO, figure, ratio
from tests.conftest import As, Clock
from tests.sheets.books import XLSX, wide_form

PHU = "P63-25"
FIRST, SECOND = [ratio("NC2", 300, 400)], [ratio("NC2", 380, 400)]
LIST = f"/reports?programme={NC}&period=2024"
COMPLETENESS = f"/dashboards/completeness?programme={NC}&period=2024"
CENTRE = ("reviewer", "viewer", "auditor", "admin")


@pytest.fixture
def endorsing(as_: As) -> As:
    """Phú Thọ has its reports endorsed by its own approver first."""
    setting = {"endorsement": True, "reason": "Quy chế của đơn vị"}
    answer = as_("admin").patch(f"/units/{PHU}", json=setting)
    assert answer.json()["endorsement"] is True
    return as_


def sent(as_: As, values: list[dict[str, Any]], tag: str | None = None) -> Any:
    headers = {"If-Match": tag} if tag else {}
    body = {"values": values, "submit": True}
    answer = as_("reporter", PHU).put(PHU_THO, json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return answer


def act(as_: As, action: str, role: str = "reviewer", comment: str | None = None) -> Any:
    caller = as_(role, PHU if role in ("reporter", "unit_approver") else None)
    return caller.post(f"{PHU_THO}/{action}", json={"comment": comment})


def status(as_: As, action: str, role: str = "reviewer", comment: str | None = None) -> str:
    answer = act(as_, action, role, comment)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


def line(as_: As) -> dict[str, Any]:
    rows = as_("viewer").get(COMPLETENESS).json()["units"]
    return next(dict(row) for row in rows if row["unit"] == PHU)


def test_a_unit_does_not_ask_for_endorsement_unless_it_is_said_so(as_: As) -> None:
    assert as_("viewer").get(f"/units/{PHU}").json()["endorsement"] is False
    sent(as_, FIRST)
    assert as_("reviewer").get(PHU_THO).json()["status"] == "submitted"


def test_the_centre_sees_nothing_of_a_report_before_it_is_endorsed(endorsing: As) -> None:
    as_ = endorsing
    assert sent(as_, FIRST).json()["receipt"] is not None
    assert as_("unit_approver", PHU).get(PHU_THO).json()["status"] == "submitted"
    for role in CENTRE:
        assert as_(role).get(PHU_THO).status_code == 404
        assert as_(role).get(f"{PHU_THO}/revisions").status_code == 404
        assert as_(role).get(LIST).json()["items"] == []
    assert act(as_, "approve").status_code == 404
    assert act(as_, "return", comment="x").status_code == 404
    assert figure(as_, "NC2", include="submitted")["numerator"] is None
    assert (line(as_)["status"], line(as_)["submitted_at"], line(as_)["values"]) == (None, None, 0)
    feed = as_("reviewer").get(f"/feeds/reports.json?programme={NC}&period=2024")
    assert PHU not in feed.text


def test_an_endorsed_report_is_the_centre_s_with_the_day_of_the_unit_s_deed(
    endorsing: As, clock: Clock
) -> None:
    """Due on 15 December 2024: submitted on the 10th, endorsed on the 20th, it is in time."""
    as_ = endorsing
    submitted_at = sent(as_, FIRST).json()["submitted_at"]
    clock.now = datetime(2024, 12, 20, 3, 0, tzinfo=UTC)
    assert act(as_, "endorse", "reporter").status_code == 403
    assert act(as_, "endorse", "unit_approver").json()["status"] == "endorsed"
    seen = as_("reviewer").get(PHU_THO).json()
    assert (seen["status"], seen["late"], seen["submitted_at"]) == ("endorsed", False, submitted_at)
    assert figure(as_, "NC2", include="submitted")["numerator"] == 300
    assert (line(as_)["status"], line(as_)["late"], line(as_)["values"]) == ("endorsed", False, 1)
    (revision,) = as_("reviewer").get(f"{PHU_THO}/revisions").json()["items"]
    assert [event["action"] for event in revision["events"]] == ["submit", "endorse"]
    assert status(as_, "approve") == "approved"
    assert figure(as_, "NC2")["numerator"] == 300


def test_what_is_taken_back_before_it_is_endorsed_the_centre_never_learns(endorsing: As) -> None:
    as_ = endorsing
    first = sent(as_, FIRST).json()["submitted_at"]
    taken_back = act(as_, "withdraw", "reporter")
    assert as_("reviewer").get(PHU_THO).status_code == 404
    draft = as_("reporter", PHU).put(
        PHU_THO, json={"values": SECOND}, headers={"If-Match": taken_back.headers["etag"]}
    )
    again = sent(as_, SECOND, draft.headers["etag"]).json()
    assert again["submitted_at"] > first
    assert status(as_, "endorse", "unit_approver") == "endorsed"
    (revision,) = as_("reviewer").get(f"{PHU_THO}/revisions").json()["items"]
    assert revision["revision"] == 2
    assert {event["action"] for event in revision["events"]} == {"draft", "submit", "endorse"}
    own = as_("reporter", PHU).get(f"{PHU_THO}/revisions").json()["items"]
    assert [event["action"] for one in own for event in one["events"]] == [
        *("submit", "withdraw", "draft", "submit", "endorse")
    ]


def test_while_a_returned_report_waits_the_centre_sees_what_it_returned(endorsing: As) -> None:
    as_ = endorsing
    sent(as_, FIRST)
    status(as_, "endorse", "unit_approver")
    back = act(as_, "return", comment="thiếu khối doanh nghiệp")
    before = as_("reviewer").get(PHU_THO)
    assert sent(as_, SECOND, back.headers["etag"]).json()["revision"] == 2
    seen = as_("reviewer").get(PHU_THO)
    assert (seen.json(), seen.headers["etag"]) == (before.json(), before.headers["etag"])
    assert act(as_, "approve").json()["code"] == "wrong_status"
    assert len(as_("reviewer").get(f"{PHU_THO}/revisions").json()["items"]) == 1
    assert line(as_)["status"] == "returned"
    assert act(as_, "withdraw", "reporter").json()["status"] == "withdrawn"
    assert as_("reviewer").get(PHU_THO).json() == before.json()


def test_the_same_content_sent_again_tells_the_centre_nothing_before_it_is_endorsed(
    endorsing: As,
) -> None:
    """Not even by a new receipt."""
    as_ = endorsing
    sent(as_, FIRST)
    status(as_, "endorse", "unit_approver")
    act(as_, "return", comment="xem lại")
    before = as_("reviewer").get(PHU_THO).json()
    assert status(as_, "submit", "reporter") == "submitted"
    assert as_("reviewer").get(PHU_THO).json() == before


def test_a_withdrawn_report_that_comes_in_again_is_the_unit_s_until_endorsed(
    endorsing: As,
) -> None:
    as_ = endorsing
    sent(as_, FIRST)
    status(as_, "endorse", "unit_approver")
    back = act(as_, "withdraw", "reporter")
    before = as_("reviewer").get(PHU_THO).json()
    assert (before["status"], before["submitted_at"]) == ("withdrawn", None)
    sent(as_, SECOND, back.headers["etag"])
    assert as_("reviewer").get(PHU_THO).json() == before
    assert line(as_)["status"] == "withdrawn"


def test_the_centre_s_workbook_does_not_overwrite_what_the_unit_has_in_hand(
    endorsing: As,
) -> None:
    as_ = endorsing
    content = wide_form({PHU: {"NC2.numerator": 1, "NC2.denominator": 2}})

    def imported() -> Any:
        file = {"file": ("a.xlsx", content, XLSX)}
        return as_("reviewer").post("/imports", params={"submit": True}, files=file)

    draft = as_("reporter", PHU).put(PHU_THO, json={"values": FIRST})
    told_of_draft = imported().json()["errors"]
    sent(as_, FIRST, draft.headers["etag"])
    refused = imported()
    assert refused.status_code == 422
    assert refused.json()["errors"] == told_of_draft
    assert as_("reporter", PHU).get(PHU_THO).json()["values"][0]["numerator"] == 300


def test_what_the_centre_brings_in_itself_waits_for_nobody(endorsing: As) -> None:
    as_ = endorsing
    content = wide_form({PHU: {"NC2.numerator": 1, "NC2.denominator": 2}})
    file = {"file": ("a.xlsx", content, XLSX)}
    stored = as_("reviewer").post("/imports", params={"submit": True}, files=file)
    assert stored.status_code == 201
    assert as_("viewer").get(PHU_THO).json()["status"] == "submitted"
    assert as_("reviewer", None, "người duyệt").post(f"{PHU_THO}/approve").status_code == 200


def test_what_was_known_is_told_from_the_history_and_everything_adds_up(
    endorsing: As, database: Database, clock: Clock
) -> None:
    as_ = endorsing
    clock.now = datetime.now(UTC)
    sent(as_, FIRST)
    with database.reading() as session:
        waiting = session.info["version"].at
    clock.now = datetime.now(UTC)
    status(as_, "endorse", "unit_approver")
    with database.reading() as session:
        known = {one.unit_id: one for one in queries.heads_known(session, range(1, 200), waiting)}
        (then,) = known.values()
        assert (then.centre_status, then.submitted_at is None) == (None, False)
        now = session.info["version"].at
        (head,) = queries.heads_known(session, range(1, 200), now)
        assert head == queries.head_of(session, head.period_id, head.unit_id)
        for check in (_heads, _history, _in_force):
            assert not list(check(session, None, lambda: None))  # type: ignore[arg-type]
    then_on_board = as_("viewer").get(f"{COMPLETENESS}&known_at={waiting.isoformat()[:26]}Z").json()
    assert then_on_board["received"] == 0


def test_endorsing_what_is_not_submitted_is_refused(endorsing: As) -> None:
    as_ = endorsing
    as_("reporter", PHU).put(PHU_THO, json={"values": FIRST})
    assert act(as_, "endorse", "unit_approver").json()["code"] == "wrong_status"
    assert as_("unit_approver", "P63-26").post(f"{PHU_THO}/endorse").status_code == 404
