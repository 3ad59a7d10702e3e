"""Questions to a reviewer, each with the numbers that raised it; all worked by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest

from app.domain.attainment import Attainment, of_unit
from app.domain.hints import Beside, hints, neighbours
from app.domain.numbers import Percent
from app.domain.targets import Level
from app.domain.values import Value
from tests.domain.figures import MEMBERS, POOLED, SHARE, YEAR, YES, counts

ALONE = Beside(None, None, [])


def row(value: Value | None, unit: str = "A") -> Attainment:
    return of_unit(POOLED, YEAR, unit, value)


def asked(now: Attainment, before: Attainment | None = None) -> list[str]:
    return [one.code for one in hints(now, Beside(before, None, []))]


@pytest.mark.parametrize(
    ("before", "now", "codes"),
    [
        (counts(60, 100), counts(80, 100), ["jump"]),  # 60 % to 80 %: 20 points
        (counts(80, 100), counts(60, 100), ["jump"]),
        (counts(60, 100), counts(79, 100), []),
        (counts(3, 9), counts(6, 9), []),  # nine people: one is eleven points
        (counts(61, 100), counts(61, 100), ["same"]),
        (counts(61, 100), counts(122, 200), ["denominator_moved"]),  # the percent is the same
        (counts(100, 101), counts(119, 121), []),  # 20 more of 101 is under a fifth
        (counts(99, 100), counts(118, 120), ["denominator_moved"]),  # 20 more of 100 is a fifth
        (counts(50, 50), counts(50, 50), []),  # everybody, again
        (counts(0, 50), counts(0, 50), []),
        (counts(4, 9), counts(4, 9), []),
        (None, counts(61, 100), []),
        (Value(not_applicable="không có"), counts(61, 100), []),
        (counts(61, 100), None, []),
    ],
)
def test_a_figure_is_held_against_the_period_before(
    before: Value | None, now: Value | None, codes: list[str]
) -> None:
    assert asked(row(now), row(before)) == codes


def test_a_jump_tells_both_figures_and_the_points_between_them() -> None:
    (jump,) = hints(row(counts(80, 100)), Beside(row(counts(10, 30)), None, []))[:1]
    gain = Fraction(80) - Fraction(100, 3)
    assert jump.facts == {"before": Fraction(100, 3), "now": Fraction(80), "gain": gain}


def test_a_number_jumps_when_it_doubles_or_halves() -> None:
    def of(count: int) -> Attainment:
        return of_unit(MEMBERS, YEAR, "A", Value(value=count))

    assert asked(of(200), of(100)) == ["jump"]
    assert asked(of(100), of(200)) == ["jump"]
    assert asked(of(199), of(100)) == []
    assert asked(of(9), of(1)) == []
    assert asked(of(0), of(40)) == ["jump"]
    assert asked(of(40), of(40)) == ["same"]


def test_a_percent_alone_is_asked_about_where_there_were_counts() -> None:
    alone = row(Value(percent_micro=61_500_000, percent_decimals=1))
    (hint,) = hints(alone, Beside(row(counts(123, 200)), None, []))
    assert hint == ("percent_alone", {"numerator": 123, "before": 200})
    assert asked(alone, alone) == ["same"]


def test_a_figure_exactly_at_the_threshold_tells_how_many_stand_there() -> None:
    """The threshold is 90 %: 9/10 and 180/200 stand there, 181/200 and who is silent do not."""
    others = [row(counts(9, 10)), row(counts(180, 200)), row(counts(181, 200)), row(None)]
    (hint,) = hints(others[1], Beside(None, None, others))
    assert hint == ("exactly", {"level": Fraction(90), "there": 2, "told": 3})
    assert hints(others[2], Beside(None, None, others)) == []
    whole = replace(POOLED, threshold=Level(percent=Percent(100_000_000, 0)))
    everybody = of_unit(whole, YEAR, "A", counts(57, 57))
    assert hints(everybody, Beside(None, None, [everybody])) == []


def test_a_hundred_people_asked_for_and_counted_are_no_hundred_percent() -> None:
    hundred = replace(MEMBERS, threshold=Level(count=100))
    now = of_unit(hundred, YEAR, "A", Value(value=100))
    assert [one.code for one in hints(now, Beside(None, None, [now]))] == ["exactly"]


def test_everybody_of_a_round_number_is_asked_about() -> None:
    assert hints(row(counts(300, 300)), ALONE) == [("round_whole", {"now": 300})]
    assert hints(row(counts(301, 301)), ALONE) == []
    assert hints(row(counts(299, 300)), ALONE) == []
    assert hints(row(counts(0, 0)), ALONE) == []


def test_a_denominator_is_held_against_the_register() -> None:
    """A twentieth of 400 is 20."""
    now = row(counts(350, 380))
    assert hints(now, Beside(None, 400, [])) == [("register", {"now": 380, "registered": 400})]
    assert hints(row(counts(350, 381)), Beside(None, 400, [])) == []
    lifted = of_unit(
        POOLED, YEAR, "A", Value(percent_micro=50_000_000, percent_decimals=0), registered=400
    )
    assert hints(lifted, Beside(None, 400, [])) == []


def test_a_yes_is_not_asked_about() -> None:
    assert hints(of_unit(SHARE, YEAR, "A", YES), ALONE) == []


def test_the_five_nearest_denominators_are_the_neighbours() -> None:
    sizes = {"B": 90, "C": 1000, "D": 110, "E": 101, "F": 100, "G": 300, "H": 120}
    alike = [row(counts(1, size), unit) for unit, size in sizes.items()]
    silent = [row(None, "I"), row(Value(percent_micro=1, percent_decimals=6), "J")]
    now = row(counts(50, 100))
    found = neighbours(now, [now, *alike, *silent])
    assert [one.unit for one in found] == ["F", "E", "B", "D", "H"]
    assert neighbours(silent[1], alike) == []
