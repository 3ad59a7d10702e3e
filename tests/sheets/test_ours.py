"""Our own workbooks, however they come back: found by their keys, nothing in them lost."""

from typing import Any

from app.sheets.cells import Cell, CellKind, Placed, Row
from app.sheets.ours import Layout, Lines, layout_in, template_of

LONG = ("unit", "target", None, "numerator", "denominator", "percent", "done", "note")
WIDE = ("unit", None, "NC2.numerator", "NC2.denominator", None, "NC1a.done")


def cell(value: Any) -> Cell:
    if isinstance(value, int | float):
        return Cell(CellKind.NUMBER, repr(value))
    return Cell(CellKind.TEXT, value)


def row(number: int, *values: Any, hidden: bool = False) -> Row:
    return Row(number, {at: cell(v) for at, v in enumerate(values, 1) if v is not None}, hidden)


def sheet(*rows: Row) -> tuple[Layout, Lines]:
    layout = layout_in("Báo cáo", rows[:60])
    assert layout is not None
    return layout, Lines(layout, rows)


def said(lines: Lines) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (line.unit, line.target, {name: one.cell.value for name, one in line.fields.items()})
        for line in lines
    ]


def test_the_long_form_has_one_row_a_target() -> None:
    _, lines = sheet(
        row(1, None, None, "BÁO CÁO NĂM 2024"),
        row(5, *LONG),
        row(6, None, None, "Chỉ tiêu", "Tử số", "Mẫu số", "Tỷ lệ", "Đã làm", "Ghi chú"),
        row(7, "P63-25", "NC2", "Nữ …", 300, 400),
        row(8, "P63-25", "NC3", "Nữ …", None, None, "61,5%"),
        row(9, "P63-25", "NC1a", "Triển khai …", None, None, None, "Đã làm", "KH 12"),
        row(10, "P63-25", "NC1b", "Tập huấn …"),
    )
    assert said(lines) == [
        ("P63-25", "NC2", {"numerator": "300", "denominator": "400"}),
        ("P63-25", "NC3", {"percent": "61,5%"}),
        ("P63-25", "NC1a", {"done": "Đã làm", "note": "KH 12"}),
    ]
    assert lines.faults == []


def test_the_wide_form_has_one_row_a_unit() -> None:
    _, lines = sheet(
        row(4, *WIDE),
        row(5, None, "Đơn vị", "Tử số", "Mẫu số", "Tỷ lệ", "Đã làm"),
        row(6, "P63-01", "Hà Nội", 1, 2, 50.0),
        row(7, "P63-25", "Phú Thọ", None, None, None, "Chưa làm"),
        row(8, "P63-26", "Vĩnh Phúc", None, " ", 0.0),
        row(9, None, "Tổng cộng", 1, 2, 50.0),
    )
    assert said(lines) == [
        ("P63-01", "NC2", {"numerator": "1", "denominator": "2"}),
        ("P63-25", "NC1a", {"done": "Chưa làm"}),
    ]
    assert lines.faults == []


def test_a_line_knows_the_cells_that_are_still_blank() -> None:
    layout, lines = sheet(row(5, *LONG), row(7, "P63-25", "NC2", None, 300))
    (line,) = lines
    assert line.fields == {"numerator": Placed(7, 4, Cell(CellKind.NUMBER, "300"))}
    assert layout.columns_of("NC2")["denominator"] == 5
    wide, _ = sheet(row(4, *WIDE), row(6, "P63-01", None, 1))
    assert wide.columns_of("NC2") == {"numerator": 3, "denominator": 4}


def test_figures_in_a_row_without_its_key_are_not_dropped_in_silence() -> None:
    _, lines = sheet(
        row(5, *LONG),
        row(7, "P63-25", "NC2", None, 300, 400),
        row(8, None, None, "dòng tự thêm", 5, 6),
        row(9, "P63-25", None, "mất mã chỉ tiêu", 7, 8),
    )
    assert len(list(lines)) == 1
    assert [(one.at.cell, one.fault.facts["column"], one.values) for one in lines.faults] == [
        ("D8", "A", 1),
        ("D9", "B", 1),
    ]


def test_totals_and_footnotes_are_no_units() -> None:
    for words in ("Tổng cộng", "CỘNG", "Tổng số:", "  tổng   cộng ", "Cả nước", "Toàn quốc"):
        _, lines = sheet(
            row(4, *WIDE), row(6, "P63-01", None, 1, 2), row(7, None, words, 1, 2), row(9, "* chú")
        )
        assert len(list(lines)) == 1
        assert lines.faults == []


def test_a_key_that_is_unknown_or_stands_twice_is_told_at_its_cell() -> None:
    layout, _ = sheet(row(4, "unit", "NC2.numerator", "NC2.figure", "NC2.numerator"))
    assert [(one.at.cell, one.fault.code) for one in layout.unknown] == [
        ("C4", "invalid"),
        ("B4", "duplicate_row"),
        ("D4", "duplicate_row"),
    ]


def test_a_sheet_without_our_keys_is_not_ours() -> None:
    assert layout_in("Sheet1", [row(1, "Đơn vị", "Tử số"), row(2, "Hà Nội", 5)]) is None
    assert layout_in("Sheet1", [row(1, "unit", "price"), row(2, "kg", 5)]) is None


def test_a_template_is_named_in_the_property_or_in_a_cell() -> None:
    assert str(template_of("Mẫu: NC-2024/2024-H1@3")) == "NC-2024/2024-H1@3"
    assert template_of("NC-2024/2024") is None
    assert template_of(None) is None
    layout, _ = sheet(row(1, "Mẫu: NC-2024/2024@1"), row(5, *LONG))
    assert str(layout.template) == "NC-2024/2024@1"


def test_a_unit_typed_by_its_name_is_no_heading() -> None:
    _, lines = sheet(
        row(4, *WIDE),
        row(5, "Mã", "Đơn vị", "Tử số", "Mẫu số", "Tỷ lệ", "Đã làm"),
        row(6, "Phú Thọ", "Phú Thọ", 1, 2),
        row(9, "Hà Nội", "Hà Nội", None, None, None, "Đã làm"),
    )
    assert [unit for unit, _, _ in said(lines)] == ["Phú Thọ", "Hà Nội"]
