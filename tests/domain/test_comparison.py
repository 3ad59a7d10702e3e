"""What a figure gained between two periods, from exact fractions (rule 7)."""

from decimal import Decimal
from fractions import Fraction

import pytest

from app.domain.attainment import Attainment, of_unit
from app.domain.comparison import gained, moves, shown_gain
from app.domain.values import Value
from tests.domain.figures import POOLED, YEAR, counts


def row(unit: str, value: Value | None) -> Attainment:
    return of_unit(POOLED, YEAR, unit, value)


def test_a_gain_is_the_difference_of_the_exact_figures() -> None:
    gain = gained(row("A", counts(1, 3)), row("A", counts(2, 3)))
    assert gain == Fraction(100, 3)
    assert shown_gain(gain, in_percent=True) == Decimal("33.33")


def test_what_nobody_told_is_not_zero() -> None:
    assert gained(row("A", None), row("A", counts(1, 2))) is None
    assert gained(row("A", counts(1, 2)), row("A", Value(not_applicable="không có"))) is None


@pytest.mark.parametrize(
    ("gain", "in_percent", "said"),
    [
        (Fraction(0), True, "0.00"),
        (Fraction(1, 1000), True, "0.001"),  # something is never shown as nothing
        (Fraction(-1, 1000), True, "-0.001"),
        (Fraction(-1, 200), True, "-0.01"),  # halves away from zero
        (Fraction(5), True, "5.00"),
        (Fraction(5), False, "5"),
    ],
)
def test_a_gain_is_shown_on_its_own_side_of_zero(
    gain: Fraction, in_percent: bool, said: str
) -> None:
    assert str(shown_gain(gain, in_percent=in_percent)) == said


def test_the_farthest_stand_first_and_equals_in_the_order_given() -> None:
    then = {"A": 10, "B": 20, "C": 50, "D": 40, "E": 7}
    now = {"A": 30, "B": 40, "C": 45, "D": 10, "E": 7}
    pairs = [(row(u, counts(then[u], 100)), row(u, counts(now[u], 100))) for u in then]
    found = moves(pairs, 5)
    assert (found.rose, found.fell, found.stayed) == (2, 2, 1)
    assert [one.after.unit for one in found.risers] == ["A", "B"]
    assert [one.after.unit for one in found.fallers] == ["D", "C"]
    assert [one.after.unit for one in moves(pairs, 1).risers] == ["A"]
