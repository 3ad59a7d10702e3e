"""What a file can cost, and what must never be lost or moved by one."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from app.domain.errors import Unavailable
from app.services import import_jobs
from tests.api.journeys import NC, PHU_THO, approved, submit
from tests.api.test_imports import LINES, PHU, Lines, counted, faults, post, queued, taken, values
from tests.conftest import As, Clock
from tests.sheets.books import XLSX, long_form, saved, wide_form

HALF = {"numerator": 1, "denominator": 2}


def test_a_code_as_long_as_a_book_is_quoted_and_not_copied(as_: As) -> None:
    lines = [("P" * 3_000, f"NC{number}", HALF) for number in range(40)]
    answer = post(as_("reporter", PHU), long_form(lines))
    assert answer.status_code == 422
    assert len(answer.content) < 100_000
    assert {one["code"] for one in answer.json()["errors"]} == {"invalid"}
    assert answer.json()["counts"]["errors"] == 40


def test_a_file_that_is_wrong_everywhere_is_refused_by_one_sentence(as_: As) -> None:
    columns = {f"NC{number}.numerator": "sai" for number in range(120)}
    content = wide_form({f"P63-{row}": columns for row in range(1000, 1090)})
    answer = post(as_("reviewer"), content)
    assert (answer.status_code, answer.json()["code"]) == (422, "workbook_rejected")
    assert "10000" in answer.json()["detail"]


def test_a_report_that_came_in_time_is_not_late_because_it_was_read_later(
    as_: As, client: TestClient, clock: Clock
) -> None:
    """Due on 15 December 2024: 23:59 in Ha Noi is 16:59 UTC."""
    clock.now = datetime(2024, 12, 15, 16, 59, tzinfo=UTC)
    app: Any = client.app
    worker = app.state.service.worker
    officer = as_("reporter", PHU)
    file = {"file": ("a.xlsx", long_form(LINES), XLSX)}
    with app.state.service.database.writing() as session:  # nobody else can write meanwhile
        session.info["stamp"].take()
        worker.idle.clear()
    answer = officer.post(
        "/imports", files=file, params={"submit": True}, headers={"Prefer": "respond-async"}
    )
    clock.now += timedelta(minutes=10)
    worker.wake()
    assert worker.idle.wait(30)
    assert officer.get(answer.headers["location"].removeprefix("/api/v1")).status_code == 200
    assert officer.get(PHU_THO).json()["late"] is False


def test_a_file_that_ends_its_reader_three_times_is_given_up(
    as_: As, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: Any = client.app
    service = app.state.service
    service.worker.close()
    officer = as_("reporter", PHU)
    answer = officer.post(
        "/imports",
        files={"file": ("a.xlsx", long_form(LINES), XLSX)},
        headers={"Prefer": "respond-async"},
    )
    for attempt in range(1, 5):
        with service.database.writing() as session:
            due = import_jobs.claim(session, service.clock())
            assert (due is not None) is (attempt <= 3)
            if due is not None:
                import_jobs.give_back(session, due.id)
    told = officer.get(answer.headers["location"].removeprefix("/api/v1")).json()
    assert (told["status"], told["problem"]["code"]) == ("failed", Unavailable.code)


def test_a_key_queues_a_long_file_once(as_: As, client: TestClient) -> None:
    app: Any = client.app
    app.state.service.worker.close()
    officer = as_("reporter", PHU)
    headers = {"Prefer": "respond-async", "Idempotency-Key": "mot-lan"}
    file = {"file": ("a.xlsx", long_form(LINES), XLSX)}
    first, again = (officer.post("/imports", files=file, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


def test_a_marked_copy_is_there_for_what_was_read_in_its_turn(as_: As, client: TestClient) -> None:
    """More rows than a request may bring: 21,000, one of them wrong."""
    officer = as_("reporter", PHU)
    lines: Lines = [(PHU, "NC2", {"numerator": 5, "denominator": 4})]
    lines += [(PHU, "NC3", {"note": " "})] * 21_000
    content = long_form(lines)
    assert post(officer, content).status_code == 422
    summary = queued(client, officer, content).json()
    assert faults(summary) == [("C7", "numerator_exceeds_denominator")]
    marked = officer.get(summary["annotated"].removeprefix("/api/v1"))
    assert marked.status_code == 200


def test_rows_whose_hidden_codes_are_gone_are_told(as_: As) -> None:
    book = load_workbook(BytesIO(long_form(LINES)))
    for row in range(7, 11):
        book["Báo cáo"].cell(row, 1).value = None
    summary = taken(as_("reporter", PHU), saved(book), 422)
    assert faults(summary) == [("C7", "invalid")]  # the one row with numbers
    assert [one["code"] for one in summary["warnings"]] == ["row_not_read"] * 3


def test_a_visible_heading_over_the_codes_is_no_unit(as_: As) -> None:
    for heading in ("Đơn vị", "Mã đơn vị", "Unit", "Code"):
        book = load_workbook(BytesIO(long_form(LINES)))
        book["Báo cáo"].cell(6, 1).value = heading
        book["Báo cáo"].cell(6, 2).value = "Chỉ tiêu"
        summary = taken(as_("reporter", PHU), saved(book), 200, dry_run=True)
        assert counted(summary)["created"] == 4, heading


def test_a_table_sorted_without_its_hidden_codes_moves_no_figure(as_: As) -> None:
    reviewer = as_("reviewer")
    template = reviewer.get(f"/templates/{NC}/2024.xlsx?unit=P63-01&unit={PHU}").content
    book = load_workbook(BytesIO(template))
    rows = [list(row) for row in book["Báo cáo"].iter_rows()]
    keyed = next(row for row in rows if "unit" in [cell.value for cell in row])
    keys = [cell.value for cell in keyed]
    units = [row for row in rows if str(row[keys.index("unit")].value).startswith("P63-")]
    for row in units:
        row[keys.index("NC2.numerator")].value = 3
        row[keys.index("NC2.denominator")].value = 4
    first, second = units
    names = [next(c for c in row if c.value in ("Hà Nội", "Phú Thọ")) for row in (first, second)]
    names[0].value, names[1].value = names[1].value, names[0].value
    summary = taken(reviewer, saved(book), 422)
    assert {one["code"] for one in summary["errors"]} == {"code_name_mismatch"}
    assert counted(summary) == {"read": 2, "errors": 2}


def test_a_key_that_stands_twice_leaves_every_figure_in_doubt(as_: As) -> None:
    keys = ("unit", "target", "numerator", "denominator", "numerator")
    content = long_form([(PHU, "NC2", HALF)], keys=keys)
    summary = taken(as_("reporter", PHU), content, mode="partial")
    assert counted(summary) == {"read": 1, "errors": 1}
    assert faults(summary) == [("C5", "duplicate_row"), ("E5", "duplicate_row")]


def test_a_dash_is_no_reason(as_: As) -> None:
    officer = as_("reporter", PHU)
    dashes = dict.fromkeys(("numerator", "percent", "not_applicable", "note"), "-")
    assert counted(taken(officer, long_form([(PHU, "NC2", dashes)]))) == {}
    for value in (0, True):
        wrong = long_form([(PHU, "NC2", {"not_applicable": value})])
        assert faults(taken(officer, wrong, 422)) == [("G7", "invalid")]


def test_a_breakdown_stays_while_its_total_stays(as_: As) -> None:
    place, unit = "CTTT-2023-2028/2024", PHU
    parts = {"nha_nuoc": {"numerator": 100, "denominator": 150}}
    whole = {"target": "TT5", "numerator": 300, "denominator": 400}
    submit(as_, unit, [whole | {"breakdown": parts}], place)
    path = f"/reports/{place}/{unit}"
    assert as_("reviewer").post(f"{path}/return", json={"comment": "ghi chú"}).status_code == 200
    officer, template = as_("reporter", unit), "CTTT-2023-2028/2024@1"
    same = {"numerator": 300, "denominator": 400}
    assert counted(taken(officer, long_form([(unit, "TT5", same)], template)))["unchanged"] == 1
    noted = taken(officer, long_form([(unit, "TT5", same | {"note": "đã rà soát"})], template))
    assert counted(noted)["updated"] == 1
    assert values(officer, path)["TT5"]["breakdown"] == parts
    changed = taken(officer, long_form([(unit, "TT5", {**same, "numerator": 301})], template))
    assert "breakdown_dropped" in [one["code"] for one in changed["warnings"]]
    assert "breakdown" not in values(officer, path)["TT5"]


def test_the_centre_does_not_overturn_a_withdrawal(as_: As) -> None:
    submit(as_, PHU, [{"target": "NC1a", "done": True}])
    assert as_("reporter", PHU).post(f"{PHU_THO}/withdraw").status_code == 200
    content = wide_form({PHU: {"NC1a.done": "Đã làm"}})
    summary = taken(as_("reviewer"), content, 422, submit=True)
    assert faults(summary) == [("B7", "wrong_status")]
    assert as_("reporter", PHU).get(PHU_THO).json()["status"] == "withdrawn"


def test_sentences_quote_no_machine_s_words(as_: As) -> None:
    approved(as_, PHU, [{"target": "NC1a", "done": True}])
    officer = as_("reporter", PHU)
    summary = taken(officer, long_form([(PHU, "NC1a", {"done": "Chưa làm"})]), 422)
    said = summary["errors"][0]["message"]
    assert said == "Báo cáo đang ở trạng thái “Đã duyệt”, không thể “lưu nháp”."
    other = as_("reporter", "P63-01")
    lone = taken(other, long_form([("P63-01", "NC2", {"denominator": 4})]), 422)
    assert "Mẫu số và Tử số" in lone["errors"][0]["message"]


def test_a_blank_note_is_no_note_by_either_door(as_: As) -> None:
    body = {"values": [{"target": "NC1a", "done": True, "note": " "}], "submit": True}
    officer = as_("reporter", PHU)
    assert officer.put(PHU_THO, json=body).status_code == 201
    same = long_form([(PHU, "NC1a", {"done": "Đã làm"})])
    assert counted(taken(officer, same)) == {"read": 1, "unchanged": 1}
