"""The workbook that units fill in: its keys, its locks, its live formulas, its looks in code."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.domain.numbers import Percent, percent_of
from app.domain.periods import PeriodKind, period
from app.domain.targets import (
    Comparator,
    Group,
    Level,
    PeriodRule,
    Programme,
    ProgrammePeriod,
    Source,
    Target,
    UnitRule,
    ValueKind,
)
from app.domain.units import Unit, UnitKind, UnitName
from app.domain.values import Value
from app.i18n import LANGUAGES, catalogue
from app.schemas.templates import LastFigure, Said, TemplateModel, TemplateUnit, template_id
from app.sheets.template import written
from tests.sheets.office import converted

FEDERATION = UnitKind.PROVINCE_FEDERATION
BESIDE = ["not_applicable", "note", "evidence", "estimated"]
COUNTS = ["unit", "target", "numerator", "denominator", "percent"]
LONG_KEYS = [*COUNTS, "value", "done", "text", *BESIDE]


def target(number: int, kind: ValueKind = ValueKind.RATIO, **more: Any) -> Target:
    """T1, T2 …: at least 90 % of persons unless said."""
    ratio = kind is ValueKind.RATIO
    facts: dict[str, Any] = {
        "id": number,
        "programme": "P-1",
        "code": f"T{number}",
        "group": 1,
        "parent": None,
        "title_vi": f"Chỉ tiêu số {number}",
        "title_en": f"Target {number}",
        "value_kind": kind,
        "unit_of_count": "persons" if kind in (ValueKind.RATIO, ValueKind.COUNT) else None,
        "reported_by": frozenset({FEDERATION}),
        "unit_rule": UnitRule.POOLED if ratio else UnitRule.SHARE_OF_UNITS,
        "period_rule": PeriodRule.LATEST,
        "periods": frozenset({PeriodKind.YEAR}),
        "comparator": Comparator.AT_LEAST,
        "threshold": Level(Percent(90_000_000, 0)) if ratio else Level(Percent(100_000_000, 0)),
        "numerator_vi": "Số người đạt",
        "denominator_vi": "Tổng số người" if ratio else None,
    }
    return Target(**facts | more)


def at_least(points: str) -> Level:
    return Level(percent_of(Decimal(points)))


COUNT: dict[str, Any] = {"unit_rule": UnitRule.SUM, "threshold": Level(count=1000)}
WORDS: dict[str, Any] = {"unit_rule": None, "comparator": None, "threshold": Level()}


def unit(number: int, name: str = "Phú Thọ") -> Unit:
    names = (UnitName(f"Liên đoàn Lao động tỉnh {name}", name, name),)
    return Unit(number, f"U-{number}", FEDERATION, names)


def model(
    targets: list[Target],
    units: Mapping[int, Mapping[str, Said]],
    not_asked: Mapping[int, set[str]] | None = None,
    **more: Any,
) -> TemplateModel:
    """What is stored by unit and target; `not_asked` of whom less than everything is asked."""
    when = ProgrammePeriod(1, "P-1", period("2024"), due_on=date(2024, 12, 15))
    programme = Programme(
        code="P-1",
        title_vi="Chương trình thử",
        title_en="A trial",
        starts_on=None,
        ends_on=None,
        facts={"document": {"title": "Bài báo", "publisher": "báo", "published_on": "2024-01-17"}},
        groups=(Group(1, "Nhóm một", "Group one"),),
        targets={one.code: (one,) for one in targets},
        periods={"2024": when},
    )
    centre = Unit(99, "VGCL", UnitKind.CENTRE, (UnitName("Tổng Liên đoàn", "TLĐ", "VGCL"),))
    codes = {one.code for one in targets}
    without = not_asked or {}
    return TemplateModel(
        id=template_id(programme, when),
        organisation=centre,
        programme=programme,
        period=when,
        targets=tuple(targets),
        units=tuple(
            TemplateUnit(unit(number), frozenset(codes - without.get(number, set())), said)
            for number, said in units.items()
        ),
        last=more.pop("last", {}),
        **more,
    )


def book(data: bytes, *, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def data_sheet(made: TemplateModel, language: str = "vi") -> Any:
    return book(written(made, language))["Báo cáo"]


def keys(sheet: Any) -> tuple[int, dict[str, int]]:
    """The one hidden row, and the column of each key in it."""
    (row,) = [number for number, one in sheet.row_dimensions.items() if one.hidden]
    cells = [cell for cell in sheet[row] if cell.value is not None]
    return row, {str(cell.value): cell.column for cell in cells}


def line(sheet: Any, code: str) -> int:
    _, at = keys(sheet)
    rows = range(1, sheet.max_row + 1)
    return next(row for row in rows if sheet.cell(row, at["target"]).value == code)


def column_named(sheet: Any, header: str) -> int:
    columns = (cell.column for row in sheet.iter_rows() for cell in row if cell.value == header)
    found: int = next(columns)
    return found


def said_by(sheet: Any, code: str, header: str) -> Any:
    return sheet.cell(line(sheet, code), column_named(sheet, header)).value


Units = Mapping[int, Mapping[str, Said]]
ONE_AND_TWO: list[Units] = [{1: {}}, {1: {}, 2: {}}]
EVERY_KIND = [
    target(1),
    target(2, ValueKind.COUNT, **COUNT),
    target(3, ValueKind.NARRATIVE, **WORDS),
    target(4, ValueKind.ALL_OF, parts=("T5", "T6")),
    target(5, ValueKind.YES_NO, parent="T4"),
    target(6, ValueKind.YES_NO, parent="T4"),
]
STORED = {
    "T1": Said(Value(numerator=300, denominator=400), note="=1+1", evidence="KH 12/KH-LĐLĐ"),
    "T2": Said(Value(value=1_200, estimated=True)),
    "T3": Said(Value(text="Đã mở\nba lớp")),
    "T5": Said(Value(done=True)),
    "T6": Said(Value(not_applicable="lý do riêng")),
}


def test_one_unit_has_a_row_for_each_target_and_the_keys_of_the_contract() -> None:
    sheet = data_sheet(model(EVERY_KIND, {1: STORED}))
    row, at = keys(sheet)
    assert list(at) == LONG_KEYS
    assert [sheet.column_dimensions[name].hidden for name in "ABC"] == [True, True, False]
    filled = [
        (sheet.cell(number, 1).value, sheet.cell(number, 2).value)
        for number in range(row + 1, sheet.max_row + 1)
        if sheet.cell(number, 2).value is not None
    ]
    # What is computed from its parts takes no input: its row has no keys.
    assert filled == [("U-1", code) for code in ("T1", "T2", "T3", "T5", "T6")]
    assert said_by(sheet, "T1", "Mã") == "T1"


def test_numbers_and_words_have_columns_only_where_a_target_is_told_so() -> None:
    _, at = keys(data_sheet(model([target(1)], {1: {}})))
    assert list(at) == [key for key in LONG_KEYS if key not in ("value", "text")]


def test_what_is_stored_stands_in_its_cells_as_it_was_sent() -> None:
    said = STORED | {"T1": replace_percent("61.50")}
    sheet = data_sheet(model(EVERY_KIND, {1: said}))
    _, at = keys(sheet)

    def cell(code: str, key: str) -> Any:
        return sheet.cell(line(sheet, code), at[key])

    percent = cell("T1", "percent")
    assert (percent.value, percent.data_type) == ("61,50%", "s")
    assert (percent.number_format, percent.alignment.horizontal) == ("General", "right")
    assert cell("T2", "value").value == 1_200
    assert cell("T2", "estimated").value == "Ước"
    assert cell("T3", "text").value == "Đã mở\nba lớp"
    assert (cell("T5", "done").value, cell("T6", "done").value) == ("Đã làm", None)
    assert cell("T6", "not_applicable").value == "lý do riêng"


def replace_percent(points: str) -> Said:
    percent = percent_of(Decimal(points))
    return Said(Value(percent_micro=percent.micro, percent_decimals=percent.decimals))


def test_a_note_is_never_a_formula_nor_a_link() -> None:
    notes = ["=1+1", "+2", "@x", "http://a.b", "-1", "12/3"]
    targets = [target(number) for number in range(1, len(notes) + 1)]
    said = {
        one.code: Said(Value(numerator=1, denominator=1), note=note)
        for one, note in zip(targets, notes, strict=True)
    }
    sheet = data_sheet(model(targets, {1: said}))
    _, at = keys(sheet)
    cells = [sheet.cell(line(sheet, one.code), at["note"]) for one in targets]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [
        (note, "s", "@") for note in notes
    ]
    assert not any(cell.hyperlink for cell in cells)


def test_only_input_cells_are_unlocked_and_no_password_is_needed() -> None:
    sheet = data_sheet(model(EVERY_KIND, {1: STORED}))
    _, at = keys(sheet)
    free = {
        (sheet.cell(cell.row, at["target"]).value, key)
        for row in sheet.iter_rows()
        for cell in row
        for key, column in at.items()
        if not cell.protection.locked and cell.column == column
    }
    own = {
        "T1": {"numerator", "denominator", "percent"},
        "T2": {"value"},
        "T3": {"text"},
        "T5": {"done"},
        "T6": {"done"},
    }
    assert free == {(code, key) for code, fields in own.items() for key in fields | set(BESIDE)}
    unlocked = [c for row in sheet.iter_rows() for c in row if not c.protection.locked]
    assert len(unlocked) == len(free)
    lock = sheet.protection
    assert (lock.sheet, lock.password) == (True, None)
    # In openpyxl's words False is "allowed".
    assert (lock.formatColumns, lock.formatRows, lock.selectLockedCells) == (False, False, False)
    assert lock.insertRows is True


def test_dropdowns_and_messages_help_before_and_after() -> None:
    sheet = data_sheet(model([*EVERY_KIND, target(7, may_exceed_100=True)], {1: {}}))
    _, at = keys(sheet)
    rules = {str(one.sqref): one for one in sheet.data_validations.dataValidation}

    def rule(code: str, key: str) -> Any:
        return rules[sheet.cell(line(sheet, code), at[key]).coordinate]

    done = rule("T5", "done")
    assert done.type == "list"
    assert done.formula1.strip('"').split(",") == ["Đã làm", "Chưa làm", "(xóa)"]
    reason = rule("T1", "not_applicable")
    assert (reason.formula1, reason.errorStyle) == ("ly_do_khong_ap_dung", "warning")
    count, over = rule("T1", "numerator"), rule("T7", "numerator")
    assert count.type == over.type == "custom"
    assert (count.error, count.errorTitle) == (
        "Tử số là số nguyên từ 0 và không lớn hơn mẫu số. Nếu mẫu số cũng thay đổi, hãy ghi mẫu"
        " số trước.",
        "Chưa nhận số này",
    )
    row = line(sheet, "T1")
    assert re.search(rf"\$[A-Z]{row}<=\$[A-Z]{row}", count.formula1)
    assert "<=" not in over.formula1
    assert "Số người đạt." in count.prompt
    assert all(rule("T1", key).prompt for key in ("numerator", "denominator", "percent"))


def test_which_template_it_is_stands_in_a_property_in_a_cell_and_under_a_name() -> None:
    for units in ONE_AND_TWO:
        made = book(written(model(EVERY_KIND, units), "vi"))
        assert {one.name: one.value for one in made.custom_doc_props.props} == {
            "chitieu_template": "P-1/2024@1"
        }
        sheet, place = made.defined_names["chitieu_mau"].attr_text.split("!")
        assert sheet == "'Báo cáo'"
        assert made["Báo cáo"][place.replace("$", "")].value == "Mẫu: P-1/2024@1"


def test_input_areas_and_reasons_have_names() -> None:
    made = book(written(model(EVERY_KIND, {1: {}}), "vi"))
    row, at = keys(made["Báo cáo"])
    assert {f"nhap_{key}" for key in at if key not in ("unit", "target")} <= set(made.defined_names)
    guide, place = made.defined_names["ly_do_khong_ap_dung"].attr_text.split("!")
    cells = made[guide.strip("'")][place.replace("$", "")]
    reasons = [cell.value for (cell,) in cells]
    assert reasons[0] == "Đơn vị không có đối tượng của chỉ tiêu này"
    assert len(reasons) == 4
    wide = book(written(model([target(1), target(2)], {1: {}, 2: {}}), "vi"))
    assert {"nhap_1_T1", "nhap_2_T2"} <= set(wide.defined_names)


def test_the_head_says_who_what_and_when() -> None:
    last = {"T1": LastFigure("2023", Decimal("86.67"), 1_300, 1_500)}
    sheet = data_sheet(model([target(1)], {1: {}}, last=last, demonstration=True))
    said = [cell.value for row in sheet.iter_rows(max_row=6) for cell in row if cell.value]
    assert "Tổng Liên đoàn" in said
    assert "Liên đoàn Lao động tỉnh Phú Thọ" in said
    assert "Chương trình thử" in said
    (dates,) = [one for one in said if one.startswith("Kỳ báo cáo")]
    assert dates.split("   ·   ") == [
        "Kỳ báo cáo: Năm 2024",
        "Hạn nộp: 15/12/2024 (dự kiến)",
        "SỐ LIỆU TRÌNH DIỄN, KHÔNG PHẢI SỐ LIỆU THẬT",
    ]
    assert said_by(sheet, "T1", "Kỳ trước") == "86,67\u00a0% (1.300/1.500) – 2023"
    assert said_by(sheet, "T1", "Yêu cầu") == "≥\u00a090\u00a0%"
    assert said_by(sheet, "T1", "Chỉ tiêu và cách tính") == (
        "Chỉ tiêu số 1\nTử số: Số người đạt\nMẫu số: Tổng số người\nĐơn vị tính: người"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("2024-H1", "6 tháng đầu năm 2024"),
        ("2024-9M", "9 tháng đầu năm 2024"),
        ("2024-Q1", "Quý I/2024"),
        ("2024-03", "Tháng 3/2024"),
    ],
)
def test_periods_are_named_as_officers_name_them(code: str, said: str) -> None:
    made = model([target(1)], {1: {}})
    made = replace(made, period=replace(made.period, period=period(code), due_status="stated"))
    dates = [c.value for c in data_sheet(made)[5] if c.value]
    assert dates == [f"Kỳ báo cáo: {said}   ·   Hạn nộp: 15/12/2024"]


def test_a_threshold_of_one_unit_stands_beside_that_of_all() -> None:
    given = {("U-1", 2024): Level(count=50)}
    counted = target(2, ValueKind.COUNT, **COUNT, assigned=given, due_on=date(2024, 12, 31))
    sheet = data_sheet(model([counted, target(3, threshold=at_least("100"))], {1: {}}))
    assert said_by(sheet, "T2", "Yêu cầu").split("\n") == [
        "≥\u00a01.000\u00a0người (cả nước)",
        "Được giao: ≥\u00a050\u00a0người",
        "đến 31/12/2024",
    ]
    assert said_by(sheet, "T3", "Yêu cầu") == "100\u00a0%"


def test_the_guide_has_definitions_sources_and_how_numbers_are_read() -> None:
    quoted = target(1, source=Source("90% trở lên", 1, 12, "stated"), interpretation_vi="Như vậy.")
    guide = book(written(model([quoted], {1: {}}), "vi"))["Hướng dẫn"]
    said = "\n".join(str(cell.value) for row in guide.iter_rows() for cell in row if cell.value)
    for words in (
        "Tử số: Số người đạt",
        "Cách hiểu: Như vậy.",
        "Trích nguồn: “90% trở lên” (ghi rõ trong văn bản).",
        "“Bài báo”, báo, 17/01/2024.",
        "0,95 (ô tỷ lệ, không có dấu %)",
        "385 lượt",
        "(xóa)",
    ):
        assert words in said
    assert guide.protection.sheet is True


def test_it_prints_on_a4_with_its_header_and_its_name_on_every_page() -> None:
    for units in ONE_AND_TWO:
        sheet = data_sheet(model([target(1)], units))
        page = sheet.page_setup
        assert (page.paperSize, page.orientation, page.fitToHeight) == (9, "landscape", 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
        row, _ = keys(sheet)
        assert sheet.print_title_rows is not None
        assert f"${row + 1}:" in sheet.print_title_rows
        assert sheet.oddFooter.left.text == "Mẫu: P-1/2024@1"
        assert "&P/&N" in sheet.oddFooter.right.text
        assert sheet.freeze_panes is not None


def test_a_table_too_wide_for_a_page_breaks_between_targets() -> None:
    sheet = data_sheet(model([target(number) for number in range(1, 7)], {1: {}, 2: {}}))
    _, at = keys(sheet)
    starts = {column - 1 for key, column in at.items() if key.endswith(".numerator")}
    breaks = {one.id for one in sheet.col_breaks.brk}
    assert breaks
    assert breaks <= starts
    assert sheet.print_title_cols == "$B:$C"


def test_the_same_content_is_the_same_file() -> None:
    both: list[Units] = [{1: STORED}, {1: STORED, 2: {}}]
    for units in both:
        made = model(EVERY_KIND, units)
        assert written(made, "vi") == written(made, "vi")
        assert written(made, "vi") != written(made, "en")


def test_nothing_points_outside_the_file(recwarn: pytest.WarningsRecorder) -> None:
    data = written(model(EVERY_KIND, {1: STORED, 2: {}}), "vi")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = parts.namelist()
        links = b"".join(parts.read(name) for name in names if name.endswith(".rels"))
    assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]
    assert b"External" not in links
    # A message or a name that is too long for Excel is left out by XlsxWriter with a warning.
    assert not recwarn.list


def test_long_definitions_are_cut_to_what_a_message_holds(recwarn: pytest.WarningsRecorder) -> None:
    long = target(1, numerator_vi="Số người " * 60, code="T-" + "X" * 38)
    sheet = data_sheet(model([long], {1: {}}))
    prompts = [one.prompt or "" for one in sheet.data_validations.dataValidation]
    assert max(map(len, prompts)) <= 255
    assert not recwarn.list


def test_many_units_have_a_row_each_and_a_block_for_each_target() -> None:
    sheet = data_sheet(model(EVERY_KIND, {1: STORED, 2: {}}, {2: {"T1"}}))
    row, at = keys(sheet)
    assert list(at) == [
        "unit",
        "T1.numerator",
        "T1.denominator",
        "T1.percent",
        "T1.not_applicable",
        "T1.note",
        "T1.evidence",
        "T2.value",
        "T2.not_applicable",
        "T2.note",
        "T2.estimated",
        "T3.text",
        "T3.not_applicable",
        "T3.note",
        "T5.done",
        "T5.not_applicable",
        "T5.note",
        "T6.done",
        "T6.not_applicable",
        "T6.note",
    ]
    assert sheet.column_dimensions["A"].hidden
    first = row + 3
    assert [sheet.cell(first + n, 1).value for n in range(3)] == ["U-1", "U-2", None]
    assert sheet.cell(first + 2, 3).value == "Tổng cộng"
    blocks = {str(one): sheet.cell(one.min_row, one.min_col).value for one in sheet.merged_cells}
    assert "T1. Chỉ tiêu số 1 (≥\u00a090\u00a0%)" in blocks.values()
    assert sheet.freeze_panes == f"D{first}"

    def looks(number: int, key: str) -> tuple[bool, str]:
        cell = sheet.cell(first + number, at[key])
        return cell.protection.locked, cell.fill.fill_type

    assert looks(0, "T1.numerator") == (False, "solid")
    assert {looks(1, key) for key in at if key.startswith("T1.")} == {(True, "lightUp")}
    assert looks(1, "T2.value") == (False, "solid")
    assert {looks(2, key)[0] for key in at} == {True}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder, so that LibreOffice makes itself at home only once."""
    return tmp_path_factory.mktemp("office")


def filled(made: TemplateModel, entries: Mapping[tuple[str, str], Any], where: Path) -> Any:
    """The long form with more filled in, worked out by LibreOffice. A value may be a pair: the
    number and its format."""
    opened = book(written(made, "vi"))
    sheet = opened["Báo cáo"]
    _, at = keys(sheet)
    for (code, key), value in entries.items():
        cell = sheet.cell(line(sheet, code), at[key])
        cell.value, cell.number_format = value if isinstance(value, tuple) else (value, "General")
    return worked_out(opened, where)


def worked_out(opened: Any, where: Path) -> Any:
    """Saved without what the formulas came to before, so that LibreOffice must compute them."""
    saved = io.BytesIO()
    opened.save(saved)
    return book(converted(saved.getvalue(), "xlsx", "xlsx", where), values=True)["Báo cáo"]


AT_MOST: dict[str, Any] = {"comparator": Comparator.AT_MOST}
GIVEN: dict[str, Any] = {"assigned": {("U-1", None): Level(count=50)}}
# What is filled in, and what the two live columns make of it.
CASES: list[tuple[Target, dict[str, Any], Any, Any]] = [
    # ⌈0.9 · 400⌉ = 360 are asked: 60 more than 300.
    (target(1), {"numerator": 300, "denominator": 400}, 75, "Còn thiếu 60 người"),
    (target(2), {"numerator": 360, "denominator": 400}, 90, "Đạt"),
    # 17 999/20 000 is 89.995 %, which two decimals would show as 90.00.
    (target(3), {"numerator": 17_999, "denominator": 20_000}, 89.995, "Còn thiếu 1 người"),
    (target(4), {"numerator": 0, "denominator": 0}, None, "Không áp dụng"),
    (target(5), {"numerator": 5, "denominator": 0}, None, "Mẫu số bằng 0"),
    (target(6), {"numerator": 5}, None, "Cần cả tử số và mẫu số"),
    (target(7), {"numerator": 500, "denominator": 400}, 125, "Tử số lớn hơn mẫu số"),
    (
        target(8, may_exceed_100=True, threshold=at_least("110")),
        {"numerator": 500, "denominator": 400},
        125,
        "Đạt",
    ),
    (target(9, threshold=at_least("55")), {"percent": "61,5%"}, 61.5, "Đạt"),
    # 100 · 0.57 is a little less than 57 in binary.
    (target(10, threshold=at_least("57")), {"percent": (0.57, "0%")}, 57, "Đạt"),
    (target(11), {"percent": 89.5}, 89.5, "Chưa đạt"),
    # 5 % of 50 are 2.5 persons: 3 are one too many.
    (
        target(12, **AT_MOST, threshold=at_least("5")),
        {"numerator": 3, "denominator": 50},
        6,
        "Vượt 1 người",
    ),
    # 55.5 % of 200 are 111.
    (target(13, threshold=at_least("55.5")), {"numerator": 111, "denominator": 200}, 55.5, "Đạt"),
    (
        target(14, threshold=at_least("55.5")),
        {"numerator": 110, "denominator": 200},
        55,
        "Còn thiếu 1 người",
    ),
    (
        target(15, comparator=Comparator.EXACTLY, threshold=at_least("50")),
        {"numerator": 3, "denominator": 4},
        75,
        "Chưa đạt",
    ),
    (target(16), {"not_applicable": "lý do"}, None, "Không áp dụng"),
    (target(17), {"numerator": 1, "not_applicable": "x"}, None, "Có số thì không ghi lý do"),
    (target(18), {"note": "(xóa)"}, None, "Rút số đã gửi"),
    (target(19), {"numerator": 1, "note": "(xóa)"}, None, "Xóa trống các ô còn lại"),
    (
        target(20),
        {"numerator": 1.5, "denominator": 2},
        75,
        "Số lượng phải là số nguyên",
    ),
    (target(21, comparator=None, threshold=Level()), {"numerator": 1, "denominator": 2}, 50, None),
    (target(22), {}, None, None),
    (target(23, ValueKind.COUNT, **COUNT, **GIVEN), {"value": 20}, None, "Còn thiếu 30 người"),
    (target(24, ValueKind.COUNT, **COUNT, **GIVEN), {"value": 50}, None, "Đạt"),
    # A threshold of all units together judges none of them.
    (target(25, ValueKind.COUNT, **COUNT), {"value": 20}, None, None),
    (target(26, ValueKind.YES_NO), {"done": "Đã làm"}, None, "Đạt"),
    (target(27, ValueKind.YES_NO), {"done": "Chưa làm"}, None, "Chưa đạt"),
    # 1/30 000 is 0.0033… %: not nothing.
    (target(28), {"numerator": 1, "denominator": 30_000}, 0.003, "Còn thiếu 26,999 người"),
]


def test_percent_and_verdict_follow_what_is_filled_in(office: Path) -> None:
    made = model([one for one, *_ in CASES], {1: {}})
    entries = {(one.code, key): value for one, cells, *_ in CASES for key, value in cells.items()}
    sheet = filled(made, entries, office)
    percent, verdict = (column_named(sheet, name) for name in ("Tỷ lệ tính được (%)", "Kết luận"))
    for one, cells, shown, said in CASES:
        row = line(sheet, one.code)
        got = (sheet.cell(row, percent).value or None, sheet.cell(row, verdict).value or None)
        assert got == (shown, said), (one.code, cells)


PARTS = [
    target(1, ValueKind.ALL_OF, parts=("T2", "T3")),
    target(2, ValueKind.YES_NO, parent="T1"),
    target(3, ValueKind.YES_NO, parent="T1"),
]
YES, NO, OUT = Said(Value(done=True)), Said(Value(done=False)), Said(Value(not_applicable="x"))


@pytest.mark.parametrize(
    ("stored", "verdict"),
    [
        ({}, None),
        ({"T2": YES}, "Chưa đạt"),
        ({"T2": YES, "T3": NO}, "Chưa đạt"),
        ({"T2": YES, "T3": YES}, "Đạt"),
        ({"T2": YES, "T3": OUT}, "Đạt"),
        ({"T2": OUT, "T3": OUT}, "Không áp dụng"),
    ],
)
def test_what_has_parts_is_met_when_all_that_apply_are(
    stored: dict[str, Said], verdict: str | None
) -> None:
    sheet = book(written(model(PARTS, {1: stored}), "vi"), values=True)["Báo cáo"]
    row = line(sheet, "T2") - 1
    assert sheet.cell(row, column_named(sheet, "Mã")).value == "T1"
    assert (sheet.cell(row, column_named(sheet, "Kết luận")).value or None) == verdict


def test_what_is_shown_before_anybody_opens_the_file_is_what_the_formulas_come_to(
    office: Path,
) -> None:
    """LibreOffice, telephones and previews show what is kept beside a formula."""
    asked = [
        *EVERY_KIND,
        target(7, threshold=at_least("55")),
        target(8),
        target(9, **AT_MOST, threshold=at_least("5")),
        target(10),
    ]
    said = STORED | {
        "T7": replace_percent("61.5"),
        "T8": Said(Value(numerator=17_999, denominator=20_000)),
        "T9": Said(Value(numerator=3, denominator=50)),
        "T10": Said(Value(numerator=0, denominator=0)),
    }
    both: list[Units] = [{1: said}, {1: said, 2: {"T8": said["T9"]}}]
    for units in both:
        data = written(model(asked, units), "vi")
        kept = book(data, values=True)["Báo cáo"]
        found = worked_out(book(data), office)
        formulas = [
            cell.coordinate
            for row in book(data)["Báo cáo"].iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
        assert len(formulas) > 10
        assert {at: kept[at].value or None for at in formulas} == {
            at: found[at].value or None for at in formulas
        }


def test_the_closing_row_adds_counts_and_divides_once(office: Path) -> None:
    """300/400, 200/250 and 90/150 are 590/800: 73.75 %; the mean of percents would be 71.67."""
    targets = [target(1), target(2, ValueKind.YES_NO), target(3, ValueKind.COUNT, **COUNT)]
    counts = {1: (300, 400), 2: (200, 250), 3: (90, 150)}
    said = {n: {"T1": Said(Value(numerator=a, denominator=b))} for n, (a, b) in counts.items()}
    opened = book(written(model(targets, {**said, 4: {}}, {4: {"T2"}}), "vi"))
    sheet = opened["Báo cáo"]
    row, at = keys(sheet)
    for number, done in enumerate(("Đã làm", "Chưa làm", "Đã làm")):
        sheet.cell(row + 3 + number, at["T2.done"]).value = done
        sheet.cell(row + 3 + number, at["T3.value"]).value = 1_000
    total = worked_out(opened, office)
    closing = {key: total.cell(row + 7, column).value for key, column in at.items()}
    assert (closing["T1.numerator"], closing["T1.denominator"]) == (590, 800)
    assert (closing["unit"], closing["T1.percent"]) == (None, None)
    assert total.cell(row + 7, at["T1.percent"] + 1).value == 73.75
    assert (closing["T2.done"], closing["T3.value"]) == (2, 3_000)
    assert total.cell(row + 7, at["T2.done"]).number_format == '0"/3"'


def test_the_verdict_of_a_wide_row_stands_in_its_number_format() -> None:
    given = {("U-2", None): at_least("95.5")}
    made = model([target(1, assigned=given)], {1: {}, 2: {}})
    sheet = data_sheet(made)
    row, at = keys(sheet)
    cells = [sheet.cell(row + 3 + number, at["T1.percent"] + 1) for number in range(2)]
    assert [cell.number_format for cell in cells] == [
        '[>=90]0.00####" – Đạt";0.00####" – Chưa đạt"',
        '[>=95.5]0.00####" – Đạt";0.00####" – Chưa đạt"',
    ]


def test_it_speaks_english_to_who_prefers_it_but_keeps_the_words_of_the_machine() -> None:
    sheet = data_sheet(model(EVERY_KIND, {1: STORED}), "en")
    _, at = keys(sheet)
    assert list(at) == LONG_KEYS
    assert sheet.cell(line(sheet, "T5"), at["done"]).value == "Đã làm"
    assert said_by(sheet, "T1", "Asked") == "≥\u00a090\u00a0%"
    assert any(
        cell.value == "Period: Year 2024   ·   Due: 2024-12-15 (assumed)" for cell in sheet[5]
    )


def test_a_revision_in_force_makes_a_new_template_and_one_to_come_does_not() -> None:
    first = target(1)
    made = model([first], {1: {}})
    later = replace(first, effective_on=date(2025, 1, 1))
    earlier = replace(first, effective_on=date(2024, 7, 1))

    def version(*revisions: Target) -> str:
        return template_id(replace(made.programme, targets={"T1": revisions}), made.period)

    assert version(first) == version(first, later) == "P-1/2024@1"
    assert version(first, earlier) == version(first, earlier, later) == "P-1/2024@2"
    assert version(first, later, earlier) == "P-1/2024@3"


def test_every_sentence_of_the_template_is_there_in_both_languages() -> None:
    told = [
        {key: re.findall(r"{\w+}", said) for key, said in catalogue(language).items()}
        for language in LANGUAGES
    ]
    vietnamese, english = (
        {key: sorted(facts) for key, facts in one.items() if key.startswith("template.")}
        for one in told
    )
    assert vietnamese == english
