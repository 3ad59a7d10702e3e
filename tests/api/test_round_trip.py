"""The way of a workbook: out as a template, through LibreOffice's hands, and in again."""

from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tests.api.journeys import NC, PHU_THO
from tests.api.test_imports import PHU, counted, taken, values
from tests.conftest import As, Caller
from tests.sheets.office import converted, filled

WORDS = "chưa có tổ chức"


def template(who: Caller, unit: str = PHU) -> bytes:
    answer = who.get(f"/templates/{NC}/2024.xlsx", params={"unit": unit})
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def cells_of(content: bytes, *, computed: bool = False) -> dict[tuple[str, str], Any]:
    """By target and key, the address of the cell; or what its formula came to, by header."""
    sheet = load_workbook(BytesIO(content), data_only=computed)["Báo cáo"]
    rows = [list(row) for row in sheet.iter_rows()]
    keyed = next(at for at, row in enumerate(rows) if "target" in [c.value for c in row])
    keys = [cell.value for cell in rows[keyed]]
    heads = [cell.value for cell in rows[keyed + 1]]
    place = keys.index("target")
    found: dict[tuple[str, str], Any] = {}
    for row in rows[keyed + 2 :]:
        for key, head, cell in zip(keys, heads, row, strict=True):
            target = str(row[place].value)
            if key and not computed:
                found[target, str(key)] = cell.coordinate
            elif not key and computed:
                found[target, str(head)] = cell.value
    return found


def test_a_template_filled_in_libreoffice_comes_in_whole(as_: As, tmp_path: Path) -> None:
    officer = as_("reporter", PHU)
    empty = template(officer)
    at = cells_of(empty)
    typed = {
        at["NC2", "numerator"]: 300,
        at["NC2", "denominator"]: 400,
        at["NC2", "note"]: "theo danh sách",
        at["NC3", "percent"]: "61,5%",
        at["NC1a", "done"]: "Đã làm",
        at["NC1b", "not_applicable"]: WORDS,
    }
    back = filled(empty, typed, "xlsx", tmp_path)
    live = cells_of(back, computed=True)
    # 300 of 400 is 75; ninety percent of 400 are 360, so 60 more.
    assert live["NC2", "Tỷ lệ tính được (%)"] == 75
    assert "60" in str(live["NC2", "Kết luận"])
    summary = taken(officer, back, submit=True)
    assert counted(summary) == {"read": 4, "created": 4, "warnings": 1}
    assert values(officer) == {
        "NC2": {"numerator": 300, "denominator": 400, "note": "theo danh sách", "grade": "A"},
        "NC3": {"percent": 61.5, "grade": "C"},
        "NC1a": {"done": True, "grade": "D"},
        "NC1b": {"not_applicable": WORDS},
    }
    # What is stored stands in the next template: sent back as it is, it changes nothing.
    again = filled(template(officer), {}, "xlsx", tmp_path)
    assert counted(taken(officer, again)) == {"read": 4, "unchanged": 4}


def test_saved_in_another_form_it_says_the_same(as_: As, tmp_path: Path) -> None:
    """As .ods, and that once more as .xls."""
    officer = as_("reporter", PHU)
    empty = template(officer)
    at = cells_of(empty)
    typed = {
        at["NC2", "numerator"]: 0,
        at["NC2", "denominator"]: 400,
        at["NC3", "percent"]: "61,5%",
        at["NC1a", "done"]: "Chưa làm",
    }
    back = filled(empty, typed, "ods", tmp_path)
    summary = taken(officer, back)
    assert counted(summary) == {"read": 3, "created": 3, "warnings": 1}
    assert values(officer)["NC2"] == {"numerator": 0, "denominator": 400, "grade": "A"}
    assert officer.get(PHU_THO).json()["status"] == "draft"
    old = converted(back, "ods", "xls", tmp_path)
    assert counted(taken(officer, old)) == {"read": 3, "unchanged": 3}


def test_the_consolidated_sheet_goes_round_as_well(as_: As, tmp_path: Path) -> None:
    reviewer = as_("reviewer")
    answer = reviewer.get(f"/templates/{NC}/2024.xlsx")
    assert answer.status_code == 200
    sheet = load_workbook(BytesIO(answer.content))["Báo cáo"]
    rows = [list(row) for row in sheet.iter_rows()]
    keyed = next(row for row in rows if "unit" in [cell.value for cell in row])
    columns = {cell.value: cell.column_letter for cell in keyed if cell.value}
    row_of = {row[0].value: row[0].row for row in rows if row[0].value}
    units = [code for code in row_of if str(code).startswith("P63-")]
    assert len(units) == 63
    typed: dict[str, Any] = {}
    for unit in units:
        typed[f"{columns['NC2.numerator']}{row_of[unit]}"] = 9
        typed[f"{columns['NC2.denominator']}{row_of[unit]}"] = 10
    back = filled(answer.content, typed, "xlsx", tmp_path)
    summary = taken(reviewer, back)
    assert counted(summary) == {"read": 63, "created": 63}
    assert counted(taken(reviewer, back)) == {"read": 63, "unchanged": 63}
