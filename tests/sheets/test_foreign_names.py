"""Unit names and codes as people type them, and when the sheet itself tells its period (21, 25)."""

import unicodedata

import pytest

from app.sheets.foreign import Wanted
from tests.sheets.messy import NC, faults, filled, grid, read, role, warnings

CTTT_2025 = Wanted("CTTT-2023-2028", "2025", None)


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("LĐLĐ tỉnh Hoà Bình", "P63-17"),
        ("Hòa Bình", "P63-17"),
        ("Liên đoàn Lao động TP. Hà Nội", "P63-01"),
        ("Liên đoàn Lao động thành phố Hà Nội", "P63-01"),
        ("TP HCM", "P63-79"),
        ("TP.HCM", "P63-79"),
        ("T.P Hồ Chí Minh", "P63-79"),
        ("Tỉnh Phú Thọ", "P63-25"),
        ("1. Hà Nội", "P63-01"),
        ("63) Cà Mau", "P63-96"),
        ("Hà Nội (*)", "P63-01"),
        ("  HÀ\u00a0 NỘI ", "P63-01"),
        (unicodedata.normalize("NFD", "Đắk Lắk"), "P63-66"),
        ("Đăk Lăk", "P63-66"),
        ("Bà Rịa – Vũng Tàu", "P63-77"),
        ("Bà Rịa Vũng Tàu", "P63-77"),
        ("BR-VT", "P63-77"),
        ("Kontum", "P63-62"),
        ("CĐ ngành Y tế", "S-YT"),
        ("Công đoàn Y tế Việt Nam", "S-YT"),
        ("CĐ Viên chức VN", "S-VC"),
        ("Công đoàn GTVT Việt Nam", "S-GTVT"),
        ("CĐ Than - Khoáng sản VN", "C-TKS"),
        ("Công đoàn TCT Hàng không Việt Nam", "C-HK"),
        ("P63-25", "P63-25"),
        ("p63-25 - Phú Thọ", "P63-25"),
        ("Ha Noi City Federation of Labour", "P63-01"),
    ],
)
def test_a_name_in_any_declared_style_is_its_unit(typed: str, unit: str) -> None:
    made = read(grid([["Đơn vị", "NC1a"], [typed, "Có"]]))
    assert filled(made.lines) == {(unit, "NC1a"): {"done": "Có"}}
    assert (faults(made), role(made, "2")["confidence"]) == ([], 1.0)


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("Ha Noi", "P63-01"),
        ("LDLD tinh Phu Tho", "P63-25"),
        ("Phú Thọo", "P63-25"),
        ("Vĩnh Phcú", "P63-26"),
        ("Phú Yên (không kể KCN)", "P63-54"),
        ("Công đoàn tỉnh Phú Thọ", "P63-25"),
        ("Huế", "P63-46"),
        ("LĐLĐ TP Hòa Bình", "P63-17"),
    ],
)
def test_a_name_without_diacritics_or_with_a_slip_is_a_suggestion(typed: str, unit: str) -> None:
    made = read(grid([["Đơn vị", "NC1a"], [typed, "Có"]]))
    assert made.lines == []
    assert filled(made.uncertain) == {(unit, "NC1a"): {"done": "Có"}}
    assert faults(made) == [("A2", "unknown_unit", "suggested_unit")]
    assert (made.faults[0].fault.expected or "").startswith(unit)
    assert 0 < role(made, "2")["confidence"] < 1


def test_a_name_that_nobody_bears_is_counted_and_not_stored() -> None:
    """A province's own districts, say: never taken for the province."""
    made = read(
        grid([["Đơn vị", "NC2.numerator"], ["Thanh Ba", 5], ["Hạ Hòa", 6], ["Cộng", 11]]),
        wanted=Wanted("NC-2024", "2024", "P63-25"),
    )
    assert made.lines == []
    assert [(line.unit, line.target) for line in made.uncertain] == [("", "NC2"), ("", "NC2")]
    assert faults(made) == [
        ("A2", "unknown_unit", "unknown_name"),
        ("A3", "unknown_unit", "unknown_name"),
    ]


def test_an_unknown_unit_heading_a_column_is_counted_too() -> None:
    made = read(grid([["Chỉ tiêu", "Hà Nội", "Thanh Ba", "Ghi chú"], ["NC1a", "Có", "Có", "a"]]))
    assert set(filled(made.lines)) == {("P63-01", "NC1a")}
    assert faults(made) == [("C1", "unknown_unit", "unknown_name")]
    assert warnings(made) == [("D1", "unknown_unit", "unnamed")]


def test_a_slip_between_two_names_suggests_neither() -> None:
    """ "Quảng Ngam" is one letter from Quảng Nam and one from Quảng Ngãi."""
    made = read(grid([["Đơn vị", "NC1a"], ["Quảng Ngam", "Có"]]))
    assert faults(made) == [("A2", "unknown_unit", "unknown_name")]


def test_a_unit_that_has_ended_is_named_with_its_successor() -> None:
    made = read(
        grid(
            [["Đơn vị", "TT6.numerator"], ["Hà Nam", 5], ["CĐ Viên chức VN", 6], ["Ninh Bình", 7]]
        ),
        wanted=CTTT_2025,
    )
    assert set(filled(made.lines)) == {("P34-37", "TT6")}
    assert set(filled(made.uncertain)) == {("P63-35", "TT6"), ("S-VC", "TT6")}
    assert faults(made) == [("A2", "unit_closed", "became"), ("A3", "unit_closed", "dispersed")]
    assert made.faults[0].fault.expected == "P34-37 (Ninh Bình)"


def test_a_unit_that_is_yet_to_come_is_not_expected() -> None:
    made = read(grid([["Đơn vị", "NC1a"], ["CĐ KH&CN", "Có"], ["P34-25", "Có"]]))
    assert made.lines == []
    assert faults(made) == [
        ("A2", "unit_not_expected", "not_yet"),
        ("A3", "unit_not_expected", "not_yet"),
    ]


def test_one_name_is_the_unit_of_the_periods_last_day() -> None:
    sheet = grid([["Đơn vị", "TT6.numerator"], ["Phú Thọ", 5]])
    before = read(sheet, wanted=CTTT_2025._replace(period="2025-H1"))
    after = read(sheet, wanted=CTTT_2025)
    assert [line.unit for line in before.lines] == ["P63-25"]
    assert [line.unit for line in after.lines] == ["P34-25"]


def test_a_state_code_is_read_by_the_day_and_beside_its_name() -> None:
    """24 was Bắc Giang, and is Bắc Ninh since 2025-07-01; 15 was Yên Bái."""
    sheet = grid([["Mã tỉnh", "Tên đơn vị", "TT6.numerator"], [24, "Bắc Ninh", 5], ["01", "", 6]])
    after = read(sheet, wanted=CTTT_2025)
    assert {line.unit for line in after.lines} == {"P34-24", "P34-01"}
    before = read(sheet, wanted=CTTT_2025._replace(period="2024"))
    assert {line.unit for line in before.lines} == {"P63-01"}
    assert faults(before) == [("B2", "code_name_mismatch", "")]
    facts = before.faults[0].fault.facts
    assert str(facts["name"]).startswith("P63-27 (Bắc Ninh")
    assert str(facts["unit"]).startswith("P63-24 (Bắc Giang")


def test_a_code_settles_a_name_without_diacritics_and_not_one_that_is_strange() -> None:
    made = read(
        grid(
            [
                ["Mã đơn vị", "Đơn vị", "NC1a"],
                ["P63-25", "Phu Tho", "Có"],
                ["P63-01", "Thủ đô", "Có"],
                ["P63-26", "Phú Thọ", "Có"],
            ]
        )
    )
    assert set(filled(made.lines)) == {("P63-25", "NC1a")}
    assert faults(made) == [
        ("B3", "unknown_unit", "suggested_unit"),
        ("B4", "code_name_mismatch", ""),
    ]


def test_a_bare_number_in_another_column_is_no_state_code() -> None:
    made = read(grid([["STT", "Đơn vị", "NC1a"], [24, "Hà Nội", "Có"]]))
    assert set(filled(made.lines)) == {("P63-01", "NC1a")}


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("BÁO CÁO NĂM 2024", "2024"),
        ("Báo cáo 6 tháng đầu năm 2024", "2024-H1"),
        ("Kết quả quý I/2024", "2024-Q1"),
        ("Kết quả quý 3 năm 2024", "2024-Q3"),
    ],
)
def test_a_period_in_a_title_is_a_suggestion_that_holds_everything_back(
    title: str, period: str
) -> None:
    made = read(
        grid([[title], ["Đơn vị", "TT6.numerator"], ["Hà Nội", 5]]),
        wanted=Wanted(None, None, None),
    )
    assert (made.mapping["programme"], made.mapping["period"]) == ("CTTT-2023-2028", period)
    assert (made.lines, len(made.uncertain)) == ([], 1)
    assert faults(made) == [("A1", "invalid", "which_period")]
    assert made.faults[0].fault.expected == period


@pytest.mark.parametrize(
    "title", ["Báo cáo 9 tháng năm 2024", "Phú Thọ, ngày 5 tháng 3 năm 2024", "Giai đoạn 2023-2028"]
)
def test_without_a_period_of_the_programme_the_sender_is_asked(title: str) -> None:
    """The programme asks for no nine months; the day of signing is not the time reported on."""
    made = read(
        grid([[title], ["Đơn vị", "NC1a"], ["P63-01", "Có"]]), wanted=Wanted(None, None, None)
    )
    assert (made.mapping["programme"], made.mapping["period"]) == ("NC-2024", None)
    assert ("invalid", "which_period") in [told[1:] for told in faults(made)]
    assert made.lines == []


def test_without_a_period_a_name_of_two_times_is_ambiguous() -> None:
    made = read(grid([["Đơn vị", "NC1a"], ["Phú Thọ", "Có"]]), wanted=Wanted("NC-2024", None, None))
    ambiguous = next(one for one in made.faults if one.fault.code == "ambiguous_unit")
    assert "P63-25" in (ambiguous.fault.expected or "")
    assert "P34-25" in (ambiguous.fault.expected or "")


def test_a_title_of_another_year_is_a_warning_when_the_caller_said_the_period() -> None:
    made = read(grid([["Kết quả năm 2023"], ["Đơn vị", "NC1a"], ["Hà Nội", "Có"]]), wanted=NC)
    assert len(made.lines) == 1
    assert warnings(made) == [("A1", "invalid", "other_period")]


def test_a_file_named_by_targets_of_two_programmes_alike_is_asked_about() -> None:
    made = read(
        grid([["Đơn vị", "NC1a", "TT6.numerator"], ["Hà Nội", "Có", 5]]),
        wanted=Wanted(None, "2024", None),
    )
    assert made.lines == []
    assert faults(made)[0] == ("", "invalid", "which_programme")
