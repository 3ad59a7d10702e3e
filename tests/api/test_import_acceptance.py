"""A checker downloads our template, fills it by its hidden keys with openpyxl, and sends it."""

import csv
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.api.journeys import NC, PHU_THO, approved, figure, ratio, submit
from tests.api.test_imports import PHU, counted, faults, post, taken, values
from tests.conftest import As, Caller, Clock
from tests.sheets.books import XLSX, saved

NUMBER_FORMATS = Path(__file__).parents[1] / "number_formats.csv"
Cells = Mapping[tuple[str, str], Any]  # by target (or unit) and key
HALF: Cells = {
    ("NC2", "numerator"): 300,
    ("NC2", "denominator"): 400,
    ("NC2", "note"): "theo danh sách",
    ("NC3", "percent"): "61,5",
    ("NC1a", "done"): "Đã làm",
}


def template(who: Caller, **query: str) -> bytes:
    answer = who.get(f"/templates/{NC}/2024.xlsx", params=query)
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def data(content: bytes) -> tuple[Workbook, Worksheet]:
    book = load_workbook(BytesIO(content))
    return book, book["Báo cáo"]


def places(sheet: Worksheet) -> dict[tuple[str, str], str]:
    """The address of every input cell: by target in the long form, by unit in the wide one."""
    keyed = next(row for row in sheet.iter_rows() if "unit" in [cell.value for cell in row])
    at = {str(cell.value): cell.column for cell in keyed if cell.value}
    named = at.get("target", at["unit"])
    first = int(keyed[0].row or 0) + 1
    rows = {sheet.cell(row, named).value: row for row in range(first, sheet.max_row + 1)}
    return {
        (str(name), key): sheet.cell(row, column).coordinate
        for name, row in rows.items()
        for key, column in at.items()
        if name
    }


def filled(content: bytes, cells: Cells, formats: Mapping[tuple[str, str], str] = {}) -> bytes:
    book, sheet = data(content)
    at = places(sheet)
    for place, value in cells.items():
        sheet[at[place]].value = value
        if isinstance(value, str):
            sheet[at[place]].data_type = "s"  # openpyxl takes "=1" for a formula
        if place in formats:
            sheet[at[place]].number_format = formats[place]
    return saved(book)


def changed(content: bytes, change: Callable[[Workbook, Worksheet], Any]) -> bytes:
    book, sheet = data(content)
    change(book, sheet)
    return saved(book)


def judged(as_: As, cases: list[tuple[str, Any, str | None]]) -> list[Any]:
    """What becomes of each cell in the wide template, a unit for each: its value or its code."""
    reviewer = as_("reviewer")
    empty = template(reviewer)
    at = places(data(empty)[1])
    units = [unit for unit, key in at if key == "NC2.numerator"][: len(cases)]
    cells: dict[tuple[str, str], Any] = {}
    formats = {}
    for unit, (key, value, number_format) in zip(units, cases, strict=True):
        cells[unit, f"NC2.{key}"] = value
        if number_format:
            formats[unit, f"NC2.{key}"] = number_format
        if key == "numerator":
            cells[unit, "NC2.denominator"] = 10**9
    summary = taken(reviewer, filled(empty, cells, formats), mode="partial", submit=True)
    codes = {one["unit"]: one["code"] for one in summary["errors"]}
    found = []
    for unit, (key, *_) in zip(units, cases, strict=True):
        stored = reviewer.get(f"/reports/{NC}/2024/{unit}")
        value = stored.json()["values"][0][key] if stored.status_code == 200 else None
        found.append(codes.get(unit, value))
        if unit in codes:
            (cell,) = {one["cell"] for one in summary["errors"] if one["unit"] == unit}
            assert cell == at[unit, f"NC2.{key}"]
    return found


def test_a_template_that_nobody_filled_in_stores_nothing(as_: As) -> None:
    for who in (as_("reporter", PHU), as_("reviewer")):
        assert counted(taken(who, template(who), submit=True)) == {}
    assert as_("reporter", PHU).get(PHU_THO).status_code == 404


def test_the_figures_of_the_field_are_read_as_the_field_means_them(as_: As) -> None:
    """Every percent and count of number_formats.csv; a dash is no value, so nothing is stored."""
    codes = {"ambiguous": ("ambiguous_percent", "ambiguous_number"), "statement": "not_a_number"}
    codes["bound"] = ("not_a_number", "unit_of_count")
    with NUMBER_FORMATS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["read_as"] != "ratio"]
    key = {"percent": "percent", "count": "numerator", "any": "percent"}
    found = judged(as_, [(key[row["column"]], row["raw"], None) for row in rows])
    for row, got in zip(rows, found, strict=True):
        if row["value"]:
            assert got == float(row["value"]), row
        elif row["read_as"] == "missing":
            assert got is None, row
        else:
            assert got in codes[row["read_as"]], row


def test_a_number_cell_means_what_its_format_says(as_: As) -> None:
    cases: list[tuple[str, Any, str | None, Any]] = [
        ("percent", 0.9, "0%", 90),
        ("percent", 1, "0%", 100),
        ("percent", 0.0095, "0.00%", 0.95),
        ("percent", 0.95, None, "ambiguous_percent"),
        ("percent", 1, "General", "ambiguous_percent"),
        ("percent", 0, "General", 0),
        ("percent", 95.5, "0.0", 95.5),
        ("percent", 95.5, "0%", "percent_out_of_range"),
        ("percent", -0.1, "0%", "percent_out_of_range"),
        ("percent", True, None, "not_a_number"),
        ("percent", datetime(2024, 12, 12, tzinfo=UTC).date(), None, "not_a_number"),
        ("percent", "９５", None, "not_a_number"),
        ("numerator", 12, "0%", "not_an_integer"),
        ("numerator", 5.0, "0.0", 5),
        ("numerator", 5.5, None, "not_an_integer"),
        ("numerator", 0, None, 0),
        ("numerator", -1, None, "invalid"),
        ("numerator", 1e300, None, "invalid"),
        ("numerator", datetime(2024, 12, 12, tzinfo=UTC).date(), None, "not_a_number"),
        ("numerator", "1,234", None, "ambiguous_number"),
        ("numerator", "12,5", None, "not_an_integer"),
    ]
    found = judged(as_, [(key, value, shown) for key, value, shown, _ in cases])
    for (*case, expected), got in zip(cases, found, strict=True):
        assert got == expected, case


def moved(book: Workbook, sheet: Worksheet) -> None:
    """Renamed, a column and three rows put in, the keys shown, a total and a remark below."""
    sheet.title = "Sheet1"
    sheet["D22"], sheet["G22"], sheet["H22"] = "Tổng cộng", 300, 400
    sheet["D24"] = "Ghi chú: số liệu đến 30/11"
    sheet.insert_cols(8)
    sheet.insert_rows(1, 3)
    for row in (7, 10):
        sheet.row_dimensions[row].hidden = False


def reversed_rows(book: Workbook, sheet: Worksheet) -> None:
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    rows = [[copy(cell.value) for cell in row] for row in sheet["A9:Q18"]]
    for number, row in enumerate(reversed(rows), 9):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column).value = value


@pytest.mark.parametrize("change", [moved, reversed_rows])
def test_the_keys_carry_a_template_that_was_moved_about(as_: As, change: Any) -> None:
    officer = as_("reporter", PHU)
    content = filled(template(officer), HALF)
    summary = taken(officer, changed(content, change))
    assert counted(summary) == {"read": 3, "created": 3, "warnings": 1}
    assert values(officer)["NC2"]["numerator"] == 300
    assert counted(taken(officer, content)) == {"read": 3, "unchanged": 3}


def test_a_second_copy_of_the_data_sheet_is_two_answers_to_one_question(as_: As) -> None:
    officer = as_("reporter", PHU)
    twice = changed(filled(template(officer), HALF), lambda book, sheet: book.copy_worksheet(sheet))
    summary = taken(officer, twice, mode="partial")
    assert counted(summary) == {"read": 3, "errors": 3}
    assert {one["code"] for one in summary["errors"]} == {"duplicate_row"}
    assert len({(one["sheet"], one["cell"]) for one in summary["errors"]}) == 6
    assert officer.get(PHU_THO).status_code == 404


def test_what_was_approved_comes_back_unchanged_from_either_template(as_: As) -> None:
    known = {"evidence": "KH 12", "estimated": True, "percent": "75"}
    approved(as_, PHU, [ratio("NC2", 300, 400) | known, {"target": "NC3", "percent": "0,5%"}])
    reviewer, officer = as_("reviewer"), as_("reporter", PHU)
    for who, query in ((officer, {}), (reviewer, {}), (reviewer, {"unit": PHU})):
        for submitting in (False, True):
            again = taken(who, template(who, **query), submit=submitting)
            assert counted(again) == {"read": 2, "unchanged": 2}
    assert len(officer.get(f"{PHU_THO}/revisions").json()["items"]) == 1
    touched = filled(template(officer), {("NC2", "numerator"): 301})
    assert [code for _, code in faults(taken(officer, touched, 422))] == ["wrong_status"]


def test_a_draft_of_a_unit_does_not_stand_in_the_template_of_the_centre(as_: As) -> None:
    officer = as_("reporter", PHU)
    taken(officer, filled(template(officer), {("NC2", "note"): "mật", **HALF}))
    seen = {cell.value for row in data(template(as_("reviewer")))[1].iter_rows() for cell in row}
    assert not seen & {300, 400, "theo danh sách"}
    assert (
        as_("reporter", "P63-01")
        .get(f"/templates/{NC}/2024.xlsx", params={"unit": PHU})
        .status_code
        == 404
    )


def test_whoever_imported_a_report_does_not_approve_it(as_: As) -> None:
    first, second = as_("reviewer"), as_("reviewer", name="second")
    content = filled(template(first), {(PHU, "NC2.numerator"): 300, (PHU, "NC2.denominator"): 400})
    taken(first, content)
    # The unit hands in what the centre drafted for it; the centre's hand is still in it.
    assert as_("reporter", PHU).post(f"{PHU_THO}/submit").status_code == 200
    assert first.post(f"{PHU_THO}/approve").json()["code"] == "not_allowed"
    assert second.post(f"{PHU_THO}/approve").status_code == 200
    assert figure(as_, "NC2", PHU)["percent"] == 75.0


def test_a_returned_report_is_put_right_by_its_template(as_: As) -> None:
    submit(as_, PHU, [ratio("NC2", 300, 400), {"target": "NC1a", "done": True}])
    reviewer, officer = as_("reviewer"), as_("reporter", PHU)
    returned = reviewer.post(f"{PHU_THO}/return", json={"comment": "sai tử số"})
    assert returned.status_code == 200
    content = filled(template(officer), {("NC2", "numerator"): 310})
    assert counted(taken(officer, content, submit=True)) == {
        "read": 2,
        "updated": 1,
        "unchanged": 1,
    }
    assert officer.get(PHU_THO).json()["status"] == "submitted"
    assert reviewer.post(f"{PHU_THO}/approve").status_code == 200
    assert figure(as_, "NC2", PHU)["numerator"] == 310


def test_a_successor_reports_by_workbook_for_those_it_came_from(as_: As, clock: Clock) -> None:
    """Phú Thọ of 2025 is Phú Thọ, Vĩnh Phúc and Hòa Bình of 2024; it has no 2024 of its own."""
    clock.now = datetime(2025, 8, 1, 3, tzinfo=UTC)
    officer = as_("reporter", "P34-25")
    empty = template(officer)
    assert {unit for unit, _ in places(data(empty)[1])} >= {"P63-17", "P63-25", "P63-26"}
    given = {("P63-26", "NC2.numerator"): 200, ("P63-26", "NC2.denominator"): 250}
    summary = taken(officer, filled(empty, given), submit=True)
    assert counted(summary) == {"read": 1, "created": 1}
    assert officer.get(f"/reports/{NC}/2024/P63-26").json()["status"] == "submitted"
    for unit, status in (("P63-01", 404), ("P34-25", 422)):
        answer = officer.get(f"/templates/{NC}/2024.xlsx", params={"unit": unit})
        assert answer.status_code == status


def test_a_report_is_late_by_workbook_from_the_first_second_of_the_next_day(
    as_: As, clock: Clock
) -> None:
    last = datetime(2024, 12, 15, 16, 59, 59, tzinfo=UTC)  # 23:59:59 in Viet Nam
    for unit, now, late in ((PHU, last, False), ("P63-01", last + timedelta(seconds=1), True)):
        clock.now = now
        officer = as_("reporter", unit)
        taken(officer, filled(template(officer), {("NC1a", "done"): "Đã làm"}), submit=True)
        assert officer.get(f"/reports/{NC}/2024/{unit}").json()["late"] is late


def test_the_past_does_not_know_a_workbook_that_came_later(as_: As, clock: Clock) -> None:
    officer = as_("reporter", PHU)
    taken(officer, filled(template(officer), HALF), submit=True)
    (revision,) = officer.get(f"{PHU_THO}/revisions").json()["items"]
    stamped = datetime.fromisoformat(revision["at"])
    clock.now = datetime.now(UTC) + timedelta(hours=1)
    for known_at, numerator in ((stamped - timedelta(microseconds=1), None), (stamped, 300)):
        query = {"known_at": known_at.isoformat(), "include": "submitted"}
        assert figure(as_, "NC2", PHU, **query)["numerator"] == numerator


def test_a_report_is_not_handed_in_empty_by_withdrawing_its_last_value(as_: As) -> None:
    officer = as_("reporter", PHU)
    cells = {("NC2", "numerator"): 300, ("NC2", "denominator"): 400}
    taken(officer, filled(template(officer), cells))
    token = dict.fromkeys(cells) | {("NC2", "note"): "(xóa)"}
    withdrawn = filled(template(officer), token)
    assert counted(taken(officer, withdrawn, 422, submit=True)) == {"read": 1, "errors": 1}
    assert values(officer)["NC2"]["numerator"] == 300
    assert counted(taken(officer, withdrawn)) == {"read": 1, "cleared": 1}
    assert counted(taken(officer, withdrawn)) == {"read": 1, "unchanged": 1}
    assert values(officer) == {}


def marked(content: bytes) -> dict[str, str]:
    _, sheet = data(content)
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    return {cell.coordinate: cell.comment.text for cell in cells if cell.comment}


def test_the_marked_file_is_put_right_and_sent_again_until_nothing_is_marked(as_: As) -> None:
    officer = as_("reporter", PHU)
    bad = {**HALF, ("NC2", "numerator"): 520, ("NC1b", "done"): "có lẽ"}
    content = changed(
        filled(template(officer), bad), lambda book, _: book.create_sheet("Phụ lục", 1)
    )
    at = places(data(content)[1])
    wrong = {at["NC2", "numerator"], at["NC1b", "done"]}
    book = content
    for cells, left in (({("NC1b", "done"): "Chưa làm"}, 1), ({("NC2", "numerator"): 320}, 0)):
        summary = taken(officer, book, 422)
        path = summary["annotated"].removeprefix("/api/v1")
        back = officer.get(path)
        assert set(marked(back.content)) == wrong == {cell for cell, _ in faults(summary)}
        listed = load_workbook(BytesIO(back.content))
        assert listed.sheetnames == ["Lỗi", "Báo cáo", "Phụ lục", "Hướng dẫn"]
        links = {c.hyperlink.location for r in listed["Lỗi"] for c in r if c.hyperlink}
        assert links == {f"'Báo cáo'!{cell}" for cell in wrong}
        assert officer.get(path, headers={"If-None-Match": back.headers["etag"]}).status_code == 304
        wrong -= {at[place] for place in cells}
        assert len(wrong) == left
        book = filled(back.content, cells)
    summary = taken(officer, book)
    assert counted(summary) == {"read": 4, "created": 4, "warnings": 1}
    after = officer.get(summary["annotated"].removeprefix("/api/v1")).content
    assert marked(after) == {}
    assert values(officer)["NC2"]["numerator"] == 320


def test_what_looks_like_a_formula_stays_a_sentence_in_every_file(as_: As) -> None:
    officer = as_("reporter", PHU)
    said = {"NC1a": '=HYPERLINK("http://x";"y")', "NC2": "+84", "NC3": "@SUM(A1)"}
    cells = {**HALF, **{(target, "note"): note for target, note in said.items()}}
    taken(officer, filled(template(officer), cells), submit=True)
    assert as_("reviewer").post(f"{PHU_THO}/approve").status_code == 200
    assert {target: value["note"] for target, value in values(officer).items()} == said
    _, sheet = data(template(officer))
    for target, note in said.items():
        cell = sheet[places(sheet)[target, "note"]]
        assert (cell.value, cell.data_type) == (note, "s")
    feed = officer.get(f"/feeds/values.csv?programme={NC}&period=2024")
    lines = csv.DictReader(feed.content.decode("utf-8-sig").splitlines())
    assert {line["target"]: line["note"] for line in lines} == {
        target: f"'{note}" for target, note in said.items()
    }


def test_many_doors_at_once_store_one_whole_report(as_: As) -> None:
    """Six files and three reports by JSON at the same instant: one wins, none breaks."""
    officer, colleague = as_("reporter", PHU), as_("reporter", PHU, name="a colleague")
    empty = template(officer)
    pair = [("NC2", "numerator"), ("NC3", "numerator")]
    whole = {("NC2", "denominator"): 999, ("NC3", "denominator"): 999}
    files = [filled(empty, whole | dict.fromkeys(pair, number)) for number in range(6)]

    def by_json(number: int) -> Any:
        sent = [ratio("NC2", number, 999), ratio("NC3", number, 999)]
        return colleague.put(PHU_THO, json={"values": sent, "submit": True})

    with ThreadPoolExecutor(9) as pool:
        waiting = [pool.submit(post, officer, content, submit=True) for content in files]
        waiting += [pool.submit(by_json, number) for number in range(6, 9)]
    statuses = [one.result().status_code for one in waiting]
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 412, 422, 428}
    stored = values(officer)
    assert stored["NC2"]["numerator"] == stored["NC3"]["numerator"]
    assert len(officer.get(f"{PHU_THO}/revisions").json()["items"]) == 1


def test_a_key_of_a_request_stands_for_its_file_and_its_question(as_: As) -> None:
    officer, key = as_("reporter", PHU), {"Idempotency-Key": "một".encode().hex()}
    file = {"file": ("a.xlsx", filled(template(officer), HALF), XLSX)}
    dry = officer.post("/imports", files=file, headers=key, params={"dry_run": True})
    real = officer.post("/imports", files=file, headers=key)
    assert (dry.status_code, real.status_code) == (200, 422)
    assert real.json()["code"] == "idempotency_conflict"
    assert officer.get(PHU_THO).status_code == 404


def test_a_file_is_what_its_bytes_are_whatever_it_is_called(as_: As) -> None:
    officer = as_("reporter", PHU)
    content = filled(template(officer), HALF)
    names = {
        "báo cáo.xlsx": "báo cáo.xlsx",
        "../../etc/passwd": "passwd",
        "C:\\Users\\an\\bao cao.xlsx": "bao cao.xlsx",
        "bang.csv": "bang.csv",
    }
    for sent, kept in names.items():
        answer = officer.post("/imports", files={"file": (sent, content, "image/png")})
        assert (answer.status_code, answer.json()["file"]["name"]) == (201, kept)
    two = [("file", ("a.xlsx", content, XLSX))] * 2
    assert officer.post("/imports", files=two).status_code == 422
    assert set(values(officer)) == {"NC1a", "NC2", "NC3"}
