"""Workbooks in: the same contracts and the same use case as JSON, by another envelope."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.db import import_jobs
from app.db.import_tables import JobState
from app.db.session import Database
from tests.api.journeys import NC, PHU_THO, approved, figure, ratio, submit
from tests.conftest import As, Caller, Clock
from tests.sheets.books import XLSX, long_form, wide_form

PHU = "P63-25"
Lines = list[tuple[str, str, dict[str, Any]]]
LINES: Lines = [
    (PHU, "NC2", {"numerator": 300, "denominator": 400, "note": "theo danh sách"}),
    (PHU, "NC3", {"percent": "61,5%"}),
    (PHU, "NC1a", {"done": "Đã làm"}),
    (PHU, "NC1b", {"not_applicable": "chưa có nghị quyết"}),
]
NOTHING = {
    "read": 0,
    "created": 0,
    "updated": 0,
    "unchanged": 0,
    "cleared": 0,
    "ignored": 0,
    "errors": 0,
    "warnings": 0,
}


def post(who: Caller, content: bytes, name: str = "bao-cao.xlsx", **query: Any) -> Any:
    return who.post("/imports", files={"file": (name, content, XLSX)}, params=query)


def taken(who: Caller, content: bytes, status: int = 201, **query: Any) -> Any:
    answer = post(who, content, **query)
    assert answer.status_code == status, answer.text
    summary = answer.json()
    counts = summary["counts"]
    kinds = ("created", "updated", "unchanged", "cleared", "ignored", "errors")
    assert counts["read"] == sum(counts[kind] for kind in kinds), counts
    return summary


def counted(summary: Any) -> dict[str, int]:
    """What is not zero."""
    return {name: number for name, number in summary["counts"].items() if number}


def faults(summary: Any) -> list[tuple[str, str]]:
    return [(one["cell"], one["code"]) for one in summary["errors"]]


def values(who: Caller, path: str = PHU_THO) -> dict[str, Any]:
    report = who.get(path).json()
    return {value.pop("target"): value for value in report["values"]}


def test_a_federation_does_its_whole_report_in_one_workbook(as_: As) -> None:
    officer, content = as_("reporter", PHU), long_form(LINES)
    summary = taken(officer, content)
    assert counted(summary) == {"read": 4, "created": 4, "warnings": 1}
    assert (summary["status"], summary["mode"]) == ("stored", "atomic")
    assert summary["file"] == {
        "name": "bao-cao.xlsx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "template": "NC-2024/2024@1",
    }
    report = officer.get(PHU_THO).json()
    assert report["status"] == "draft"
    assert values(officer) == {
        "NC2": {"numerator": 300, "denominator": 400, "note": "theo danh sách", "grade": "A"},
        "NC3": {"percent": 61.5, "grade": "C"},
        "NC1a": {"done": True, "grade": "D"},
        "NC1b": {"not_applicable": "chưa có nghị quyết"},
    }
    assert [(one["cell"], one["code"]) for one in summary["warnings"]] == [("E8", "percent_only")]


def test_the_same_file_again_is_all_unchanged(as_: As) -> None:
    officer, content = as_("reporter", PHU), long_form(LINES)
    taken(officer, content)
    assert counted(taken(officer, content)) == {"read": 4, "unchanged": 4}
    assert len(officer.get(f"{PHU_THO}/revisions").json()["items"]) == 1
    assert counted(taken(officer, content, submit=True)) == {"read": 4, "unchanged": 4}
    assert officer.get(PHU_THO).json()["status"] == "submitted"
    assert counted(taken(officer, content, submit=True)) == {"read": 4, "unchanged": 4}
    assert counted(taken(officer, content)) == {"read": 4, "unchanged": 4}
    assert officer.get(PHU_THO).json()["status"] == "submitted"


def test_a_blank_changes_nothing_zero_is_zero_and_the_token_withdraws(as_: As) -> None:
    officer = as_("reporter", PHU)
    taken(officer, long_form(LINES))
    again: Lines = [
        (PHU, "NC2", {"numerator": 0, "denominator": 400}),
        (PHU, "NC3", {}),
        (PHU, "NC1a", {"done": "(xóa)"}),
        (PHU, "NC1b", {"note": "  "}),
    ]
    summary = taken(officer, long_form(again))
    assert counted(summary) == {"read": 2, "updated": 1, "cleared": 1}
    # Any filled cell replaces that unit's whole value of the target: the note is gone.
    assert values(officer) == {
        "NC2": {"numerator": 0, "denominator": 400, "grade": "A"},
        "NC3": {"percent": 61.5, "grade": "C"},
        "NC1b": {"not_applicable": "chưa có nghị quyết"},
    }
    nothing = taken(officer, long_form([(PHU, "NC1a", {"done": "(xóa)"})]))
    assert counted(nothing) == {"read": 1, "unchanged": 1}


FAULTY: Lines = [
    (PHU, "NC2", {"numerator": 520, "denominator": 500}),
    (PHU, "NC3", {"percent": 0.95}),
    (PHU, "NC1a", {"done": "Đã làm"}),
    (PHU, "NC1b", {"done": "có lẽ"}),
    (PHU, "NC9", {"numerator": 1, "denominator": 2}),
    (PHU, "TT9", {}),
]
FAULTS = [
    ("C7", "numerator_exceeds_denominator"),
    ("E8", "ambiguous_percent"),
    ("F10", "invalid"),
    ("C11", "unknown_target"),
]


def test_an_atomic_import_with_faults_tells_them_all_and_stores_nothing(as_: As) -> None:
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form(FAULTY), 422)
    assert summary["status"] == "refused"
    assert counted(summary) == {"read": 5, "ignored": 1, "errors": 4}
    assert faults(summary) == FAULTS
    first = summary["errors"][0]
    assert (first["sheet"], first["unit"], first["target"]) == ("Báo cáo", PHU, "NC2")
    assert (first["value"], first["expected"]) == ("520", "≤ 500")
    assert first["message"] == "Tử số 520 lớn hơn mẫu số 500."
    assert officer.get(PHU_THO).status_code == 404


def test_a_partial_import_keeps_what_is_good(as_: As) -> None:
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form(FAULTY), mode="partial")
    assert counted(summary) == {"read": 5, "created": 1, "errors": 4}
    assert faults(summary) == FAULTS
    assert values(officer) == {"NC1a": {"done": True, "grade": "D"}}


@pytest.mark.parametrize("mode", ["atomic", "partial"])
@pytest.mark.parametrize("lines", [LINES, FAULTY, []])
def test_a_dry_run_and_the_real_run_agree(as_: As, mode: str, lines: Any) -> None:
    officer, content = as_("reporter", PHU), long_form(lines)
    dry = taken(officer, content, 200, mode=mode, dry_run=True)
    assert dry["status"] == "dry_run"
    assert officer.get(PHU_THO).status_code == 404
    status = 422 if mode == "atomic" and lines is FAULTY else 201
    real = taken(officer, content, status, mode=mode)
    for part in ("counts", "errors", "warnings", "file"):
        assert dry[part] == real[part]


def test_both_doors_find_the_same_faults_with_the_same_codes(as_: As) -> None:
    officer = as_("reporter", PHU)
    sent: list[tuple[str, dict[str, Any]]] = [
        ("NC2", {"numerator": 520, "denominator": 500}),
        ("NC3", {"percent": "95.500"}),
        ("NC1a", {"percent": "50%"}),
        ("NC1b", {"not_applicable": "lý do", "done": True}),
        ("NC1", {"done": True}),
        ("NC99", {"done": True}),
    ]
    body = {"values": [{"target": target, **fields} for target, fields in sent]}
    by_json = officer.put(PHU_THO, json=body)
    assert by_json.status_code == 422
    by_file = taken(officer, long_form([(PHU, target, fields) for target, fields in sent]), 422)
    told = [one["code"] for one in by_json.json()["errors"]]
    assert [one["code"] for one in by_file["errors"]] == told
    words = [one["message"] for one in by_json.json()["errors"]]
    assert [one["message"] for one in by_file["errors"]] == words


def test_a_percent_is_compared_as_its_cell_shows_it(as_: As) -> None:
    """300 of 450 is 66.67; the double behind =C7/D7*100 has sixteen digits."""
    officer = as_("reporter", PHU)
    right = long_form(
        [(PHU, "NC2", {"numerator": 300, "denominator": 450, "percent": 66.66666666666667})]
    )
    assert counted(taken(officer, right)) == {"read": 1, "created": 1}
    wrong = long_form([(PHU, "NC2", {"numerator": 300, "denominator": 450, "percent": 66.7})])
    summary = taken(officer, wrong)
    assert counted(summary) == {"read": 1, "updated": 1}
    off = long_form([(PHU, "NC2", {"numerator": 300, "denominator": 450, "percent": 66.5})])
    summary = taken(officer, off, 422)
    assert [(one["cell"], one["code"], one["expected"]) for one in summary["errors"]] == [
        ("E7", "percent_mismatch", "66.67")
    ]


def test_the_consolidated_sheet_of_the_centre_has_one_row_a_unit(as_: As) -> None:
    reviewer = as_("reviewer")
    content = wide_form(
        {
            "P63-01": {"NC2.numerator": 900, "NC2.denominator": 1000, "NC1a.done": "Đã làm"},
            PHU: {"NC2.numerator": 300, "NC2.denominator": 400, "NC1a.done": None},
            "P63-99": {"NC2.numerator": 1, "NC2.denominator": 2},
        }
    )
    summary = taken(reviewer, content, mode="partial", submit=True)
    assert counted(summary) == {"read": 4, "created": 3, "errors": 1}
    assert [(one["cell"], one["code"], one["unit"]) for one in summary["errors"]] == [
        ("B9", "unknown_unit", "P63-99")
    ]
    assert [(one["unit"], one["status"]) for one in summary["reports"]] == [
        ("P63-01", "submitted"),
        (PHU, "submitted"),
    ]
    # As submitter: somebody else approves.
    assert reviewer.post(f"{PHU_THO}/approve").status_code == 403
    other = as_("reviewer", name="another reviewer")
    assert other.post(f"{PHU_THO}/approve").status_code == 200
    assert figure(as_, "NC2", PHU)["percent"] == 75.0


def test_a_unit_imports_for_itself_alone(as_: As) -> None:
    officer = as_("reporter", "P63-01")
    content = wide_form({"P63-01": {"NC1a.done": "Đã làm"}, PHU: {"NC1a.done": "Đã làm"}})
    summary = taken(officer, content, 422)
    assert [(one["cell"], one["code"]) for one in summary["errors"]] == [("B8", "not_found")]
    assert counted(summary) == {"read": 2, "ignored": 1, "errors": 1}


@pytest.mark.parametrize("role", ["viewer", "auditor", "admin"])
def test_who_writes_no_report_imports_none(as_: As, role: str) -> None:
    assert post(as_(role), b"no workbook").status_code == 403
    assert as_(role).get("/imports/abc").status_code == 403
    assert post(as_(None), long_form(LINES)).status_code == 401


def test_what_is_submitted_is_not_overwritten_and_the_same_stays_unchanged(as_: As) -> None:
    officer = as_("reporter", PHU)
    submit(as_, PHU, [ratio("NC2", 300, 400), {"target": "NC1a", "done": True}])
    content = long_form(
        [
            (PHU, "NC2", {"numerator": 301, "denominator": 400}),
            (PHU, "NC1a", {"done": "Đã làm"}),
        ]
    )
    summary = taken(officer, content, 422)
    assert counted(summary) == {"read": 2, "ignored": 1, "errors": 1}
    assert faults(summary) == [("C7", "wrong_status")]
    partial = taken(officer, content, mode="partial")
    assert counted(partial) == {"read": 2, "unchanged": 1, "errors": 1}


def test_a_unit_with_a_fault_is_kept_as_a_draft_though_submission_was_asked(as_: As) -> None:
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form(FAULTY), mode="partial", submit=True)
    assert [one["code"] for one in summary["warnings"]] == ["left_as_draft"]
    assert officer.get(PHU_THO).json()["status"] == "draft"


def test_a_refused_import_says_of_no_unit_that_it_is_kept_as_a_draft(as_: As) -> None:
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form(FAULTY), 422, submit=True)
    assert summary["warnings"] == []
    assert officer.get(PHU_THO).status_code == 404


def test_the_centre_overwrites_no_draft_that_a_unit_has_in_hand(as_: As) -> None:
    officer, reviewer = as_("reporter", PHU), as_("reviewer")
    assert officer.put(PHU_THO, json={"values": [ratio("NC2", 1, 2)]}).status_code == 201
    content = wide_form({PHU: {"NC1a.done": "Đã làm"}})
    assert faults(taken(reviewer, content, 422)) == [("B7", "wrong_status")]
    assert values(officer) == {"NC2": {"numerator": 1, "denominator": 2, "grade": "A"}}


def test_a_draft_of_its_own_import_the_centre_goes_on_with(as_: As) -> None:
    reviewer = as_("reviewer")
    first = wide_form({PHU: {"NC1a.done": "Đã làm"}})
    assert counted(taken(reviewer, first)) == {"read": 1, "created": 1}
    more = wide_form({PHU: {"NC1b.done": "Chưa làm"}})
    assert counted(taken(reviewer, more, submit=True)) == {"read": 1, "created": 1}
    assert {value["target"] for value in reviewer.get(PHU_THO).json()["values"]} == {
        "NC1a",
        "NC1b",
    }


def test_a_value_that_stands_twice_is_refused_at_both_cells(as_: As) -> None:
    lines: Lines = [
        (PHU, "NC2", {"numerator": 1, "denominator": 2}),
        (PHU, "NC2", {"numerator": 3, "denominator": 4}),
    ]
    summary = taken(as_("reporter", PHU), long_form(lines), mode="partial")
    assert faults(summary) == [("C7", "duplicate_row"), ("C8", "duplicate_row")]
    assert counted(summary) == {"read": 1, "errors": 1}


def test_a_file_of_an_older_template_is_refused_by_name(as_: As) -> None:
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form(LINES, "NC-2024/2024@7"), 422)
    assert [(one["code"], one["expected"]) for one in summary["errors"]] == [
        ("template_outdated", "NC-2024/2024@1")
    ]
    assert counted(summary) == {"read": 4, "errors": 4}
    assert faults(taken(officer, long_form(LINES, "NC-2030/2030@1"), 422)) == [
        ("", "template_outdated")
    ]
    unnamed = taken(officer, long_form(LINES, None), 422)
    assert faults(unnamed) == [("", "template_outdated")]
    named = taken(officer, long_form(LINES, None), programme=NC, period="2024")
    assert counted(named)["created"] == 4
    other = taken(officer, long_form(LINES), 422, period="2024-H1")
    assert faults(other) == [("", "invalid")]


def test_a_closed_period_takes_no_new_figures_by_workbook_either(as_: As) -> None:
    officer = as_("reporter", PHU)
    taken(officer, long_form(LINES), submit=True)
    closed = as_("admin").patch(f"/periods/{NC}/2024", json={"closed": True})
    assert closed.status_code == 200
    assert counted(taken(officer, long_form(LINES), submit=True)) == {"read": 4, "unchanged": 4}
    other = as_("reporter", "P63-01")
    lines = [("P63-01", "NC1a", {"done": "Đã làm"})]
    assert faults(taken(other, long_form(lines), 422)) == [("F7", "period_closed")]


def test_a_unit_of_another_time_is_told_what_it_became(as_: As) -> None:
    """Bắc Giang ended on 30 June 2025: it has no year 2025."""
    admin = as_("admin")
    made: dict[str, Any] = {"code": "NC-2025", "title_vi": "Nữ công 2025", "title_en": "Women 2025"}
    target = {
        "code": "NC2",
        "group": 1,
        "title_vi": "Danh hiệu",
        "title_en": "Title",
        "value_kind": "ratio",
        "unit_of_count": "persons",
        "reported_by": ["province_federation"],
        "unit_rule": "pooled",
        "periods": ["year"],
        "comparator": "at_least",
        "threshold_percent": 90,
        "due_on": "2025-12-31",
    }
    group = {"number": 1, "title_vi": "Một", "title_en": "One"}
    made |= {"groups": [group], "targets": [target], "periods": [{"code": "2025"}]}
    assert admin.post("/programmes", json=made).status_code == 201
    content = long_form([("P63-24", "NC2", {"numerator": 1, "denominator": 2})], "NC-2025/2025@1")
    summary = taken(as_("reporter", "P63-24"), content, 422)
    assert faults(summary) == [("C7", "unit_closed")]


def test_the_sender_sees_what_became_of_a_file_and_nobody_else_does(as_: As) -> None:
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form(FAULTY), 422)
    path = f"/imports/{summary['id']}"
    assert officer.get(path).json() == summary
    colleague = as_("reporter", PHU, name="a colleague in the unit")
    assert colleague.get(path).json() == summary
    for other in (as_("reporter", "P63-01"), as_("reviewer")):
        assert other.get(path).status_code == 404
        assert other.get(f"{path}/annotated.xlsx").status_code == 404
    english = officer.get(path, headers={"Accept-Language": "en"}).json()
    said = english["errors"][0]["message"]
    assert said == "Numerator 520 is greater than denominator 500."


def test_a_dry_run_is_kept_for_one_day(as_: As, clock: Clock) -> None:
    officer = as_("reporter", PHU)
    dry = taken(officer, long_form(LINES), 200, dry_run=True)
    kept = taken(officer, long_form(LINES))
    clock.now += timedelta(hours=23)
    assert officer.get(f"/imports/{dry['id']}").status_code == 200
    clock.now += timedelta(hours=2)
    assert officer.get(f"/imports/{dry['id']}").status_code == 404
    assert officer.get(f"/imports/{kept['id']}").status_code == 200


def test_every_figure_says_which_cell_of_which_file_it_came_from(as_: As) -> None:
    officer, content = as_("reporter", PHU), long_form(LINES)
    taken(officer, content)
    more = long_form([(PHU, "NC3", {"numerator": 11, "denominator": 20})])
    taken(officer, more, submit=True)
    assert as_("reviewer").post(f"{PHU_THO}/approve").status_code == 200
    wanted = {"NC2": (content, "C7"), "NC3": (more, "C7")}
    for target, (file, cell) in wanted.items():
        explain = figure(as_, target, PHU)["explain"].removeprefix("/api/v1")
        (line,) = as_("viewer").get(explain).json()["inputs"]
        assert line["file_sha256"] == hashlib.sha256(file).hexdigest()
        assert (line["channel"], line["sheet"], line["cell"]) == ("workbook", "Báo cáo", cell)
    revisions = officer.get(f"{PHU_THO}/revisions").json()["items"]
    assert [one["channel"] for one in revisions] == ["workbook", "workbook"]


def test_a_figure_typed_over_by_json_no_longer_names_a_cell(as_: As) -> None:
    officer = as_("reporter", PHU)
    taken(officer, long_form(LINES))
    body = {"values": [ratio("NC2", 350, 400)], "submit": True}
    etag = officer.get(PHU_THO).headers["etag"]
    assert officer.put(PHU_THO, json=body, headers={"If-Match": etag}).status_code == 200
    assert as_("reviewer").post(f"{PHU_THO}/approve").status_code == 200
    explain = figure(as_, "NC2", PHU)["explain"].removeprefix("/api/v1")
    (line,) = as_("viewer").get(explain).json()["inputs"]
    assert (line["channel"], line["cell"], line["file_sha256"]) == ("api", None, None)


def test_an_idempotency_key_carries_a_file_in_once(as_: As) -> None:
    officer, key = as_("reporter", PHU), {"Idempotency-Key": "gui-lan-1"}
    file = {"file": ("a.xlsx", long_form(LINES), XLSX)}
    first = officer.post("/imports", files=file, headers=key)
    again = officer.post("/imports", files=file, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    other = {"file": ("a.xlsx", long_form(FAULTY), XLSX)}
    conflict = officer.post("/imports", files=other, headers=key)
    assert (conflict.status_code, conflict.json()["code"]) == (422, "idempotency_conflict")


def test_what_is_no_form_and_what_has_no_file_is_refused(as_: As) -> None:
    officer = as_("reporter", PHU)
    ways: list[dict[str, Any]] = [
        {"content": b"PK\x03\x04"},
        {"json": {"file": "x"}},
        {"files": {"tep": ("a.xlsx", b"x", XLSX)}},
        {"data": {"file": "not a file"}},
        {"content": b"--b\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
    ]
    for given in ways:
        answer = officer.post("/imports", **given)
        assert answer.status_code == 422, given
        assert answer.json()["errors"][0]["pointer"] == "/file"


def test_a_file_that_is_too_large_is_refused_while_it_streams(as_: As) -> None:
    officer = as_("reporter", PHU)
    answer = post(officer, b"PK\x03\x04" + bytes(11_500_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_what_is_no_workbook_is_refused_by_name(as_: As) -> None:
    officer = as_("reporter", PHU)
    for content in (b"", b"\x00\x01\x02", b"%PDF-1.7\n", b"PK\x03\x04 but no zip"):
        answer = post(officer, content)
        assert answer.status_code == 422, content
        assert answer.json()["code"] in ("not_a_workbook", "workbook_rejected")


def test_an_empty_workbook_reads_nothing(as_: As) -> None:
    summary = taken(as_("reporter", PHU), long_form([]))
    assert summary["counts"] == NOTHING


def test_a_predecessors_figures_are_not_lost_to_a_later_import(as_: As) -> None:
    approved(as_, PHU, [ratio("NC2", 300, 400), {"target": "NC1a", "done": True}])
    reopened = as_("reviewer").post(f"{PHU_THO}/reopen", json={"comment": "bổ sung"})
    assert reopened.status_code == 200
    officer = as_("reporter", PHU)
    lines = [(PHU, "NC1b", {"done": "Đã làm"})]
    assert counted(taken(officer, long_form(lines), submit=True)) == {"read": 1, "created": 1}
    assert set(values(officer)) == {"NC2", "NC1a", "NC1b"}
    assert figure(as_, "NC2", PHU)["percent"] == 75.0


def queued(client: TestClient, who: Caller, content: bytes, **query: Any) -> Any:
    """What the address of a queued file tells once nothing waits any more."""
    answer = who.post(
        "/imports",
        files={"file": ("dai.xlsx", content, XLSX)},
        params=query,
        headers={"Prefer": "respond-async"},
    )
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.json()["status"] == "queued"
    app: Any = client.app
    assert app.state.service.worker.idle.wait(30)
    return who.get(answer.headers["location"].removeprefix("/api/v1"))


def test_a_long_file_is_read_in_its_turn_and_ends_as_any_other(as_: As, client: TestClient) -> None:
    officer, content = as_("reporter", PHU), long_form(LINES)
    summary = queued(client, officer, content, submit=True).json()
    assert (summary["status"], counted(summary)["created"]) == ("stored", 4)
    assert officer.get(PHU_THO).json()["status"] == "submitted"
    again = queued(client, officer, content).json()
    assert counted(again) == {"read": 4, "unchanged": 4}
    refused = queued(client, officer, long_form(FAULTY)).json()
    assert (refused["status"], faults(refused)) == ("refused", [*FAULTS])
    # A file's name may name a person: it can be erased.
    event = as_("auditor").get("/audit", params={"action": "import:queued"}).json()["items"][0]
    assert (event["detail"], event["personal"]["file"]) == (None, "dai.xlsx")


def test_a_queued_file_that_cannot_be_read_says_why_to_its_sender_alone(
    as_: As, client: TestClient
) -> None:
    officer = as_("reporter", PHU)
    failed = queued(client, officer, b"PK\x03\x04 but no zip")
    told = failed.json()
    assert told["status"] == "failed"
    assert told["problem"]["code"] == "workbook_rejected"
    assert told["problem"]["detail"]
    path = f"/imports/{told['id']}"
    assert as_("reporter", "P63-01").get(path).status_code == 404
    assert as_("reviewer").get(path).status_code == 404
    assert officer.get(f"{path}/annotated.xlsx").status_code == 404


def test_a_file_whose_reader_was_killed_is_read_again(
    as_: As, client: TestClient, database: Database, clock: Clock
) -> None:
    """A job that says it is running, and has been silent for three minutes."""
    officer = as_("reporter", PHU)
    failed = queued(client, officer, b"not a workbook at all \x00").json()
    with database.writing() as session:
        import_jobs.change(
            session,
            failed["id"],
            state=JobState.RUNNING,
            content=long_form(LINES),
            touched_at=clock.now - timedelta(minutes=3),
        )
    app: Any = client.app
    app.state.service.worker.wake()
    assert app.state.service.worker.idle.wait(30)
    assert officer.get(f"/imports/{failed['id']}").json()["status"] == "stored"


def test_one_sender_does_not_fill_the_queue(as_: As, client: TestClient) -> None:
    app: Any = client.app
    app.state.service.worker.close()
    officer = as_("reporter", PHU)
    file = {"file": ("a.xlsx", long_form(LINES), XLSX)}
    wait = {"Prefer": "respond-async"}
    statuses = [officer.post("/imports", files=file, headers=wait).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]
    other = as_("reporter", "P63-01").post("/imports", files=file, headers=wait)
    assert other.status_code == 202
