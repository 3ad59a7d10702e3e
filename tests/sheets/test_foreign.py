"""Sheets as provinces lay them out: where units, targets and figures stand."""

import pytest

from app.sheets.cells import Cell, CellKind
from app.sheets.foreign import Wanted
from tests.sheets.messy import (
    NC,
    Table,
    faults,
    filled,
    grid,
    percent,
    read,
    role,
    turned,
    warnings,
)

TITLE = 'Nữ khu vực hành chính, sự nghiệp đạt "Giỏi việc nước, đảm việc nhà"'
ITS_OWN = Wanted("NC-2024", "2024", "P63-25")

CONSOLIDATED: Table = [
    ["TỔNG LIÊN ĐOÀN LAO ĐỘNG VIỆT NAM"],
    ["TỔNG HỢP KẾT QUẢ CÔNG TÁC NỮ CÔNG NĂM 2024"],
    [],
    ["STT", "Đơn vị", "NC2", "", "", "NC3", "", "", "NC1a", "Ghi chú"],
    ["", "", "Tử số", "Mẫu số", "Tỷ lệ (%)", "Tử số", "Mẫu số", "Tỷ lệ (%)"],
    ["(1)", "(2)", "(3)", "(4)", "(5)=3/4", "(6)", "(7)", "(8)=6/7", "(9)", "(10)"],
    ["I", "Khối địa phương"],
    [1, "Hà Nội", 300, 400, 75, 10, 20, 50, "Đã làm"],
    [2, "LĐLĐ tỉnh Hoà Bình", 30, 40, 75, "", "", "", "Chưa làm"],
    [],
    ["II", "Khối ngành"],
    [1, "CĐ ngành Y tế", 3, 4, 75],
    ["", "Tổng cộng", 333, 444, 75, 10, 20, 50],
    [],
    ["", "* Số liệu đến ngày 30/11"],
    ["", "Người lập biểu", "", "", "", "", "TM. BAN THƯỜNG VỤ"],
    ["", "Nguyễn Thị A", "", "", "", "", "Trần Văn B"],
]
MERGED = ("A2:J2", "C4:E4", "F4:H4", "A4:A5", "B4:B5", "I4:I5", "J4:J5")
CONSOLIDATED_SAYS = {
    ("P63-01", "NC2"): {"numerator": "300", "denominator": "400", "percent": "75"},
    ("P63-01", "NC3"): {"numerator": "10", "denominator": "20", "percent": "50"},
    ("P63-01", "NC1a"): {"done": "Đã làm"},
    ("P63-17", "NC2"): {"numerator": "30", "denominator": "40", "percent": "75"},
    ("P63-17", "NC1a"): {"done": "Chưa làm"},
    ("S-YT", "NC2"): {"numerator": "3", "denominator": "4", "percent": "75"},
}


@pytest.mark.parametrize("merged", [MERGED, ()], ids=["merged cells", "as a csv has them"])
def test_a_consolidated_sheet_with_two_levels_totals_and_signatures(merged: tuple[str]) -> None:
    made = read(grid(CONSOLIDATED, *merged))
    assert filled(made.lines) == CONSOLIDATED_SAYS
    assert (made.uncertain, faults(made), warnings(made)) == ([], [], [])
    assert role(made, "C") == {
        "line": "C",
        "said": "NC2 / Tử số",
        "target": "NC2",
        "field": "numerator",
        "confidence": 1.0,
        "why": "Đúng tên hoặc định nghĩa của chỉ tiêu",
    }
    assert role(made, "13")["skip"] is True


def test_the_same_sheet_turned_says_the_same() -> None:
    table = turned([row for row in CONSOLIDATED if len(row) > 2])
    assert filled(read(grid(table)).lines) == CONSOLIDATED_SAYS


def test_a_line_tells_where_its_unit_is_named_and_where_each_figure_stands() -> None:
    line = read(grid(CONSOLIDATED, *MERGED)).lines[0]
    assert (line.sheet, line.at) == ("Sheet1", (8, 2))
    assert line.fields["denominator"][:2] == (8, 4)


def test_targets_in_rows_and_units_in_columns_with_a_column_of_totals() -> None:
    made = read(
        grid(
            [
                ["TT", "Chỉ tiêu", "Hà Nội", "LĐLĐ TP. Hải Phòng", "Cộng"],
                [1, "NC2 - Tử số", 300, 20, 320],
                ["", "NC2 - Mẫu số", 400, 40, 440],
                [2, "Triển khai nghị quyết", "Có", "Không"],
            ]
        )
    )
    assert filled(made.lines) == {
        ("P63-01", "NC2"): {"numerator": "300", "denominator": "400"},
        ("P63-31", "NC2"): {"numerator": "20", "denominator": "40"},
        ("P63-01", "NC1a"): {"done": "Có"},
        ("P63-31", "NC1a"): {"done": "Không"},
    }
    assert made.lines[0].at == (1, 3)
    assert (faults(made), warnings(made)) == ([], [])


def test_a_target_merged_over_the_rows_of_its_fields() -> None:
    table: Table = [
        ["Chỉ tiêu", "Nội dung", "Hà Nội", "Hải Phòng", "Tổng số"],
        ["NC2", "Tử số", 300, 20, 320],
        ["", "Mẫu số", 400, 40, 440],
    ]
    says = {
        ("P63-01", "NC2"): {"numerator": "300", "denominator": "400"},
        ("P63-31", "NC2"): {"numerator": "20", "denominator": "40"},
    }
    assert filled(read(grid(table, "A2:A3")).lines) == says
    assert filled(read(grid(table)).lines) == says


def test_units_above_the_fields_and_targets_in_rows() -> None:
    made = read(
        grid(
            [
                ["Chỉ tiêu", "Hà Nội", "", "Hải Phòng", ""],
                ["", "Tử số", "Mẫu số", "Tử số", "Mẫu số"],
                ["NC2", 1, 2, 3, 4],
                ["NC3", 5, 6, 7, 8],
            ],
            "B1:C1",
            "D1:E1",
            "A1:A2",
        )
    )
    assert filled(made.lines) == {
        ("P63-01", "NC2"): {"numerator": "1", "denominator": "2"},
        ("P63-31", "NC2"): {"numerator": "3", "denominator": "4"},
        ("P63-01", "NC3"): {"numerator": "5", "denominator": "6"},
        ("P63-31", "NC3"): {"numerator": "7", "denominator": "8"},
    }


def test_three_levels_of_headings() -> None:
    made = read(
        grid(
            [
                ["STT", "Đơn vị", "Kết quả thực hiện chỉ tiêu", "", "", ""],
                ["", "", "NC2", "", "NC3", ""],
                ["", "", "Tử số", "Mẫu số", "Tử số", "Mẫu số"],
                [1, "Hà Nội", 1, 2, 3, 4],
            ],
            "C1:F1",
            "C2:D2",
            "E2:F2",
        )
    )
    assert filled(made.lines) == {
        ("P63-01", "NC2"): {"numerator": "1", "denominator": "2"},
        ("P63-01", "NC3"): {"numerator": "3", "denominator": "4"},
    }


def test_one_row_for_each_unit_and_target() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "Chỉ tiêu", "Tử số", "Mẫu số", "Ghi chú"],
                ["Hà Nội", "NC2", 1, 2, "đã rà soát"],
                ["", "NC3", 3, 4],
                ["Hải Phòng", "NC2", 5, 6],
            ]
        )
    )
    assert filled(made.lines) == {
        ("P63-01", "NC2"): {"numerator": "1", "denominator": "2", "note": "đã rà soát"},
        ("P63-01", "NC3"): {"numerator": "3", "denominator": "4"},
        ("P63-31", "NC2"): {"numerator": "5", "denominator": "6"},
    }


def test_a_sheet_of_one_unit_named_above_it() -> None:
    table: Table = [
        ["TỔNG LIÊN ĐOÀN LAO ĐỘNG VIỆT NAM", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["LĐLĐ TỈNH PHÚ THỌ"],
        ["", "", "Phú Thọ, ngày 10 tháng 12 năm 2024"],
        ["BÁO CÁO KẾT QUẢ NĂM 2024"],
        [],
        ["TT", "Chỉ tiêu", "ĐVT", "Tử số", "Mẫu số", "Tỷ lệ (%)", "Ghi chú"],
        [1, TITLE, "người", 300, 400, 75, "x"],
        [2, "NC1a", "", "", "", "", ""],
    ]
    made = read(grid(table))
    assert filled(made.lines) == {
        ("P63-25", "NC2"): {
            "numerator": "300",
            "denominator": "400",
            "percent": "75",
            "note": "x",
        }
    }
    assert made.mapping["sheets"][0]["unit"] == "P63-25"
    assert made.lines[0].at == (7, 2)
    assert (faults(made), warnings(made)) == ([], [])


def test_fields_in_rows_and_targets_in_columns_of_one_unit() -> None:
    made = read(grid([["", "NC2", "NC3"], ["Tử số", 1, 2], ["Mẫu số", 3, 4]]), wanted=ITS_OWN)
    assert filled(made.lines) == {
        ("P63-25", "NC2"): {"numerator": "1", "denominator": "3"},
        ("P63-25", "NC3"): {"numerator": "2", "denominator": "4"},
    }


def test_a_sheet_that_names_no_unit_is_about_its_sender_and_at_the_centre_about_nobody() -> None:
    sheet = grid([["Chỉ tiêu", "Kết quả"], ["NC1a", "Đã làm"], ["NC1b", "Chưa làm"]])
    says = {("P63-25", "NC1a"): {"done": "Đã làm"}, ("P63-25", "NC1b"): {"done": "Chưa làm"}}
    assert filled(read(sheet, wanted=ITS_OWN).lines) == says
    at_centre = read(sheet)
    assert at_centre.lines == []
    assert len(at_centre.uncertain) == 2
    assert faults(at_centre) == [("A1", "invalid", "which_unit")]


def test_another_units_sheet_is_not_taken_for_the_senders() -> None:
    made = read(
        grid([["LĐLĐ tỉnh Phú Thọ"], [], ["Chỉ tiêu", "Kết quả"], ["NC1a", "Đã làm"]]),
        wanted=Wanted("NC-2024", "2024", "P63-01"),
    )
    assert (made.lines, len(made.uncertain)) == ([], 1)
    assert faults(made) == [("A1", "code_name_mismatch", "")]


def test_a_single_column_of_figures_without_any_heading() -> None:
    made = read(grid([["NC1a", "Đã làm"], ["NC2", "75%"]]), wanted=ITS_OWN)
    assert filled(made.lines) == {
        ("P63-25", "NC1a"): {"done": "Đã làm"},
        ("P63-25", "NC2"): {"percent": "75%"},
    }


def test_a_result_of_a_share_is_read_only_where_it_is_written_as_a_percent() -> None:
    """75 under "Kết quả" may be 75 people: to be confirmed."""
    made = read(
        grid([["Chỉ tiêu", "Kết quả"], ["NC2", percent("0.75")], ["NC3", 75], ["NC1a", "Có"]]),
        wanted=ITS_OWN,
    )
    assert filled(made.lines) == {
        ("P63-25", "NC2"): {"percent": "0.75"},
        ("P63-25", "NC1a"): {"done": "Có"},
    }
    assert filled(made.uncertain) == {("P63-25", "NC3"): {"percent": "75"}}
    assert faults(made) == [("A3", "unknown_target", "suggested")]
    assert made.faults[0].fault.expected == "NC3.percent"


def test_percents_and_counts_side_by_side() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "NC2 - Số lượng đạt", "NC2 - Tổng số", "NC2 (%)", "NC3 (%)"],
                ["Hà Nội", 300, 400, percent("0.75"), "61,5%"],
            ]
        )
    )
    assert filled(made.lines) == {
        ("P63-01", "NC2"): {"numerator": "300", "denominator": "400", "percent": "0.75"},
        ("P63-01", "NC3"): {"percent": "61,5%"},
    }


def test_a_sheet_for_each_target_and_a_sheet_for_each_unit() -> None:
    by_target = [
        grid([["Đơn vị", "Tử số", "Mẫu số"], ["Hà Nội", 1, 2]], title="NC2"),
        grid([["Đơn vị", "Tử số", "Mẫu số"], ["Hà Nội", 3, 4]], title="NC3"),
    ]
    by_unit = [
        grid([["Chỉ tiêu", "Tử số", "Mẫu số"], ["NC2", 1, 2], ["NC3", 3, 4]], title="Hà Nội"),
        grid([["Chỉ tiêu", "Tử số", "Mẫu số"], ["NC2", 5, 6]], title="Phú Thọ"),
    ]
    of_hanoi = {
        ("P63-01", "NC2"): {"numerator": "1", "denominator": "2"},
        ("P63-01", "NC3"): {"numerator": "3", "denominator": "4"},
    }
    assert filled(read(*by_target).lines) == of_hanoi
    of_two = of_hanoi | {("P63-25", "NC2"): {"numerator": "5", "denominator": "6"}}
    assert filled(read(*by_unit).lines) == of_two


def test_headings_repeated_on_every_page_are_passed_over() -> None:
    head = ["STT", "Đơn vị", "NC2.numerator", "NC2.denominator"]
    made = read(grid([head, [1, "Hà Nội", 1, 2], head, [2, "Hải Phòng", 3, 4]]))
    assert set(filled(made.lines)) == {("P63-01", "NC2"), ("P63-31", "NC2")}
    assert (faults(made), warnings(made)) == ([], [])


def test_a_second_table_below_is_not_read_under_the_headings_of_the_first() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "NC2.numerator", "NC2.denominator"],
                ["Hà Nội", 1, 2],
                [],
                ["Đơn vị", "NC3.numerator", "NC3.denominator"],
                ["Hà Nội", 3, 4],
            ]
        )
    )
    assert filled(made.lines) == {("P63-01", "NC2"): {"numerator": "1", "denominator": "2"}}
    assert warnings(made) == [("A4", "invalid", "second_table")]


def test_a_unit_twice_is_refused_twice() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "NC2.numerator", "NC2.denominator"],
                ["Hà Nội", 1, 2],
                ["LĐLĐ TP Hà Nội", 3, 4],
            ]
        )
    )
    assert (made.lines, len(made.uncertain)) == ([], 1)
    told = [("A2", "duplicate_row", ""), ("A3", "duplicate_row", "")]
    assert faults(made) == told


def test_a_value_on_two_sheets_is_stored_from_neither() -> None:
    table: Table = [["Đơn vị", "NC1a", "NC1b"], ["Hà Nội", "Có", "Có"]]
    other: Table = [["Đơn vị", "NC1a"], ["Hà Nội", "Không"]]
    made = read(grid(table, title="Biểu 1"), grid(other, title="Biểu 2"))
    assert filled(made.lines) == {("P63-01", "NC1b"): {"done": "Có"}}
    assert [line.sheet for line in made.uncertain] == ["Biểu 1", "Biểu 2"]
    assert [one.fault.code for one in made.faults] == ["duplicate_row"]


def test_a_hidden_sheet_and_a_sheet_of_something_else_are_named_and_left_out() -> None:
    table: Table = [["Đơn vị", "NC1a"], ["Hà Nội", "Có"]]
    made = read(
        grid(table, title="Biểu 1"),
        grid(table, title="Nháp", hidden=True),
        grid([["Danh bạ"], ["Ông A", "0912"]], title="Danh bạ"),
    )
    assert len(made.lines) == 1
    assert [one.fault.facts["reason"] for one in made.warnings] == [
        "hidden_sheet",
        "nothing_in_sheet",
    ]
    assert [sheet.get("skip") for sheet in made.mapping["sheets"]] == [None, True, None]


def test_a_file_without_any_target_says_so_once() -> None:
    made = read(grid([["Danh bạ"], ["Ông A", "0912"]]), wanted=Wanted(None, None, None))
    assert faults(made)[0] == ("", "invalid", "nothing_recognised")
    assert (made.lines, made.uncertain) == ([], [])
    assert read(grid([["Danh bạ"]]), wanted=NC).faults[0].fault.facts["reason"] == (
        "nothing_recognised"
    )


def test_blank_is_nothing_and_zero_is_a_figure() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "NC2.numerator", "NC2.denominator", "NC1a"],
                ["Hà Nội", 0, 400, "  "],
                ["Hải Phòng", "", "", ""],
            ]
        )
    )
    assert filled(made.lines) == {("P63-01", "NC2"): {"numerator": "0", "denominator": "400"}}


def test_errors_and_dates_reach_the_rules_as_they_stand() -> None:
    made = read(
        grid(
            [
                ["Đơn vị", "NC2.numerator", "NC2.denominator"],
                ["Hà Nội", Cell(CellKind.ERROR, "#DIV/0!"), Cell(CellKind.DATE, "2024-12-12")],
            ]
        )
    )
    kinds = {name: one.cell.kind for name, one in made.lines[0].fields.items()}
    assert kinds == {"numerator": CellKind.ERROR, "denominator": CellKind.DATE}
