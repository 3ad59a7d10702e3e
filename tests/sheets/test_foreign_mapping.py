"""The mapping step: what the sender corrects, what is remembered, what legacy fonts ask for."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import app
from app.i18n import LANGUAGES, catalogue
from app.sheets.foreign import Wanted
from app.sheets.roles import Known
from tests.sheets.messy import Table, faults, filled, grid, read, role, warnings

ODD: Table = [
    ["Đơn vị", "Nữ CNVCLĐ khu vực HCSN", "Tổng nữ HCSN", "Buổi tuyên truyền"],
    ["Ha Noi", 300, 400, 5],
    ["Thủ phủ", 30, 40, 6],
]
SAID: dict[str, Any] = {
    "sheets": [
        {
            "sheet": "Sheet1",
            "lines": [
                {"line": "B", "target": "NC2", "field": "numerator"},
                {"line": "C", "target": "NC2", "field": "denominator"},
                {"line": "D", "skip": True},
                {"line": "2", "unit": "P63-01"},
                {"line": "3", "unit": "P63-25"},
            ],
        }
    ]
}
SAYS = {
    ("P63-01", "NC2"): {"numerator": "300", "denominator": "400"},
    ("P63-25", "NC2"): {"numerator": "30", "denominator": "40"},
}


def test_corrections_override_the_guess_and_are_certain() -> None:
    assert read(grid(ODD)).lines == []
    made = read(grid(ODD), mapping=SAID)
    assert filled(made.lines) == SAYS
    assert (faults(made), warnings(made), made.uncertain) == ([], [], [])
    assert role(made, "3") == {
        "line": "3",
        "said": "Thủ phủ",
        "unit": "P63-25",
        "confidence": 1.0,
        "why": "Anh/chị chỉ định",
    }


def test_what_was_confirmed_needs_no_question_when_the_layout_has_moved() -> None:
    taught = read(grid(ODD), mapping=SAID).confirmed
    kept = Known.from_json(json.loads(json.dumps(taught.as_json())))
    assert kept == taught
    moved: Table = [
        ["BÁO CÁO"],
        [],
        ["STT", "Đơn vị", "Buổi tuyên truyền", "Tổng nữ HCSN", "Nữ CNVCLĐ khu vực HCSN"],
        [1, "THỦ PHỦ", 6, 40, 30],
        [2, "Ha Noi", 5, 400, 300],
    ]
    made = read(grid(moved), known=kept)
    assert filled(made.lines) == SAYS
    assert (faults(made), warnings(made)) == ([], [])
    assert filled(read(grid(_turned(moved)), known=kept).lines) == SAYS


def _turned(table: Table) -> Table:
    body = [list(row) for row in table[2:]]
    return [list(column) for column in zip(*body, strict=True)]


def test_a_name_confirmed_for_one_time_is_asked_again_for_another() -> None:
    known = Known(names={"đât4 tô2": "P63-25"})
    sheet: Table = [["Đơn vị", "TT6.numerator"], ["Đất Tổ", 5]]
    before = read(grid(sheet), known=known, wanted=Wanted("CTTT-2023-2028", "2024", None))
    after = read(grid(sheet), known=known, wanted=Wanted("CTTT-2023-2028", "2025", None))
    assert [line.unit for line in before.lines] == ["P63-25"]
    assert faults(after) == [("A2", "unknown_unit", "unknown_name")]


def test_what_was_remembered_of_a_target_that_is_no_more_is_forgotten() -> None:
    known = Known.from_json({"headers": {"so lieu": {"target": "NC9", "field": "value"}}})
    made = read(grid([["Đơn vị", "NC1a", "So lieu"], ["Hà Nội", "Có", 5]]), known=known)
    assert set(filled(made.lines)) == {("P63-01", "NC1a")}


def test_later_confirmations_hold_over_earlier_ones() -> None:
    first, later = Known(names={"x": "P63-01", "y": None}), Known(names={"x": "P63-25"})
    assert first.with_(later).names == {"x": "P63-25", "y": None}


def test_nothing_is_learned_that_would_answer_for_other_sheets() -> None:
    """A total row, a bare "Tỷ lệ", and a certain name that was skipped this once."""
    table: Table = [["Đơn vị", "Tỷ lệ"], ["Hà Nội", 75], ["Thanh Ba", 60], ["Tổng cộng", 70]]
    said = {
        "sheets": [
            {
                "sheet": "Sheet1",
                "lines": [
                    {"line": "B", "target": "NC2", "field": "percent"},
                    {"line": "2", "skip": True},
                    {"line": "3", "skip": True},
                    {"line": "4", "unit": "P63-25"},
                ],
            }
        ]
    }
    made = read(grid(table), mapping=said)
    assert filled(made.lines) == {("P63-25", "NC2"): {"percent": "70"}}
    assert made.confirmed == Known(names={"thanh ba": None})


def test_two_meanings_for_one_heading_are_not_remembered() -> None:
    table: Table = [["Đơn vị", "Số liệu", "Số liệu"], ["Hà Nội", 300, 400]]
    lines = [
        {"line": "B", "target": "NC2", "field": "numerator"},
        {"line": "C", "target": "NC2", "field": "denominator"},
    ]
    made = read(grid(table), mapping={"sheets": [{"sheet": "Sheet1", "lines": lines}]})
    assert filled(made.lines) == {("P63-01", "NC2"): {"numerator": "300", "denominator": "400"}}
    assert made.confirmed == Known()


def test_a_whole_mapping_reads_a_sheet_that_nothing_is_known_of() -> None:
    made = read(
        grid([["Biểu A"], ["x", 300, 400], ["y", 30, 40]]),
        wanted=Wanted(None, None, None),
        mapping={
            "programme": "NC-2024",
            "period": "2024",
            "sheets": [
                {
                    "sheet": "Sheet1",
                    "unit": "P63-25",
                    "lines": [
                        {"line": "2", "target": "NC2"},
                        {"line": "3", "target": "NC3"},
                        {"line": "B", "field": "numerator"},
                        {"line": "C", "field": "denominator"},
                    ],
                }
            ],
        },
    )
    assert filled(made.lines) == {
        ("P63-25", "NC2"): {"numerator": "300", "denominator": "400"},
        ("P63-25", "NC3"): {"numerator": "30", "denominator": "40"},
    }
    assert (made.mapping["programme"], made.mapping["period"]) == ("NC-2024", "2024")
    assert faults(made) == []


def test_the_sheets_unit_and_a_sheet_to_skip_are_corrections_too() -> None:
    table: Table = [["Chỉ tiêu", "Kết quả"], ["NC1a", "Có"]]
    made = read(
        grid(table, title="Một"),
        grid(table, title="Hai"),
        mapping={"sheets": [{"sheet": "Một", "unit": "P63-01"}, {"sheet": "Hai", "skip": True}]},
    )
    assert set(filled(made.lines)) == {("P63-01", "NC1a")}
    assert made.mapping["sheets"][1] == {"sheet": "Hai", "lines": [], "skip": True}
    assert faults(made) == []


def test_a_sheet_that_nothing_is_recognised_in_still_shows_its_lines_to_be_mapped() -> None:
    made = read(grid([["Nơi", "Số liệu một"], ["Thủ đô", 5]]))
    assert [(one["line"], one["said"]) for one in made.mapping["sheets"][0]["lines"]] == [
        ("A", "Nơi"),
        ("B", "Số liệu một"),
        ("2", "Thủ đô"),
    ]


def test_corrections_that_name_nothing_are_faults() -> None:
    made = read(
        grid([["Đơn vị", "NC1a"], ["Hà Nội", "Có"]]),
        mapping={
            "sheets": [
                {"sheet": "Không có", "skip": True},
                {
                    "sheet": "Sheet1",
                    "lines": [{"line": "2", "unit": "P63-99"}, {"line": "B", "target": "NC9"}],
                },
            ]
        },
    )
    assert faults(made) == [
        ("", "invalid", "unknown_sheet"),
        ("A2", "unknown_unit", ""),
        ("B1", "unknown_target", "nowhere"),
    ]
    assert set(filled(made.lines)) == {("P63-01", "NC1a")}
    unknown = read(grid(ODD), mapping={"programme": "X-2024"})
    assert faults(unknown)[0] == ("", "not_found", "")


def test_every_role_that_is_proposed_can_be_sent_back_as_it_is() -> None:
    """And then holds: confirming the whole proposal leaves no doubt about rows and columns."""
    table: Table = [["Đơn vị", "Nữ khu vực hành chính sự nghiệp - Tử số"], ["Ha Noi", 300]]
    proposed = read(grid(table))
    assert proposed.lines == []
    lines = [
        {k: v for k, v in one.items() if k in ("line", "unit", "target", "field", "skip")}
        for one in proposed.mapping["sheets"][0]["lines"]
        if one["confidence"] > 0
    ]
    said = {"sheets": [{"sheet": "Sheet1", "lines": lines}]}
    made = read(grid(table), mapping=said)
    assert filled(made.lines) == {("P63-01", "NC2"): {"numerator": "300"}}
    assert (faults(made), role(made, "A")["skip"]) == ([], True)


def test_a_sheet_in_a_tcvn3_font_reads_like_any_other() -> None:
    table: Table = [
        ["STT", "§¬n vÞ", "NC2", ""],
        ["", "", "Tö sè", "MÉu sè"],
        [1, "Liªn ®oµn Lao ®éng tØnh Hoµ B×nh", 300, 400],
        [2, "Phó Thä", 30, 40],
        ["", "Tæng céng", 330, 440],
    ]
    made = read(grid(table, "C1:D1", font=".VnTime"))
    assert filled(made.lines) == {
        ("P63-17", "NC2"): {"numerator": "300", "denominator": "400"},
        ("P63-25", "NC2"): {"numerator": "30", "denominator": "40"},
    }
    assert (faults(made), warnings(made)) == ([], [])
    assert role(made, "3")["said"] == "1 / Liên đoàn Lao động tỉnh Hoà Bình"


def test_notes_in_a_vni_font_arrive_in_unicode() -> None:
    made = read(
        grid(
            [["Chæ tieâu", "Keát quaû", "Ghi chuù"], ["NC1a", "Coù", "Ñaõ laøm toát"]],
            font="VNI-Times",
        ),
        wanted=Wanted("NC-2024", "2024", "P63-25"),
    )
    assert filled(made.lines) == {("P63-25", "NC1a"): {"done": "Có", "note": "Đã làm tốt"}}
    assert made.lines[0].fields["note"].cell.font is None


def test_without_a_font_legacy_names_are_refused_by_name_until_confirmed() -> None:
    table: Table = [["Đơn vị", "NC1a", "NC1b"], ["L§L§ tØnh Phó Thä", "§· lµm", "x"]]
    made = read(grid(table))
    assert made.lines == []
    assert {(line.unit, line.target) for line in made.uncertain} == {
        ("P63-25", "NC1a"),
        ("P63-25", "NC1b"),
    }
    first = made.faults[0]
    assert (first.at.cell, first.fault.code) == ("A2", "invalid")
    assert first.fault.facts["reason"] == "legacy_text"
    assert first.fault.facts["encoding"] == "TCVN3"
    assert first.fault.expected == "LĐLĐ tỉnh Phú Thọ"
    lines = [{"line": "2", "unit": "P63-25"}]
    said = {"sheets": [{"sheet": "Sheet1", "lines": lines}]}
    confirmed = read(grid(table), mapping=said)
    assert set(filled(confirmed.lines)) == {("P63-25", "NC1b")}
    again = read(grid(table), known=confirmed.confirmed)
    assert set(filled(again.lines)) == {("P63-25", "NC1b")}


def test_a_note_in_a_legacy_encoding_without_a_font_is_refused() -> None:
    table: Table = [["Đơn vị", "NC2.numerator", "NC2 - Ghi chú"], ["Hà Nội", 5, "Tæng céng"]]
    made = read(grid(table))
    assert made.lines == []
    assert faults(made) == [("C2", "invalid", "legacy_text")]
    assert made.faults[0].fault.expected == "Tổng cộng"


def test_the_mapping_speaks_english_where_asked() -> None:
    made = read(
        grid([["Đơn vị", "NC1a"], ["Hà Nội", "Có"]]), wanted=Wanted("NC-2024", "2024", None, "en")
    )
    assert role(made, "2")["why"] == "Exactly a unit's name"


APP = Path(app.__file__).parent
WHY = re.compile(r"""why="([a-z_]+)"|_guess\([^"]*"([a-z_]+)"\)|_doubtful\([^"]*"([a-z_]+)"\)""")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_for_a_role_has_its_words(language: str) -> None:
    found = {
        next(filter(None, match))
        for path in (APP / "sheets").glob("*.py")
        for match in WHY.findall(path.read_text("utf-8"))
    }
    assert len(found) > 25
    assert not {why for why in found if f"mapping.{why}" not in catalogue(language)}
