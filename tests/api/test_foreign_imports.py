"""What provinces really send, through the door: certain figures go in, guesses are asked about."""

import json
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.api.journeys import NC, PHU_THO
from tests.api.test_imports import PHU, counted, faults, taken, values
from tests.conftest import As, Caller
from tests.sheets.books import XLSX, saved

TITLE = "BIỂU TỔNG HỢP CÔNG TÁC NỮ CÔNG NĂM 2024"
HEADS = ("TT", "Đơn vị", "NC2", "", "NC3", "")
SUBHEADS = ("", "", "Tử số", "Mẫu số", "Tử số", "Mẫu số")
PLACE: dict[str, Any] = {"programme": NC, "period": "2024"}


def sheet(*rows: tuple[Any, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    """A title, two levels of headings with merged cells, units in rows, a total, a signature."""
    book = Workbook()
    made = book.active
    assert made is not None
    made.title = "Biểu 1"
    made["A1"] = TITLE
    for column, (head, sub) in enumerate(zip(heads, SUBHEADS, strict=True), 1):
        made.cell(3, column, head or None)
        made.cell(4, column, sub or None)
    made.merge_cells("C3:D3")
    made.merge_cells("E3:F3")
    for number, row in enumerate(rows, 5):
        for column, value in enumerate((number - 4, *row), 1):
            made.cell(number, column, value)
    last = 5 + len(rows)
    made.cell(last, 2, "Tổng cộng")
    made.cell(last, 3, sum(row[1] for row in rows if isinstance(row[1], int)))
    made.cell(last + 2, 5, "NGƯỜI LẬP BIỂU")
    return saved(book)


def mapped(who: Caller, content: bytes, lines: list[dict[str, Any]], status: int = 201) -> Any:
    mapping = {"sheets": [{"sheet": "Biểu 1", "lines": lines}]}
    answer = who.post(
        "/imports",
        files={"file": ("bieu.xlsx", content, XLSX)},
        data={"mapping": json.dumps(mapping)},
        params=PLACE,
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_centres_table_with_names_alone_goes_in_where_all_is_certain(as_: As) -> None:
    reviewer = as_("reviewer")
    content = sheet(
        ("LĐLĐ tỉnh Phú Thọ", 300, 400, "1.100", 2000),
        ("Hà Nội", 900, 1000, None, None),
        ("Liên đoàn Lao động tỉnh Hoà Bình", 40, 50, 5, 10),
    )
    summary = taken(reviewer, content, **PLACE, submit=True)
    assert counted(summary) == {"read": 5, "created": 5}
    assert summary["file"]["template"] is None
    assert (summary["programme"], summary["period"]) == (NC, "2024")
    assert [one["unit"] for one in summary["reports"]] == [PHU, "P63-01", "P63-17"]
    report = reviewer.get(PHU_THO).json()
    assert [(v["target"], v["numerator"], v["denominator"]) for v in report["values"]] == [
        ("NC2", 300, 400),
        ("NC3", 1100, 2000),
    ]
    columns = {line["line"]: line for line in summary["mapping"]["sheets"][0]["lines"]}
    assert columns["C"]["target"] == "NC2"
    assert columns["C"]["field"] == "numerator"
    assert columns["C"]["confidence"] == 1
    assert counted(taken(reviewer, content, **PLACE)) == {"read": 5, "unchanged": 5}


def test_a_name_without_its_marks_is_asked_about_confirmed_and_remembered(as_: As) -> None:
    reviewer = as_("reviewer")
    content = sheet(("Phu Tho", 300, 400, None, None), ("Hà Nội", 9, 10, None, None))
    refused = taken(reviewer, content, 422, **PLACE)
    assert faults(refused) == [("B5", "unknown_unit")]
    assert PHU in refused["errors"][0]["expected"]
    assert counted(refused) == {"read": 2, "ignored": 1, "errors": 1}
    confirmed = mapped(reviewer, content, [{"line": "5", "unit": PHU}])
    assert counted(confirmed) == {"read": 2, "created": 2}
    # The next file has the same spelling in another place: nobody is asked again.
    again = sheet(("Hà Nội", 9, 10, None, None), ("Phu Tho", 301, 400, None, None))
    assert counted(taken(reviewer, again, **PLACE)) == {"read": 2, "updated": 1, "unchanged": 1}
    other = as_("reviewer", name="another reviewer")
    assert faults(taken(other, content, 422, **PLACE))[0] == ("B5", "unknown_unit")


def test_a_heading_that_is_a_guess_stores_nothing_until_it_is_confirmed(as_: As) -> None:
    reviewer = as_("reviewer")
    heads = ("TT", "Đơn vị", "Nữ hành chính giỏi việc nước", "", "NC3", "")
    content = sheet(("Phú Thọ", 300, 400, 11, 20), heads=heads)
    partial = taken(reviewer, content, mode="partial", **PLACE)
    assert counted(partial)["created"] == 1
    assert counted(partial)["errors"] == 1
    assert {one["code"] for one in partial["errors"]} == {"unknown_target"}
    lines = [
        {"line": "C", "target": "NC2", "field": "numerator"},
        {"line": "D", "target": "NC2", "field": "denominator"},
    ]
    assert counted(mapped(reviewer, content, lines)) == {"read": 2, "created": 1, "unchanged": 1}


def test_a_federation_sends_its_own_form_in_words_of_its_own(as_: As) -> None:
    officer = as_("reporter", PHU)
    book = Workbook()
    made = book.active
    assert made is not None
    made["A1"] = "LIÊN ĐOÀN LAO ĐỘNG TỈNH PHÚ THỌ"
    made["A2"] = "BÁO CÁO NĂM 2024"
    rows: list[tuple[Any, ...]] = [
        ("Mã", "Chỉ tiêu", "Tử số", "Mẫu số", "Tỷ lệ (%)", "Ghi chú"),
        ("NC2", "", 300, 400, 75, None),
        ("NC3", "", None, None, "61,5%", "ước"),
    ]
    for row, told in enumerate(rows, 4):
        for column, value in enumerate(told, 1):
            made.cell(row, column, value)
    summary = taken(officer, saved(book), **PLACE)
    assert counted(summary)["created"] == 2
    assert values(officer)["NC2"] == {
        "numerator": 300,
        "denominator": 400,
        "percent": 75,
        "grade": "A",
    }


def test_a_period_that_the_title_names_is_only_a_guess(as_: As) -> None:
    content = sheet(("Phú Thọ", 300, 400, None, None))
    refused = taken(as_("reviewer"), content, 422, programme=NC)
    assert [(one["code"], one["expected"]) for one in refused["errors"]] == [("invalid", "2024")]
    assert counted(refused) == {"read": 1, "errors": 1}


def test_csv_comes_in_with_either_separator_and_encoding(as_: As) -> None:
    reviewer = as_("reviewer")
    table = "Đơn vị{0}NC2 tử số{0}NC2 mẫu số\nPhú Thọ{0}300{0}400\nHà Nội{0}900{0}1.000\n"
    for mark in ",;\t":
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            content = table.format(mark).encode(encoding)
            summary = taken(reviewer, content, 200, dry_run=True, **PLACE)
            assert counted(summary) == {"read": 2, "created": 2}, (mark, encoding)


def test_a_foreign_file_comes_back_marked_as_well(as_: As) -> None:
    reviewer = as_("reviewer")
    content = "Đơn vị;NC2 tử số;NC2 mẫu số\nPhú Thọ;500;400\n".encode()
    summary = taken(reviewer, content, 422, **PLACE)
    assert faults(summary) == [("B2", "numerator_exceeds_denominator")]
    marked = reviewer.get(f"/imports/{summary['id']}/annotated.xlsx")
    assert marked.status_code == 200
    book = load_workbook(BytesIO(marked.content))
    assert book.sheetnames == ["Lỗi", "CSV"]
    cell = book["CSV"]["B2"]
    assert cell.comment is not None
    assert "500" in cell.comment.text
    assert cell.fill.fill_type == "solid"


def test_a_mapping_that_is_no_mapping_is_refused_by_its_place(as_: As) -> None:
    reviewer = as_("reviewer")
    answer = reviewer.post(
        "/imports",
        files={"file": ("bieu.xlsx", sheet(("Phú Thọ", 1, 2, None, None)), XLSX)},
        data={"mapping": '{"sheets": [{"sheet": "Biểu 1", "lines": [{"line": "?"}]}]}'},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/mapping/sheets/0/lines/0/line"


def test_another_units_row_is_not_the_sender_s(as_: As) -> None:
    officer = as_("reporter", PHU)
    content = sheet(("Phú Thọ", 300, 400, None, None), ("Hà Nội", 9, 10, None, None))
    summary = taken(officer, content, mode="partial", **PLACE)
    assert counted(summary) == {"read": 2, "created": 1, "errors": 1}
    assert faults(summary) == [("B6", "not_found")]
