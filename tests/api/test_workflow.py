"""What becomes of a report: decisions, four eyes, what the centre sees, what stays."""

import base64
import hashlib
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.api.journeys import NC, PHU_THO, TT, approved, figure, ratio, submit
from tests.conftest import As, Clock

FIRST, SECOND = [ratio("NC2", 300, 400)], [ratio("NC2", 380, 400)]


def act(as_: As, action: str, who: str = "reviewer", comment: str | None = None, **headers: str):  # type: ignore[no-untyped-def]
    unit = "P63-25" if who in ("reporter", "unit_approver") else None
    body = {"json": {"comment": comment}} if comment else {}
    return as_(who, unit).post(f"{PHU_THO}/{action}", headers=headers, **body)


def resend(as_: As, values, tag: str):  # type: ignore[no-untyped-def]
    body = {"values": values, "submit": True}
    return as_("reporter", "P63-25").put(PHU_THO, json=body, headers={"If-Match": tag})


def test_a_report_goes_back_and_comes_again_and_every_revision_stays(as_: As) -> None:
    submit(as_, "P63-25", FIRST)
    back = act(as_, "return", comment="Thiếu khối doanh nghiệp")
    assert back.json()["status"] == "returned"
    again = resend(as_, SECOND, back.headers["etag"])
    assert (again.status_code, again.json()["revision"]) == (200, 2)
    assert act(as_, "approve").json()["status"] == "approved"
    history = as_("reviewer").get(f"{PHU_THO}/revisions").json()["items"]
    assert [(one["revision"], one["values"][0]["numerator"]) for one in history] == [
        (1, 300),
        (2, 380),
    ]
    assert [event["action"] for one in history for event in one["events"]] == [
        "submit",
        "return",
        "submit",
        "approve",
    ]
    assert history[0]["events"][1]["comment"] == "Thiếu khối doanh nghiệp"
    assert (history[0]["by"], history[0]["channel"]) == ("reporter P63-25", "api")


def test_a_return_or_a_reopening_says_why(as_: As) -> None:
    submit(as_, "P63-25", FIRST)
    refused = act(as_, "return")
    assert (refused.status_code, refused.json()["code"]) == (422, "comment_required")
    assert act(as_, "return", comment="   ").status_code == 422
    act(as_, "approve")
    assert act(as_, "reopen").json()["code"] == "comment_required"


def test_nobody_approves_what_they_drafted_or_submitted(as_: As) -> None:
    person = "một người hai vai"
    unit = as_("reporter", "P63-25", person)
    unit.put(PHU_THO, json={"values": FIRST})
    submit_by_other = as_("reporter", "P63-25", "người gửi")
    submit_by_other.post(f"{PHU_THO}/submit")
    for name in (person, "người gửi"):
        refused = as_("reviewer", None, name).post(f"{PHU_THO}/approve")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert "người khác" in refused.json()["detail"]
    assert act(as_, "approve").status_code == 200


def test_a_reopened_report_s_approved_figures_stay_in_force_until_the_next_approval(
    as_: As,
) -> None:
    approved(as_, "P63-25", FIRST)
    reopened = act(as_, "reopen", comment="đính chính")
    resend(as_, SECOND, reopened.headers["etag"])
    assert figure(as_, "NC2")["numerator"] == 300
    assert figure(as_, "NC2", include="submitted")["numerator"] == 380
    act(as_, "approve")
    assert figure(as_, "NC2")["numerator"] == 380


def test_a_returned_or_withdrawn_report_does_not_count(as_: As) -> None:
    submit(as_, "P63-25", FIRST)
    assert figure(as_, "NC2", include="submitted")["numerator"] == 300
    assert figure(as_, "NC2")["verdict"] == "no_data"
    act(as_, "withdraw", "reporter")
    assert figure(as_, "NC2", include="submitted")["numerator"] is None


def test_what_is_sent_back_keeps_its_day_and_what_is_taken_back_comes_in_anew(
    as_: As, clock: Clock
) -> None:
    """Due on 15 December 2024; submitted on the 10th, corrected and taken back on the 20th."""
    first = submit(as_, "P63-25", FIRST).json()
    clock.now = datetime(2024, 12, 20, 3, 0, tzinfo=UTC)
    back = act(as_, "return", comment="sửa")
    again = resend(as_, SECOND, back.headers["etag"]).json()
    assert (again["late"], again["submitted_at"]) == (False, first["submitted_at"])
    back = act(as_, "withdraw", "reporter")
    assert (back.json()["late"], back.json()["submitted_at"]) == (False, None)
    anew = resend(as_, SECOND, back.headers["etag"]).json()
    assert (anew["status"], anew["late"]) == ("submitted", True)
    assert anew["submitted_at"] > first["submitted_at"]


def test_only_what_was_handed_in_is_withdrawn_and_only_what_was_approved_reopened(
    as_: As,
) -> None:
    as_("reporter", "P63-25").put(PHU_THO, json={"values": FIRST})
    assert act(as_, "withdraw", "reporter").json()["code"] == "wrong_status"
    assert act(as_, "submit", "reporter").json()["status"] == "submitted"
    assert act(as_, "reopen", comment="x").json()["code"] == "wrong_status"
    assert act(as_, "endorse", "unit_approver").json()["status"] == "endorsed"
    assert act(as_, "withdraw", "reporter").json()["status"] == "withdrawn"
    assert act(as_, "withdraw", "reporter").json()["code"] == "wrong_status"
    assert act(as_, "return", comment="x").json()["code"] == "wrong_status"
    assert act(as_, "submit", "reporter").json()["status"] == "submitted"
    assert act(as_, "approve").json()["status"] == "approved"
    for action in ("withdraw", "submit"):
        assert act(as_, action, "reporter").json()["code"] == "wrong_status"
    assert act(as_, "return", comment="x").json()["code"] == "wrong_status"


def test_drafts_are_their_unit_s_alone(as_: As) -> None:
    as_("reporter", "P63-25").put(PHU_THO, json={"values": FIRST})
    for role in ("reviewer", "viewer", "auditor", "admin"):
        assert as_(role).get(PHU_THO).status_code == 404
    assert as_("reviewer").get("/reports").json()["items"] == []
    assert as_("unit_approver", "P63-25").get(PHU_THO).json()["status"] == "draft"


def test_the_centre_does_not_see_the_draft_that_follows_a_return(as_: As) -> None:
    submit(as_, "P63-25", FIRST)
    back = act(as_, "return", comment="sửa")
    headers = {"If-Match": back.headers["etag"]}
    as_("reporter", "P63-25").put(PHU_THO, json={"values": SECOND}, headers=headers)
    seen = as_("reviewer").get(PHU_THO).json()
    assert (seen["status"], seen["revision"], seen["values"][0]["numerator"]) == (
        "returned",
        1,
        300,
    )
    assert as_("reporter", "P63-25").get(PHU_THO).json()["status"] == "draft"
    assert act(as_, "approve").json()["code"] == "wrong_status"
    assert len(as_("reviewer").get(f"{PHU_THO}/revisions").json()["items"]) == 1
    assert len(as_("reporter", "P63-25").get(f"{PHU_THO}/revisions").json()["items"]) == 2


def test_a_stale_decision_is_refused(as_: As) -> None:
    tag = submit(as_, "P63-25", FIRST).headers["etag"]
    act(as_, "withdraw", "reporter")
    assert act(as_, "approve", **{"If-Match": tag}).status_code == 412
    assert act(as_, "approve").json()["code"] == "wrong_status"


def test_another_unit_s_report_does_not_exist(as_: As) -> None:
    submit(as_, "P63-25", FIRST)
    stranger = as_("reporter", "P63-26")
    body = {"values": FIRST, "submit": True}
    assert stranger.get(PHU_THO).status_code == 404
    assert stranger.put(PHU_THO, json=body).status_code == 404
    assert stranger.post(f"{PHU_THO}/withdraw").status_code == 404
    assert stranger.get("/reports").json()["items"] == []


def test_an_action_that_is_not_theirs_is_forbidden_where_they_may_see(as_: As) -> None:
    submit(as_, "P63-25", FIRST)
    assert act(as_, "approve", "reporter").status_code == 403
    for role in ("viewer", "auditor", "admin"):
        assert act(as_, "approve", role).status_code == 403
        assert as_(role).put(PHU_THO, json={"values": []}).status_code == 403
    assert act(as_, "withdraw").status_code == 403


def test_a_successor_s_people_write_what_their_predecessors_left(as_: As) -> None:
    submit(as_, "P63-26", FIRST)
    heir = as_("reporter", "P34-25")
    assert heir.get(f"/reports/{NC}/2024/P63-26").status_code == 200
    assert heir.put(PHU_THO, json={"values": FIRST, "submit": True}).status_code == 201
    assert heir.get(f"/reports/{NC}/2024/P63-01").status_code == 404
    late = heir.put(f"/reports/{TT}/2025/P63-25", json={"values": []})
    assert late.status_code == 403
    assert heir.get("/me").json()["reports_for"] == ["P34-25", "P63-17", "P63-25", "P63-26"]


def test_a_receipt_can_be_verified_by_anyone(as_: As) -> None:
    receipt = submit(as_, "P63-25", FIRST).json()["receipt"]
    keys = as_(None).client.get("/.well-known/chitieu-keys.json").json()["keys"]
    public = base64.urlsafe_b64decode(keys[0]["x"] + "=")
    said = f"{receipt['hash']}|{receipt['at']}|{PHU_THO.lstrip('/')}".encode()
    signature = base64.b64decode(receipt["signature"])
    Ed25519PublicKey.from_public_bytes(public).verify(signature, said)
    content = (
        '{"report":"reports/NC-2024/2024/P63-25",'
        '"values":[{"denominator":400,"numerator":300,"target":"NC2"}]}'
    )
    assert receipt["hash"] == hashlib.sha256(content.encode()).hexdigest()
    act(as_, "approve")
    assert as_("reviewer").get(PHU_THO).json()["receipt"] == receipt
