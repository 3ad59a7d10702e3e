"""Cells as people fill them: every example of number_formats.csv, and its relatives (rule 24)."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.periods import PeriodKind
from app.domain.targets import PeriodRule, Target, UnitRule, ValueKind
from app.domain.units import UnitKind
from app.schemas.imports import LineSent
from app.sheets.cells import Cell, CellKind, Placed, RawLine
from app.sheets.reading import Shown, line_of, shown_by

FORMATS = Path(__file__).parents[1] / "number_formats.csv"
N, T, B, D, E, U = CellKind


def target(kind: ValueKind = ValueKind.RATIO, counted_in: str = "persons") -> Target:
    return Target(
        id=1,
        programme="NC-2024",
        code="NC2",
        group=1,
        parent=None,
        title_vi="NC2",
        title_en="NC2",
        value_kind=kind,
        unit_of_count=counted_in,
        reported_by=frozenset({UnitKind.PROVINCE_FEDERATION}),
        unit_rule=UnitRule.POOLED,
        period_rule=PeriodRule.LATEST,
        periods=frozenset({PeriodKind.YEAR}),
        comparator=None,
    )


def line(of: Target | None = None, /, **fields: Cell) -> LineSent | None:
    """A row of the long form, its cells side by side from F17 on."""
    placed = {name: Placed(17, 6 + at, cell) for at, (name, cell) in enumerate(fields.items())}
    raw = RawLine("Báo cáo", "P63-25", "NC2", (17, 6), placed)
    return line_of(raw, of or target())


def told(**fields: Cell) -> dict[str, Any]:
    found = line(**fields)
    assert found is not None
    assert found.value is not None, found.faults
    return {name: fact for name, fact in found.value.as_value()._asdict().items() if fact}


def refused(**fields: Cell) -> list[tuple[str, str]]:
    found = line(**fields)
    assert found is not None
    assert found.value is None
    return [(fault.place, fault.code) for fault in found.faults]


def text(value: str) -> Cell:
    return Cell(T, value)


def number(value: str, form: str = "General") -> Cell:
    return Cell(N, value, form)


def examples(column: str) -> list[tuple[str, str, str]]:
    with FORMATS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["column"] == column]
    return [(row["raw"], row["read_as"], row["value"]) for row in rows]


def test_the_table_of_examples_is_whole() -> None:
    assert [len(examples(column)) for column in ("percent", "count", "any")] == [7, 6, 3]


@pytest.mark.parametrize(("raw", "read_as", "value"), examples("percent"))
def test_a_percent_cell_reads_as_the_table_says(raw: str, read_as: str, value: str) -> None:
    if read_as == "percent":
        assert told(percent=text(raw))["percent_micro"] == Decimal(value) * 10**6
    else:
        code = {"0,95": "ambiguous_percent", "95.500": "ambiguous_number"}.get(raw, "not_a_number")
        assert refused(percent=text(raw)) == [("/percent", code)]


@pytest.mark.parametrize(("raw", "read_as", "value"), examples("count"))
def test_a_count_cell_reads_as_the_table_says(raw: str, read_as: str, value: str) -> None:
    if read_as == "count":
        assert told(numerator=text(raw), denominator=number("20000000"))["numerator"] == int(value)
    elif read_as == "ratio":
        top, bottom = map(int, value.split("/"))
        assert told(numerator=text(raw)) == {"numerator": top, "denominator": bottom}
    else:
        assert read_as == "bound"
        assert refused(numerator=text(raw), denominator=number("400000")) == [
            ("/numerator", "unit_of_count")
        ]


@pytest.mark.parametrize(("raw", "read_as", "value"), examples("any"))
def test_what_is_no_number_is_missing_or_refused(raw: str, read_as: str, value: str) -> None:
    assert value == ""
    if read_as == "missing":
        assert line(numerator=text(raw), denominator=text(" ")) is None
        assert told(numerator=number("0"), denominator=number("4"), percent=text(raw))
    else:
        assert refused(numerator=text(raw), denominator=number("4")) == [
            ("/numerator", "not_a_number")
        ]


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        (number("12"), 12),
        (number("1e+3"), 1000),
        (number("300.00000000000006"), 300),  # =0.1*3000: Excel shows 300
        (text("1,234,567"), 1234567),
        (text("14\u00a0195"), 14195),
        (text("14\u202f195"), 14195),
        (text("1.234,0"), 1234),
        (text("385 người"), 385),
        (text(" 12 "), 12),
        (text("007"), 7),
    ],
)
def test_a_clear_count_is_read(cell: Cell, count: int) -> None:
    assert told(numerator=cell, denominator=number("100000000"))["numerator"] == count


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (number("12.5"), "not_an_integer"),
        (number("3", "0%"), "not_an_integer"),
        (number("-1"), "invalid"),
        (number("1e+16"), "invalid"),
        (text("12,5"), "not_an_integer"),
        (text("1.5"), "not_an_integer"),
        (text("0.500"), "not_an_integer"),
        (text("1,234"), "ambiguous_number"),
        (text("-5"), "invalid"),
        (text("１２"), "not_a_number"),
        (text("٩٥"), "not_a_number"),
        (text("trên 90"), "not_a_number"),
        (text("1.234 lượt"), "unit_of_count"),
        (text("12%"), "not_a_number"),
        (text("1_000"), "not_a_number"),
        (text("=1+1"), "not_a_number"),
        (Cell(D, "2024-12-12T00:00:00"), "not_a_number"),
        (Cell(E, "#DIV/0!"), "not_a_number"),
        (Cell(U, "=F1*2"), "formula_without_value"),
        (Cell(B, "true"), "not_a_number"),
    ],
)
def test_what_is_no_clear_count_is_refused(cell: Cell, code: str) -> None:
    assert refused(numerator=cell, denominator=number("100")) == [("/numerator", code)]


@pytest.mark.parametrize(
    ("cell", "micro", "decimals"),
    [
        (number("0.9", "0%"), 90_000_000, 0),
        (number("0.955", "0.0%"), 95_500_000, 1),
        (number("0.00954", "0.00%"), 954_000, 3),  # alone it is kept with all its decimals
        (number("95.5"), 95_500_000, 1),
        (number("0.5", "0.00"), 500_000, 1),  # a format of its own: percent points
        (number("0"), 0, 0),
        (number("100"), 100_000_000, 0),
        (number("89.996", "0.00"), 89_996_000, 3),  # no rounding carries it to 90
        (number("33.333333333333336"), 33_333_333, 6),
        (text("95,5 %"), 95_500_000, 1),
        (text("0,95%"), 950_000, 2),
        (text("1.234,5%"), 1_234_500_000, 1),
    ],
)
def test_a_percent_alone_is_percent_points(cell: Cell, micro: int, decimals: int) -> None:
    found = line(percent=cell)
    assert found is not None
    assert found.value is not None
    assert found.value.percent == (micro, decimals)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (number("75.00000000000001"), "75"),
        (number("61.53846153846154"), "61.54"),  # General: two decimals
        (number("61.5"), "61.5"),
        (number("61.53846153846154", "0"), "62"),
        (number("61.53846153846154", "0.0"), "61.5"),
        (number("0.6153846153846154", "0.00%"), "61.54"),
        (text("61,538"), "61.538"),
    ],
)
def test_beside_its_counts_a_percent_is_what_the_sender_sees(cell: Cell, written: str) -> None:
    """Rule 4: the double behind the cell is not what was written. 8/13 is 61,538…"""
    found = line(numerator=number("8"), denominator=number("13"), percent=cell)
    assert found is not None
    assert found.value is not None
    assert str(found.value.percent) == written


@pytest.mark.parametrize("value", ["0.95", "1", "0.000001"])
def test_a_bare_number_up_to_one_is_asked_about(value: str) -> None:
    assert refused(percent=number(value)) == [("/percent", "ambiguous_percent")]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("General", Shown(False, None)),
        ("@", Shown(False, None)),
        ("0%", Shown(True, 0)),
        ("0.00%", Shown(True, 2)),
        ('#,##0.0" %"', Shown(False, 1)),  # a quoted sign is only text
        ("#,##0", Shown(False, 0)),
        ("0.00;[Red]-0.00", Shown(False, 2)),
        ("_(* #,##0.00_);_(* (#,##0.00)", Shown(False, 2)),
        ("0.###%", Shown(True, 3)),
    ],
)
def test_a_number_format_is_understood(form: str, shown: Shown) -> None:
    assert shown_by(form) == shown


@pytest.mark.parametrize(
    ("cell", "done"),
    [
        (text("Đã làm"), True),
        (text("đã làm "), True),
        (text("Chưa làm"), False),
        (Cell(B, "true"), True),
        (Cell(B, "false"), False),
    ],
)
def test_done_is_said_in_words(cell: Cell, done: bool) -> None:
    found = line(target(ValueKind.YES_NO), done=cell)
    assert found is not None
    assert found.value is not None
    assert found.value.done is done


@pytest.mark.parametrize("cell", [number("1"), text("90%"), text("x"), Cell(E, "#N/A")])
def test_other_words_for_done_are_refused(cell: Cell) -> None:
    assert refused(done=cell) == [("/done", "invalid")]


def test_a_blank_line_says_nothing() -> None:
    assert line(numerator=text("  "), denominator=text(""), note=text("\n")) is None


def test_the_clear_token_withdraws_the_value() -> None:
    for token in ("(xóa)", "(xoá)", " (XÓA) "):
        found = line(numerator=text(token), denominator=text(""))
        assert found is not None
        assert (found.clears, found.value, found.faults) == (True, None, ())


def test_the_clear_token_beside_a_figure_is_refused() -> None:
    assert refused(numerator=text("(xóa)"), denominator=number("4")) == [("/numerator", "invalid")]


def test_attendances_are_taken_where_the_target_counts_attendances() -> None:
    found = line(target(ValueKind.COUNT, "attendances"), value=text("385.200 lượt"))
    assert found is not None
    assert found.value is not None
    assert found.value.value == 385200


def test_words_are_kept_as_they_are_seen() -> None:
    cells = {"note": number("12"), "evidence": Cell(D, "2024-03-12T00:00:00")}
    found = line(numerator=number("1"), denominator=number("2"), **cells)
    assert found is not None
    assert found.value is not None
    assert (found.value.note, found.value.evidence) == ("12", "12/03/2024")


def test_every_fault_of_a_line_is_told_at_its_cell() -> None:
    found = line(numerator=text("gần 5"), denominator=Cell(E, "#REF!"), percent=text("> 90%"))
    assert found is not None
    assert [fault.place for fault in found.faults] == ["/numerator", "/denominator", "/percent"]
    assert [found.cells[name].cell for name in ("numerator", "denominator", "percent")] == [
        "F17",
        "G17",
        "H17",
    ]
    assert found.said["denominator"] == "#REF!"


@given(st.integers(0, 10**15))
def test_a_grouped_count_is_the_count(count: int) -> None:
    for mark in (".", " ", "\u00a0"):
        written = f"{count:,}".replace(",", mark)
        assert told_count(written) == count


def told_count(written: str) -> int:
    found = line(numerator=text("0"), denominator=text(written))
    assert found is not None
    assert found.value is not None, found.faults
    assert found.value.denominator is not None
    return found.value.denominator


@given(st.text(max_size=12))
def test_whatever_is_typed_is_read_or_refused_by_name(typed: str) -> None:
    found = line(numerator=text(typed), denominator=number("5"), percent=text(typed))
    assert found is not None
    assert found.value is not None or found.clears or found.faults
