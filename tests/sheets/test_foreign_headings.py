"""What headings of columns and rows mean, and what is asked before it is believed."""

import pytest

from app.sheets.foreign import Wanted
from tests.sheets.messy import faults, filled, grid, percent, read, role, warnings

TITLE = 'Nữ khu vực hành chính, sự nghiệp đạt "Giỏi việc nước, đảm việc nhà"'


def test_plans_and_other_years_are_not_taken_for_results() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "NC2", "", "", ""],
                ["", "Kế hoạch", "Năm 2023 - Tỷ lệ", "Tử số", "Mẫu số"],
                ["Hà Nội", 350, 70, 300, 400],
            ],
            "B1:E1",
        )
    )
    assert filled(made.lines) == {("P63-01", "NC2"): {"numerator": "300", "denominator": "400"}}
    assert warnings(made) == [
        ("B2", "unknown_target", "skipped_column"),
        ("C2", "unknown_target", "skipped_column"),
    ]


def test_a_column_that_means_nothing_is_named_and_left_out() -> None:
    made = read(grid([["Đơn vị", "NC1a", "Số buổi tuyên truyền", ""], ["Hà Nội", "Có", 12, "x"]]))
    assert filled(made.lines) == {("P63-01", "NC1a"): {"done": "Có"}}
    assert warnings(made) == [
        ("C1", "unknown_target", "skipped_column"),
        ("D2", "unknown_target", "skipped_column"),
    ]
    assert made.warnings[0].said == "Số buổi tuyên truyền"


def test_a_computed_target_takes_no_figures() -> None:
    made = read(grid([["Đơn vị", "NC1", "NC1a"], ["Hà Nội", 100, "Có"]]))
    assert set(filled(made.lines)) == {("P63-01", "NC1a")}
    assert warnings(made) == [("B1", "unknown_target", "skipped_column")]


def test_a_heading_in_other_words_is_a_suggestion_and_stores_nothing() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "Nữ CNVCLĐ khu vực hành chính sự nghiệp", ""],
                ["", "Tử số", "Mẫu số"],
                ["Hà Nội", 300, 400],
            ],
            "B1:C1",
        )
    )
    assert made.lines == []
    assert filled(made.uncertain) == {("P63-01", "NC2"): {"numerator": "300", "denominator": "400"}}
    assert {(one.fault.code, one.fault.expected) for one in made.faults} == {
        ("unknown_target", "NC2.numerator"),
        ("unknown_target", "NC2.denominator"),
    }
    assert 0 < role(made, "B")["confidence"] < 1


def test_words_that_fit_two_targets_fit_none() -> None:
    made = read(grid([["Đơn vị", "NC1a", "Nữ đạt danh hiệu"], ["Hà Nội", "Có", 5]]))
    assert warnings(made) == [("C1", "unknown_target", "skipped_column")]


@pytest.mark.parametrize(
    ("heading", "code", "reason"),
    [
        ("NC2 - Tử số (lượt người)", "unit_of_count", ""),
        ("NC2 - Tử số (nghìn người)", "invalid", "scaled"),
        ("NC2 - Tử số (1.000 người)", "invalid", "scaled"),
        ("NC3 - " + TITLE, "unknown_target", "suggested"),
    ],
)
def test_a_heading_that_contradicts_its_target_holds_the_column_back(
    heading: str, code: str, reason: str
) -> None:
    made = read(grid([["Đơn vị", heading], ["Hà Nội", 300]]))
    assert (made.lines, len(made.uncertain)) == ([], 1)
    assert faults(made) == [("B1", code, reason)]


def test_figures_in_thousands_for_the_whole_sheet_are_held_back() -> None:
    made = read(grid([["Đơn vị tính: 1.000 người"], ["Đơn vị", "NC2.numerator"], ["Hà Nội", 300]]))
    assert made.lines == []
    assert faults(made) == [("A1", "invalid", "scaled")]


@pytest.mark.parametrize(
    ("heading", "target", "field"),
    [
        ("NC2.numerator", "NC2", "numerator"),
        ("nc2 - TỬ SỐ", "NC2", "numerator"),
        ("Chỉ tiêu NC2: Mẫu số", "NC2", "denominator"),
        ("NC2\nTỷ lệ (%)", "NC2", "percent"),
        (TITLE + " (%)", "NC2", "percent"),
        ("Tỷ lệ " + TITLE, "NC2", "percent"),
        ("2. " + TITLE + " - Số đạt", "NC2", "numerator"),
        ("Tổng số nữ ĐV, NLĐ khu vực hành chính, sự nghiệp", "NC2", "denominator"),
        ("Đã triển khai nghị quyết", "NC1a", "done"),
        ("Triển khai Nghị quyết (có/không)", "NC1a", "done"),
        ("NC2 - Ghi chú", "NC2", "note"),
        ("NC2 - Không áp dụng, lý do", "NC2", "not_applicable"),
        ("NC2: nữ HCSN đạt GVN-ĐVN (%)", "NC2", "percent"),
        ("NC2 năm 2024 - Tử số", "NC2", "numerator"),
        ("Đề xuất sửa đổi chính sách đối với lao động nữ và trẻ em", "NCT1", "text"),
    ],
)
def test_a_code_a_title_and_a_definition_are_certain(heading: str, target: str, field: str) -> None:
    made = read(grid([["Đơn vị", heading], ["Hà Nội", "5"]]))
    assert filled(made.lines) == {("P63-01", target): {field: "5"}}
    assert role(made, "B")["confidence"] == 1.0


@pytest.mark.parametrize(
    "heading", ["NC2 - dân tộc thiểu số (%)", "Kết quả nhóm NC2 năm nay (%)", "NC2 - Số lượng"]
)
def test_words_beside_a_code_that_narrow_it_are_asked_about(heading: str) -> None:
    made = read(grid([["Đơn vị", heading], ["Hà Nội", 75]]))
    assert (made.lines, len(made.uncertain)) == ([], 1)
    assert faults(made) == [("B1", "unknown_target", "suggested")]


@pytest.mark.parametrize("heading", ["NC2 - trong đó: dân tộc (%)", "NC2 kế hoạch", "NC2 năm 2023"])
def test_a_part_a_plan_or_another_year_of_a_target_is_left_out(heading: str) -> None:
    made = read(grid([["Đơn vị", heading, "NC1a"], ["Hà Nội", 75, "Có"]]))
    assert set(filled([*made.lines, *made.uncertain])) == {("P63-01", "NC1a")}
    assert warnings(made) == [("B1", "unknown_target", "skipped_column")]


def test_a_group_over_the_fields_of_a_whole_sheets_target_is_asked_about() -> None:
    made = read(
        grid(
            [["Đơn vị", "Ngoài nhà nước", ""], ["", "Tử số", "Mẫu số"], ["Hà Nội", 1, 2]],
            "B1:C1",
            title="NC2",
        )
    )
    assert (made.lines, len(made.uncertain)) == ([], 1)


def test_a_result_may_be_a_percent_by_its_own_sign() -> None:
    made = read(
        grid([["Chỉ tiêu", "Thực hiện", "Kế hoạch"], ["NC2", percent("0.9"), percent("0.95")]]),
        wanted=Wanted("NC-2024", "2024", "P63-25"),
    )
    assert filled(made.lines) == {("P63-25", "NC2"): {"percent": "0.9"}}
    assert warnings(made) == [("C1", "unknown_target", "skipped_column")]
