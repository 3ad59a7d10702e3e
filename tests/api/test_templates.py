"""Templates through the API: for whom, of whom, and with what is stored already in them."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest

from tests.api.journeys import NC, TT, approved, ratio, submit
from tests.conftest import As, Caller, Clock
from tests.test_cli import chitieu

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEMBERS = {
    "code": "NQ-DH-XIII",
    "title_vi": "Phát triển đoàn viên",
    "title_en": "Members",
    "groups": [{"number": 1, "title_vi": "Đoàn viên", "title_en": "Members"}],
    "targets": [
        {
            "code": "DV",
            "group": 1,
            "title_vi": "Số đoàn viên",
            "title_en": "Members",
            "value_kind": "count",
            "unit_of_count": "persons",
            "reported_by": ["province_federation"],
            "unit_rule": "sum",
            "periods": ["year"],
            "comparator": "at_least",
            "threshold_count": 15_000_000,
            "assigned": [{"unit": "P34-01", "threshold_count": 900_000}],
        },
        {
            "code": "NV",
            "group": 1,
            "title_vi": "Cách làm hay",
            "title_en": "Good practice",
            "value_kind": "narrative",
            "reported_by": ["province_federation"],
            "periods": ["year"],
        },
    ],
    "periods": [{"code": "2026"}],
}


def opened(caller: Caller, path: str, **headers: str) -> Any:
    answer = caller.get(f"/templates/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))["Báo cáo"]


def keys(sheet: Any) -> tuple[int, dict[str, int]]:
    (row,) = [number for number, one in sheet.row_dimensions.items() if one.hidden]
    return row, {cell.value: cell.column for cell in sheet[row] if cell.value is not None}


def table(sheet: Any) -> dict[str, dict[str, Any]]:
    """What is filled, by target in the long form and by unit in the wide one."""
    row, at = keys(sheet)
    named = at.get("target", at["unit"])
    found = {}
    for number in range(row + 1, sheet.max_row + 1):
        if sheet.cell(number, at["unit"]).value is not None:
            cells = {key: sheet.cell(number, column).value for key, column in at.items()}
            filled = {key: value for key, value in cells.items() if value is not None}
            found[sheet.cell(number, named).value] = filled
    return found


def beside(sheet: Any, code: str, header: str) -> Any:
    """What stands in a column without a key, in the row of a target."""
    cells = [cell for row in sheet.iter_rows() for cell in row]
    column = next(cell.column for cell in cells if cell.value == header)
    row = next(cell.row for cell in cells if cell.value == code and cell.column == 2)
    return sheet.cell(row, column).value


def test_a_federation_gets_its_own_form_with_what_it_has_sent(as_: As) -> None:
    values = [
        ratio("NC2", 300, 400) | {"note": "đến 30/11"},
        {"target": "NC3", "percent": "61,50", "estimated": True},
        {"target": "NC1a", "done": False, "evidence": "KH 12/KH-LĐLĐ"},
        {"target": "NC1b", "not_applicable": "lý do"},
        {"target": "NCT1", "text": "đã đề xuất"},
    ]
    submit(as_, "P63-25", values)
    reporter = as_("reporter", "P63-25")
    answer = reporter.get(f"/templates/{NC}/2024.xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    plain, name = answer.headers["content-disposition"].split("; ")[1:]
    assert plain == 'filename="bao-cao-nc-2024-2024-p63-25-phu-tho.xlsx"'
    assert unquote(name) == "filename*=UTF-8''Báo cáo NC-2024 2024 P63-25 Phú Thọ.xlsx"
    found = table(opened(reporter, f"{NC}/2024.xlsx"))
    stood = {code: {k: v for k, v in row.items() if k != "target"} for code, row in found.items()}
    assert {row.pop("unit") for row in stood.values()} == {"P63-25"}
    assert stood == {
        "NC1a": {"done": "Chưa làm", "evidence": "KH 12/KH-LĐLĐ"},
        "NC1b": {"not_applicable": "lý do"},
        "NC2": {"numerator": 300, "denominator": 400, "note": "đến 30/11"},
        "NC3": {"percent": "61,50%", "estimated": "Ước"},
        "NCT1": {"text": "đã đề xuất"},
        "NCT2": {},
    }


def test_the_same_form_is_not_sent_twice(as_: As) -> None:
    reporter = as_("reporter", "P63-25")
    path = f"/templates/{NC}/2024.xlsx"
    first = reporter.get(path)
    again = reporter.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    submit(as_, "P63-25", [ratio("NC2", 1, 2)])
    assert reporter.get(path).headers["etag"] != first.headers["etag"]


def test_another_unit_s_form_does_not_exist_for_a_federation(as_: As) -> None:
    reporter = as_("reporter", "P63-25")
    for path in (
        f"{NC}/2024.xlsx?unit=P63-01",
        f"{NC}/2024.xlsx?unit=P63-25&unit=P63-01",
        f"{NC}/2024.xlsx?unit=P63-99",
        f"{NC}/2030.xlsx",
        "NC-2030/2024.xlsx",
    ):
        assert reporter.get(f"/templates/{path}").status_code == 404, path
    assert as_(None).get(f"/templates/{NC}/2024.xlsx").status_code == 401
    assert reporter.get(f"/templates/{NC}/2024.xlsx?units=P63-25").status_code == 422


def test_the_centre_gets_every_unit_that_is_expected(as_: As) -> None:
    approved(as_, "P63-01", [ratio("NC2", 45_000, 50_000)])
    sheet = opened(as_("reviewer"), f"{NC}/2024.xlsx")
    found = table(sheet)
    assert len(found) == 63 + 11 + 8
    assert found["P63-01"] == {"unit": "P63-01", "NC2.numerator": 45_000, "NC2.denominator": 50_000}
    assert all(row.keys() == {"unit"} for code, row in found.items() if code != "P63-01")
    _, at = keys(sheet)
    assert not [key for key in at if key.startswith("NC1.")]
    # Roll-out and training are not asked of a corporation union.
    row = next(number for number in range(1, 100) if sheet.cell(number, 1).value == "C-HK")
    locked = {key: sheet.cell(row, column).protection.locked for key, column in at.items()}
    assert locked == {key: key == "unit" or key.startswith("NC1") for key in at}
    one = opened(as_("reviewer"), f"{NC}/2024.xlsx?unit=P63-02")
    assert list(table(one)) == ["NC1a", "NC1b", "NC2", "NC3", "NCT1", "NCT2"]
    two = opened(as_("viewer"), f"{NC}/2024.xlsx?unit=P63-02&unit=P63-01&unit=P63-02")
    assert list(table(two)) == ["P63-02", "P63-01"]


def test_a_draft_stands_in_its_unit_s_own_form_alone(as_: As) -> None:
    path = f"{NC}/2024.xlsx?unit=P63-25"
    reporter, reviewer = as_("reporter", "P63-25"), as_("reviewer")
    report = f"/reports/{NC}/2024/P63-25"
    reporter.put(report, json={"values": [ratio("NC2", 1, 2)]})
    assert table(opened(reporter, path))["NC2"]["numerator"] == 1
    for role in ("reviewer", "viewer", "auditor", "admin"):
        assert "numerator" not in table(opened(as_(role), path))["NC2"], role
    reporter.post(f"{report}/submit")
    assert table(opened(reviewer, path))["NC2"]["numerator"] == 1
    returned = reviewer.post(f"{report}/return", json={"comment": "xem lại"})
    again = {"If-Match": returned.headers["etag"]}
    reporter.put(report, json={"values": [ratio("NC2", 2, 2)]}, headers=again)
    assert table(opened(reporter, path))["NC2"]["numerator"] == 2
    assert table(opened(reviewer, path))["NC2"]["numerator"] == 1
    assert table(opened(reviewer, f"{NC}/2024.xlsx"))["P63-25"]["NC2.numerator"] == 1


def test_the_approved_figure_of_the_period_before_stands_beside(as_: As) -> None:
    half = f"{NC}/2024-H1"
    approved(as_, "P63-25", [ratio("NC2", 1_300, 1_500), {"target": "NC1a", "done": True}], half)
    submit(as_, "P63-01", [ratio("NC2", 1, 2)], half)
    sheet = opened(as_("reporter", "P63-25"), f"{NC}/2024.xlsx")

    last = {code: beside(sheet, code, "Kỳ trước") for code in ("NC1a", "NC2", "NC3")}
    assert last == {
        "NC1a": "Đã làm – 2024-H1",
        "NC2": "86,67\u00a0% (1.300/1.500) – 2024-H1",
        "NC3": "–",
    }
    other = opened(as_("reviewer"), f"{NC}/2024.xlsx?unit=P63-01")
    # What is only submitted is no figure yet.
    assert beside(other, "NC2", "Kỳ trước") == "–"


def test_after_the_merger_the_thirty_four_are_asked_and_see_what_became_of_the_old_figures(
    as_: As, clock: Clock
) -> None:
    clock.now = clock.now.replace(year=2025)
    counts = {"P63-25": (300, 400), "P63-26": (200, 250), "P63-17": (90, 150)}
    for unit, (numerator, denominator) in counts.items():
        approved(as_, unit, [ratio("TT3", numerator, denominator)], f"{TT}/2025-H1")
    found = table(opened(as_("reviewer"), f"{TT}/2025.xlsx"))
    assert len(found) == 34 + 9 + 8 + 1
    assert not [code for code in found if code.startswith("P63")]
    merged = opened(as_("reporter", "P34-25"), f"{TT}/2025.xlsx")
    # 300/400 + 200/250 + 90/150 = 590/800 = 73.75 %.
    assert beside(merged, "TT3", "Kỳ trước") == "73,75\u00a0% (590/800) – 2025-H1"


def test_a_successor_fills_in_for_the_units_it_came_from(as_: As) -> None:
    submit(as_, "P63-25", [ratio("NC2", 300, 400)])
    successor = as_("reporter", "P34-25")
    found = table(opened(successor, f"{NC}/2024.xlsx"))
    assert set(found) == {"P63-17", "P63-25", "P63-26"}
    assert found["P63-25"]["NC2.numerator"] == 300
    assert successor.get(f"/templates/{NC}/2024.xlsx?unit=P34-25").status_code == 422


def test_who_is_not_asked_in_a_period_is_told_so(as_: As) -> None:
    ended = as_("reporter", "P63-25").get(f"/templates/{TT}/2025.xlsx")
    assert (ended.status_code, ended.json()["code"]) == (409, "unit_closed")
    centre = as_("reviewer").get(f"/templates/{NC}/2024.xlsx?unit=VGCL")
    assert (centre.status_code, centre.json()["errors"][0]["code"]) == (422, "unit_not_expected")


def test_a_programme_of_counts_and_words_has_their_columns(as_: As) -> None:
    assert as_("admin").post("/programmes", json=MEMBERS).status_code == 201
    sheet = opened(as_("reviewer"), "NQ-DH-XIII/2026.xlsx?unit=P34-01")
    _, at = keys(sheet)
    assert {"value", "text"} <= at.keys()
    assert list(table(sheet)) == ["DV", "NV"]
    assert beside(sheet, "DV", "Yêu cầu") == (
        "≥\u00a015.000.000\u00a0người (cả nước)\nĐược giao: ≥\u00a0900.000\u00a0người"
    )
    wide = opened(as_("reviewer"), "NQ-DH-XIII/2026.xlsx")
    assert {"DV.value", "NV.text"} <= keys(wide)[1].keys()
    assert len(table(wide)) == 34


def test_a_revised_target_makes_a_new_template(as_: As) -> None:
    def named(period: str) -> str:
        sheet = opened(as_("reviewer"), f"{NC}/{period}.xlsx?unit=P63-01")
        return next(v for v in (str(c.value) for c in sheet[1]) if v.startswith("Mẫu"))

    assert named("2024") == "Mẫu: NC-2024/2024@1"
    revision = {"effective_on": "2024-07-01", "reason": "NQ 02", "threshold_percent": 92}
    made = as_("admin").post(f"/programmes/{NC}/targets/NC2/revisions", json=revision)
    assert made.status_code == 201
    assert named("2024") == "Mẫu: NC-2024/2024@2"
    assert named("2024-H1") == "Mẫu: NC-2024/2024-H1@1"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_operator_writes_it_from_the_command_line(tmp_path: Path, url: str) -> None:
    env = {"CHITIEU_DATABASE_URL": url}
    words = ("template", NC, "2024", "--unit", "P63-25", "-o", "form.xlsx")
    done = chitieu(tmp_path, *words, **env)
    assert (done.returncode, "NC-2024/2024@1" in done.stdout) == (0, True), done.stderr
    sheet = openpyxl.load_workbook(tmp_path / "form.xlsx")["Báo cáo"]
    assert len(table(sheet)) == 6
    refused = chitieu(tmp_path, "template", NC, "2030", "-o", "no.xlsx", **env)
    assert (refused.returncode, (tmp_path / "no.xlsx").exists()) == (1, False)
