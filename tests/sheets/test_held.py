"""Lines wait for their unit's others, near or far: what comes out is what went in."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.schemas.imports import LineSent
from app.sheets import held
from app.sheets.cells import Cell, CellKind, Placed, RawLine
from app.sheets.held import Held
from app.sheets.reading import line_of


def raw(row: int, unit: str, target: str, count: int) -> RawLine:
    number = Cell(CellKind.NUMBER, str(count), "#,##0")
    fields = {"numerator": Placed(row, 3, number), "denominator": Placed(row, 4, number)}
    return RawLine("Báo cáo", unit, target, (row, 3), fields)


def made(one: RawLine) -> LineSent | None:
    return line_of(one, None)


def told(line: LineSent) -> tuple[str, str, str, int | None]:
    value = line.value.numerator if line.value else None
    return line.unit, line.target, line.cells["numerator"].cell, value


@pytest.fixture(params=[0, 3, 1000])
def near(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything on disk, the first three lines in memory, or all of them."""
    monkeypatch.setattr(held, "MOST_IN_MEMORY", request.param)
    monkeypatch.setattr(held, "BATCH", 4)


@pytest.mark.usefixtures("near")
@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("xy"), st.integers(0, 9))))
def test_each_unit_comes_once_with_all_its_lines_in_order(
    rows: list[tuple[str, str, int]],
) -> None:
    lines = [raw(number, *row) for number, row in enumerate(rows, 7)]
    kept = Held(made)
    for line in lines:
        kept.add(line)
    first = {line.unit: number for number, line in reversed(list(enumerate(lines)))}
    ordered = sorted(lines, key=lambda line: (first[line.unit], line.at))
    wanted = [
        (unit, [(unit, one.target, f"C{one.at[0]}", int(rows[one.at[0] - 7][2])) for one in group])
        for unit, group in groupby(ordered, key=lambda line: line.unit)
    ]
    assert [(unit, [told(one) for one in lines]) for unit, lines in kept.units()] == wanted


@pytest.mark.usefixtures("near")
def test_a_unit_that_fills_nothing_is_left_out() -> None:
    blank = Placed(7, 3, Cell(CellKind.TEXT, "  "))
    kept = Held(made)
    for number in range(8):
        kept.add(RawLine("Báo cáo", "A", f"T{number}", (7, 3), {"numerator": blank}))
    kept.add(raw(8, "B", "x", 5))
    assert [unit for unit, _ in kept.units()] == ["B"]
