"""Many reports in one request: each item for itself, every fault at once, nothing by halves."""

from typing import Any

from sqlalchemy import text

from app.db.session import Database
from tests.api.journeys import NC, approved, ratio, submit
from tests.conftest import As

A, B, C = "P63-01", "P63-02", "P63-04"
PLACE = {"programme": NC, "period": "2024"}


def entry(unit: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {**PLACE, "unit": unit, "values": list(values), **more}


def named(unit: str, **more: Any) -> dict[str, Any]:
    return {**PLACE, "unit": unit, **more}


def send(as_: As, *reports: dict[str, Any], by: str = "reviewer", **more: Any) -> Any:
    unit = None if by == "reviewer" else by
    caller = as_("reviewer" if unit is None else "reporter", unit)
    headers = more.pop("headers", {})
    return caller.post("/reports/bulk", json={"reports": list(reports), **more}, headers=headers)


def approve(as_: As, *reports: dict[str, Any], name: str | None = None, **more: Any) -> Any:
    reviewer = as_("reviewer", None, name)
    return reviewer.post("/reports/bulk-approve", json={"reports": list(reports)}, **more)


def counted(summary: dict[str, Any]) -> dict[str, int]:
    """The counts that are not 0; the sum of a summary always holds."""
    counts = dict(summary["counts"])
    parts = ("created", "updated", "unchanged", "cleared", "ignored", "errors")
    assert counts["read"] == sum(counts[part] for part in parts)
    return {name: count for name, count in counts.items() if count}


def rows(database: Database, *tables: str) -> list[int]:
    with database.reading() as session:
        return [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in tables
        ]


def test_each_report_is_approved_or_refused_for_itself(as_: As) -> None:
    for unit in (A, B):
        submit(as_, unit, [ratio("NC2", 3, 4)])
    approved(as_, C, [ratio("NC2", 1, 4)])
    answer = approve(
        as_, named(A), named("P63-99"), named(C), named(B, version=9), named("P63-06"), named(B)
    )
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [(one["unit"], one["status"], one["code"]) for one in items] == [
        (A, "approved", None),
        ("P63-99", None, "not_found"),
        (C, "approved", "wrong_status"),
        (B, "submitted", "precondition_failed"),
        ("P63-06", None, "not_found"),
        (B, "approved", None),
    ]
    assert answer.json()["counts"] == {"approved": 2, "refused": 4}
    assert [one["message"] is None for one in items] == [one["code"] is None for one in items]
    assert "Đã duyệt" in items[2]["message"]


def test_four_eyes_hold_for_every_item(as_: As) -> None:
    person = "một người hai vai"
    body = {"values": [ratio("NC2", 3, 4)], "submit": True}
    as_("reporter", A, person).put(f"/reports/{NC}/2024/{A}", json=body)
    submit(as_, B, [ratio("NC2", 3, 4)])
    items = approve(as_, named(A), named(B), name=person).json()["items"]
    assert [one["code"] for one in items] == ["not_allowed", None]
    assert "người khác" in items[0]["message"]


def test_an_item_that_is_refused_leaves_no_trace(as_: As, database: Database) -> None:
    submit(as_, A, [ratio("NC2", 3, 4)])
    tables = ("audit_event", "report_event", "outbox_message", "webhook_delivery")
    as_("reviewer")
    before = rows(database, *tables)
    assert approve(as_, named(B), named(A, version=7)).json()["counts"]["approved"] == 0
    assert rows(database, *tables) == before
    approve(as_, named(B), named(A))
    assert rows(database, *tables)[:2] == [before[0] + 1, before[1] + 1]


def test_only_reviewers_approve_and_that_is_said_before_the_body_is_read(as_: As) -> None:
    for role, unit in (("reporter", A), ("viewer", None), ("admin", None), ("auditor", None)):
        answer = as_(role, unit).post("/reports/bulk-approve", json={"nonsense": 1})
        assert answer.status_code == 403
    refused = as_("reviewer").post("/reports/bulk-approve", json={"reports": [{"unit": A}]})
    assert {one["pointer"] for one in refused.json()["errors"]} == {
        "/reports/0/programme",
        "/reports/0/period",
    }


def test_approving_twice_with_one_key_approves_once(as_: As) -> None:
    submit(as_, A, [ratio("NC2", 3, 4)])
    headers = {"Idempotency-Key": "duyệt".encode().hex()}
    first = approve(as_, named(A), headers=headers)
    again = approve(as_, named(A), headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert approve(as_, named(B), headers=headers).json()["code"] == "idempotency_conflict"


def test_reports_are_sent_together_and_submitted_each_as_it_says(as_: As) -> None:
    answer = send(
        as_,
        entry(A, ratio("NC2", 3, 4), {"target": "NC1a", "done": True}, submit=True),
        entry(B, ratio("NC2", 1, 2)),
    )
    assert answer.status_code == 201
    summary = answer.json()
    assert (summary["status"], summary["mode"]) == ("stored", "atomic")
    assert counted(summary) == {"read": 3, "created": 3}
    assert [(one["unit"], one["status"]) for one in summary["reports"]] == [
        (A, "submitted"),
        (B, "draft"),
    ]
    history = as_("viewer").get(f"/reports/{NC}/2024/{A}/revisions").json()["items"]
    assert (history[0]["channel"], history[0]["by"]) == ("api", "reviewer")
    again = send(as_, entry(B, ratio("NC2", 1, 2)), entry(C, ratio("NC2", 1, 2)))
    assert counted(again.json()) == {"read": 2, "unchanged": 1, "created": 1}


def test_a_target_left_out_stays_as_it_is(as_: As) -> None:
    """As in a workbook, and unlike PUT: two people may each bring their part."""
    send(as_, entry(A, ratio("NC2", 3, 4)), by=A)
    changed = send(as_, entry(A, {"target": "NC1a", "done": True}), by=A).json()
    assert counted(changed) == {"read": 1, "created": 1}
    values = as_("reporter", A).get(f"/reports/{NC}/2024/{A}").json()["values"]
    assert {one["target"] for one in values} == {"NC2", "NC1a"}


def test_all_faults_are_listed_at_once_each_at_its_place(as_: As) -> None:
    answer = send(
        as_,
        entry(A, ratio("NC2", 520, 500), ratio("NC3", 1, 2), {"target": "NC99", "done": True}),
        entry("P63-99", ratio("NC2", 1, 2)),
        {**entry(B, ratio("NC2", 1, 2)), "period": "2031"},
        entry(
            C, ratio("NC2", 1, 2), {"target": "NC3", "percent": "mười"}, "chữ", ratio("NC2", 1, 3)
        ),
    )
    assert answer.status_code == 422
    summary = answer.json()
    faults = [(one["pointer"], one["code"], one["target"]) for one in summary["errors"]]
    assert faults == [
        ("/reports/0/values/0/numerator", "numerator_exceeds_denominator", "NC2"),
        ("/reports/0/values/2/target", "unknown_target", "NC99"),
        ("/reports/1/unit", "unknown_unit", "NC2"),
        ("/reports/2/period", "not_found", "NC2"),
        ("/reports/3/values/0/target", "duplicate_row", "NC2"),
        ("/reports/3/values/1/percent", "not_a_number", "NC3"),
        ("/reports/3/values/2", "invalid", None),
        ("/reports/3/values/3/target", "duplicate_row", "NC2"),
    ]
    first = summary["errors"][0]
    assert (first["unit"], first["value"], first["expected"]) == (A, "520", "≤ 500")
    assert all(one["message"] for one in summary["errors"])
    # One value for each unit and target: NC2 of the last unit, told twice, is one.
    assert counted(summary) == {"read": 8, "ignored": 1, "errors": 7}
    assert (summary["status"], summary["reports"]) == ("refused", [])
    assert as_("reporter", A).get(f"/reports/{NC}/2024/{A}").status_code == 404


def test_the_good_ones_are_kept_where_that_is_asked_and_the_others_leave_no_trace(
    as_: As, database: Database
) -> None:
    approved(as_, C, [ratio("NC2", 1, 4)])
    before = rows(database, "report", "audit_event", "webhook_delivery")
    answer = send(
        as_,
        entry(A, ratio("NC2", 3, 4), ratio("NC3", 5, 4), submit=True),
        entry(B, ratio("NC2", 3, 4), submit=True),
        entry(C, ratio("NC2", 3, 4), submit=True),
        mode="partial",
    )
    assert answer.status_code == 201
    summary = answer.json()
    assert counted(summary) == {"read": 4, "created": 2, "errors": 2, "warnings": 1}
    assert [one["code"] for one in summary["errors"]] == [
        "numerator_exceeds_denominator",
        "wrong_status",
    ]
    assert [one["status"] for one in summary["reports"]] == ["draft", "submitted"]
    assert rows(database, "report", "audit_event", "webhook_delivery") == [
        *(before[0] + 2, before[1] + 2, before[2])
    ]


def test_a_trial_stores_nothing_and_says_what_would_be(as_: As, database: Database) -> None:
    as_("reviewer")
    before = rows(database, "report", "audit_event", "outbox_message")
    answer = send(as_, entry(A, ratio("NC2", 3, 4), submit=True), dry_run=True)
    assert (answer.status_code, answer.json()["status"]) == (200, "dry_run")
    assert counted(answer.json()) == {"read": 1, "created": 1}
    assert rows(database, "report", "audit_event", "outbox_message") == before
    wrong = send(as_, entry(A, ratio("NC2", 5, 4)), dry_run=True)
    assert (wrong.status_code, counted(wrong.json())) == (200, {"read": 1, "errors": 1})


def test_a_unit_sends_its_own_reports_and_no_other(as_: As) -> None:
    refused = send(as_, entry(A, ratio("NC2", 3, 4)), entry(B, ratio("NC2", 3, 4)), by=A)
    assert refused.status_code == 422
    assert [(one["unit"], one["code"]) for one in refused.json()["errors"]] == [(B, "not_found")]
    assert as_("viewer").post("/reports/bulk", json="nonsense").status_code == 403
    shape = send(as_, {"unit": A, "values": [], "submit": "yes"}, by=A)
    assert (shape.status_code, shape.headers["content-type"]) == (422, "application/problem+json")


def test_the_same_request_sent_again_with_its_key_stores_once(as_: As) -> None:
    headers = {"Idempotency-Key": "bulk-1"}
    first = send(as_, entry(A, ratio("NC2", 3, 4)), headers=headers)
    again = send(as_, entry(A, ratio("NC2", 3, 4)), headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
